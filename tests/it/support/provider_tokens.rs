//! The ID tokens of the provider of the tests, true and false ones.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

use super::issuer::{IssuerKey, sign};
use super::provider::Person;
use super::provider_desk::{Desk, merge};

/// What differs from a true ID token.
#[derive(Default)]
pub struct Lies {
    /// Claims that differ; null takes one away.
    pub claims: Value,
    /// Fields of the header that differ.
    pub header: Value,
    /// Fields of the user info that differ.
    pub user_info: Value,
    pub signature: Signature,
}

/// Who signs.
#[derive(Default)]
pub enum Signature {
    #[default]
    Own,
    /// A key that is not published, under the name of the one that is.
    Forged,
    /// Nobody: `alg` is `none`.
    Missing,
    /// The public key, taken for a shared secret: `alg` is `HS256`.
    PublicKeyAsSecret,
}

/// A token for a client about a person.
pub(super) fn id_token(desk: &Desk, client: &str, nonce: &str, person: &Person, access_token: Option<&str>) -> String {
    let now = desk.now().timestamp();
    let mut claims = json!({
        "iss": desk.issuer(), "aud": client, "nonce": nonce, "iat": now, "auth_time": now, "exp": now + 300,
    });
    merge(&mut claims, &person.claims());
    if desk.email_in_user_info {
        merge(&mut claims, &json!({ "email": null, "email_verified": null, "name": null }));
    }
    if let Some(token) = access_token {
        claims["at_hash"] = json!(BASE64_URL_SAFE_NO_PAD.encode(&digest(&SHA256, token.as_bytes()).as_ref()[..16]));
    }
    merge(&mut claims, &desk.lies.claims);
    signed(desk, &claims)
}

fn signed(desk: &Desk, claims: &Value) -> String {
    let key = desk.keys.last().unwrap();
    let mut header = key.header();
    merge(&mut header, &desk.lies.header);
    match desk.lies.signature {
        Signature::Own => sign(&header, claims, &key.signing, Algorithm::ES256),
        Signature::Forged => sign(&header, claims, &IssuerKey::new("another").signing, Algorithm::ES256),
        Signature::Missing => {
            header["alg"] = json!("none");
            let token = sign(&header, claims, &key.signing, Algorithm::ES256);
            format!("{}.", token.rsplit_once('.').unwrap().0)
        }
        Signature::PublicKeyAsSecret => {
            header["alg"] = json!("HS256");
            let secret = EncodingKey::from_secret(public_pem(&key.jwk).as_bytes());
            sign(&header, claims, &secret, Algorithm::HS256)
        }
    }
}

/// A public key of the curve P-256 as everybody can write it down: in PEM.
fn public_pem(jwk: &Value) -> String {
    // SubjectPublicKeyInfo of an uncompressed point of P-256 (RFC 5480).
    const PREFIX: [u8; 27] = [
        0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
        0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
    ];
    let coordinate = |name: &str| BASE64_URL_SAFE_NO_PAD.decode(jwk[name].as_str().unwrap()).unwrap();
    let der = BASE64_STANDARD.encode([PREFIX.as_slice(), &coordinate("x"), &coordinate("y")].concat());
    let (first, second) = der.split_at(64);
    format!("-----BEGIN PUBLIC KEY-----\n{first}\n{second}\n-----END PUBLIC KEY-----\n")
}
