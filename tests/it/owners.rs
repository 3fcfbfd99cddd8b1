//! Owners come in while others guess: known devices, open sessions and a reset are not held up by strangers.

use authgraph::tools::db::statements_run;

use crate::support::{GraphQLRequest, PASSWORD, SignedIn, TestApp};

const LIMITS: &[(&str, &str)] =
    &[("RATE_LIMIT_AUTH_ACCOUNT", "5/1m"), ("RATE_LIMIT_AUTH_PAIR", "5/1m"), ("TRUSTED_PROXIES", "1")];
const ANN: &str = "ann@example.com";
const HOME: &str = "203.0.113.7";
const AWAY: &str = "192.0.2.1";

/// A login at home, on the device that has been there from the beginning.
fn at_home(app: &TestApp, email: &str, password: &str) -> GraphQLRequest {
    app.login(email, password).from(HOME).header("user-agent", "Ann's telephone")
}

/// Ann, who has signed in at home.
async fn ann(settings: &[(&str, &str)]) -> (TestApp, SignedIn) {
    let app = TestApp::with(&[LIMITS, settings].concat()).await;
    let ann = app.register(ANN).from(HOME).header("user-agent", "Ann's telephone").await.signed_in();
    (app, ann)
}

/// Strangers guess until the limit of the account is reached and the account is locked.
async fn strangers_guess(app: &TestApp) {
    for _ in 0..5 {
        assert_eq!(app.login(ANN, "Wrong-Guess-99").from("198.51.100.5").await.code(), "INVALID_CREDENTIALS");
    }
    assert_eq!(app.login(ANN, PASSWORD).from("198.51.100.5").await.code(), "RATE_LIMITED");
}

#[tokio::test]
async fn strangers_who_guess_never_keep_a_known_device_out() {
    let (app, _) = ann(&[]).await;
    strangers_guess(&app).await;

    at_home(&app, ANN, PASSWORD).await.signed_in();

    // For everybody else limit and lock are as they were.
    assert_eq!(app.login(ANN, PASSWORD).from(AWAY).await.code(), "RATE_LIMITED");
    app.wait(std::time::Duration::from_mins(1));
    assert_eq!(app.login(ANN, PASSWORD).from(AWAY).await.code(), "ACCOUNT_LOCKED");
    at_home(&app, ANN, PASSWORD).await.signed_in();
}

