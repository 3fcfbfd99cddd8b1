//! Users without a password: how they set one, and how they prove that it is still them.

use std::time::Duration;

use authgraph::values::audit::{AuditAction, AuditOutcome};
use serde_json::{Value, json};

use crate::support::provider::Person;
use crate::support::provider_client::answer_input;
use crate::support::{Answer, PASSWORD, SignedIn, TestApp};

const ANN: &str = "ann@example.com";

fn ann() -> Person {
    Person::new("ann-1", ANN)
}

fn eve() -> Person {
    Person::new("eve-1", "eve@example.com")
}

/// Until when what takes a recent proof is open.
async fn recent_until(app: &TestApp, who: &SignedIn) -> Value {
    let own = "{ me { sessions(first: 1) { nodes { recentAuthUntil } } } }";
    app.ask(own).by(who).await.ok().at("/me/sessions/nodes/0/recentAuthUntil").clone()
}

/// Proves it at the provider, as this person.
async fn prove(app: &TestApp, one: &crate::support::provider::TestProvider, who: &SignedIn, person: &Person) -> Answer {
    let started = app.start_oauth_by(who, one.name, "REAUTHENTICATE").await;
    let callback = one.sign_in(&started.url, person);
    app.reauthenticate_by(who, &started, &callback).await
}

#[tokio::test]
async fn a_first_password_is_set_once_and_ends_the_other_sessions() {
    let (app, one) = TestApp::with_provider(&[]).await;
    let other = app.passwordless(&one, &ann()).await;
    let session = app.log_in_at(&one, &ann()).await.signed_in();

    let answer = app.set_password(&session, PASSWORD).await.ok();

    assert_eq!(answer.at("/setPassword/endedSessionIds"), &json!([other.session]));
    assert_eq!(answer.at("/setPassword/endedSessionCount"), &json!(1));
    assert_eq!(answer.at("/setPassword/user/hasPassword"), &json!(true));
    assert_eq!(app.me(&other).await.code(), "UNAUTHENTICATED");
    app.login(ANN, PASSWORD).await.signed_in();
    assert!(app.mail_kinds_to(ANN).await.contains(&"password_changed".to_owned()));
    assert_eq!(app.set_password(&session, "Another-Horse-8").await.refusal(), "CONFLICT HAS_PASSWORD");
    assert_eq!(app.login(ANN, "Another-Horse-8").await.code(), "INVALID_CREDENTIALS");
}

#[tokio::test]
async fn a_user_with_a_password_does_not_set_another_without_it() {
    let (app, one) = TestApp::with_provider(&[]).await;
    let session = app.verified(ANN).await;
    app.linked(&session, &one, &ann()).await;

    assert_eq!(app.set_password(&session, "Another-Horse-8").await.refusal(), "CONFLICT HAS_PASSWORD");

    app.login(ANN, PASSWORD).await.signed_in();
}

#[tokio::test]
async fn a_first_password_follows_the_rules() {
    let (app, one) = TestApp::with_provider(&[]).await;
    let session = app.passwordless(&one, &ann()).await;

    let weak = app.set_password(&session, "short").await;

    assert_eq!(weak.code(), "VALIDATION_FAILED");
    assert!(weak.field_errors().iter().all(|error| error.starts_with("input.newPassword ")), "{}", weak.text);
    assert_eq!(app.set_password(&session, PASSWORD).await.ok().at("/setPassword/user/hasPassword"), &json!(true));
}

#[tokio::test]
async fn a_user_without_a_password_proves_it_at_the_provider() {
    let (app, one) = TestApp::with_provider(&[]).await;
    let session = app.passwordless(&one, &ann()).await;
    assert_eq!(recent_until(&app, &session).await, "2030-03-01T12:10:00.000Z");
    app.wait(Duration::from_mins(10));
    assert_eq!(app.set_password(&session, PASSWORD).await.code(), "REAUTHENTICATION_REQUIRED");

    let proved = prove(&app, &one, &session, &ann()).await.ok();

    assert_eq!(proved.text_at("/reauthenticate/session/recentAuthUntil"), "2030-03-01T12:20:00.000Z");
    assert_eq!(proved.at("/reauthenticate/session/reauthenticationMethods"), &json!(["OAUTH"]));
    let event = app.last_event().await;
    assert_eq!((event.action, &event.metadata["provider"]), (AuditAction::Reauthenticated, &json!("one")));
    app.set_password(&session, PASSWORD).await.ok();
}

