//! What is known of an issuer: its metadata and its keys, while they change, lie, or cannot be reached.

use authgraph::tools::http_client::{HttpError, OutboundUrl, ServerAway};
use authgraph::tools::oidc::{
    ExpectedIdToken, ExpectedNonce, IdTokenRefusal, MetadataRefusal, OidcError, OpenIdIssuer,
};
use futures_util::future::join_all;
use jsonwebtoken::Algorithm;
use serde_json::json;

use crate::support::issuer::{CLIENT, IssuerKey, LyingIssuer, METADATA, NONCE, at, sign};
use crate::support::web_server::{WebServer, answer};

const AWAY: OidcError = OidcError::Http(HttpError::Away(ServerAway::Status(503)));
const UNKNOWN_KEY: OidcError = OidcError::IdToken(IdTokenRefusal::UnknownKey);

/// A good token, issued now but for the time, which a test moves.
fn token_of(issuer: &LyingIssuer, key: &IssuerKey, later: i64) -> String {
    let mut claims = issuer.claims();
    for claim in ["iat", "exp"] {
        claims[claim] = json!(claims[claim].as_i64().unwrap() + later);
    }
    key.sign(&claims)
}

#[tokio::test]
async fn keys_are_asked_for_once_in_five_minutes() {
    let issuer = LyingIssuer::start().await;
    let relying = OpenIdIssuer::new(issuer.settings());

    for (later, requests) in [(0, 1), (299, 1), (300, 2), (599, 2), (600, 3)] {
        issuer.verify(&relying, &token_of(&issuer, &issuer.key, later), later).await.unwrap();
        assert_eq!(issuer.key_requests(), requests, "after {later} seconds");
    }
    assert_eq!(issuer.server.count(METADATA), 3);
}

#[tokio::test]
async fn a_new_key_is_found_when_it_is_first_used() {
    let issuer = LyingIssuer::start().await;
    let relying = OpenIdIssuer::new(issuer.settings());
    issuer.verify(&relying, &token_of(&issuer, &issuer.key, 0), 0).await.unwrap();
    let new = IssuerKey::new("key-2");
    issuer.publish(&[&new]);

    let with_new = issuer.verify(&relying, &token_of(&issuer, &new, 31), 31).await;
    let with_old = issuer.verify(&relying, &token_of(&issuer, &issuer.key, 32), 32).await;

    assert!(with_new.is_ok());
    assert_eq!((with_old.unwrap_err(), issuer.key_requests()), (UNKNOWN_KEY, 2));
}

#[tokio::test]
async fn unknown_keys_are_asked_for_once_in_thirty_seconds() {
    let issuer = LyingIssuer::start().await;
    let relying = OpenIdIssuer::new(issuer.settings());
    issuer.verify(&relying, &token_of(&issuer, &issuer.key, 0), 0).await.unwrap();

    for (later, requests) in [(1, 1), (29, 1), (30, 2), (31, 2), (59, 2), (60, 3)] {
        let forged = token_of(&issuer, &IssuerKey::new("unknown"), later);
        assert_eq!(issuer.verify(&relying, &forged, later).await.unwrap_err(), UNKNOWN_KEY);
        assert_eq!(issuer.key_requests(), requests, "after {later} seconds");
    }
}

#[tokio::test]
async fn a_thousand_unknown_keys_at_once_ask_the_issuer_once() {
    let issuer = LyingIssuer::start().await;
    let (relying, key) = (OpenIdIssuer::new(issuer.settings()), IssuerKey::new("any"));
    let verify_all = async |later: i64| {
        let attempts = (0..1_000).map(|number| {
            let header = json!({ "alg": "ES256", "kid": format!("unknown-{number}") });
            let token = sign(&header, &issuer.claims(), &key.signing, Algorithm::ES256);
            let (relying, http) = (&relying, &issuer.http);
            async move {
                let nonce = ExpectedNonce::Exactly(NONCE);
                let expected = ExpectedIdToken { client_ids: &[CLIENT.to_owned()], nonce, access_token: None };
                relying.verify(http, &token, &expected, at(later)).await.unwrap_err()
            }
        });
        join_all(attempts).await
    };

    for (later, requests) in [(0, 1), (100, 2)] {
        assert!(verify_all(later).await.iter().all(|error| *error == UNKNOWN_KEY));
        assert_eq!((issuer.key_requests(), issuer.server.count(METADATA)), (requests, 1));
    }
}

#[tokio::test]
async fn known_keys_are_used_for_a_day_while_the_issuer_is_away() {
    let issuer = LyingIssuer::start().await;
    let relying = OpenIdIssuer::new(issuer.settings());
    issuer.verify(&relying, &token_of(&issuer, &issuer.key, 0), 0).await.unwrap();
    issuer.go_away();

    let day = 24 * 60 * 60;
    for later in [400, 401, 10_000, day - 1] {
        issuer.verify(&relying, &token_of(&issuer, &issuer.key, later), later).await.unwrap();
    }
    assert_eq!(issuer.verify(&relying, &token_of(&issuer, &issuer.key, day), day).await.unwrap_err(), AWAY);

    issuer.publish(&[&issuer.key]);
    issuer.verify(&relying, &token_of(&issuer, &issuer.key, day + 31), day + 31).await.unwrap();
}