#[tokio::test]
async fn a_device_that_another_account_knows_is_a_stranger() {
    let (app, _) = ann(&[]).await;
    app.register("eve@example.com").from(AWAY).header("user-agent", "Eve's telephone").await.signed_in();
    strangers_guess(&app).await;

    let refused = app.login(ANN, PASSWORD).from(AWAY).header("user-agent", "Eve's telephone").await;

    assert_eq!(refused.code(), "RATE_LIMITED");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_imitates_a_known_device_has_as_many_guesses_as_lock_the_account() {
    let (app, _) = ann(&[("RATE_LIMIT_AUTH_ACCOUNT", "0"), ("RATE_LIMIT_AUTH_PAIR", "0")]).await;
    app.at_once((0..20).map(|_| at_home(&app, ANN, "Wrong-Guess-99"))).await;

    assert_eq!(at_home(&app, ANN, PASSWORD).await.code(), "ACCOUNT_LOCKED");
    app.wait(std::time::Duration::from_mins(15));
    at_home(&app, ANN, PASSWORD).await.signed_in();
}

#[tokio::test]
async fn the_right_password_forgets_the_wrong_guesses_of_its_device() {
    let (app, _) = ann(&[]).await;
    for _ in 0..3 {
        for _ in 0..4 {
            at_home(&app, ANN, "Wrong-Guess-99").await;
        }
        at_home(&app, ANN, PASSWORD).await.signed_in();
        app.wait(std::time::Duration::from_mins(1));
    }
    strangers_guess(&app).await;

    at_home(&app, ANN, PASSWORD).await.signed_in();
}

#[tokio::test(flavor = "current_thread")]
async fn nobody_learns_which_devices_an_account_knows() {
    let (app, _) = ann(&[]).await;
    for email in [ANN, "eve@example.com"] {
        for _ in 0..5 {
            app.login(email, "Wrong-Guess-99").from("198.51.100.5").await;
        }
    }
    let refused = async |email| {
        let before = statements_run();
        let answer = at_home(&app, email, "Wrong-Guess-99").await;
        assert_eq!(answer.code(), "RATE_LIMITED");
        (answer.anonymous_text(), statements_run() - before)
    };
    refused("eve@example.com").await;

    assert_eq!(refused(ANN).await, refused("eve@example.com").await);
}

#[tokio::test]
async fn strangers_who_guess_keep_no_session_from_confirming() {
    let (app, ann) = ann(&[]).await;
    strangers_guess(&app).await;

    app.reauthenticate(&ann, PASSWORD).from("198.51.100.5").await.ok();
    app.change_password(&ann, PASSWORD, "Another-Horse-8").from("198.51.100.5").await.ok();
}

#[tokio::test]
async fn guesses_in_one_session_hold_up_no_other() {
    let (app, thief) = ann(&[]).await;
    let ann = at_home(&app, ANN, PASSWORD).await.signed_in();

    for _ in 0..5 {
        assert_eq!(app.reauthenticate(&thief, "Wrong-Guess-99").await.code(), "INVALID_CREDENTIALS");
    }

    assert_eq!(app.reauthenticate(&thief, PASSWORD).await.code(), "RATE_LIMITED");
    app.reauthenticate(&ann, PASSWORD).await.ok();
}

#[tokio::test]
async fn a_reset_forgets_the_guesses_at_the_old_password() {
    let (app, _) = ann(&[("RATE_LIMIT_EMAIL", "3/1h")]).await;
    strangers_guess(&app).await;
    for _ in 0..5 {
        app.login(ANN, PASSWORD).from(AWAY).await;
    }
    for _ in 0..3 {
        app.request_password_reset(ANN).await.ok();
    }
    assert_eq!(app.request_password_reset(ANN).await.code(), "RATE_LIMITED");
    let token = app.token_to(ANN, "reset_password").await;

    app.reset_password(&token, "Another-Horse-8").from(AWAY).await.ok();

    app.login(ANN, "Another-Horse-8").from(AWAY).await.signed_in();
    app.request_password_reset(ANN).await.ok();
}

#[tokio::test]
async fn who_changes_the_password_keeps_nobody_from_a_reset_email() {
    let (app, thief) = ann(&[("RATE_LIMIT_EMAIL", "3/1h")]).await;
    for _ in 0..3 {
        app.request_password_reset(ANN).await.ok();
    }

    // Which withdraws the links that were sent.
    app.change_password(&thief, PASSWORD, "Another-Horse-8").await.ok();

    app.request_password_reset(ANN).await.ok();
}

#[tokio::test]
async fn codes_of_strangers_hold_up_neither_a_known_device_nor_a_session() {
    let app = TestApp::with(&[("RATE_LIMIT_MFA", "3/1h"), ("TRUSTED_PROXIES", "1")]).await;
    let ann = app.with_mfa(ANN).await;
    let challenge = app.challenge(ANN).await;
    let wrong = app.wrong_code(&ann.authenticator);
    for _ in 0..3 {
        assert_eq!(app.verify_mfa(&challenge, &wrong).from(AWAY).await.code(), "INVALID_MFA_CODE");
    }
    assert_eq!(app.verify_mfa(&challenge, &wrong).from(AWAY).await.code(), "RATE_LIMITED");

    app.reauthenticate_with_code(&ann.session, &ann.backup_codes[0]).await.ok();
    app.login_with_code(ANN, &ann.backup_codes[1]).await.signed_in();
}

#[tokio::test]
async fn guesses_after_the_first_step_keep_nobody_from_the_second() {
    let app = TestApp::with(LIMITS).await;
    let ann = app.with_mfa(ANN).await;
    let challenge = app.challenge(ANN).await;
    app.wait(std::time::Duration::from_mins(1));
    strangers_guess(&app).await;

    app.verify_mfa(&challenge, &ann.backup_codes[0]).from(AWAY).await.signed_in();
}
