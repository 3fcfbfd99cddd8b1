//! An account goes back to its owner, wholly: what a thief or a squatter began, knew or set is gone.

use std::time::Duration;

use authgraph::app::viewer::authenticate;
use authgraph::error::{Error, Refusal};
use authgraph::flows::change_email::request_email_change;
use authgraph::flows::change_password::change_password;
use authgraph::flows::delete_account::delete_account;
use authgraph::flows::enroll_mfa::start_mfa_enrollment;
use authgraph::flows::remove_user::delete_user;
use authgraph::values::caller::Caller;
use authgraph::values::email_address::EmailAddress;
use authgraph::values::password::Password;
use serde_json::json;

use crate::support::{GraphQLRequest, PASSWORD, SignedIn, TestApp};

const ANN: &str = "ann@example.com";
const THIEF: &str = "thief@evil.example";
const FRESH: &str = "Another-Horse-8";

/// Ann, and a thief in a session of her account who has asked to move it; with the token that confirms the move.
async fn stolen(app: &TestApp) -> (SignedIn, SignedIn, String) {
    let ann = app.verified(ANN).await;
    let thief = app.login(ANN, PASSWORD).await.signed_in();
    app.request_email_change(&thief, THIEF).await.ok();
    let token = app.token_to(THIEF, "confirm_email_change").await;
    (ann, thief, token)
}

fn disown(app: &TestApp, token: &str) -> GraphQLRequest {
    app.mutate("disownSession", json!({ "token": token }), "sessionId")
}

/// Resets the password by email, as the reader of the mailbox does.
async fn reset(app: &TestApp, email: &str) {
    app.request_password_reset(email).await.ok();
    let token = app.token_to(email, "reset_password").await;
    app.reset_password(&token, FRESH).await.ok();
}

#[tokio::test]
async fn a_change_of_address_ends_with_the_session_that_its_owner_ended() {
    let app = TestApp::start().await;
    let (ann, thief, token) = stolen(&app).await;

    app.revoke_session(&ann, &thief.session).await.ok();

    assert_eq!(app.confirm_email_change(&token).await.code(), "INVALID_TOKEN");
    assert_eq!(app.me(&ann).await.text_at("/me/email"), ANN);
}

#[tokio::test]
async fn a_change_of_address_ends_with_a_logout() {
    let app = TestApp::start().await;
    let (_, thief, token) = stolen(&app).await;

    app.logout(&thief).await.ok();

    assert_eq!(app.confirm_email_change(&token).await.code(), "INVALID_TOKEN");
}

#[tokio::test]
async fn a_change_of_address_ends_with_the_session_of_a_reused_token() {
    let app = TestApp::start().await;
    let (_, thief, token) = stolen(&app).await;
    app.refresh(&thief).await.signed_in();

    assert_eq!(app.refresh(&thief).await.code(), "REFRESH_TOKEN_REUSED");

    assert_eq!(app.confirm_email_change(&token).await.code(), "INVALID_TOKEN");
}

#[tokio::test]
async fn a_change_of_address_ends_with_an_expired_session() {
    let app = TestApp::with(&[("REFRESH_TOKEN_LIFETIME", "1h")]).await;
    let (_, _, token) = stolen(&app).await;

    app.wait(Duration::from_hours(1));

    assert_eq!(app.confirm_email_change(&token).await.code(), "INVALID_TOKEN");
}

#[tokio::test]
async fn an_email_that_would_confirm_a_change_does_not_leave_after_its_session() {
    let app = TestApp::start().await;
    let ann = app.verified(ANN).await;
    let thief = app.login(ANN, PASSWORD).await.signed_in();
    app.request_email_change(&thief, THIEF).await.ok();

    app.revoke_session(&ann, &thief.session).await.ok();

    assert!(app.mail_kinds_to(THIEF).await.is_empty());
}

#[tokio::test]
async fn a_change_of_address_survives_a_refresh_of_its_session() {
    let app = TestApp::start().await;
    let (_, session, token) = stolen(&app).await;

    app.refresh(&session).await.signed_in();

    assert_eq!(app.confirm_email_change(&token).await.text_at("/confirmEmailChange/email"), THIEF);
}

