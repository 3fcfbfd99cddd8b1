//! Linking a provider account: in the session that began it, after a recent proof, and to one user only.

use std::time::Duration;

use authgraph::values::audit::{AuditAction, AuditOutcome};
use serde_json::json;

use crate::support::provider::{CALLBACK, Callback, Person};
use crate::support::provider_client::LINKED_MAIL;
use crate::support::{PASSWORD, TestApp};

const ANN: &str = "ann@example.com";

/// Ann's account at a provider, with an address that nobody verified.
fn ann() -> Person {
    Person::new("ann-1", "ann@elsewhere.example").unverified()
}

#[tokio::test]
async fn a_linked_account_signs_in_whatever_its_address_is() {
    let (app, one) = TestApp::with_provider(&[]).await;
    let session = app.verified(ANN).await;

    let answer = app.linking(&session, &one, &ann()).await.await.ok();

    assert_eq!(answer.text_at("/linkOAuthAccount/user/id"), session.user);
    assert_eq!(answer.text_at("/linkOAuthAccount/oauthAccount/email"), "ann@elsewhere.example");
    let event = app.last_event().await;
    assert_eq!((event.action, event.outcome), (AuditAction::OAuthAccountLinked, AuditOutcome::Success));
    assert_eq!(event.metadata["provider"], "one");
    assert_eq!(app.log_in_at(&one, &ann()).await.signed_in().user, session.user);
    assert_eq!(app.mail_kinds_to(ANN).await.iter().filter(|kind| *kind == LINKED_MAIL).count(), 1);
}

#[tokio::test]
async fn linking_the_same_account_again_changes_nothing() {
    let (app, one) = TestApp::with_provider(&[]).await;
    let session = app.verified(ANN).await;

    let (first, second) = (app.linked(&session, &one, &ann()).await, app.linked(&session, &one, &ann()).await);

    assert_eq!(first, second);
    assert_eq!(app.providers_of(&session).await, ["one"]);
    assert_eq!(app.mail_kinds_to(ANN).await.iter().filter(|kind| *kind == LINKED_MAIL).count(), 1);
}

#[tokio::test]
async fn an_account_of_another_user_is_not_linked() {
    let (app, one) = TestApp::with_provider(&[]).await;
    let (owner, other) = (app.verified(ANN).await, app.verified("bob@example.com").await);
    app.linked(&owner, &one, &ann()).await;

    let refused = app.linking(&other, &one, &ann()).await.await;

    assert_eq!(refused.refusal(), "CONFLICT LINKED_ELSEWHERE");
    assert!(app.providers_of(&other).await.is_empty());
    let event = app.last_event().await;
    assert_eq!((event.action, event.outcome), (AuditAction::OAuthAccountLinked, AuditOutcome::Failure));
    assert_eq!(event.actor_id.map(|id| id.to_string()), Some(other.user));
    assert_eq!((&event.metadata["provider"], &event.metadata["failure"]), (&json!("one"), &json!("LINKED_ELSEWHERE")));
}

#[tokio::test]
async fn linking_takes_a_recent_proof() {
    let (app, one) = TestApp::with_provider(&[]).await;
    let session = app.verified(ANN).await;
    app.wait(Duration::from_mins(10));

    let refused = app.linking(&session, &one, &ann()).await.await;

    assert_eq!(refused.code(), "REAUTHENTICATION_REQUIRED");
    app.reauthenticate(&session, PASSWORD).await.ok();
    app.linked(&session, &one, &ann()).await;
}

#[tokio::test]
async fn a_stranger_begins_no_linking_and_links_nothing() {
    let (app, one) = TestApp::with_provider(&[]).await;
    for purpose in ["LINK", "REAUTHENTICATE"] {
        let input = json!({ "provider": "one", "redirectUri": CALLBACK, "purpose": purpose });
        assert_eq!(app.start_oauth_with(input.clone()).await.code(), "UNAUTHENTICATED");
        assert_eq!(app.start_oauth_with(input).bearer("nonsense").await.code(), "UNAUTHENTICATED");
    }
    let session = app.verified(ANN).await;
    let started = app.start_oauth_by(&session, "one", "LINK").await;
    let callback = one.sign_in(&started.url, &ann());
    app.logout(&session).await.ok();

    assert_eq!(app.link_oauth(&session, &started, &callback).await.code(), "UNAUTHENTICATED");
}

