//! ID tokens: which are accepted, and why the others are refused.

use authgraph::tools::oidc::{
    AcceptedIssuers, AcceptedTenants, ExpectedIdToken, ExpectedNonce, IdTokenRefusal, IssuerSettings, OidcError,
    OpenIdIssuer, SigningAlgorithm,
};
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

use crate::support::issuer::{CLIENT, ISSUED_AT, IssuerKey, LyingIssuer, NONCE, at, sign};

/// Every change of a good token is refused, for this reason.
async fn assert_refused(settings: impl Fn(&mut IssuerSettings), changes: &[(Value, IdTokenRefusal)]) {
    let issuer = LyingIssuer::start().await;
    let mut settings_of_issuer = issuer.settings();
    settings(&mut settings_of_issuer);
    for (change, refusal) in changes {
        let outcome = issuer.judge(settings_of_issuer.clone(), &issuer.token_with(change)).await;
        assert_eq!(outcome.unwrap_err(), OidcError::IdToken(*refusal), "{change}");
    }
}

#[tokio::test]
async fn a_good_token_tells_who_the_user_is() {
    let issuer = LyingIssuer::start().await;

    let token = issuer.judge(issuer.settings(), &issuer.token_with(&json!({}))).await.unwrap();

    assert_eq!((token.issuer, token.subject.as_str()), (issuer.name(), "ann"));
    assert_eq!(token.claims.text("email"), Some("ann@example.com"));
}

/// Google names the algorithm of each key, Microsoft does not.
#[tokio::test]
async fn a_token_may_be_signed_with_any_kind_of_key_that_the_settings_permit() {
    let issuer = LyingIssuer::start().await;
    for algorithm in [Algorithm::RS256, Algorithm::PS256, Algorithm::ES256, Algorithm::ES384] {
        let mut settings = issuer.settings();
        settings.algorithms = vec![algorithm];
        let mut key = IssuerKey::of("key-2", algorithm);
        for _ in 0..2 {
            issuer.publish(&[&key]);
            let outcome = issuer.judge(settings.clone(), &key.sign(&issuer.claims())).await;
            assert!(outcome.is_ok(), "{algorithm:?}: {outcome:?}");
            key.jwk.as_object_mut().unwrap().remove("alg");
        }
    }
}

#[tokio::test]
async fn an_algorithm_that_the_settings_do_not_permit_is_refused_without_a_question() {
    let issuer = LyingIssuer::start().await;
    let mut settings = issuer.settings();
    settings.algorithms = vec![SigningAlgorithm::RS256];

    let outcome = issuer.judge(settings, &issuer.token_with(&json!({}))).await;

    assert_eq!(outcome.unwrap_err(), OidcError::IdToken(IdTokenRefusal::WrongAlgorithm));
    assert_eq!(issuer.server.asked().len(), 0);
}

#[tokio::test]
async fn a_token_without_the_name_of_its_key_is_verified_with_the_only_one() {
    let issuer = LyingIssuer::start().await;
    let token = sign(&json!({ "alg": "ES256" }), &issuer.claims(), &issuer.key.signing, Algorithm::ES256);

    let with_one = issuer.judge(issuer.settings(), &token).await;
    issuer.publish(&[&issuer.key, &IssuerKey::new("key-2")]);
    let with_two = issuer.judge(issuer.settings(), &token).await;

    assert!(with_one.is_ok());
    assert_eq!(with_two.unwrap_err(), OidcError::IdToken(IdTokenRefusal::UnknownKey));
}

