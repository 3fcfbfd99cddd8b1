//! Calls that are repeated because the answer was lost: one account, one email, and no way around anything.

use std::time::Duration;

use authgraph::flows::erase_users::erase_users;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::support::{PASSWORD, TestApp};

/// Another device than the one that registers.
const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0";
const DAY: Duration = Duration::from_hours(24);

fn registration(key: &str, password: &str) -> Value {
    json!({ "email": "ann@example.com", "password": password, "idempotencyKey": key })
}

fn invitation(key: &str) -> Value {
    json!({ "email": "ben@example.com", "idempotencyKey": key })
}

async fn users(app: &TestApp) -> i64 {
    app.app.db.query("select count(*) from users").one::<(i64,)>().await.unwrap().0
}

#[tokio::test]
async fn a_registration_that_is_repeated_signs_its_user_in() {
    let app = TestApp::start().await;
    let lost = app.register_with(registration("k", PASSWORD)).await.signed_in();

    app.wait(Duration::from_hours(23));
    let again = app.register_with(registration("k", PASSWORD)).await.signed_in();

    assert_eq!(again.user, lost.user);
    assert_ne!(again.session, lost.session);
    assert_eq!(app.mail_kinds_to("ann@example.com").await, ["verify_email"]);
    app.wait(Duration::from_hours(1));
    assert_eq!(app.register_with(registration("k", PASSWORD)).await.code(), "EMAIL_TAKEN", "a day is over");
}

#[tokio::test]
async fn another_key_no_key_or_a_wrong_password_learns_that_the_address_is_taken() {
    let app = TestApp::start().await;
    app.register_with(registration("k", PASSWORD)).await.signed_in();

    assert_eq!(app.register_with(registration("other", PASSWORD)).await.code(), "EMAIL_TAKEN");
    assert_eq!(app.register("ann@example.com").await.code(), "EMAIL_TAKEN");
    assert_eq!(app.register_with(registration("k", "Another-Horse-8")).await.code(), "EMAIL_TAKEN");
    let other = json!({ "email": "ben@example.com", "password": PASSWORD, "idempotencyKey": "k" });
    assert_eq!(app.register_with(other.clone()).await.signed_in().email, "ben@example.com");
}

#[tokio::test]
async fn an_account_without_a_key_is_no_ones_repeat() {
    let app = TestApp::start().await;
    app.signed_in("ann@example.com").await;

    assert_eq!(app.register("ann@example.com").await.code(), "EMAIL_TAKEN");
    assert_eq!(app.register_with(registration("k", PASSWORD)).await.code(), "EMAIL_TAKEN");
}

#[tokio::test]
async fn a_repeated_registration_is_no_way_around_the_second_factor() {
    let app = TestApp::start().await;
    let ann = app.register_with(registration("k", PASSWORD)).await.signed_in();
    let authenticator = app.enrolled(&ann).await;
    app.confirm_enrollment(&ann, &app.code(&authenticator)).await.ok();

    let again = app.register_with(registration("k", PASSWORD)).await.ok();

    assert_eq!(again.text_at("/register/__typename"), "MfaRequired");
    assert!(!again.text.contains("accessToken"), "{}", again.text);
}

#[tokio::test]
async fn a_repeated_registration_is_no_way_around_a_lock() {
    let app = TestApp::start().await;
    app.register_with(registration("k", PASSWORD)).await.signed_in();
    let away = |password| app.register_with(registration("k", password)).header("user-agent", FIREFOX);

    for guess in 0..5 {
        assert_eq!(away("Wrong-Guess-99").await.code(), "EMAIL_TAKEN", "{guess}");
    }

    assert_eq!(away(PASSWORD).await.code(), "ACCOUNT_LOCKED");
    assert_eq!(app.login("ann@example.com", PASSWORD).header("user-agent", FIREFOX).await.code(), "ACCOUNT_LOCKED");
}

#[tokio::test]
async fn a_repeated_registration_is_no_way_around_the_limit_of_an_account() {
    let app = TestApp::with(&[("RATE_LIMIT_AUTH_ACCOUNT", "3/1h"), ("LOCKOUT_ATTEMPTS", "0")]).await;
    app.register_with(registration("k", PASSWORD)).await.signed_in();
    let away = |password| app.register_with(registration("k", password)).header("user-agent", FIREFOX);

    for _ in 0..3 {
        assert_eq!(away("Wrong-Guess-99").await.code(), "EMAIL_TAKEN");
    }

    assert_eq!(away(PASSWORD).await.code(), "RATE_LIMITED");
}

#[tokio::test]
async fn where_verification_is_required_a_repeat_sends_no_other_email() {
    let app = TestApp::with(&[("EMAIL_VERIFICATION", "required")]).await;
    let lost = app.register_with(registration("k", PASSWORD)).await.ok();
    app.mails_to("ann@example.com").await;

    let again = app.register_with(registration("k", PASSWORD)).await.ok();

    assert_eq!(again.text, lost.text);
    assert_eq!(app.mail_kinds_to("ann@example.com").await, ["verify_email"]);
}

