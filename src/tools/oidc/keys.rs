//! The signing keys of an issuer (RFC 7517), each with the algorithms that it is for.

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyOperations, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::Value;

use super::OidcError;
use crate::tools::http_client::{HttpClient, OutboundRequest, OutboundUrl};

/// The keys that an issuer publishes for signatures.
pub(super) struct KeySet(Vec<IssuerKey>);

/// A public key.
pub(super) struct IssuerKey {
    kid: Option<String>,
    /// What the key says it is for, or what it can do. Never HMAC: a public key must not serve as a shared secret.
    algorithms: Vec<Algorithm>,
    pub(super) decoding: DecodingKey,
    /// For whose tokens the key is, which Microsoft says of each.
    pub(super) issuer: Option<String>,
}

/// The document: keys of many kinds.
#[derive(Deserialize)]
struct PublishedKeys {
    keys: Vec<Value>,
}

/// Asks the issuer.
pub(super) async fn fetch(http: &HttpClient, jwks_uri: &OutboundUrl) -> Result<KeySet, OidcError> {
    let published: PublishedKeys = http.send(OutboundRequest::get(jwks_uri.clone())).await?.json()?;
    // Keys that we cannot use are left out: an issuer may publish newer kinds, and keys for encryption.
    Ok(KeySet(published.keys.iter().filter_map(IssuerKey::read).collect()))
}

impl KeySet {
    /// The key that a token names, for the algorithm that it names. A token without a name has the only key that fits.
    pub(super) fn find(&self, kid: Option<&str>, algorithm: Algorithm) -> Option<&IssuerKey> {
        let mut fitting = self.0.iter().filter(|key| key.algorithms.contains(&algorithm));
        match kid {
            Some(kid) => fitting.find(|key| key.kid.as_deref() == Some(kid)),
            None => fitting.next().filter(|_| fitting.next().is_none()),
        }
    }

    /// Whether there is a key of this name, for whatever algorithm.
    pub(super) fn has(&self, kid: Option<&str>) -> bool {
        kid.is_some_and(|kid| self.0.iter().any(|key| key.kid.as_deref() == Some(kid)))
    }
}

impl IssuerKey {
    /// `None` where the key is not for signatures that we verify.
    fn read(published: &Value) -> Option<Self> {
        let jwk = &Jwk::deserialize(published).ok()?;
        let is_for_verifying = |operations: &Vec<KeyOperations>| operations.contains(&KeyOperations::Verify);
        let common = &jwk.common;
        if common.public_key_use.as_ref().is_some_and(|public_use| *public_use != PublicKeyUse::Signature)
            || common.key_operations.as_ref().is_some_and(|operations| !is_for_verifying(operations))
        {
            return None;
        }
        let possible: &[Algorithm] = match &jwk.algorithm {
            AlgorithmParameters::RSA(_) => &[
                Algorithm::RS256,
                Algorithm::RS384,
                Algorithm::RS512,
                Algorithm::PS256,
                Algorithm::PS384,
                Algorithm::PS512,
            ],
            AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => &[Algorithm::ES256],
            AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P384 => &[Algorithm::ES384],
            AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => &[Algorithm::EdDSA],
            _ => return None,
        };
        let algorithms = match common.key_algorithm {
            Some(named) => {
                let named = Algorithm::try_from(named).ok()?;
                possible.iter().copied().filter(|possible| *possible == named).collect()
            }
            None => possible.to_vec(),
        };
        let decoding = DecodingKey::from_jwk(jwk).ok()?;
        let issuer = published.get("issuer").and_then(Value::as_str).map(ToOwned::to_owned);
        Some(Self { kid: common.key_id.clone(), algorithms, decoding, issuer })
    }
}