#[tokio::test]
async fn an_enrolment_ends_with_its_session() {
    let app = TestApp::start().await;
    let ann = app.verified(ANN).await;
    let thief = app.login(ANN, PASSWORD).await.signed_in();
    let authenticator = app.enrolled(&thief).await;

    app.revoke_session(&ann, &thief.session).await.ok();

    let again = app.login(ANN, PASSWORD).await.signed_in();
    assert_eq!(app.confirm_enrollment(&again, &app.code(&authenticator)).await.code(), "CONFLICT");
}

#[tokio::test]
async fn what_lasts_is_not_done_in_a_session_that_ended_meanwhile() {
    let app = TestApp::start().await;
    let owner = app.verified(ANN).await;
    let thief = app.login(ANN, PASSWORD).await.signed_in();
    // The request of the thief has been let in, and its owner is quicker than its transaction.
    let let_in = authenticate(&app.app, &thief.access).await.unwrap();
    app.revoke_session(&owner, &thief.session).await.ok();

    let caller = Caller::operator("the thief");
    let (new, own) = (EmailAddress::parse(THIEF).unwrap(), EmailAddress::parse(ANN).unwrap());
    let (password, fresh) = (Password::typed(PASSWORD.to_owned()), Password::typed(FRESH.to_owned()));
    let refused = [
        request_email_change(&app.app, &caller, &let_in, &new).await.err(),
        change_password(&app.app, &caller, &let_in, &password, &fresh).await.err(),
        start_mfa_enrollment(&app.app, &caller, &let_in).await.err(),
        delete_account(&app.app, &caller, &let_in, &own).await.err(),
    ];

    for error in refused {
        assert!(matches!(error, Some(Error::Refused(Refusal::Unauthenticated))), "{error:?}");
    }
    app.login(ANN, PASSWORD).await.signed_in();
}

#[tokio::test]
async fn an_administrator_does_nothing_in_a_session_that_ended_meanwhile() {
    let app = TestApp::start().await;
    let (ann, root) = (app.signed_in(ANN).await, app.admin("root@example.com").await);
    let let_in = authenticate(&app.app, &root.access).await.unwrap().administrator().unwrap();
    app.logout(&root).await.ok();

    let caller = Caller::operator("the thief");
    let refused = delete_user(&app.app, &caller, &let_in, ann.user.parse().unwrap()).await;

    assert!(matches!(refused, Err(Error::Refused(Refusal::Unauthenticated))));
}

#[tokio::test]
async fn an_undo_takes_the_password_that_the_thief_knows() {
    let app = TestApp::start().await;
    let (_, _, token) = stolen(&app).await;
    app.confirm_email_change(&token).await.ok();
    let undo = app.token_to(ANN, "email_changed").await;

    app.undo_email_change(&undo).await.ok();

    assert_eq!(app.login(ANN, PASSWORD).await.code(), "INVALID_CREDENTIALS");
    let owners = app.token_to(ANN, "reset_password").await;
    app.reset_password(&owners, FRESH).await.ok();
    app.login(ANN, FRESH).await.signed_in();
}

#[tokio::test]
async fn a_disowned_session_takes_the_password_that_opened_it() {
    let app = TestApp::with(&[("TRUSTED_PROXIES", "1")]).await;
    app.verified(ANN).await;
    let thief = app.login(ANN, PASSWORD).from("198.51.100.7").await.signed_in();
    let token = app.token_to(ANN, "new_device").await;

    disown(&app, &token).await.ok();

    assert_eq!(app.login(ANN, PASSWORD).from("198.51.100.7").await.code(), "INVALID_CREDENTIALS");
    assert_eq!(app.reauthenticate(&thief, PASSWORD).await.code(), "UNAUTHENTICATED");
    let owners = app.token_to(ANN, "reset_password").await;
    app.reset_password(&owners, FRESH).await.ok();
    app.login(ANN, FRESH).await.signed_in();
}