#[tokio::test]
async fn where_accounts_are_hidden_a_repeat_gets_the_same_answer_and_no_other_email() {
    let app = TestApp::with(&[("HIDE_ACCOUNT_EXISTENCE", "true")]).await;
    let lost = app.register_with(registration("k", PASSWORD)).await.ok();

    let again = app.register_with(registration("k", PASSWORD)).await.ok();
    let wrong = app.register_with(registration("k", "Another-Horse-8")).await.ok();
    assert_eq!((&again.text, &wrong.text), (&lost.text, &lost.text));
    assert_eq!(app.mail_kinds_to("ann@example.com").await, ["verify_email"]);

    app.register_with(registration("other", PASSWORD)).await.ok();
    assert_eq!(app.mail_kinds_to("ann@example.com").await, ["verify_email", "account_exists"]);
}

#[tokio::test]
async fn a_deleted_account_is_not_registered_again_by_a_repeat() {
    let app = TestApp::start().await;
    let ann = app.register_with(registration("k", PASSWORD)).await.signed_in();
    app.delete_account(&ann, "ann@example.com").await.ok();

    assert_eq!(app.register_with(registration("k", PASSWORD)).await.code(), "EMAIL_TAKEN");
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_simultaneous_registrations_with_one_key_make_one_user_and_one_email() {
    let app = TestApp::start().await;

    let answers = app.at_once_patiently((0..20).map(|_| app.register_with(registration("k", PASSWORD)))).await;

    let users_of: std::collections::BTreeSet<String> = answers.iter().map(|answer| answer.signed_in().user).collect();
    assert_eq!((users_of.len(), users(&app).await), (1, 1));
    assert_eq!(app.mail_kinds_to("ann@example.com").await, ["verify_email"]);
}

#[tokio::test]
async fn a_key_is_stored_as_a_keyed_hash_and_forgotten_with_the_user() {
    let app = TestApp::with(&[("DELETED_USER_RETENTION", "1d")]).await;
    let ann = app.register_with(registration("my secret key", PASSWORD)).await.signed_in();
    let key = async || {
        let kept = app.app.db.query("select creation_key from users").one::<(Option<Vec<u8>>,)>().await;
        kept.unwrap().0
    };

    let plain = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, b"my secret key");
    let kept = key().await.expect("a key");
    assert!(kept.len() == 32 && kept != plain.as_ref());

    app.delete_account(&ann, "ann@example.com").await.ok();
    app.wait(2 * DAY);
    erase_users(&app.app, &CancellationToken::new()).await.unwrap();
    assert_eq!(key().await, None);
}

#[tokio::test]
async fn an_invitation_that_is_repeated_returns_the_same_user_and_sends_no_other_email() {
    let app = TestApp::start().await;
    let root = app.administrator("root@example.com").await;
    let lost = app.create_user(&root, invitation("k")).await.ok();

    let again = app.create_user(&root, invitation("k")).await.ok();

    assert_eq!(again.text, lost.text);
    assert_eq!(app.mail_kinds_to("ben@example.com").await, ["invitation"]);
    assert_eq!(app.audit_trail().await.iter().filter(|event| *event == "USER_INVITED Success").count(), 1);
    app.wait(DAY);
    let root = app.login("root@example.com", PASSWORD).await.signed_in();
    assert_eq!(app.create_user(&root, invitation("k")).await.code(), "EMAIL_TAKEN");
}

#[tokio::test]
async fn an_invitation_is_repeated_by_its_administrator_with_its_key_alone() {
    let app = TestApp::start().await;
    let root = app.administrator("root@example.com").await;
    let other = app.administrator("other@example.com").await;
    let ben = app.create_user(&root, invitation("k")).await.ok();

    assert_eq!(app.create_user(&other, invitation("k")).await.code(), "EMAIL_TAKEN");
    assert_eq!(app.create_user(&root, invitation("other")).await.code(), "EMAIL_TAKEN");
    assert_eq!(
        app.register_with(json!({ "email": "ben@example.com", "password": PASSWORD, "idempotencyKey": "k" }))
            .await
            .code(),
        "EMAIL_TAKEN"
    );
    app.delete_user(&root, ben.text_at("/createUser/user/id")).await.ok();
    assert_eq!(app.create_user(&root, invitation("k")).await.code(), "EMAIL_TAKEN");
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_simultaneous_invitations_with_one_key_make_one_user_and_one_email() {
    let app = TestApp::start().await;
    let root = app.administrator("root@example.com").await;

    let answers = app.at_once_patiently((0..20).map(|_| app.create_user(&root, invitation("k")))).await;

    assert!(answers.iter().all(|answer| answer.text == answers[0].text && answer.errors().is_empty()));
    assert_eq!(users(&app).await, 2);
    assert_eq!(app.mail_kinds_to("ben@example.com").await, ["invitation"]);
}

#[tokio::test]
async fn a_key_has_1_to_128_characters() {
    let app = TestApp::start().await;
    let root = app.administrator("root@example.com").await;
    for key in [String::new(), "k".repeat(129)] {
        let refused = app.register_with(registration(&key, PASSWORD)).await;
        assert_eq!(refused.field_errors(), ["input.idempotencyKey OUT_OF_RANGE"]);
        let refused = app.create_user(&root, invitation(&key)).await;
        assert_eq!(refused.field_errors(), ["input.idempotencyKey OUT_OF_RANGE"]);
    }
    app.register_with(registration(&"é".repeat(128), PASSWORD)).await.signed_in();
}
