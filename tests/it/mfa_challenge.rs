//! A sign-in that waits for its second factor: how long, for whom, and what ends it.

use std::time::Duration;

use authgraph::records::audit_log;
use authgraph::values::secret_token::{ChallengeToken, TokenHash};
use serde_json::json;

use crate::support::{PASSWORD, TestApp};

#[tokio::test]
async fn a_sign_in_waits_for_five_minutes() {
    let app = TestApp::start().await;
    let ann = app.with_mfa("ann@example.com").await;
    let [first, second] = [app.challenge("ann@example.com").await, app.challenge("ann@example.com").await];

    app.wait(Duration::from_secs(299));
    app.verify_mfa(&first, &app.code(&ann.authenticator)).await.signed_in();
    app.wait(Duration::from_secs(1));

    assert_eq!(app.verify_mfa(&second, &ann.backup_codes[0]).await.code(), "INVALID_TOKEN");
}

#[tokio::test]
async fn a_challenge_opens_one_session() {
    let app = TestApp::start().await;
    let ann = app.with_mfa("ann@example.com").await;
    let challenge = app.challenge("ann@example.com").await;
    app.verify_mfa(&challenge, &ann.backup_codes[0]).await.signed_in();

    assert_eq!(app.verify_mfa(&challenge, &ann.backup_codes[1]).await.code(), "INVALID_TOKEN");
    app.login_with_code("ann@example.com", &ann.backup_codes[1]).await.signed_in();
}

#[tokio::test]
async fn what_is_no_challenge_of_ours_is_refused() {
    let app = TestApp::start().await;
    let ann = app.with_mfa("ann@example.com").await;
    let unknown = "agc_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let (refresh, access) = (&*ann.session.refresh, &*ann.session.access);

    for token in ["", "nonsense", unknown, refresh, access] {
        assert_eq!(app.verify_mfa(token, &ann.backup_codes[0]).await.code(), "INVALID_TOKEN", "{token}");
    }
    app.login_with_code("ann@example.com", &ann.backup_codes[0]).await.signed_in();
}

#[tokio::test]
async fn a_new_password_ends_the_sign_ins_that_wait() {
    let app = TestApp::start().await;
    let ann = app.with_mfa("ann@example.com").await;

    let challenge = app.challenge("ann@example.com").await;
    app.change_password(&ann.session, PASSWORD, "Another-Horse-8").await.ok();
    assert_eq!(app.verify_mfa(&challenge, &ann.backup_codes[0]).await.code(), "INVALID_TOKEN");

    let waiting = app.mutate(
        "login",
        json!({ "email": "ann@example.com", "password": "Another-Horse-8" }),
        "... on MfaRequired { challengeToken }",
    );
    let challenge = waiting.await.text_at("/login/challengeToken").to_owned();
    app.request_password_reset("ann@example.com").await.ok();
    let token = app.token_to("ann@example.com", "reset_password").await;
    app.reset_password(&token, PASSWORD).await.ok();
    assert_eq!(app.verify_mfa(&challenge, &ann.backup_codes[0]).await.code(), "INVALID_TOKEN");
}

#[tokio::test]
async fn ending_all_sessions_ends_the_sign_ins_that_wait() {
    let app = TestApp::start().await;
    let ann = app.with_mfa("ann@example.com").await;
    let challenge = app.challenge("ann@example.com").await;

    app.revoke_all(&ann.session).await.ok();

    assert_eq!(app.verify_mfa(&challenge, &ann.backup_codes[0]).await.code(), "INVALID_TOKEN");
}

#[tokio::test]
async fn an_account_that_an_administrator_has_locked_stays_closed_to_the_right_code() {
    let app = TestApp::start().await;
    let ann = app.with_mfa("ann@example.com").await;
    let challenge = app.challenge("ann@example.com").await;
    // As if the lock came between the code and the session: the challenge is still there.
    let text = "update users set locked_until = $1, locked_by = 'ADMIN' where email = 'ann@example.com'";
    app.app.db.query(text).bind(app.app.clock.now() + Duration::from_mins(15)).execute().await.unwrap();

    let wrong = app.verify_mfa(&challenge, &app.wrong_code(&ann.authenticator)).await;
    let right = app.verify_mfa(&challenge, &ann.backup_codes[0]).await;

    assert_eq!(wrong.code(), "INVALID_MFA_CODE");
    assert_eq!((right.code(), right.retry_after()), ("ACCOUNT_LOCKED", 15 * 60));
}

#[tokio::test]
async fn a_deleted_account_has_no_second_step() {
    let app = TestApp::start().await;
    let ann = app.with_mfa("ann@example.com").await;
    let challenge = app.challenge("ann@example.com").await;

    app.delete_account(&ann.session, "ann@example.com").await.ok();

    assert_eq!(app.verify_mfa(&challenge, &ann.backup_codes[0]).await.code(), "INVALID_TOKEN");
}

#[tokio::test]
async fn the_database_keeps_only_the_hash_of_a_challenge() {
    let app = TestApp::start().await;
    app.with_mfa("ann@example.com").await;
    let challenge = ChallengeToken::parse(&app.challenge("ann@example.com").await).unwrap();

    let kept: Vec<(Vec<u8>,)> = app.app.db.query("select hash from mfa_challenges").all().await.unwrap();

    let [(kept,)] = &kept[..] else { panic!("{} challenges", kept.len()) };
    assert_eq!(TokenHash::from(kept.clone()), challenge.hash());
}

#[tokio::test]
async fn the_second_step_may_be_taken_elsewhere_and_the_trail_tells_both_places() {
    let app = TestApp::with(&[("TRUSTED_PROXIES", "1")]).await;
    let ann = app.with_mfa("ann@example.com").await;
    let waiting = app.first_step("ann@example.com").from("203.0.113.7").await;
    let challenge = waiting.text_at("/login/challengeToken");

    app.verify_mfa(challenge, &app.wrong_code(&ann.authenticator)).from("198.51.100.7").await;
    app.verify_mfa(challenge, &ann.backup_codes[0]).from("198.51.100.7").await.signed_in();

    let events = audit_log::list_latest(&app.app.db, 3).await.unwrap();
    let [failed, _, succeeded] = &events[..] else { panic!("{events:?}") };
    for event in [failed, succeeded] {
        assert_eq!(event.metadata["firstFactorAddress"], "203.0.113.7");
    }
    assert_eq!(failed.metadata["reason"], "INVALID_MFA_CODE");
    assert_eq!(
        (&succeeded.metadata["method"], &succeeded.metadata["secondFactor"]),
        (&json!("PASSWORD"), &json!("BACKUP_CODE"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_step_and_a_reset_at_the_same_moment_do_not_wait_for_each_other() {
    let app = TestApp::start().await;
    for number in 0..16 {
        let email = format!("user{number}@example.com");
        let member = app.with_mfa(&email).await;
        app.verify_email(&app.token_to(&email, "verify_email").await).await.ok();
        app.request_password_reset(&email).await.ok();
        let token = app.token_to(&email, "reset_password").await;
        let code = app.next_code(&member.authenticator);
        let challenge = app.challenge(&email).await;

        let both = [app.reset_password(&token, "Other-Horse-8"), app.verify_mfa(&challenge, &code)];
        let answers = app.at_once(both).await;

        assert!(answers[0].errors().is_empty(), "{}", answers[0].text);
        assert!(answers[1].codes().iter().all(|code| *code == "INVALID_TOKEN"), "{}", answers[1].text);
    }
}
