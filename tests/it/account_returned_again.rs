//! What a thief or a squatter prepared before the owner came back does not work afterwards, and what the owner needs does.

use std::time::Duration;

use authgraph::records::unverified_users::RemovalRules;
use authgraph::records::{email_holds, unverified_users, users};
use authgraph::values::email_address::EmailAddress;
use serde_json::json;

use crate::support::{PASSWORD, SignedIn, TestApp};

const ANN: &str = "ann@example.com";
const FRESH: &str = "Another-Horse-8";
const AWAY: &str = "198.51.100.7";

async fn moves(app: &TestApp, who: &SignedIn, to: &str) {
    app.request_email_change(who, to).await.ok();
    let token = app.token_to(to, "confirm_email_change").await;
    app.confirm_email_change(&token).await.ok();
    app.wait(Duration::from_secs(1));
}

async fn reset_with(app: &TestApp, email: &str) {
    let token = app.token_to(email, "reset_password").await;
    app.reset_password(&token, FRESH).await.ok();
}

/// How many emails of a kind wait for a person.
async fn waiting(app: &TestApp, kind: &str) -> i64 {
    let text = "select count(*) from outbox where kind = $1 and state = 'WAITING'";
    let (count,): (i64,) = app.app.db.query(text).bind(kind.to_owned()).one().await.unwrap();
    count
}

#[tokio::test]
async fn an_undo_leaves_a_thief_neither_an_email_that_waits_nor_an_address_that_is_held() {
    let app = TestApp::start().await;
    let thief = app.verified(ANN).await;
    moves(&app, &thief, "t1@evil.example").await;
    let owners = app.token_to(ANN, "email_changed").await;
    app.request_email_change(&thief, "t2@evil.example").await.ok();
    let token = app.token_to("t2@evil.example", "confirm_email_change").await;
    // The email with the way back to t1 waits: the mail server of the thief sees to that.
    app.confirm_email_change(&token).await.ok();
    assert_eq!(waiting(&app, "EMAIL_CHANGED").await, 1);

    app.undo_email_change(&owners).await.ok();

    assert_eq!(waiting(&app, "EMAIL_CHANGED").await, 0);
    app.register("t1@evil.example").await.signed_in();
    assert!(!app.mail_kinds_to("t1@evil.example").await.contains(&"email_changed".to_owned()));
}

#[tokio::test]
async fn a_thief_who_moved_the_account_cannot_delete_its_owners_way_back() {
    let app = TestApp::start().await;
    let thief = app.verified(ANN).await;
    moves(&app, &thief, "t@evil.example").await;

    assert_eq!(app.delete_account(&thief, "t@evil.example").await.code(), "CONFLICT");

    let undo = app.token_to(ANN, "email_changed").await;
    app.undo_email_change(&undo).await.ok();
    reset_with(&app, ANN).await;
    let ann = app.login(ANN, FRESH).await.signed_in();
    app.delete_account(&ann, ANN).await.ok();
}

#[tokio::test]
async fn a_deletion_by_an_administrator_leaves_the_owner_the_way_back() {
    let app = TestApp::start().await;
    let (root, thief) = (app.admin("root@example.com").await, app.verified(ANN).await);
    moves(&app, &thief, "t@evil.example").await;
    let undo = app.token_to(ANN, "email_changed").await;

    app.delete_user(&root, &thief.user).await.ok();
    assert_eq!(app.undo_email_change(&undo).await.code(), "INVALID_TOKEN");

    app.restore_user(&root, &thief.user).await.ok();
    app.undo_email_change(&undo).await.ok();
}

#[tokio::test]
async fn a_mailbox_that_the_account_has_left_is_not_told_of_sign_ins() {
    let app = TestApp::with(&[("TRUSTED_PROXIES", "1")]).await;
    let thief = app.verified(ANN).await;
    moves(&app, &thief, "t@evil.example").await;
    let undo = app.token_to(ANN, "email_changed").await;
    // The email about this sign-in waits.
    app.login("t@evil.example", PASSWORD).from(AWAY).await.signed_in();
    assert_eq!(waiting(&app, "NEW_DEVICE").await, 1);

    app.undo_email_change(&undo).await.ok();

    assert!(!app.mail_kinds_to("t@evil.example").await.contains(&"new_device".to_owned()));
}

#[tokio::test]
async fn a_mailbox_that_the_account_has_left_disowns_nothing() {
    let app = TestApp::with(&[("TRUSTED_PROXIES", "1")]).await;
    let ann = app.verified(ANN).await;
    app.login(ANN, PASSWORD).from(AWAY).await.signed_in();
    let old = app.token_to(ANN, "new_device").await;
    moves(&app, &ann, "ann@new.example").await;

    let disowned = app.mutate("disownSession", json!({ "token": old }), "sessionId").await;

    assert_eq!(disowned.code(), "INVALID_TOKEN");
    assert_eq!(app.me(&ann).await.text_at("/me/email"), "ann@new.example");
}

#[tokio::test]
async fn a_link_about_a_sign_in_does_not_outlive_a_reset() {
    let app = TestApp::with(&[("TRUSTED_PROXIES", "1")]).await;
    app.verified(ANN).await;
    app.login(ANN, PASSWORD).from(AWAY).await.signed_in();
    let old = app.token_to(ANN, "new_device").await;
    app.request_password_reset(ANN).await.ok();
    reset_with(&app, ANN).await;
    app.login(ANN, FRESH).await.signed_in();

    let disowned = app.mutate("disownSession", json!({ "token": old }), "sessionId").await;

    assert_eq!(disowned.code(), "INVALID_TOKEN");
    app.login(ANN, FRESH).await.signed_in();
}

