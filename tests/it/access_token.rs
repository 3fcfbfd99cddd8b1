//! Access tokens: what they say, how others verify them, and when they are refused.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{DecodingKey, Validation, decode, decode_header};
use serde_json::{Value, json};

use crate::support::{START, SignedIn, TestApp};

/// Verifies a token as another service would: with the public keys and nothing else.
async fn verified_elsewhere(app: &TestApp, token: &str) -> Value {
    let jwks: JwkSet = serde_json::from_value(app.get("/.well-known/jwks.json").await.body).unwrap();
    let header = decode_header(token).unwrap();
    let key = DecodingKey::from_jwk(jwks.find(&header.kid.unwrap()).unwrap()).unwrap();
    let mut validation = Validation::new(header.alg);
    validation.set_audience(&["authgraph"]);
    validation.set_issuer(&["http://localhost:8080"]);
    validation.validate_exp = false;
    decode::<Value>(token, &key, &validation).unwrap().claims
}

/// The token with one claim or one header field changed, and the signature as it was.
fn forged(token: &str, part: usize, name: &str, value: Value) -> String {
    let mut parts: Vec<String> = token.split('.').map(str::to_owned).collect();
    let mut json: Value = serde_json::from_slice(&BASE64.decode(&parts[part]).unwrap()).unwrap();
    json[name] = value;
    parts[part] = BASE64.encode(json.to_string());
    parts.join(".")
}

async fn code_for(app: &TestApp, token: &str) -> String {
    app.ask("{ me { id } }").bearer(token).await.code().to_owned()
}

#[tokio::test]
async fn the_published_keys_verify_a_token() {
    for algorithm in ["RS256", "ES256", "EdDSA"] {
        let app = TestApp::with(&[("JWT_ALGORITHM", algorithm)]).await;
        let ann = app.signed_in("ann@example.com").await;

        let claims = verified_elsewhere(&app, &ann.access).await;

        assert_eq!((&claims["sub"], &claims["sid"]), (&json!(ann.user), &json!(ann.session)), "{algorithm}");
        assert_eq!((&claims["role"], &claims["typ"]), (&json!("USER"), &json!("access")));
        assert_eq!(claims["iat"], START.timestamp());
        assert_eq!(claims["exp"], START.timestamp() + 15 * 60);
        assert!(claims["jti"].is_string());
    }
}

/// RFC 9068, sections 2.1 and 2.2: what a strict validator looks for.
#[tokio::test]
async fn a_token_has_all_that_the_profile_of_access_tokens_demands() {
    let app = TestApp::with(&[("JWT_CLIENT_ID", "example-app")]).await;
    let ann = app.signed_in("ann@example.com").await;

    assert_eq!(decode_header(&ann.access).unwrap().typ.as_deref(), Some("at+jwt"));
    let claims = verified_elsewhere(&app, &ann.access).await;
    for claim in ["iss", "aud", "sub", "client_id", "jti"] {
        assert!(claims[claim].as_str().is_some_and(|text| !text.is_empty()), "{claim}");
    }
    assert!(claims["exp"].is_i64() && claims["iat"].is_i64());
    assert_eq!(claims["client_id"], "example-app");
}

#[tokio::test]
async fn every_token_has_an_id_of_its_own() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    let later = app.refresh(&ann).await.signed_in();

    let first = verified_elsewhere(&app, &ann.access).await;
    let second = verified_elsewhere(&app, &later.access).await;

    assert_ne!(first["jti"], second["jti"]);
}

#[tokio::test]
async fn a_token_is_refused_from_its_expiry_on() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;

    app.wait(Duration::from_secs(15 * 60 - 1));
    app.me(&ann).await.ok();

    app.wait(Duration::from_secs(1));
    assert_eq!(app.me(&ann).await.code(), "UNAUTHENTICATED");
}

#[tokio::test]
async fn a_token_that_was_changed_is_refused() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    let bob = app.signed_in("bob@example.com").await;

    for wrong in [
        forged(&ann.access, 1, "role", json!("ADMIN")),
        forged(&ann.access, 1, "sub", json!(bob.user)),
        forged(&ann.access, 1, "exp", json!(4_000_000_000_u64)),
        forged(&ann.access, 0, "alg", json!("none")),
        forged(&ann.access, 0, "alg", json!("HS256")),
        forged(&ann.access, 0, "kid", json!("unknown")),
        ann.access[..=ann.access.rfind('.').unwrap()].to_owned(),
        format!("{}x", ann.access),
        "a.b.c".to_owned(),
        "x".repeat(8_000),
    ] {
        assert_eq!(code_for(&app, &wrong).await, "UNAUTHENTICATED", "{wrong}");
    }
}

#[tokio::test]
async fn a_token_for_another_audience_or_from_another_issuer_is_refused() {
    let app = TestApp::start().await;
    for setting in [("JWT_AUDIENCE", "somebody-else"), ("JWT_ISSUER", "https://elsewhere.example")] {
        let other = app.another_instance_with(&[setting]).await;
        let ann = other.signed_in(&format!("{}@example.com", setting.0.to_lowercase())).await;

        other.me(&ann).await.ok();
        assert_eq!(app.me(&ann).await.code(), "UNAUTHENTICATED", "{setting:?}");
    }
}

#[tokio::test]
async fn a_change_of_the_algorithm_signs_no_user_out() {
    let former = TestApp::start().await;
    let ann = former.signed_in("ann@example.com").await;

    let changed = former.another_instance_with(&[("JWT_ALGORITHM", "EdDSA")]).await;
    changed.wait(Duration::from_secs(61));
    let bob = changed.signed_in("bob@example.com").await;

    changed.me(&ann).await.ok();
    former.me(&bob).await.ok();
    assert_eq!(decode_header(&bob.access).unwrap().alg, jsonwebtoken::Algorithm::EdDSA);
    assert_eq!(verified_elsewhere(&former, &bob.access).await["sub"], json!(bob.user));
}

#[tokio::test]
async fn a_refresh_token_is_no_access_token() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;

    assert_eq!(code_for(&app, &ann.refresh).await, "UNAUTHENTICATED");
    let swapped = SignedIn { refresh: ann.access.clone(), ..ann };
    assert_eq!(app.refresh(&swapped).await.code(), "UNAUTHENTICATED");
}

#[tokio::test]
async fn the_tokens_of_one_instance_are_good_on_all() {
    let here = TestApp::start().await;
    let there = here.another_instance().await;
    let ann = here.signed_in("ann@example.com").await;

    there.me(&ann).await.ok();
    here.me(&there.refresh(&ann).await.signed_in()).await.ok();
}

#[tokio::test]
async fn the_published_keys_hold_nothing_private() {
    let app = TestApp::start().await;

    let answer = app.get("/.well-known/jwks.json").await;

    let keys = answer.body["keys"].as_array().unwrap();
    assert!(!keys.is_empty());
    for secret in ["d", "p", "q", "dp", "dq", "qi", "k"] {
        assert!(keys.iter().all(|key| key.get(secret).is_none()), "{secret} in {}", answer.text);
    }
    assert_eq!(answer.header("content-type"), "application/json");
}