#[tokio::test]
async fn an_email_link_is_no_way_past_the_second_factor() {
    let app = TestApp::with(&[("TRUSTED_PROXIES", "1")]).await;
    let ann = app.with_mfa(ANN).await;
    app.verify_email(&app.token_to(ANN, "verify_email").await).await.ok();
    let challenge = app.first_step(ANN).from("198.51.100.7").await.ok();
    let challenge = challenge.text_at("/login/challengeToken").to_owned();
    app.verify_mfa(&challenge, &app.next_code(&ann.authenticator)).from("198.51.100.7").await.signed_in();
    let token = app.token_to(ANN, "new_device").await;

    disown(&app, &token).await.ok();
    let owners = app.token_to(ANN, "reset_password").await;
    app.reset_password(&owners, PASSWORD).await.ok();

    assert_eq!(app.first_step(ANN).await.text_at("/login/__typename"), "MfaRequired");
}

#[tokio::test]
async fn an_address_that_was_never_verified_is_neither_held_nor_offered_back() {
    let app = TestApp::start().await;
    let squatter = app.signed_in(ANN).await;
    app.request_email_change(&squatter, THIEF).await.ok();
    let token = app.token_to(THIEF, "confirm_email_change").await;

    app.confirm_email_change(&token).await.ok();

    assert_eq!(app.mail_kinds_to(ANN).await, ["verify_email", "unverified_email_changed"]);
    let told = app.mails_to(ANN).await;
    assert!(!told.iter().any(|mail| mail.text.contains("undo") || mail.text.contains(THIEF)));
    app.register(ANN).await.signed_in();
}

#[tokio::test]
async fn a_reset_of_an_account_that_was_never_verified_drops_what_its_squatter_set() {
    let app = TestApp::start().await;
    let squatter = app.with_mfa(ANN).await.session;
    app.update_profile(&squatter, json!({ "name": "Trojan" })).await.ok();

    reset(&app, ANN).await;

    let ann = app.login(ANN, FRESH).await.signed_in();
    let me = app.ask("{ me { name emailVerified mfa { enabled } } }").by(&ann).await;
    assert_eq!(me.at("/me/mfa/enabled"), &json!(false));
    assert_eq!((me.at("/me/name"), me.at("/me/emailVerified")), (&json!(null), &json!(true)));
    assert_eq!(app.me(&squatter).await.code(), "UNAUTHENTICATED");
}

#[tokio::test]
async fn a_reset_of_a_verified_account_keeps_its_second_factor() {
    let app = TestApp::start().await;
    app.with_mfa(ANN).await;
    app.verify_email(&app.token_to(ANN, "verify_email").await).await.ok();

    reset(&app, ANN).await;

    let answer = app.mutate("login", json!({ "email": ANN, "password": FRESH }), "__typename").await;
    assert_eq!(answer.text_at("/login/__typename"), "MfaRequired");
}

#[tokio::test]
async fn a_reset_tells_that_a_former_address_can_still_take_the_account_back() {
    let app = TestApp::start().await;
    let (_, _, token) = stolen(&app).await;
    app.confirm_email_change(&token).await.ok();

    reset(&app, THIEF).await;

    let mails = app.mails_to(THIEF).await;
    let told = mails.iter().find(|mail| mail.kind == "password_changed").unwrap();
    assert!(told.text.contains(ANN) && told.text.contains("8 Mar 2030"), "{}", told.text);
}

#[tokio::test]
async fn the_email_to_a_new_address_says_whose_account_it_is() {
    let app = TestApp::start().await;
    stolen(&app).await;
    let stranger = app.signed_in("bob@example.com").await;
    app.request_email_change(&stranger, "new@example.com").await.ok();

    let of_verified = app.mails_to(THIEF).await;
    let of_unverified = app.mails_to("new@example.com").await;

    assert!(of_verified[0].text.contains(ANN) && of_verified[0].text.contains("7 days"), "{}", of_verified[0].text);
    assert!(!of_unverified[0].text.contains("bob@example.com"), "a stranger chose this text");
}

#[tokio::test]
async fn an_undo_waits_while_an_administrator_keeps_the_account_locked() {
    let app = TestApp::start().await;
    let admin = app.admin("root@example.com").await;
    let (ann, _, token) = stolen(&app).await;
    app.confirm_email_change(&token).await.ok();
    let undo = app.token_to(ANN, "email_changed").await;
    app.lock_user(&admin, &ann.user, json!("2030-03-02T12:00:00Z")).await.ok();

    assert_eq!(app.undo_email_change(&undo).await.code(), "ACCOUNT_LOCKED");

    app.wait(Duration::from_hours(24));
    app.undo_email_change(&undo).await.ok();
}
