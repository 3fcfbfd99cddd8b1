//! Resetting a forgotten password with the link of an email.

use std::time::Duration;

use serde_json::json;

use crate::support::{PASSWORD, TestApp};

const NEW: &str = "Another-Horse-8";

async fn reset_token(app: &TestApp) -> String {
    app.request_password_reset("ann@example.com").await.ok();
    app.token_to("ann@example.com", "reset_password").await
}

#[tokio::test]
async fn an_email_lets_its_reader_choose_a_new_password() {
    let app = TestApp::start().await;
    app.signed_in("ann@example.com").await;
    let token = reset_token(&app).await;

    let answer = app.reset_password(&token, NEW).await;

    assert_eq!(answer.text_at("/resetPassword/email"), "ann@example.com");
    app.login("ann@example.com", NEW).await.signed_in();
    assert_eq!(app.login("ann@example.com", PASSWORD).await.code(), "INVALID_CREDENTIALS");
    assert_eq!(app.mail_kinds_to("ann@example.com").await.last().unwrap(), "password_changed");
}

#[tokio::test]
async fn a_stranger_gets_the_same_answer_and_no_email() {
    let app = TestApp::start().await;
    app.signed_in("ann@example.com").await;

    let member = app.request_password_reset("ann@example.com").await.ok();
    let stranger = app.request_password_reset("stranger@example.com").await.ok();

    assert_eq!(member.text.replace("ann@example.com", "stranger@example.com"), stranger.text);
    assert!(app.mails_to("stranger@example.com").await.is_empty());
}

#[tokio::test]
async fn a_reset_ends_every_session_at_once() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    let bob = app.signed_in("bob@example.com").await;
    let token = reset_token(&app).await;

    app.reset_password(&token, NEW).await.ok();

    assert_eq!(app.me(&ann).await.code(), "UNAUTHENTICATED");
    assert_eq!(app.refresh(&ann).await.extension("sessionEndReason"), &json!("PASSWORD_RESET"));
    app.me(&bob).await.ok();
}

#[tokio::test]
async fn a_token_works_once() {
    let app = TestApp::start().await;
    app.signed_in("ann@example.com").await;
    let token = reset_token(&app).await;
    app.reset_password(&token, NEW).await.ok();

    assert_eq!(app.reset_password(&token, "A-Third-Horse-9").await.code(), "INVALID_TOKEN");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_simultaneous_uses_of_one_token_one_resets() {
    let app = TestApp::start().await;
    app.signed_in("ann@example.com").await;
    let token = reset_token(&app).await;

    let answers = app.at_once((0..20).map(|n| app.reset_password(&token, &format!("{NEW}{n}")))).await;

    let winners: Vec<usize> = (0..20).filter(|&n| answers[n].errors().is_empty()).collect();
    assert_eq!(winners.len(), 1);
    app.login("ann@example.com", &format!("{NEW}{}", winners[0])).await.signed_in();
}

#[tokio::test]
async fn a_token_works_for_an_hour() {
    let app = TestApp::start().await;
    app.signed_in("ann@example.com").await;
    let token = reset_token(&app).await;

    app.wait(Duration::from_hours(1));

    assert_eq!(app.reset_password(&token, NEW).await.code(), "INVALID_TOKEN");
}

#[tokio::test]
async fn a_newer_email_replaces_the_older_link() {
    let app = TestApp::start().await;
    app.signed_in("ann@example.com").await;
    let older = reset_token(&app).await;

    let newer = reset_token(&app).await;

    assert_eq!(app.reset_password(&older, NEW).await.code(), "INVALID_TOKEN");
    app.reset_password(&newer, NEW).await.ok();
}

#[tokio::test]
async fn a_weak_password_keeps_the_token_good() {
    let app = TestApp::start().await;
    app.signed_in("annabel@example.com").await;
    app.request_password_reset("annabel@example.com").await.ok();
    let token = app.token_to("annabel@example.com", "reset_password").await;

    let weak = app.reset_password(&token, "xX-Annabel-1").await;

    assert_eq!(weak.field_errors(), ["input.newPassword CONTAINS_IDENTITY"]);
    app.reset_password(&token, NEW).await.ok();
}

#[tokio::test]
async fn a_reset_lifts_a_lock() {
    let app = TestApp::start().await;
    app.signed_in("ann@example.com").await;
    app.guess_wrong("ann@example.com", 5).await;
    let token = reset_token(&app).await;

    app.reset_password(&token, NEW).await.ok();

    app.login("ann@example.com", NEW).await.signed_in();
}

#[tokio::test]
async fn a_reset_proves_the_address() {
    let app = TestApp::with(&[("EMAIL_VERIFICATION", "required")]).await;
    app.register("ann@example.com").await.ok();
    let token = reset_token(&app).await;

    app.reset_password(&token, NEW).await.ok();

    app.login("ann@example.com", NEW).await.signed_in();
}

#[tokio::test]
async fn a_changed_password_takes_back_the_emails_that_wait() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    let token = reset_token(&app).await;
    app.request_password_reset("ann@example.com").await.ok();

    app.change_password(&ann, PASSWORD, NEW).await.ok();

    assert_eq!(app.reset_password(&token, "A-Third-Horse-9").await.code(), "INVALID_TOKEN");
    let mails = app.mail_kinds_to("ann@example.com").await;
    assert_eq!(mails, ["verify_email", "reset_password", "password_changed"]);
}

#[tokio::test]
async fn a_deleted_account_gets_no_email() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    let token = reset_token(&app).await;
    app.delete_account(&ann, "ann@example.com").await.ok();

    app.request_password_reset("ann@example.com").await.ok();

    assert_eq!(app.mail_kinds_to("ann@example.com").await, ["verify_email", "reset_password", "account_deleted"]);
    assert_eq!(app.reset_password(&token, NEW).await.code(), "INVALID_TOKEN");
}
