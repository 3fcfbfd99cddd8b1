//! Signing in with an email address and a password.

use std::time::Duration;

use serde_json::json;

use crate::support::{PASSWORD, TestApp};

async fn stored_hash(app: &TestApp) -> String {
    let (hash,): (String,) = app.app.db.query("select password_hash from users").one().await.unwrap();
    hash
}

#[tokio::test]
async fn the_right_password_signs_in() {
    let app = TestApp::start().await;
    app.signed_in("ann@example.com").await;
    app.wait(Duration::from_hours(1));

    let answer = app.login("ann@example.com", PASSWORD).await;

    assert_eq!(answer.text_at("/login/__typename"), "SignedIn");
    assert_eq!(answer.text_at("/login/tokenType"), "Bearer");
    assert_eq!(answer.text_at("/login/accessTokenExpiresAt"), "2030-03-01T13:15:00.000Z");
    assert_eq!(answer.text_at("/login/refreshTokenExpiresAt"), "2030-03-08T13:00:00.000Z");
    assert_eq!(answer.text_at("/login/user/lastLoginAt"), "2030-03-01T13:00:00.000Z");
}

#[tokio::test]
async fn unknown_address_and_wrong_password_get_one_answer() {
    let app = TestApp::start().await;
    app.signed_in("ann@example.com").await;

    let wrong = app.login("ann@example.com", "Wrong-Guess-99").await;
    let unknown = app.login("stranger@example.com", "Wrong-Guess-99").await;

    assert_eq!(wrong.code(), "INVALID_CREDENTIALS");
    assert_eq!(wrong.anonymous_text(), unknown.anonymous_text());
    assert_eq!(app.audit_trail().await[2..], ["LOGIN Failure", "LOGIN Failure"]);
}

#[tokio::test]
async fn what_cannot_be_an_address_is_a_fault_of_the_field() {
    let app = TestApp::start().await;

    assert_eq!(app.login("nobody", PASSWORD).await.field_errors(), ["input.email INVALID"]);
}

#[tokio::test]
async fn a_password_of_any_length_is_compared_and_wrong() {
    let app = TestApp::start().await;
    app.signed_in("ann@example.com").await;

    for length in [0, 129, 5_000, 60_000] {
        let answer = app.login("ann@example.com", &"x".repeat(length)).await;
        assert_eq!(answer.code(), "INVALID_CREDENTIALS", "{length} characters");
    }
}

#[tokio::test]
async fn two_spellings_of_one_email_are_one_password() {
    let app = TestApp::start().await;
    app.register_with(json!({ "email": "ann@example.com", "password": "Caf\u{e9}-Horse-7" })).await.ok();

    app.login("ann@example.com", "Cafe\u{301}-Horse-7").await.signed_in();
}

#[tokio::test]
async fn a_deleted_account_is_an_unknown_one() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    app.delete_account(&ann, "ann@example.com").await.ok();

    let deleted = app.login("ann@example.com", PASSWORD).await;
    let unknown = app.login("stranger@example.com", PASSWORD).await;

    assert_eq!(deleted.anonymous_text(), unknown.anonymous_text());
}

#[tokio::test]
async fn a_hash_with_other_parameters_is_renewed_at_the_next_login() {
    let app = TestApp::start().await;
    app.signed_in("ann@example.com").await;
    let old = stored_hash(&app).await;
    let dearer = app.another_instance_with(&[("ARGON2_MEMORY_KIB", "16"), ("ARGON2_ITERATIONS", "2")]).await;

    dearer.login("ann@example.com", "Wrong-Guess-99").await;
    assert_eq!(stored_hash(&app).await, old);
    dearer.login("ann@example.com", PASSWORD).await.signed_in();

    assert!(old.starts_with("$argon2id$v=19$m=8,t=1,p=1$"));
    assert!(stored_hash(&app).await.starts_with("$argon2id$v=19$m=16,t=2,p=1$"));
    dearer.login("ann@example.com", PASSWORD).await.signed_in();
}

#[tokio::test]
async fn every_sign_in_is_a_session_of_its_own() {
    let app = TestApp::start().await;
    let first = app.signed_in("ann@example.com").await;

    let second = app.login("ann@example.com", PASSWORD).await.signed_in();

    assert_ne!(first.session, second.session);
    app.logout(&second).await.ok();
    app.me(&first).await.ok();
}

#[tokio::test]
async fn a_stale_bearer_does_no_harm_where_none_is_needed() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    app.wait(Duration::from_hours(1));

    app.refresh(&ann).bearer(&ann.access).await.signed_in();
    app.login("ann@example.com", PASSWORD).bearer("nonsense").await.signed_in();
}

#[tokio::test]
async fn a_password_never_comes_back_in_an_error() {
    let app = TestApp::start().await;

    let wrong_type = app.login_with(json!({ "email": ["x"], "password": "Secret-Horse-7" })).await;
    let unknown_field = app.login_with(json!({ "email": "x", "password": "Secret-Horse-7", "otp": "1" })).await;
    let literal = app.ask(r#"mutation { login(input: { email: 1, password: "Secret-Horse-7", x: 1 }) { x } }"#).await;

    for answer in [wrong_type, unknown_field, literal] {
        assert!(!answer.errors().is_empty() && !answer.text.contains("Secret-Horse"), "{}", answer.text);
    }
}
