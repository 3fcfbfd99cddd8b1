//! The outside of an ID token: its header and its signature.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, Validation};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::keys::IssuerKey;
use super::{IdTokenRefusal, IssuerSettings};
use crate::values::claims::ClaimSet;

/// Longer tokens are refused unread, in bytes. Those of the large providers have some 1,500; groups and pictures add to it.
const MAX_TOKEN_BYTES: usize = 16 * 1024;

/// What a token must be bound to.
#[derive(Clone, Copy)]
pub struct ExpectedIdToken<'a> {
    /// The client ids that the token may be for, the claim `aud`, and that may have asked for it, the claim `azp`. Google's
    /// tokens for Android have the id of the server in `aud` and that of the app in `azp`.
    pub client_ids: &'a [String],
    /// The claim `nonce`.
    pub nonce: ExpectedNonce<'a>,
    /// The access token that came with it. The claim `at_hash`, where the token has it, must be its hash.
    pub access_token: Option<&'a str>,
}

/// What the claim `nonce` must be. Every sign-in has a nonce, so a token without the claim is always refused.
#[derive(Clone, Copy)]
pub enum ExpectedNonce<'a> {
    /// This text.
    Exactly(&'a str),
    /// This text or its SHA-256 in hexadecimal, which apps for Apple's devices send in its place.
    ExactlyOrSha256(&'a str),
}

/// What the header says. Everything else in it (`jku`, `jwk`, `x5u` …) is ignored: keys come from the issuer alone.
pub(super) struct TokenHeader {
    pub(super) algorithm: Algorithm,
    pub(super) kid: Option<String>,
}

#[derive(Deserialize)]
struct RawHeader {
    alg: String,
    kid: Option<String>,
    crit: Option<IgnoredAny>,
}

/// Reads what a token says of itself, and refuses what no key could make acceptable.
pub(super) fn read_header(token: &str, settings: &IssuerSettings) -> Result<TokenHeader, IdTokenRefusal> {
    if token.len() > MAX_TOKEN_BYTES {
        return Err(IdTokenRefusal::Malformed);
    }
    let encoded = token.split('.').next().unwrap_or_default();
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(encoded).map_err(|_| IdTokenRefusal::Malformed)?;
    let header: RawHeader = serde_json::from_slice(&bytes).map_err(|_| IdTokenRefusal::Malformed)?;
    if header.crit.is_some() {
        return Err(IdTokenRefusal::CriticalHeader);
    }
    // `none` is not an algorithm that the library knows.
    let algorithm = header.alg.parse::<Algorithm>().map_err(|_| IdTokenRefusal::WrongAlgorithm)?;
    if !settings.algorithms.contains(&algorithm) {
        return Err(IdTokenRefusal::WrongAlgorithm);
    }
    Ok(TokenHeader { algorithm, kid: header.kid })
}

/// The claims, if the signature is that of the key. The algorithm is one that both the settings and the key permit.
pub(super) fn verify_signature(token: &str, key: &IssuerKey, algorithm: Algorithm) -> Result<ClaimSet, IdTokenRefusal> {
    let mut validation = Validation::new(algorithm);
    // The claims are ours to check: the library asks the machine's clock, and takes one audience out of many.
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    match jsonwebtoken::decode(token, &key.decoding, &validation) {
        Ok(data) => Ok(data.claims),
        Err(error) if *error.kind() == jsonwebtoken::errors::ErrorKind::InvalidSignature => {
            Err(IdTokenRefusal::WrongSignature)
        }
        Err(_) => Err(IdTokenRefusal::Malformed),
    }
}