#[tokio::test]
async fn a_second_factor_that_is_older_than_the_proof_of_the_mailbox_does_not_survive_a_reset() {
    let app = TestApp::start().await;
    app.with_mfa(ANN).await;
    app.wait(Duration::from_secs(1));
    app.verify_email(&app.token_to(ANN, "verify_email").await).await.ok();

    app.request_password_reset(ANN).await.ok();
    reset_with(&app, ANN).await;

    app.login(ANN, FRESH).await.signed_in();
}

#[tokio::test]
async fn an_invited_user_who_forgot_the_invitation_keeps_the_name() {
    let app = TestApp::start().await;
    let root = app.admin("root@example.com").await;
    app.create_user(&root, json!({ "email": ANN, "name": "Ann Miller" })).await.ok();

    app.request_password_reset(ANN).await.ok();
    reset_with(&app, ANN).await;

    let ann = app.login(ANN, FRESH).await.signed_in();
    assert_eq!(app.me(&ann).await.text_at("/me/name"), "Ann Miller");
}

#[tokio::test]
async fn a_device_of_before_an_undo_is_not_known_any_more() {
    let app = TestApp::with(&[("TRUSTED_PROXIES", "1")]).await;
    let thief = app.verified(ANN).await;
    app.login(ANN, PASSWORD).from(AWAY).await.signed_in();
    moves(&app, &thief, "t@evil.example").await;

    app.undo_email_change(&app.token_to(ANN, "email_changed").await).await.ok();

    let known = "select count(*) from known_devices";
    assert_eq!(app.app.db.query(known).one::<(i64,)>().await.unwrap(), (0,));
}

#[tokio::test]
async fn strangers_do_not_use_up_the_notice_that_the_account_is_about_to_move() {
    let app = TestApp::with(&[("RATE_LIMIT_EMAIL", "3/1h")]).await;
    let ann = app.verified(ANN).await;
    let stranger = app.signed_in("stranger@example.com").await;
    for _ in 0..3 {
        app.request_email_change(&stranger, ANN).await.ok();
    }

    app.request_email_change(&ann, "t@evil.example").await.ok();

    assert!(app.mail_kinds_to(ANN).await.contains(&"email_change_requested".to_owned()));
}

#[tokio::test]
async fn an_address_that_was_never_verified_is_not_flooded_by_notices() {
    let app = TestApp::with(&[("RATE_LIMIT_EMAIL", "3/1h")]).await;
    let squatter = app.signed_in(ANN).await;
    for number in 0..6 {
        let (old, new) = [(PASSWORD, FRESH), (FRESH, PASSWORD)][number % 2];
        app.change_password(&squatter, old, new).await.ok();
    }

    let mails = app.mail_kinds_to(ANN).await;

    assert_eq!(mails.iter().filter(|kind| *kind == "password_changed").count(), 3);
}

#[tokio::test]
async fn an_address_that_reads_as_a_message_is_not_printed_to_strangers() {
    let app = TestApp::start().await;
    let spammer = app.verified("www.evil.example/you-won@x.example").await;

    app.request_email_change(&spammer, ANN).await.ok();

    assert!(!app.mails_to(ANN).await[0].text.contains("evil"));
}

/// Lets a statement of retention wait for a row that a user is just changing.
#[tokio::test]
async fn an_account_that_is_verified_while_retention_waits_for_it_stays() {
    let app = TestApp::with(&[("EMAIL_VERIFICATION", "required")]).await;
    app.register(ANN).await.ok();
    app.wait(Duration::from_hours(8 * 24));
    let (now, email) = (app.app.clock.now(), EmailAddress::parse(ANN).unwrap());
    let id = users::find_by_email(&app.app.db, &email).await.unwrap().unwrap().id;
    let limits = RemovalRules { cutoff: now - Duration::from_hours(7 * 24), spares_used: true, now };

    let mut verifying = app.app.db.begin().await.unwrap();
    users::verify_email(&mut verifying, id, &email, now).await.unwrap();
    let removal = async {
        let mut tx = app.app.db.begin().await.unwrap();
        let removed = unverified_users::remove(&mut tx, id, &limits).await.unwrap();
        tx.commit().await.unwrap();
        removed
    };
    let committed = async {
        app.until_one_waits("update users%").await;
        verifying.commit().await.unwrap();
    };
    let (removed, ()) = futures_util::future::join(removal, committed).await;

    assert!(!removed);
}

#[tokio::test]
async fn a_hold_that_is_renewed_while_the_sweep_waits_for_it_stays() {
    let app = TestApp::start().await;
    let ann = app.signed_in(ANN).await;
    let (id, now) = (ann.user.parse().unwrap(), app.app.clock.now());
    let old = EmailAddress::parse("old@example.com").unwrap();
    let mut tx = app.app.db.begin().await.unwrap();
    email_holds::hold(&mut tx, id, &old, now - Duration::from_secs(1)).await.unwrap();
    tx.commit().await.unwrap();

    let mut renewing = app.app.db.begin().await.unwrap();
    email_holds::hold(&mut renewing, id, &old, now + Duration::from_hours(1)).await.unwrap();
    let swept = email_holds::sweep(&app.app.db, now, 10);
    let committed = async {
        app.until_one_waits("delete from email_holds%").await;
        renewing.commit().await.unwrap();
    };
    let (swept, ()) = futures_util::future::join(swept, committed).await;

    assert_eq!(swept.unwrap(), 0);
}
