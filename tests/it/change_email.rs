//! Moving to another address, and back.

use std::time::Duration;

use serde_json::json;

use crate::support::{PASSWORD, SignedIn, TestApp};

const OLD: &str = "ann@example.com";
const NEW: &str = "ann@new.example";

/// Ann, who has moved, and the token with which she can move back.
async fn moved(app: &TestApp) -> (SignedIn, String) {
    let ann = app.verified(OLD).await;
    app.request_email_change(&ann, NEW).await.ok();
    let token = app.token_to(NEW, "confirm_email_change").await;
    app.confirm_email_change(&token).await.ok();
    let undo = app.token_to(OLD, "email_changed").await;
    (ann, undo)
}

#[tokio::test]
async fn nothing_changes_before_the_new_address_confirms() {
    let app = TestApp::start().await;
    let ann = app.signed_in(OLD).await;

    app.request_email_change(&ann, NEW).await.ok();

    assert_eq!(app.me(&ann).await.text_at("/me/email"), OLD);
    assert_eq!(app.mail_kinds_to(NEW).await, ["confirm_email_change"]);
    assert_eq!(app.login(NEW, PASSWORD).await.code(), "INVALID_CREDENTIALS");
}

#[tokio::test]
async fn the_new_address_confirms_and_the_old_one_is_told() {
    let app = TestApp::start().await;
    let (ann, _) = moved(&app).await;

    let me = app.me(&ann).await;

    assert_eq!((me.text_at("/me/email"), me.at("/me/emailVerified")), (NEW, &json!(true)));
    assert_eq!(app.mail_kinds_to(OLD).await, ["verify_email", "email_change_requested", "email_changed"]);
    app.login(NEW, PASSWORD).await.signed_in();
    assert_eq!(app.login(OLD, PASSWORD).await.code(), "INVALID_CREDENTIALS");
}

#[tokio::test]
async fn a_confirmation_works_once_and_for_24_hours() {
    let app = TestApp::start().await;
    let ann = app.signed_in(OLD).await;
    app.request_email_change(&ann, NEW).await.ok();
    let token = app.token_to(NEW, "confirm_email_change").await;

    app.wait(Duration::from_hours(24));
    assert_eq!(app.confirm_email_change(&token).await.code(), "INVALID_TOKEN");

    let again = TestApp::start().await;
    moved(&again).await;
    let used = again.token_to(NEW, "confirm_email_change").await;
    again.wait(Duration::from_mins(1));
    assert_eq!(again.confirm_email_change(&used).await.code(), "INVALID_TOKEN");
}

#[tokio::test]
async fn asking_for_another_address_takes_back_the_first() {
    let app = TestApp::start().await;
    let ann = app.signed_in(OLD).await;
    app.request_email_change(&ann, NEW).await.ok();
    let first = app.token_to(NEW, "confirm_email_change").await;

    app.request_email_change(&ann, "ann@other.example").await.ok();

    assert_eq!(app.confirm_email_change(&first).await.code(), "INVALID_TOKEN");
}

#[tokio::test]
async fn the_old_mailbox_can_undo_and_every_session_ends() {
    let app = TestApp::start().await;
    let (ann, undo) = moved(&app).await;

    assert_eq!(app.undo_email_change(&undo).await.text_at("/undoEmailChange/email"), OLD);

    assert_eq!(app.me(&ann).await.code(), "UNAUTHENTICATED");
    assert_eq!(app.refresh(&ann).await.extension("sessionEndReason"), &json!("EMAIL_CHANGE_UNDONE"));
    let reset = app.token_to(OLD, "reset_password").await;
    app.reset_password(&reset, "Another-Horse-8").await.ok();
    app.login(OLD, "Another-Horse-8").await.signed_in();
    assert_eq!(app.undo_email_change(&undo).await.code(), "INVALID_TOKEN");
}

#[tokio::test]
async fn a_change_can_be_undone_for_7_days() {
    let app = TestApp::start().await;
    let (_, undo) = moved(&app).await;

    app.wait(Duration::from_hours(7 * 24));

    assert_eq!(app.undo_email_change(&undo).await.code(), "INVALID_TOKEN");
}

#[tokio::test]
async fn nobody_gets_the_old_address_while_it_can_be_undone() {
    let app = TestApp::start().await;
    moved(&app).await;
    let bob = app.signed_in("bob@example.com").await;

    assert_eq!(app.register(OLD).await.code(), "EMAIL_TAKEN");
    app.request_email_change(&bob, OLD).await.ok();
    assert!(!app.mail_kinds_to(OLD).await.contains(&"confirm_email_change".to_owned()));

    app.wait(Duration::from_hours(7 * 24));
    app.register(OLD).await.signed_in();
}