#[tokio::test]
async fn a_token_without_a_claim_that_is_needed_is_refused() {
    use IdTokenRefusal::{MissingClaim, WrongNonce};
    let long = "a".repeat(256);

    assert_refused(
        |_| {},
        &[
            (json!({ "iss": null }), MissingClaim),
            (json!({ "sub": null }), MissingClaim),
            (json!({ "aud": null }), MissingClaim),
            (json!({ "exp": null }), MissingClaim),
            (json!({ "iat": null }), MissingClaim),
            (json!({ "nonce": null }), WrongNonce),
            (json!({ "sub": "" }), MissingClaim),
            (json!({ "sub": 7 }), MissingClaim),
            (json!({ "sub": long }), MissingClaim),
            (json!({ "exp": "tomorrow" }), MissingClaim),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_token_of_another_issuer_or_for_another_client_is_refused() {
    use IdTokenRefusal::{WrongAudience, WrongAuthorizedParty, WrongIssuer};

    assert_refused(
        |_| {},
        &[
            (json!({ "iss": "https://evil.example" }), WrongIssuer),
            (json!({ "aud": "client-2" }), WrongAudience),
            (json!({ "aud": ["client-2", "client-3"] }), WrongAudience),
            (json!({ "aud": [] }), WrongAudience),
            (json!({ "aud": [CLIENT, "client-2"] }), WrongAuthorizedParty),
            (json!({ "aud": [CLIENT, "client-2"], "azp": "client-2" }), WrongAuthorizedParty),
            (json!({ "azp": "client-2" }), WrongAuthorizedParty),
            (json!({ "azp": [CLIENT] }), WrongAuthorizedParty),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_token_that_names_this_client_as_authorized_party_may_have_more_audiences() {
    let issuer = LyingIssuer::start().await;
    for change in [json!({ "aud": [CLIENT] }), json!({ "aud": [CLIENT, "client-2"], "azp": CLIENT })] {
        assert!(issuer.judge(issuer.settings(), &issuer.token_with(&change)).await.is_ok(), "{change}");
    }
}

#[tokio::test]
async fn a_token_may_be_for_each_of_the_expected_clients_and_asked_for_by_each() {
    let issuer = LyingIssuer::start().await;
    let relying = OpenIdIssuer::new(issuer.settings());
    let (client_ids, nonce) = ([CLIENT.to_owned(), "the-app".to_owned()], ExpectedNonce::Exactly(NONCE));
    let expected = ExpectedIdToken { client_ids: &client_ids, nonce, access_token: None };

    for (change, is_right) in [
        (json!({ "aud": "the-app" }), true),
        (json!({ "azp": "the-app" }), true),
        (json!({ "azp": "client-2" }), false),
    ] {
        let outcome = relying.verify(&issuer.http, &issuer.token_with(&change), &expected, at(0)).await;
        assert_eq!(outcome.is_ok(), is_right, "{change}");
    }
}

#[tokio::test]
async fn a_token_of_another_moment_is_refused() {
    use IdTokenRefusal::{Expired, NotYetValid, TooOld};

    assert_refused(
        |_| {},
        &[
            (json!({ "exp": ISSUED_AT - 60 }), Expired),
            (json!({ "exp": -1 }), Expired),
            (json!({ "iat": ISSUED_AT + 61 }), NotYetValid),
            (json!({ "nbf": ISSUED_AT + 61 }), NotYetValid),
            (json!({ "iat": ISSUED_AT - 661 }), TooOld),
        ],
    )
    .await;
    let issuer = LyingIssuer::start().await;
    for change in [
        json!({ "exp": ISSUED_AT - 59 }),
        json!({ "iat": ISSUED_AT + 60, "nbf": ISSUED_AT + 60 }),
        json!({ "iat": ISSUED_AT - 660, "exp": 1_800_000_000.5 }),
    ] {
        assert!(issuer.judge(issuer.settings(), &issuer.token_with(&change)).await.is_ok(), "{change}");
    }
}

#[tokio::test]
async fn a_token_of_another_sign_in_is_refused() {
    let changes = [json!("nonce-2"), json!(""), json!(["nonce-1"]), json!(sha256_hex(NONCE))];

    assert_refused(|_| {}, &changes.map(|nonce| (json!({ "nonce": nonce }), IdTokenRefusal::WrongNonce))).await;
}

#[tokio::test]
async fn the_nonce_of_a_native_app_may_be_hashed() {
    let issuer = LyingIssuer::start().await;
    let relying = OpenIdIssuer::new(issuer.settings());
    let nonce = ExpectedNonce::ExactlyOrSha256(NONCE);
    let expected = ExpectedIdToken { client_ids: &[CLIENT.to_owned()], nonce, access_token: None };

    for (nonce, is_right) in [(NONCE.to_owned(), true), (sha256_hex(NONCE), true), (sha256_hex("nonce-2"), false)] {
        let token = issuer.token_with(&json!({ "nonce": nonce }));
        let outcome = relying.verify(&issuer.http, &token, &expected, at(0)).await;
        assert_eq!(outcome.is_ok(), is_right, "{nonce}");
    }
}

#[tokio::test]
async fn a_forged_signature_is_refused() {
    let issuer = LyingIssuer::start().await;
    let (claims, own, other) = (issuer.claims(), &issuer.key, IssuerKey::new("key-1"));
    let good = issuer.token_with(&json!({}));
    let (message, signature) = good.rsplit_once('.').unwrap();
    let payload = BASE64_URL_SAFE_NO_PAD.encode(json!({ "sub": "ben" }).to_string());
    let forged_claims = format!("{}.{payload}.{signature}", message.split_once('.').unwrap().0);
    let of_other_key = sign(&own.header(), &claims, &other.signing, Algorithm::ES256);
    // Keys that the token brings along are not looked at.
    let own_jwk =
        sign(&json!({ "alg": "ES256", "kid": "key-1", "jwk": other.jwk }), &claims, &other.signing, Algorithm::ES256);

    for (token, refusal) in [
        (of_other_key, IdTokenRefusal::WrongSignature),
        (own_jwk, IdTokenRefusal::WrongSignature),
        (forged_claims, IdTokenRefusal::WrongSignature),
        (format!("{message}."), IdTokenRefusal::WrongSignature),
        (message.to_owned(), IdTokenRefusal::Malformed),
        ("no token".to_owned(), IdTokenRefusal::Malformed),
        (String::new(), IdTokenRefusal::Malformed),
        (format!("{good}{}", "A".repeat(20_000)), IdTokenRefusal::Malformed),
    ] {
        let outcome = issuer.judge(issuer.settings(), &token).await;
        assert_eq!(outcome.unwrap_err(), OidcError::IdToken(refusal), "{token}");
    }
}

#[tokio::test]
async fn the_header_does_not_choose_the_algorithm() {
    let issuer = LyingIssuer::start().await;
    let claims = issuer.claims();
    // The public key as a shared secret: as its JWK, and as its point.
    let public_point = BASE64_URL_SAFE_NO_PAD.decode(issuer.key.jwk["x"].as_str().unwrap()).unwrap();
    let hmac = |secret: &[u8]| {
        let header = json!({ "alg": "HS256", "kid": "key-1" });
        sign(&header, &claims, &EncodingKey::from_secret(secret), Algorithm::HS256)
    };
    let none = sign(&json!({ "alg": "none", "kid": "key-1" }), &claims, &issuer.key.signing, Algorithm::ES256);
    let unsigned = format!("{}.", none.rsplit_once('.').unwrap().0);
    let rsa = sign(&json!({ "alg": "RS256", "kid": "key-1" }), &claims, &issuer.key.signing, Algorithm::ES256);
    let mut careless = issuer.settings();
    careless.algorithms = vec![SigningAlgorithm::HS256, SigningAlgorithm::RS256, SigningAlgorithm::ES256];

    for settings in [issuer.settings(), careless] {
        for token in [&hmac(issuer.key.jwk.to_string().as_bytes()), &hmac(&public_point), &none, &unsigned, &rsa] {
            let outcome = issuer.judge(settings.clone(), token).await;
            assert_eq!(outcome.unwrap_err(), OidcError::IdToken(IdTokenRefusal::WrongAlgorithm), "{token}");
        }
    }
}

#[tokio::test]
async fn a_key_for_another_use_verifies_nothing() {
    let issuer = LyingIssuer::start().await;
    for (field, value) in
        [("use", json!("enc")), ("key_ops", json!(["sign"])), ("alg", json!("ES384")), ("kty", json!("??"))]
    {
        let mut key = issuer.key.clone();
        key.jwk[field] = value;
        issuer.publish(&[&key]);

        let outcome = issuer.judge(issuer.settings(), &issuer.token_with(&json!({}))).await.unwrap_err();

        let refused = [IdTokenRefusal::UnknownKey, IdTokenRefusal::WrongAlgorithm].map(OidcError::IdToken);
        assert!(refused.contains(&outcome), "{field}: {outcome}");
    }
}

#[tokio::test]
async fn a_header_with_critical_extensions_is_refused() {
    let issuer = LyingIssuer::start().await;
    let header = json!({ "alg": "ES256", "kid": "key-1", "crit": ["exp"], "exp": 1 });
    let token = sign(&header, &issuer.claims(), &issuer.key.signing, Algorithm::ES256);

    let outcome = issuer.judge(issuer.settings(), &token).await;

    assert_eq!(outcome.unwrap_err(), OidcError::IdToken(IdTokenRefusal::CriticalHeader));
}

#[tokio::test]
async fn the_access_token_must_be_the_one_that_the_token_names() {
    let issuer = LyingIssuer::start().await;
    let hash = |token: &str| BASE64_URL_SAFE_NO_PAD.encode(&digest(&SHA256, token.as_bytes()).as_ref()[..16]);

    let right = issuer.judge(issuer.settings(), &issuer.token_with(&json!({ "at_hash": hash("access-1") }))).await;
    let wrong = issuer.judge(issuer.settings(), &issuer.token_with(&json!({ "at_hash": hash("access-2") }))).await;

    assert!(right.is_ok());
    assert_eq!(wrong.unwrap_err(), OidcError::IdToken(IdTokenRefusal::WrongAccessToken));
}

#[tokio::test]
async fn an_issuer_may_have_several_names() {
    let issuer = LyingIssuer::start().await;
    let mut settings = issuer.settings();
    settings.issuers = AcceptedIssuers::Named(vec![issuer.name(), "accounts.example".to_owned()]);
    let relying = OpenIdIssuer::new(settings);

    for (name, is_right) in [(issuer.name().as_str(), true), ("accounts.example", true), ("accounts.example/", false)] {
        let outcome = issuer.verify(&relying, &issuer.token_with(&json!({ "iss": name })), 0).await;
        assert_eq!(outcome.is_ok(), is_right, "{name}");
    }
}

#[tokio::test]
async fn the_issuer_of_a_tenant_must_fit_the_tenant_of_the_token() {
    use IdTokenRefusal::{WrongIssuer, WrongTenant};
    let issuer = LyingIssuer::start().await;
    let template = format!("{}/{{tid}}/v2.0", issuer.name());
    issuer.lie(json!({ "issuer": template.replace("tid", "tenantid") }));
    let mut settings = issuer.settings();
    let tenants = AcceptedTenants::Except(vec!["consumers-1".to_owned()]);
    settings.issuers = AcceptedIssuers::PerTenant { template: template.clone(), tenants };
    let token = |iss: &str, tid| issuer.token_with(&json!({ "iss": template.replace("{tid}", iss), "tid": tid }));

    assert!(issuer.judge(settings.clone(), &token("a-1", Some("a-1"))).await.is_ok());
    for (iss, tid, refusal) in [
        ("a-1", Some("a-2"), WrongIssuer),
        ("a-1", None, WrongTenant),
        ("consumers-1", Some("consumers-1"), WrongTenant),
        ("a/../b", Some("a/../b"), WrongTenant),
    ] {
        let outcome = issuer.judge(settings.clone(), &token(iss, tid)).await;
        assert_eq!(outcome.unwrap_err(), OidcError::IdToken(refusal), "{iss} {tid:?}");
    }
}

/// Microsoft says of each key for which tenant it is, or that it is for all.
#[tokio::test]
async fn the_key_of_one_tenant_does_not_sign_for_another() {
    let issuer = LyingIssuer::start().await;
    let name = |tenant: &str| format!("{}/{tenant}/v2.0", issuer.name());
    issuer.lie(json!({ "issuer": name("{tenantid}") }));
    let mut settings = issuer.settings();
    settings.issuers = AcceptedIssuers::PerTenant { template: name("{tid}"), tenants: AcceptedTenants::All };
    let token = issuer.token_with(&json!({ "iss": name("a-1"), "tid": "a-1" }));
    let mut key = issuer.key.clone();

    for (key_issuer, is_right) in [
        (json!(name("{tenantid}")), true),
        (json!(name("a-1")), true),
        (json!(null), true),
        (json!(name("consumers-1")), false),
        (json!("https://other.example/{tenantid}/v2.0"), false),
    ] {
        key.jwk["issuer"] = key_issuer.clone();
        issuer.publish(&[&key]);
        let outcome = issuer.judge(settings.clone(), &token).await;
        let unknown = OidcError::IdToken(IdTokenRefusal::UnknownKey);
        assert_eq!(outcome.err(), (!is_right).then_some(unknown), "{key_issuer}");
    }
}

fn sha256_hex(text: &str) -> String {
    digest(&SHA256, text.as_bytes()).as_ref().iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}