#[tokio::test]
async fn a_flow_is_good_for_the_purpose_it_was_begun_for() {
    let (app, one) = TestApp::with_provider(&[]).await;
    let session = app.verified(ANN).await;
    app.linked(&session, &one, &ann()).await;
    let login = app.start_oauth("one").await;
    let link = app.start_oauth_by(&session, "one", "LINK").await;
    let confirmation = app.start_oauth_by(&session, "one", "REAUTHENTICATE").await;
    let [of_login, of_link, of_confirmation]: [Callback; 3] =
        [&login, &link, &confirmation].map(|started| one.sign_in(&started.url, &ann()));

    let refused = [
        app.complete_oauth(&link, &of_link).await,
        app.complete_oauth(&confirmation, &of_confirmation).await,
        app.link_oauth(&session, &login, &of_login).await,
        app.link_oauth(&session, &confirmation, &of_confirmation).await,
        app.reauthenticate_by(&session, &link, &of_link).await,
        app.reauthenticate_by(&session, &login, &of_login).await,
    ];

    for answer in refused {
        assert_eq!(answer.refusal(), "INVALID_TOKEN UNKNOWN");
    }
    app.link_oauth(&session, &link, &of_link).await.ok();
    app.complete_oauth(&login, &of_login).await.signed_in();
}

#[tokio::test]
async fn a_login_that_was_begun_in_a_session_is_for_everybody() {
    let (app, one) = TestApp::with_provider(&[]).await;
    let session = app.verified(ANN).await;
    let started = app.start_oauth_by(&session, "one", "LOGIN").await;
    let callback = one.sign_in(&started.url, &Person::new("bob-1", "bob@example.com"));

    assert_ne!(app.complete_oauth(&started, &callback).await.signed_in().user, session.user);
}

#[tokio::test]
async fn a_linking_is_completed_in_the_session_that_began_it() {
    let (app, one) = TestApp::with_provider(&[]).await;
    let here = app.verified(ANN).await;
    let there = app.login(ANN, PASSWORD).await.signed_in();
    let other = app.verified("bob@example.com").await;
    let started = app.start_oauth_by(&here, "one", "LINK").await;
    let callback = one.sign_in(&started.url, &ann());

    for session in [&there, &other] {
        let refused = app.link_oauth(session, &started, &callback).await;
        assert_eq!(refused.refusal(), "INVALID_TOKEN UNKNOWN");
    }

    assert_eq!(one.count("/token"), 0);
    app.link_oauth(&here, &started, &callback).await.ok();
}

#[tokio::test]
async fn a_linking_ends_with_the_session_that_began_it() {
    let (app, one) = TestApp::with_provider(&[]).await;
    let owner = app.verified(ANN).await;
    let thief = app.login(ANN, PASSWORD).await.signed_in();
    let started = app.start_oauth_by(&thief, "one", "LINK").await;
    let callback = one.sign_in(&started.url, &Person::new("thief-1", "thief@evil.example"));

    app.revoke_session(&owner, &thief.session).await.ok();

    assert_eq!(app.link_oauth(&thief, &started, &callback).await.code(), "UNAUTHENTICATED");
    let again = app.login(ANN, PASSWORD).await.signed_in();
    assert_eq!(app.link_oauth(&again, &started, &callback).await.refusal(), "INVALID_TOKEN UNKNOWN");
    assert_eq!(app.rows("oauth_accounts").await, 0);
}

#[tokio::test]
async fn an_app_links_with_an_id_token() {
    let (app, one) = TestApp::with_provider(&[]).await;
    let session = app.verified(ANN).await;
    let asked = app.mutate("startIdTokenLogin", json!({ "provider": "one", "purpose": "LINK" }), "nonce flowToken");
    let asked = asked.by(&session).await.ok();
    let token = one.id_token_for_app(asked.text_at("/startIdTokenLogin/nonce"), &ann());
    let answer = json!({ "flowToken": asked.text_at("/startIdTokenLogin/flowToken"), "idToken": token });

    for neither_or_both in
        [json!({}), json!({ "idToken": answer, "oauth": { "flowToken": "a", "state": "b", "code": "c" } })]
    {
        let refused = app.mutate("linkOAuthAccount", neither_or_both, "user { id }").by(&session).await;
        assert_eq!(refused.code(), "VALIDATION_FAILED");
    }
    app.mutate("linkOAuthAccount", json!({ "idToken": answer }), "user { id }").by(&session).await.ok();

    assert_eq!(app.providers_of(&session).await, ["one"]);
}