#[tokio::test]
async fn an_issuer_that_is_away_is_asked_again_after_a_pause() {
    let issuer = LyingIssuer::start().await;
    let relying = OpenIdIssuer::new(issuer.settings());
    issuer.verify(&relying, &token_of(&issuer, &issuer.key, 0), 0).await.unwrap();
    issuer.go_away();

    for (later, requests) in [(300, 2), (329, 2), (330, 3)] {
        issuer.verify(&relying, &token_of(&issuer, &issuer.key, later), later).await.unwrap();
        assert_eq!(issuer.server.count(METADATA), requests, "after {later} seconds");
    }
}

#[tokio::test]
async fn an_issuer_that_was_never_reached_is_away() {
    let issuer = LyingIssuer::start().await;
    let relying = OpenIdIssuer::new(issuer.settings());
    issuer.go_away();

    let away = issuer.verify(&relying, &issuer.token_with(&json!({})), 0).await;
    issuer.publish(&[&issuer.key]);
    let back = issuer.verify(&relying, &issuer.token_with(&json!({})), 0).await;

    assert_eq!((away.unwrap_err(), back.is_ok()), (AWAY, true));
}

#[tokio::test]
async fn metadata_that_lies_is_refused() {
    let issuer = LyingIssuer::start().await;
    for (lies, refusal) in [
        (json!({ "issuer": "https://evil.example" }), MetadataRefusal::WrongIssuer),
        (json!({ "issuer": format!("{}/", issuer.name()) }), MetadataRefusal::WrongIssuer),
        (json!({ "jwks_uri": "http://10.0.0.1/keys" }), MetadataRefusal::RefusedEndpoint),
        (json!({ "token_endpoint": "http://169.254.169.254/token" }), MetadataRefusal::RefusedEndpoint),
        (json!({ "userinfo_endpoint": "file:///etc/passwd" }), MetadataRefusal::RefusedEndpoint),
        (json!({ "authorization_endpoint": "javascript:alert(1)" }), MetadataRefusal::RefusedEndpoint),
        // The network is allowed, but to the operator alone, who named another server.
        (json!({ "token_endpoint": "http://127.0.0.1:1/token" }), MetadataRefusal::RefusedEndpoint),
    ] {
        issuer.lie(lies.clone());
        let outcome = OpenIdIssuer::new(issuer.settings()).metadata(&issuer.http, at(0)).await;
        assert_eq!(outcome.unwrap_err(), OidcError::Metadata(refusal), "{lies}");
    }
}

#[tokio::test]
async fn metadata_that_is_no_metadata_is_not_understood() {
    for body in ["<html>", "{}", "[]", r#"{"issuer":"x"}"#, ""] {
        let server = WebServer::start(move |_| answer(200, body)).await;
        let issuer = LyingIssuer::start().await;
        let mut settings = issuer.settings();
        settings.location = OutboundUrl::of_operator(server.url("").parse().unwrap());

        let outcome = OpenIdIssuer::new(settings).metadata(&issuer.http, at(0)).await;

        assert_eq!(outcome.unwrap_err(), OidcError::Http(HttpError::NotUnderstood), "{body}");
    }
}

#[tokio::test]
async fn the_settings_can_point_every_endpoint_elsewhere() {
    let issuer = LyingIssuer::start().await;
    let mut settings = issuer.settings();
    settings.overrides.token_endpoint = Some("http://127.0.0.1:1/token".parse().unwrap());

    let metadata = OpenIdIssuer::new(settings).metadata(&issuer.http, at(0)).await.unwrap();

    assert_eq!(metadata.token_endpoint.url().as_str(), "http://127.0.0.1:1/token");
    assert_eq!(metadata.authorization_endpoint.as_str(), issuer.server.url("/authorize"));
}

#[tokio::test]
async fn an_answer_that_names_another_issuer_is_not_of_this_one() {
    let issuer = LyingIssuer::start().await;
    let name = issuer.name();
    for (announces, iss, is_right) in [
        (true, Some(name.as_str()), true),
        (true, Some("https://evil.example"), false),
        (true, None, false),
        (false, Some(name.as_str()), true),
        (false, Some("https://evil.example"), false),
        (false, None, true),
    ] {
        issuer.lie(json!({ "authorization_response_iss_parameter_supported": announces }));
        let relying = OpenIdIssuer::new(issuer.settings());
        assert_eq!(relying.sent_answer(&issuer.http, iss, at(0)).await.unwrap(), is_right, "{announces} {iss:?}");
    }
}