#[tokio::test]
async fn a_provider_also_stands_in_for_a_password_that_exists() {
    let (app, one) = TestApp::with_provider(&[]).await;
    let session = app.verified(ANN).await;
    app.linked(&session, &one, &ann()).await;
    app.wait(Duration::from_mins(10));

    prove(&app, &one, &session, &ann()).await.ok();

    app.request_email_change(&session, "ann@new.example").await.ok();
}

#[tokio::test]
async fn the_user_is_asked_to_sign_in_anew_and_an_old_sign_in_is_not_enough() {
    let (app, one) = TestApp::with_provider(&[]).await;
    let session = app.passwordless(&one, &ann()).await;
    app.wait(Duration::from_mins(12));

    let started = app.start_oauth_by(&session, "one", "REAUTHENTICATE").await;
    let url = url::Url::parse(&started.url).unwrap();
    for (name, value) in [("prompt", "login"), ("max_age", "0")] {
        assert!(url.query_pairs().any(|pair| pair == (name.into(), value.into())), "{name}: {url}");
    }
    one.lie(json!({ "auth_time": app.app.clock.now().timestamp() - 12 * 60 }));
    let refused = prove(&app, &one, &session, &ann()).await;

    assert_eq!(refused.refusal(), "OAUTH_FAILED INVALID_ID_TOKEN");
    assert_eq!(app.last_event().await.metadata["failure"], "STALE_LOGIN");
    assert_eq!(recent_until(&app, &session).await, json!(null));
}

#[tokio::test]
async fn the_account_of_somebody_else_proves_nothing() {
    let (app, one) = TestApp::with_provider(&[]).await;
    let session = app.passwordless(&one, &ann()).await;
    app.passwordless(&one, &eve()).await;
    app.wait(Duration::from_mins(10));

    // One that another user has linked, and one that nobody has, with the address of the user.
    for person in [eve(), Person::new("nobody-1", ANN)] {
        assert_eq!(prove(&app, &one, &session, &person).await.refusal(), "OAUTH_FAILED WRONG_ACCOUNT");
        let event = app.last_event().await;
        assert_eq!((event.action, event.outcome), (AuditAction::Reauthenticated, AuditOutcome::Failure));
        assert_eq!(event.metadata["provider"], "one");
    }

    assert_eq!(recent_until(&app, &session).await, json!(null));
    assert_eq!((app.rows("oauth_accounts").await, app.rows("users").await), (2, 2));
}

#[tokio::test]
async fn where_a_second_factor_is_on_a_provider_alone_proves_nothing() {
    let (app, one) = TestApp::with_provider(&[]).await;
    let session = app.passwordless(&one, &ann()).await;
    let authenticator = app.enrolled(&session).await;
    app.confirm_enrollment(&session, &app.code(&authenticator)).await.ok();
    app.wait(Duration::from_mins(10));

    assert_eq!(prove(&app, &one, &session, &ann()).await.field_errors(), ["input.code REQUIRED"]);
    assert_eq!(app.set_password(&session, PASSWORD).await.code(), "REAUTHENTICATION_REQUIRED");

    app.reauthenticate_with_code(&session, &app.next_code(&authenticator)).await.ok();
    app.set_password(&session, PASSWORD).await.ok();
}

#[tokio::test]
async fn of_the_two_kinds_of_answers_of_a_provider_at_most_one_is_given() {
    let (app, one) = TestApp::with_provider(&[]).await;
    let session = app.passwordless(&one, &ann()).await;
    let started = app.start_oauth_by(&session, "one", "REAUTHENTICATE").await;
    let oauth = answer_input(&started.flow, &one.sign_in(&started.url, &ann()));
    let both = json!({ "oauth": oauth, "idToken": { "flowToken": started.flow, "idToken": "a.b.c" } });

    let refused = app.mutate("reauthenticate", both, "session { id }").by(&session).await;

    assert_eq!(refused.code(), "VALIDATION_FAILED");
    app.mutate("reauthenticate", json!({ "oauth": oauth }), "session { id }").by(&session).await.ok();
}

#[tokio::test]
async fn a_user_without_a_password_gets_one_through_the_mailbox() {
    let (app, one) = TestApp::with_provider(&[]).await;
    let session = app.passwordless(&one, &ann()).await;
    app.request_password_reset(ANN).await.ok();
    let token = app.token_to(ANN, "reset_password").await;

    app.reset_password(&token, PASSWORD).await.ok();

    assert_eq!(app.login(ANN, PASSWORD).await.signed_in().user, session.user);
    app.log_in_at(&one, &ann()).await.signed_in();
}