#[tokio::test]
async fn an_undo_works_after_a_second_move_too() {
    let app = TestApp::start().await;
    let (thief, undo) = moved(&app).await;
    app.request_email_change(&thief, "thief@evil.example").await.ok();
    let token = app.token_to("thief@evil.example", "confirm_email_change").await;
    app.confirm_email_change(&token).await.ok();

    app.undo_email_change(&undo).await.ok();

    assert_eq!(app.mail_kinds_to(OLD).await.last().unwrap(), "reset_password");
}

#[tokio::test]
async fn what_the_thief_asked_for_is_taken_back_by_the_undo() {
    let app = TestApp::start().await;
    let (thief, undo) = moved(&app).await;
    app.request_email_change(&thief, "thief@evil.example").await.ok();
    let move_again = app.token_to("thief@evil.example", "confirm_email_change").await;
    app.request_password_reset(NEW).await.ok();
    let reset = app.token_to(NEW, "reset_password").await;

    app.undo_email_change(&undo).await.ok();

    assert_eq!(app.confirm_email_change(&move_again).await.code(), "INVALID_TOKEN");
    assert_eq!(app.reset_password(&reset, "Another-Horse-8").await.code(), "INVALID_TOKEN");
}

#[tokio::test]
async fn who_asks_for_a_taken_address_learns_nothing() {
    let app = TestApp::start().await;
    let ann = app.signed_in(OLD).await;
    app.signed_in("bob@example.com").await;

    let taken = app.request_email_change(&ann, "bob@example.com").await.ok();
    let free = app.request_email_change(&ann, "nobody@example.com").await.ok();

    assert_eq!(taken.text.replace("bob@example.com", "nobody@example.com"), free.text);
}

#[tokio::test]
async fn the_owner_of_a_taken_address_gets_an_email() {
    let app = TestApp::start().await;
    let ann = app.signed_in(OLD).await;
    app.signed_in("bob@example.com").await;

    app.request_email_change(&ann, "bob@example.com").await.ok();

    assert_eq!(app.mail_kinds_to("bob@example.com").await, ["verify_email", "account_exists"]);
}

#[tokio::test]
async fn an_address_that_was_taken_meanwhile_is_not_given_twice() {
    let app = TestApp::start().await;
    let ann = app.signed_in(OLD).await;
    app.request_email_change(&ann, NEW).await.ok();
    let token = app.token_to(NEW, "confirm_email_change").await;
    app.signed_in(NEW).await;

    assert_eq!(app.confirm_email_change(&token).await.code(), "EMAIL_TAKEN");
    assert_eq!(app.me(&ann).await.text_at("/me/email"), OLD);
}

#[tokio::test]
async fn a_sensitive_action_needs_a_proof_from_the_last_ten_minutes() {
    let app = TestApp::start().await;
    let ann = app.signed_in(OLD).await;
    app.wait(Duration::from_mins(10));

    assert_eq!(app.request_email_change(&ann, NEW).await.code(), "REAUTHENTICATION_REQUIRED");

    let until = app.reauthenticate(&ann, PASSWORD).await;
    assert_eq!(until.text_at("/reauthenticate/session/recentAuthUntil"), "2030-03-01T12:20:00.000Z");
    app.request_email_change(&ann, NEW).await.ok();
}

#[tokio::test]
async fn a_refresh_is_no_proof_of_identity() {
    let app = TestApp::start().await;
    let ann = app.signed_in(OLD).await;
    app.wait(Duration::from_mins(10));

    let ann = app.refresh(&ann).await.signed_in();

    assert_eq!(app.request_email_change(&ann, NEW).await.code(), "REAUTHENTICATION_REQUIRED");
}

#[tokio::test]
async fn a_change_that_waits_does_not_survive_a_new_password() {
    let app = TestApp::start().await;
    let thief = app.signed_in(OLD).await;
    app.request_email_change(&thief, NEW).await.ok();
    let token = app.token_to(NEW, "confirm_email_change").await;
    app.request_password_reset(OLD).await.ok();
    let reset = app.token_to(OLD, "reset_password").await;

    app.reset_password(&reset, "Another-Horse-8").await.ok();

    assert_eq!(app.confirm_email_change(&token).await.code(), "INVALID_TOKEN");
}

#[tokio::test]
async fn a_thief_who_moves_twice_and_undoes_once_does_not_shut_the_owner_out() {
    let app = TestApp::start().await;
    let (thief, owners) = moved(&app).await;
    app.wait(Duration::from_secs(1));
    app.request_email_change(&thief, "evil@other.example").await.ok();
    let token = app.token_to("evil@other.example", "confirm_email_change").await;
    app.confirm_email_change(&token).await.ok();
    let thiefs = app.token_to(NEW, "email_changed").await;

    app.undo_email_change(&thiefs).await.ok();

    assert_eq!(app.register(OLD).await.code(), "EMAIL_TAKEN");
    app.undo_email_change(&owners).await.ok();
    assert_eq!(app.mail_kinds_to(OLD).await.last().unwrap(), "reset_password");
}
