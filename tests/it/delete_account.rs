//! Leaving for good.

use std::time::Duration;

use serde_json::json;

use crate::support::{PASSWORD, TestApp};

#[tokio::test]
async fn every_session_of_a_deleted_account_is_over() {
    let app = TestApp::start().await;
    let here = app.signed_in("ann@example.com").await;
    let there = app.login("ann@example.com", PASSWORD).await.signed_in();

    let answer = app.delete_account(&here, "Ann@example.com").await;

    assert_eq!(answer.text_at("/deleteAccount/userId"), here.user);
    for who in [&here, &there] {
        assert_eq!(app.me(who).await.code(), "UNAUTHENTICATED");
        assert_eq!(app.refresh(who).await.extension("sessionEndReason"), &json!("ACCOUNT_DELETED"));
    }
}

#[tokio::test]
async fn the_address_of_a_deleted_account_stays_taken() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;

    app.delete_account(&ann, "ann@example.com").await.ok();

    assert_eq!(app.register("ann@example.com").await.code(), "EMAIL_TAKEN");
}

#[tokio::test]
async fn the_address_must_be_typed_again() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;

    let refused = app.delete_account(&ann, "bob@example.com").await;

    assert_eq!(refused.field_errors(), ["input.email MISMATCH"]);
    app.me(&ann).await.ok();
}

#[tokio::test]
async fn it_must_still_be_you() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    app.wait(Duration::from_mins(10));

    assert_eq!(app.delete_account(&ann, "ann@example.com").await.code(), "REAUTHENTICATION_REQUIRED");

    app.reauthenticate(&ann, PASSWORD).await.ok();
    app.delete_account(&ann, "ann@example.com").await.ok();
}

#[tokio::test]
async fn emails_that_wait_are_not_sent_any_more() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;

    app.delete_account(&ann, "ann@example.com").await.ok();

    assert_eq!(app.mail_kinds_to("ann@example.com").await, ["account_deleted"]);
}
