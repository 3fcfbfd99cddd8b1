//! Proving an address with the token of an email.

use std::time::Duration;

use authgraph::records::audit_log;
use serde_json::json;

use crate::support::{PASSWORD, TestApp, token_in};

const REQUIRED: &[(&str, &str)] = &[("EMAIL_VERIFICATION", "required")];

#[tokio::test]
async fn the_token_of_the_email_verifies_once() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    let token = app.token_to("ann@example.com", "verify_email").await;

    assert_eq!(app.verify_email(&token).await.text_at("/verifyEmail/email"), "ann@example.com");

    assert_eq!(app.me(&ann).await.at("/me/emailVerified"), &json!(true));
    app.wait(Duration::from_mins(1));
    assert_eq!(app.verify_email(&token).await.code(), "INVALID_TOKEN");
}

#[tokio::test]
async fn the_link_leads_to_a_page_of_the_frontend() {
    let app = TestApp::with(&[("FRONTEND_URL", "https://app.example.com/members/")]).await;
    app.signed_in("ann@example.com").await;

    let mails = app.mails_to("ann@example.com").await;

    let token = token_in(&mails[0]);
    let link = format!("https://app.example.com/members/verify-email?token={token}");
    assert!(mails[0].text.contains(&link) && mails[0].html.contains(&token));
}

#[tokio::test]
async fn the_token_works_for_24_hours() {
    let app = TestApp::start().await;
    app.signed_in("ann@example.com").await;
    let token = app.token_to("ann@example.com", "verify_email").await;

    app.wait(Duration::from_hours(24));

    assert_eq!(app.verify_email(&token).await.code(), "INVALID_TOKEN");
}

#[tokio::test]
async fn a_token_is_good_for_nothing_else() {
    let app = TestApp::start().await;
    app.signed_in("ann@example.com").await;
    let token = app.token_to("ann@example.com", "verify_email").await;

    assert_eq!(app.reset_password(&token, "Another-Horse-8").await.code(), "INVALID_TOKEN");
    assert_eq!(app.confirm_email_change(&token).await.code(), "INVALID_TOKEN");
    assert_eq!(app.undo_email_change(&token).await.code(), "INVALID_TOKEN");
    app.verify_email(&token).await.ok();
}

