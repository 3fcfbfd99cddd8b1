//! ID tokens that lie, as the whole server sees them, and those that apps bring themselves.

use std::time::Duration;

use authgraph::values::audit::{AuditAction, AuditOutcome};
use aws_lc_rs::digest::{SHA256, digest};
use serde_json::{Value, json};

use crate::support::provider::{Callback, Person, TestProvider};
use crate::support::provider_client::answer_input;
use crate::support::provider_tokens::Signature;
use crate::support::{Answer, START, TestApp};

const MIN: i64 = 60;

fn ann() -> Person {
    Person::new("ann-1", "ann@example.com")
}

/// A login whose ID token is refused, for this reason. Nothing comes of it.
async fn assert_refused(app: &TestApp, one: &TestProvider, failure: &str) {
    let refused = app.log_in_at(one, &ann()).await;
    assert_eq!(refused.refusal(), "OAUTH_FAILED INVALID_ID_TOKEN", "{failure}");
    let event = app.last_event().await;
    assert_eq!((event.action, event.outcome), (AuditAction::Login, AuditOutcome::Failure));
    assert_eq!((&event.metadata["provider"], &event.metadata["failure"]), (&json!("one"), &json!(failure)));
    assert_eq!((app.rows("users").await, app.rows("oauth_accounts").await), (0, 0));
}

#[tokio::test]
async fn a_token_with_a_wrong_or_missing_claim_signs_nobody_in() {
    let (app, one, two) = TestApp::with_two_providers(&[]).await;
    let (now, other_issuer) = (START.timestamp(), two.issuer());
    let lies: [(Value, &str); 15] = [
        (json!({ "iss": "https://evil.example" }), "WRONG_ISSUER"),
        (json!({ "iss": other_issuer }), "WRONG_ISSUER"),
        (json!({ "iss": null }), "MISSING_CLAIM"),
        (json!({ "sub": null }), "MISSING_CLAIM"),
        (json!({ "sub": "" }), "MISSING_CLAIM"),
        (json!({ "aud": "client:two" }), "WRONG_AUDIENCE"),
        (json!({ "aud": null }), "MISSING_CLAIM"),
        (json!({ "aud": ["client:one", "client:two"] }), "WRONG_AUTHORIZED_PARTY"),
        (json!({ "azp": "client:two" }), "WRONG_AUTHORIZED_PARTY"),
        (json!({ "exp": now - MIN }), "EXPIRED"),
        (json!({ "exp": null }), "MISSING_CLAIM"),
        (json!({ "iat": now - 12 * MIN }), "TOO_OLD"),
        (json!({ "iat": now + 2 * MIN }), "NOT_YET_VALID"),
        (json!({ "nonce": "the nonce of another sign-in" }), "WRONG_NONCE"),
        (json!({ "nonce": null }), "WRONG_NONCE"),
    ];
    for (lie, failure) in lies {
        one.lie(lie);
        assert_refused(&app, &one, failure).await;
    }

    one.lie(json!({}));
    app.log_in_at(&one, &ann()).await.signed_in();
}

#[tokio::test]
async fn a_token_that_the_issuer_did_not_sign_signs_nobody_in() {
    let (app, one) = TestApp::with_provider(&[]).await;
    for (signature, failure) in [
        (Signature::Forged, "WRONG_SIGNATURE"),
        (Signature::Missing, "WRONG_ALGORITHM"),
        (Signature::PublicKeyAsSecret, "WRONG_ALGORITHM"),
    ] {
        one.misbehave(|lies| lies.signature = signature);
        assert_refused(&app, &one, failure).await;
    }
}

#[tokio::test]
async fn a_header_does_not_change_how_a_token_is_verified() {
    let (app, one) = TestApp::with_provider(&[]).await;
    for (header, failure) in [
        (json!({ "crit": ["exp"], "exp": 1 }), "CRITICAL_HEADER"),
        (json!({ "kid": "unknown" }), "UNKNOWN_KEY"),
        (json!({ "alg": "RS256" }), "WRONG_ALGORITHM"),
    ] {
        one.misbehave(|lies| lies.header = header);
        assert_refused(&app, &one, failure).await;
    }
}

#[tokio::test]
async fn a_token_is_bound_to_the_access_token_that_came_with_it() {
    let (app, one) = TestApp::with_provider(&[]).await;
    one.lie(json!({ "at_hash": "AAAAAAAAAAAAAAAAAAAAAA" }));

    assert_refused(&app, &one, "WRONG_ACCESS_TOKEN").await;
}

#[tokio::test]
async fn an_issuer_may_change_its_keys_while_the_server_runs() {
    let (app, one) = TestApp::with_provider(&[]).await;
    let first = app.log_in_at(&one, &ann()).await.signed_in();

    one.rotate_keys("key-2");
    app.wait(Duration::from_mins(1));

    assert_eq!(app.log_in_at(&one, &ann()).await.signed_in().user, first.user);
    assert_eq!(one.count("/keys"), 2);
}

#[tokio::test]
async fn forged_names_of_keys_do_not_become_requests_to_the_issuer() {
    let (app, one) = TestApp::with_provider(&[]).await;
    app.log_in_at(&one, &ann()).await.signed_in();

    for n in 0..20 {
        one.misbehave(|lies| lies.header = json!({ "kid": format!("forged-{n}") }));
        assert_eq!(app.log_in_at(&one, &ann()).await.refusal(), "OAUTH_FAILED INVALID_ID_TOKEN");
    }

    assert!(one.count("/keys") <= 2, "{}", one.count("/keys"));
}

