//! Wrong passwords in a row lock an account; only the right password shows that it is locked.

use std::time::Duration;

use crate::support::{PASSWORD, TestApp};

#[tokio::test]
async fn five_wrong_guesses_lock_an_account_for_15_minutes() {
    let app = TestApp::start().await;
    app.signed_in("ann@example.com").await;
    app.guess_wrong("ann@example.com", 5).await;

    let locked = app.login("ann@example.com", PASSWORD).await;
    assert_eq!((locked.code(), locked.retry_after()), ("ACCOUNT_LOCKED", 15 * 60));

    app.wait(Duration::from_mins(15));
    app.login("ann@example.com", PASSWORD).await.signed_in();
}

#[tokio::test]
async fn the_lock_is_told_only_to_the_right_password() {
    let app = TestApp::start().await;
    app.signed_in("ann@example.com").await;
    app.guess_wrong("ann@example.com", 5).await;

    let locked = app.login("ann@example.com", "Wrong-Guess-99").await;
    let unknown = app.login("stranger@example.com", "Wrong-Guess-99").await;

    assert_eq!(locked.anonymous_text(), unknown.anonymous_text());
}

#[tokio::test]
async fn guesses_against_a_locked_account_do_not_lengthen_the_lock() {
    let app = TestApp::start().await;
    app.signed_in("ann@example.com").await;
    app.guess_wrong("ann@example.com", 5).await;

    app.wait(Duration::from_mins(14));
    app.guess_wrong("ann@example.com", 20).await;
    app.wait(Duration::from_mins(1));

    app.login("ann@example.com", PASSWORD).await.signed_in();
}

#[tokio::test]
async fn a_sign_in_forgets_the_wrong_guesses() {
    let app = TestApp::start().await;
    app.signed_in("ann@example.com").await;

    for _ in 0..3 {
        app.guess_wrong("ann@example.com", 4).await;
        app.login("ann@example.com", PASSWORD).await.signed_in();
    }
}

#[tokio::test]
async fn the_lock_ends_with_a_new_count() {
    let app = TestApp::start().await;
    app.signed_in("ann@example.com").await;
    app.guess_wrong("ann@example.com", 5).await;

    app.wait(Duration::from_mins(15));
    app.guess_wrong("ann@example.com", 4).await;

    app.login("ann@example.com", PASSWORD).await.signed_in();
}

#[tokio::test(flavor = "multi_thread")]
async fn simultaneous_guesses_are_all_counted() {
    let app = TestApp::start().await;
    app.signed_in("ann@example.com").await;

    let answers = app.at_once((0..5).map(|_| app.login("ann@example.com", "Wrong-Guess-99"))).await;

    assert!(answers.iter().all(|answer| answer.code() == "INVALID_CREDENTIALS"));
    assert_eq!(app.login("ann@example.com", PASSWORD).await.code(), "ACCOUNT_LOCKED");
    let locks = app.audit_trail().await.iter().filter(|event| *event == "ACCOUNT_LOCKED Success").count();
    assert_eq!(locks, 1);
}

#[tokio::test]
async fn a_lock_leaves_those_who_are_in_where_they_are() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;

    app.guess_wrong("ann@example.com", 5).await;

    assert_eq!(app.me(&ann).await.text_at("/me/status"), "LOCKED");
    app.refresh(&ann).await.signed_in();
}

#[tokio::test]
async fn one_locked_account_is_not_another() {
    let app = TestApp::start().await;
    app.signed_in("ann@example.com").await;
    app.signed_in("bob@example.com").await;

    app.guess_wrong("ann@example.com", 5).await;

    app.login("bob@example.com", PASSWORD).await.signed_in();
}

#[tokio::test]
async fn guesses_at_a_confirmation_are_counted_like_those_at_a_login() {
    let app = TestApp::with(&[("TRUSTED_PROXIES", "1")]).await;
    let ann = app.signed_in("ann@example.com").await;

    for _ in 0..3 {
        assert_eq!(app.reauthenticate(&ann, "Wrong-Guess-99").await.code(), "INVALID_CREDENTIALS");
    }
    for _ in 0..2 {
        let answer = app.change_password(&ann, "Wrong-Guess-99", "Another-Horse-8").await;
        assert_eq!(answer.code(), "INVALID_CREDENTIALS");
    }

    assert_eq!(app.login("ann@example.com", PASSWORD).from("203.0.113.7").await.code(), "ACCOUNT_LOCKED");
    assert_eq!(app.reauthenticate(&ann, PASSWORD).await.code(), "RATE_LIMITED");
}

#[tokio::test]
async fn a_setting_turns_the_lock_off() {
    let app = TestApp::with(&[("LOCKOUT_ATTEMPTS", "0")]).await;
    app.signed_in("ann@example.com").await;

    app.guess_wrong("ann@example.com", 8).await;

    app.login("ann@example.com", PASSWORD).await.signed_in();
}