#[tokio::test]
async fn what_is_no_token_is_an_invalid_one() {
    let app = TestApp::start().await;

    for token in ["", "nonsense", "ago_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
        assert_eq!(app.verify_email(token).await.code(), "INVALID_TOKEN");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn simultaneous_uses_of_one_token_verify_once_and_are_all_told_so() {
    let app = TestApp::start().await;
    app.signed_in("ann@example.com").await;
    let token = app.token_to("ann@example.com", "verify_email").await;

    let answers = app.at_once((0..20).map(|_| app.verify_email(&token))).await;

    assert!(answers.iter().all(|answer| answer.text == r#"{"data":{"verifyEmail":{"email":"ann@example.com"}}}"#));
    assert_eq!(app.audit_trail().await.iter().filter(|event| event.starts_with("EMAIL_VERIFIED")).count(), 1);
}

/// React mounts a page twice in development, and an answer may be lost.
#[tokio::test]
async fn a_page_that_verifies_twice_is_told_twice_that_it_has() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    let token = app.token_to("ann@example.com", "verify_email").await;
    app.verify_email(&token).await.ok();

    app.wait(Duration::from_secs(59));
    assert_eq!(app.verify_email(&token).await.text_at("/verifyEmail/email"), "ann@example.com");

    app.request_email_change(&ann, "ann@new.example").await.ok();
    let new = app.token_to("ann@new.example", "confirm_email_change").await;
    app.confirm_email_change(&new).await.ok();
    assert_eq!(app.confirm_email_change(&new).await.text_at("/confirmEmailChange/email"), "ann@new.example");
    assert_eq!(app.verify_email(&token).await.code(), "INVALID_TOKEN", "the account has left the address");
}

#[tokio::test]
async fn where_it_is_required_nobody_signs_in_before() {
    let app = TestApp::with(REQUIRED).await;
    app.register("ann@example.com").await.ok();

    let step = app.login("ann@example.com", PASSWORD).await.ok();
    assert_eq!(step.text_at("/login/__typename"), "EmailVerificationRequired");
    assert_eq!(step.text_at("/login/email"), "ann@example.com");
    assert!(!step.text.contains("Token"), "{}", step.text);
    assert_eq!(app.login("ann@example.com", "Wrong-Guess-99").await.code(), "INVALID_CREDENTIALS");

    let token = app.token_to("ann@example.com", "verify_email").await;
    app.verify_email(&token).await.ok();
    app.login("ann@example.com", PASSWORD).await.signed_in();
}

#[tokio::test]
async fn a_login_that_must_wait_for_the_address_posts_another_email() {
    let app = TestApp::with(REQUIRED).await;
    app.register("ann@example.com").await.ok();
    app.mails_to("ann@example.com").await;

    app.login("ann@example.com", PASSWORD).await;

    assert_eq!(app.mail_kinds_to("ann@example.com").await, ["verify_email", "verify_email"]);
}

#[tokio::test]
async fn where_accounts_are_hidden_an_unverified_login_is_a_wrong_password() {
    let app = TestApp::with(&[("HIDE_ACCOUNT_EXISTENCE", "true")]).await;
    app.register("ann@example.com").await.ok();

    let unverified = app.login("ann@example.com", PASSWORD).await;
    let wrong = app.login("ann@example.com", "Wrong-Guess-99").await;

    assert_eq!(unverified.anonymous_text(), wrong.anonymous_text());
    assert_eq!(unverified.code(), "INVALID_CREDENTIALS");
    assert_eq!(app.mail_kinds_to("ann@example.com").await, ["verify_email"]);
    let events = audit_log::list_latest(&app.app.db, 2).await.unwrap();
    let told: Vec<_> = events.iter().map(|event| &event.metadata.0).collect();
    assert_eq!(told[0], &json!({ "reason": "INVALID_CREDENTIALS", "emailUnverified": true }));
    assert_eq!(told[1], &json!({ "reason": "INVALID_CREDENTIALS" }));
}

#[tokio::test]
async fn another_email_is_accepted_for_everybody_and_sent_to_those_who_wait_for_it() {
    let app = TestApp::start().await;
    app.signed_in("ann@example.com").await;
    app.verified("bob@example.com").await;
    app.mails_to("ann@example.com").await;

    let answers = [
        app.resend_verification("ann@example.com").await,
        app.resend_verification("bob@example.com").await,
        app.resend_verification("stranger@example.com").await,
    ];

    for (answer, name) in answers.iter().zip(["ann", "bob", "stranger"]) {
        let told = format!(r#"{{"data":{{"resendVerificationEmail":{{"email":"{name}@example.com"}}}}}}"#);
        assert_eq!(answer.text, told);
    }
    assert_eq!(app.mails_to("ann@example.com").await.len(), 2);
    assert_eq!(app.mails_to("bob@example.com").await.len(), 1);
    assert_eq!(app.mails_to("stranger@example.com").await.len(), 0);
}

#[tokio::test]
async fn a_newer_email_replaces_one_that_has_not_left() {
    let app = TestApp::start().await;
    app.signed_in("ann@example.com").await;

    app.resend_verification("ann@example.com").await.ok();
    app.resend_verification("ann@example.com").await.ok();

    assert_eq!(app.mails_to("ann@example.com").await.len(), 1);
}

#[tokio::test]
async fn a_token_of_an_address_the_account_has_left_verifies_nothing() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    let old = app.token_to("ann@example.com", "verify_email").await;
    app.request_email_change(&ann, "ann@new.example").await.ok();
    let new = app.token_to("ann@new.example", "confirm_email_change").await;
    app.confirm_email_change(&new).await.ok();

    assert_eq!(app.verify_email(&old).await.code(), "INVALID_TOKEN");
}
