//! Which tokens pass, and which do not.

mod keys;

use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::{Value, json};

use super::*;

fn at(seconds: i64) -> Time {
    Time::from_timestamp(1_000_000_000 + seconds, 0).unwrap()
}

fn settings(algorithm: Algorithm) -> AccessTokenSettings {
    AccessTokenSettings {
        algorithm,
        issuer: "https://auth.example.com".to_owned(),
        audience: "example".to_owned(),
        client_id: "example-app".to_owned(),
        lifetime: Duration::from_mins(15),
        leeway: Duration::from_secs(5),
    }
}

fn pem(algorithm: Algorithm) -> String {
    key::write_pem(&key::generate(algorithm).unwrap()).to_string()
}

fn open(settings: AccessTokenSettings, pem: &str) -> AccessTokens {
    AccessTokens::open(settings, KeySource::Pem(pem.to_owned())).unwrap()
}

fn open_folder(folder: &std::path::Path) -> AccessTokens {
    AccessTokens::open(settings(Algorithm::EdDsa), KeySource::Folder(folder.to_owned())).unwrap()
}

fn details() -> NewAccessToken {
    NewAccessToken {
        subject: "user_1".to_owned(),
        session: "session_1".to_owned(),
        token_id: "token_1".to_owned(),
        role: "USER".to_owned(),
    }
}

fn sign(tokens: &AccessTokens, now: Time) -> String {
    tokens.sign(details(), now).unwrap().expose().to_owned()
}

fn kid_of(token: &str) -> String {
    jsonwebtoken::decode_header(token).unwrap().kid.unwrap()
}

/// A token with any header and claims, signed with the key of this PEM text.
fn forge(pem: &str, header: &Header, claims: &Value) -> String {
    encode(header, claims, &EncodingKey::from_ed_pem(pem.as_bytes()).unwrap()).unwrap()
}

fn genuine(tokens: &AccessTokens) -> (Header, Value) {
    let token = sign(tokens, at(0));
    let claims = tokens.verify(&token, at(0)).unwrap();
    (jsonwebtoken::decode_header(token).unwrap(), serde_json::to_value(claims).unwrap())
}

#[test]
fn a_token_says_what_it_was_told_with_every_algorithm() {
    for algorithm in [Algorithm::Rs256, Algorithm::Es256, Algorithm::EdDsa] {
        let tokens = open(settings(algorithm), &pem(algorithm));

        let signed = tokens.sign(details(), at(0)).unwrap();
        let claims = tokens.verify(signed.expose(), at(1)).unwrap();

        assert_eq!((claims.sub.as_str(), claims.sid.as_str(), claims.jti.as_str()), ("user_1", "session_1", "token_1"));
        assert_eq!((claims.role.as_str(), at(0).timestamp() + 900), ("USER", claims.exp));
        assert_eq!(signed.expires_at, at(900));
        assert!(tokens.jwks().find(&kid_of(signed.expose())).unwrap().is_supported());
        assert!(!format!("{signed:?}").contains(signed.expose()));
    }
}

#[test]
fn the_same_inputs_give_the_same_token() {
    for algorithm in [Algorithm::Rs256, Algorithm::EdDsa] {
        let tokens = open(settings(algorithm), &pem(algorithm));
        assert_eq!(sign(&tokens, at(0)), sign(&tokens, at(0)));
        assert_ne!(sign(&tokens, at(0)), sign(&tokens, at(1)));
    }
}

#[test]
fn a_token_expires_by_the_given_time_and_not_by_the_machine_clock() {
    let tokens = open(settings(Algorithm::EdDsa), &pem(Algorithm::EdDsa));
    let token = sign(&tokens, at(0));

    assert!(tokens.verify(&token, at(904)).is_some());
    assert!(tokens.verify(&token, at(905)).is_none());
}

#[test]
fn every_claim_and_header_must_be_exact() {
    let pem = pem(Algorithm::EdDsa);
    let tokens = open(settings(Algorithm::EdDsa), &pem);
    let (header, claims) = genuine(&tokens);
    assert!(tokens.verify(&forge(&pem, &header, &claims), at(0)).is_some());

    for (name, value) in [
        ("iss", json!("https://evil.example.com")),
        ("iss", json!(null)),
        ("aud", json!("another")),
        ("aud", json!(["example", "another"])),
        ("typ", json!("refresh")),
        ("typ", json!(null)),
        ("exp", json!("1000000900")),
        ("exp", json!(null)),
    ] {
        let mut claims = claims.clone();
        claims[name] = value;
        assert!(tokens.verify(&forge(&pem, &header, &claims), at(0)).is_none(), "{claims}");
    }
    for header in [
        Header { typ: Some("JWT".to_owned()), ..header.clone() },
        Header { kid: Some("unknown".to_owned()), ..header.clone() },
        Header { kid: None, ..header.clone() },
        Header { crit: Some(vec!["exp".to_owned()]), ..header.clone() },
    ] {
        assert!(tokens.verify(&forge(&pem, &header, &claims), at(0)).is_none(), "{header:?}");
    }
}

#[test]
fn no_other_algorithm_passes() {
    let rsa = pem(Algorithm::Rs256);
    let tokens = open(settings(Algorithm::Rs256), &rsa);
    let (header, claims) = genuine(&tokens);
    let payload = BASE64_URL_SAFE_NO_PAD.encode(claims.to_string());

    let none = json!({ "typ": "at+jwt", "alg": "none", "kid": header.kid }).to_string();
    assert!(tokens.verify(&format!("{}.{payload}.", BASE64_URL_SAFE_NO_PAD.encode(none)), at(0)).is_none());

    let public = serde_json::to_string(&tokens.jwks().keys[0]).unwrap();
    let hmac = Header { alg: jsonwebtoken::Algorithm::HS256, ..header.clone() };
    let confused = encode(&hmac, &claims, &EncodingKey::from_secret(public.as_bytes())).unwrap();
    assert!(tokens.verify(&confused, at(0)).is_none());

    let stronger = Header { alg: jsonwebtoken::Algorithm::RS512, ..header };
    let other = encode(&stronger, &claims, &EncodingKey::from_rsa_pem(rsa.as_bytes()).unwrap()).unwrap();
    assert!(tokens.verify(&other, at(0)).is_none());
}

#[test]
fn tampered_foreign_and_oversized_tokens_are_refused() {
    let pem_text = pem(Algorithm::EdDsa);
    let tokens = open(settings(Algorithm::EdDsa), &pem_text);
    let (header, mut claims) = genuine(&tokens);
    let genuine = sign(&tokens, at(0));

    assert!(tokens.verify(&forge(&pem(Algorithm::EdDsa), &header, &claims), at(0)).is_none());

    claims["role"] = json!("ADMIN");
    let payload = BASE64_URL_SAFE_NO_PAD.encode(claims.to_string());
    let parts: Vec<_> = genuine.split('.').collect();
    assert!(tokens.verify(&format!("{}.{payload}.{}", parts[0], parts[2]), at(0)).is_none());
    assert!(tokens.verify(&format!("{}.{}.", parts[0], parts[1]), at(0)).is_none());

    claims["role"] = json!("R".repeat(MAX_TOKEN_BYTES));
    assert!(tokens.verify(&forge(&pem_text, &header, &claims), at(0)).is_none());

    for text in ["", ".", "..", "a.b.c", "a.b.c.d", "\u{0}"] {
        assert!(tokens.verify(text, at(0)).is_none());
    }
}
