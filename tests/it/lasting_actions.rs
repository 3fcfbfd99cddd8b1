//! What outlasts a session is told to its owner by email, and so are many wrong codes of the second factor.

use std::time::Duration;

use serde_json::json;

use crate::support::{MfaMember, TestApp};

const ANN: &str = "ann@example.com";

async fn told(app: &TestApp, kind: &str) -> usize {
    app.mail_kinds_to(ANN).await.iter().filter(|told| *told == kind).count()
}

#[tokio::test]
async fn new_backup_codes_are_told_by_email() {
    let app = TestApp::start().await;
    let ann = app.with_mfa(ANN).await;

    app.regenerate_backup_codes(&ann.session, &app.next_code(&ann.authenticator)).await.ok();

    assert_eq!(told(&app, "backup_codes_regenerated").await, 1);
}

#[tokio::test]
async fn a_deleted_account_is_told_by_email() {
    let app = TestApp::start().await;
    let ann = app.signed_in(ANN).await;

    app.delete_account(&ann, ANN).await.ok();

    assert_eq!(told(&app, "account_deleted").await, 1);
}

#[tokio::test]
async fn an_account_that_an_administrator_deleted_is_told_by_email_and_not_from_where() {
    let app = TestApp::start().await;
    let (ann, root) = (app.signed_in(ANN).await, app.admin("root@example.com").await);

    app.delete_user(&root, &ann.user).await.ok();

    let mails = app.mails_to(ANN).await;
    let mail = mails.iter().find(|mail| mail.kind == "account_deleted").unwrap();
    assert!(!mail.text.contains("127.0.0.1"), "{}", mail.text);
}

#[tokio::test]
async fn a_request_to_move_is_told_at_the_present_address_and_in_the_trail() {
    let app = TestApp::start().await;
    let ann = app.verified(ANN).await;

    app.request_email_change(&ann, "thief@evil.example").await.ok();

    let mails = app.mails_to(ANN).await;
    let mail = mails.iter().find(|mail| mail.kind == "email_change_requested").unwrap();
    assert!(mail.text.contains("thief@evil.example"));
    let document = "{ me { pendingEmail auditEvents(first: 1) { edges { node { action metadata } } } } }";
    let me = app.ask(document).by(&ann).await.ok();
    assert_eq!(me.text_at("/me/pendingEmail"), "thief@evil.example");
    // Not the address: the trail cannot be erased.
    let event = json!({ "action": "EMAIL_CHANGE_REQUESTED", "metadata": {} });
    assert_eq!(me.at("/me/auditEvents/edges/0/node"), &event);
}

#[tokio::test]
async fn requests_to_move_do_not_flood_the_present_address() {
    let app = TestApp::with(&[("RATE_LIMIT_EMAIL", "3/1h")]).await;
    let ann = app.verified(ANN).await;

    for number in 0..6 {
        app.request_email_change(&ann, &format!("new{number}@example.com")).await.ok();
    }

    assert_eq!(told(&app, "email_change_requested").await, 3);
}

#[tokio::test]
async fn an_address_that_was_never_verified_gets_no_text_that_a_stranger_chose() {
    let app = TestApp::start().await;
    let squatter = app.signed_in(ANN).await;

    app.request_email_change(&squatter, "you.won.a.prize@evil.example").await.ok();

    assert_eq!(app.mail_kinds_to(ANN).await, ["verify_email"]);
}

/// Types so many wrong codes, in sign-ins and in reauthentications by turns.
async fn guess(app: &TestApp, ann: &MfaMember, times: usize) {
    for number in 0..times {
        let wrong = app.wrong_code(&ann.authenticator);
        let answer = match number % 2 {
            0 => app.login_with_code(ANN, &wrong).await,
            _ => app.mutate("regenerateBackupCodes", json!({ "code": wrong }), "backupCodes").by(&ann.session).await,
        };
        assert_eq!(answer.code(), "INVALID_MFA_CODE");
    }
}

#[tokio::test]
async fn the_fifth_wrong_code_in_a_day_is_told_by_email_once() {
    let app = TestApp::with(&[("RATE_LIMIT_MFA", "0")]).await;
    let ann = app.with_mfa(ANN).await;

    guess(&app, &ann, 4).await;
    assert_eq!(told(&app, "mfa_codes_refused").await, 0);

    guess(&app, &ann, 6).await;
    assert_eq!(told(&app, "mfa_codes_refused").await, 1);
}

#[tokio::test]
async fn wrong_codes_of_yesterday_are_not_counted_today() {
    let app = TestApp::with(&[("RATE_LIMIT_MFA", "0")]).await;
    let ann = app.with_mfa(ANN).await;

    let wrong = |app: &TestApp| app.wrong_code(&ann.authenticator);
    for _ in 0..4 {
        app.login_with_code(ANN, &wrong(&app)).await;
    }
    app.wait(Duration::from_hours(24));
    for _ in 0..4 {
        app.login_with_code(ANN, &wrong(&app)).await;
    }

    assert_eq!(told(&app, "mfa_codes_refused").await, 0);
}
