//! Unlinking a provider account: one's own, after a recent proof, and never the last way in.

use std::time::Duration;

use authgraph::values::audit::{AuditAction, AuditOutcome};
use authgraph::values::ids::{OAuthAccountId, UserId};
use serde_json::json;

use crate::support::provider::Person;
use crate::support::provider_client::UNLINKED_MAIL;
use crate::support::{PASSWORD, TestApp};

const ANN: &str = "ann@example.com";

fn ann() -> Person {
    Person::new("ann-1", ANN)
}

/// Ann's account at another provider.
fn ann_elsewhere() -> Person {
    Person::new("ann-2", "ann@elsewhere.example")
}

/// The id of the only provider account of a user.
async fn only_account(app: &TestApp, who: &crate::support::SignedIn) -> String {
    let answer = app.ask("{ me { oauthAccounts { id } } }").by(who).await.ok();
    assert_eq!(answer.at("/me/oauthAccounts").as_array().unwrap().len(), 1, "{}", answer.text);
    answer.text_at("/me/oauthAccounts/0/id").to_owned()
}

#[tokio::test]
async fn an_unlinked_account_signs_in_no_more() {
    let (app, _one, two) = TestApp::with_two_providers(&[]).await;
    let session = app.verified(ANN).await;
    let id = app.linked(&session, &two, &ann_elsewhere()).await;

    let answer = app.unlink_oauth(&session, &id).await.ok();

    assert_eq!(answer.text_at("/unlinkOAuthAccount/oauthAccountId"), id);
    assert_eq!(answer.at("/unlinkOAuthAccount/user/oauthAccounts"), &json!([]));
    let event = app.last_event().await;
    assert_eq!((event.action, event.outcome), (AuditAction::OAuthAccountUnlinked, AuditOutcome::Success));
    assert_eq!(event.metadata["provider"], "two");
    assert!(app.mail_kinds_to(ANN).await.contains(&UNLINKED_MAIL.to_owned()));
    assert_ne!(app.log_in_at(&two, &ann_elsewhere()).await.signed_in().user, session.user);
    assert_eq!(app.unlink_oauth(&session, &id).await.code(), "NOT_FOUND");
}

#[tokio::test]
async fn the_last_way_in_stays() {
    let (app, one, two) = TestApp::with_two_providers(&[]).await;
    let session = app.passwordless(&one, &ann()).await;
    let last = only_account(&app, &session).await;

    assert_eq!(app.unlink_oauth(&session, &last).await.refusal(), "CONFLICT LAST_LOGIN_METHOD");

    assert_eq!(app.providers_of(&session).await, ["one"]);
    app.linked(&session, &two, &ann_elsewhere()).await;
    app.unlink_oauth(&session, &last).await.ok();
    let last = only_account(&app, &session).await;
    assert_eq!(app.unlink_oauth(&session, &last).await.refusal(), "CONFLICT LAST_LOGIN_METHOD");
    app.set_password(&session, PASSWORD).await.ok();
    app.unlink_oauth(&session, &last).await.ok();
    app.login(ANN, PASSWORD).await.signed_in();
}

#[tokio::test]
async fn an_account_at_a_provider_that_is_not_configured_any_more_is_no_way_in() {
    let (app, one) = TestApp::with_provider(&[]).await;
    let session = app.passwordless(&one, &ann()).await;
    let id = only_account(&app, &session).await;
    let text = "insert into oauth_accounts (id, user_id, provider, subject, linked_at) values ($1, $2, $3, $4, $5)";
    let user: UserId = session.user.parse().unwrap();
    let insert = app.app.db.query(text).bind(OAuthAccountId::new()).bind(user).bind("gone".to_owned());
    insert.bind("ann-3".to_owned()).bind(app.app.clock.now()).execute().await.unwrap();

    assert_eq!(app.unlink_oauth(&session, &id).await.refusal(), "CONFLICT LAST_LOGIN_METHOD");

    assert_eq!(app.providers_of(&session).await, ["one", "gone"]);
}

#[tokio::test]
async fn nobody_unlinks_what_is_not_theirs() {
    let (app, one) = TestApp::with_provider(&[]).await;
    let (owner, other) = (app.verified(ANN).await, app.verified("bob@example.com").await);
    let id = app.linked(&owner, &one, &ann()).await;

    for (who, id) in [(&other, id.as_str()), (&owner, owner.user.as_str()), (&owner, "nonsense")] {
        let refused = app.unlink_oauth(who, id).await;
        assert_eq!(refused.code(), "NOT_FOUND", "{id}");
    }

    assert_eq!(app.providers_of(&owner).await, ["one"]);
}

#[tokio::test]
async fn unlinking_takes_a_recent_proof() {
    let (app, one) = TestApp::with_provider(&[]).await;
    let session = app.verified(ANN).await;
    let id = app.linked(&session, &one, &ann()).await;
    app.wait(Duration::from_mins(10));

    assert_eq!(app.unlink_oauth(&session, &id).await.code(), "REAUTHENTICATION_REQUIRED");

    app.reauthenticate(&session, PASSWORD).await.ok();
    app.unlink_oauth(&session, &id).await.ok();
}

#[tokio::test]
async fn a_login_that_waits_for_its_second_factor_ends_with_the_account_it_began_with() {
    let (app, one) = TestApp::with_provider(&[]).await;
    let member = app.with_mfa(ANN).await;
    let id = app.linked(&member.session, &one, &ann_elsewhere()).await;
    let waiting = app.log_in_at(&one, &ann_elsewhere()).await.ok();
    let challenge = waiting.text_at("/completeOAuth/challengeToken");

    app.unlink_oauth(&member.session, &id).await.ok();

    let code = app.next_code(&member.authenticator);
    assert_eq!(app.verify_mfa(challenge, &code).await.refusal(), "INVALID_TOKEN EXPIRED");
}