/// An app that brings an ID token with this nonce in it.
async fn bring(app: &TestApp, one: &TestProvider, nonce: impl Fn(&str) -> String) -> Answer {
    let asked = app.start_id_token_login("one").await.ok();
    let token = one.id_token_for_app(&nonce(asked.text_at("/startIdTokenLogin/nonce")), &ann());
    app.login_with_id_token("one", asked.text_at("/startIdTokenLogin/flowToken"), &token).await
}

fn sha256_hex(text: &str) -> String {
    digest(&SHA256, text.as_bytes()).as_ref().iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

#[tokio::test]
async fn an_app_signs_in_with_the_token_of_its_providers_library() {
    let (app, one) = TestApp::with_provider(&[]).await;

    let raw = bring(&app, &one, str::to_owned).await;
    let hashed = bring(&app, &one, sha256_hex).await;

    assert_eq!(raw.at("/loginWithIdToken/session/authMethods"), &json!(["OAUTH"]));
    assert_eq!(raw.signed_in().user, hashed.signed_in().user);
}

#[tokio::test]
async fn a_token_that_an_app_brings_is_good_once_and_for_its_own_flow() {
    let (app, one) = TestApp::with_provider(&[]).await;
    let (first, second) = (app.start_id_token_login("one").await.ok(), app.start_id_token_login("one").await.ok());
    let flow = |asked: &Answer| asked.text_at("/startIdTokenLogin/flowToken").to_owned();
    let token = one.id_token_for_app(first.text_at("/startIdTokenLogin/nonce"), &ann());

    let replayed = app.login_with_id_token("one", &flow(&second), &token).await;
    assert_eq!(replayed.refusal(), "OAUTH_FAILED INVALID_ID_TOKEN");
    assert_eq!(app.last_event().await.metadata["failure"], "WRONG_NONCE");

    app.login_with_id_token("one", &flow(&first), &token).await.signed_in();
    assert_eq!(app.login_with_id_token("one", &flow(&first), &token).await.refusal(), "INVALID_TOKEN USED");
}

#[tokio::test]
async fn a_token_that_an_app_brings_is_judged_like_any_other() {
    let (app, one) = TestApp::with_provider(&[]).await;
    for lie in [json!({ "aud": "another-app" }), json!({ "iss": "https://evil.example" }), json!({ "exp": 1 })] {
        one.lie(lie);
        assert_eq!(bring(&app, &one, str::to_owned).await.refusal(), "OAUTH_FAILED INVALID_ID_TOKEN");
    }
    one.lie(json!({}));
    one.misbehave(|lies| lies.signature = Signature::Forged);
    assert_eq!(bring(&app, &one, str::to_owned).await.refusal(), "OAUTH_FAILED INVALID_ID_TOKEN");
    assert_eq!(app.rows("users").await, 0);
}

#[tokio::test]
async fn a_token_for_another_provider_is_not_accepted() {
    let (app, one, two) = TestApp::with_two_providers(&[]).await;
    let asked = app.start_id_token_login("one").await.ok();
    let (nonce, flow) = (asked.text_at("/startIdTokenLogin/nonce"), asked.text_at("/startIdTokenLogin/flowToken"));

    let refused = app.login_with_id_token("two", flow, &two.id_token_for_app(nonce, &ann())).await;

    assert_eq!(refused.refusal(), "OAUTH_FAILED INVALID_ID_TOKEN");
    // Before the token is looked at, which may be good for a provider of the same company.
    assert_eq!(app.last_event().await.metadata["failure"], "WRONG_PROVIDER");
    let again = app.login_with_id_token("one", flow, &one.id_token_for_app(nonce, &ann())).await;
    assert_eq!(again.refusal(), "INVALID_TOKEN USED");
}

/// The nonce of a browser's flow stands in a URL, so it must not vouch for a token without a code.
#[tokio::test]
async fn a_flow_of_a_browser_takes_no_token_and_a_flow_of_an_app_takes_no_code() {
    let (app, one) = TestApp::with_provider(&[]).await;
    let browser = app.start_oauth("one").await;
    let url = url::Url::parse(&browser.url).unwrap();
    let nonce = url.query_pairs().find(|(name, _)| name == "nonce").unwrap().1.into_owned();
    let of_app = app.start_id_token_login("one").await.ok();

    let token = app.login_with_id_token("one", &browser.flow, &one.id_token_for_app(&nonce, &ann())).await;
    let code = Callback { iss: Some(one.issuer()), code: Some("code".to_owned()), ..Callback::default() };
    let flow = of_app.text_at("/startIdTokenLogin/flowToken");
    let code = app.complete_oauth_with(answer_input(flow, &code)).await;

    for refused in [token, code] {
        assert!(["OAUTH_FAILED", "INVALID_TOKEN"].contains(&refused.code()), "{}", refused.text);
    }
    assert_eq!((app.rows("users").await, one.count("/token")), (0, 0));
}

#[tokio::test]
async fn a_token_for_an_app_is_not_accepted_in_place_of_a_code() {
    let (app, one) = TestApp::with_provider(&[]).await;
    one.lie(json!({ "aud": "app-one" }));

    assert_refused(&app, &one, "WRONG_AUDIENCE").await;
}
