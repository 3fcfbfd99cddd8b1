//! Changing the password with the present one.

use serde_json::json;

use crate::support::{PASSWORD, TestApp};

const NEW: &str = "Another-Horse-8";

#[tokio::test]
async fn a_change_ends_the_other_sessions_and_keeps_this_one() {
    let app = TestApp::start().await;
    let here = app.signed_in("ann@example.com").await;
    let there = app.login("ann@example.com", PASSWORD).await.signed_in();

    let answer = app.change_password(&here, PASSWORD, NEW).await;

    assert_eq!(answer.at("/changePassword/endedSessionIds"), &json!([there.session]));
    assert_eq!(app.refresh(&there).await.extension("sessionEndReason"), &json!("PASSWORD_CHANGED"));
    assert_eq!(app.me(&there).await.code(), "UNAUTHENTICATED");
    app.me(&here).await.ok();
    app.refresh(&here).await.signed_in();
}

#[tokio::test]
async fn only_the_new_password_signs_in_from_then_on() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;

    app.change_password(&ann, PASSWORD, NEW).await.ok();

    app.login("ann@example.com", NEW).await.signed_in();
    assert_eq!(app.login("ann@example.com", PASSWORD).await.code(), "INVALID_CREDENTIALS");
    assert_eq!(app.mail_kinds_to("ann@example.com").await, ["verify_email", "password_changed"]);
}

#[tokio::test]
async fn the_old_password_must_be_known() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;

    assert_eq!(app.change_password(&ann, "Wrong-Guess-99", NEW).await.code(), "INVALID_CREDENTIALS");

    app.login("ann@example.com", PASSWORD).await.signed_in();
    assert!(app.audit_trail().await.contains(&"REAUTHENTICATED Failure".to_owned()));
}

#[tokio::test]
async fn the_new_password_keeps_the_policy() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;

    let refused = app.change_password(&ann, PASSWORD, "password").await;

    let rules = ["TOO_SHORT", "NO_UPPERCASE", "NO_DIGIT", "NO_SYMBOL", "TOO_COMMON"];
    assert_eq!(refused.field_errors(), rules.map(|rule| format!("input.newPassword {rule}")));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_simultaneous_changes_one_is_made() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;

    let answers = app.at_once((0..5).map(|n| app.change_password(&ann, PASSWORD, &format!("{NEW}{n}")))).await;

    let winners: Vec<usize> = (0..5).filter(|&n| answers[n].errors().is_empty()).collect();
    assert_eq!(winners.len(), 1, "{:?}", answers.iter().map(|answer| &answer.text).collect::<Vec<_>>());
    app.login("ann@example.com", &format!("{NEW}{}", winners[0])).await.signed_in();
}

#[tokio::test]
async fn a_change_counts_as_a_proof_of_identity() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    app.wait(std::time::Duration::from_mins(10));

    app.change_password(&ann, PASSWORD, NEW).await.ok();

    app.request_email_change(&ann, "ann@new.example").await.ok();
}
