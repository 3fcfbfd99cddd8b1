//! The inside of an ID token: whether its claims are for this client, this sign-in and this moment.

use std::time::Duration;

use aws_lc_rs::digest::{self, digest};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::Algorithm;
use serde_json::Value;

use super::id_token::TokenHeader;
use super::{ExpectedIdToken, ExpectedNonce, IdTokenRefusal, IssuerSettings};
use crate::values::claims::ClaimSet;
use crate::values::time::Time;

/// The longest `sub`, in bytes (OpenID Connect Core 1.0, section 2).
const MAX_SUBJECT_BYTES: usize = 255;

/// A token that passed every check.
#[derive(Debug, Clone)]
pub struct VerifiedIdToken {
    /// The claim `iss`.
    pub issuer: String,
    /// The claim `sub`: who it is, unique for the issuer. At most 255 bytes, without control characters.
    pub subject: String,
    /// All claims.
    pub claims: ClaimSet,
}

impl VerifiedIdToken {
    /// Whether `auth_time` is longer ago than this. One that is no time counts as old.
    pub(super) fn is_login_older(&self, limit: Duration, now: Time) -> bool {
        let is_old = |at: i64| now.timestamp() > at.saturating_add_unsigned(limit.as_secs());
        self.claims.get("auth_time").is_some_and(|at| seconds(at).is_none_or(is_old))
    }
}

/// Checks the claims of a token whose signature is right.
pub(super) fn check(
    claims: ClaimSet,
    header: &TokenHeader,
    settings: &IssuerSettings,
    expected: &ExpectedIdToken<'_>,
    now: Time,
) -> Result<VerifiedIdToken, IdTokenRefusal> {
    let issuer = require_text(&claims, "iss")?.to_owned();
    let subject = require_text(&claims, "sub")?.to_owned();
    // PostgreSQL stores no NUL, and no issuer has control characters in its names for users.
    if subject.is_empty() || subject.len() > MAX_SUBJECT_BYTES || subject.contains(char::is_control) {
        return Err(IdTokenRefusal::MissingClaim);
    }
    check_issuer(&claims, &issuer, settings)?;
    check_audience(&claims, expected.client_ids)?;
    check_times(&claims, settings, now)?;
    check_nonce(&claims, expected.nonce)?;
    check_access_token(&claims, header.algorithm, expected.access_token)?;
    Ok(VerifiedIdToken { issuer, subject, claims })
}

fn check_issuer(claims: &ClaimSet, issuer: &str, settings: &IssuerSettings) -> Result<(), IdTokenRefusal> {
    let tenant = claims.get("tid").and_then(Value::as_str);
    if !settings.issuers.accept_tenant(tenant) {
        return Err(IdTokenRefusal::WrongTenant);
    }
    if settings.issuers.accept_claim(issuer, tenant) { Ok(()) } else { Err(IdTokenRefusal::WrongIssuer) }
}

/// One of the audiences must be this client. A token for several names the one that asked for it (`azp`), or another
/// audience could use it here.
fn check_audience(claims: &ClaimSet, client_ids: &[String]) -> Result<(), IdTokenRefusal> {
    let audiences: Vec<&str> = match claims.get("aud") {
        Some(Value::String(audience)) => vec![audience],
        Some(Value::Array(audiences)) => audiences.iter().filter_map(Value::as_str).collect(),
        _ => return Err(IdTokenRefusal::MissingClaim),
    };
    let is_ours = |id: &str| client_ids.iter().any(|own| own == id);
    if !audiences.iter().any(|audience| is_ours(audience)) {
        return Err(IdTokenRefusal::WrongAudience);
    }
    let is_right = match claims.get("azp") {
        Some(party) => party.as_str().is_some_and(is_ours),
        None => audiences.len() == 1,
    };
    if is_right { Ok(()) } else { Err(IdTokenRefusal::WrongAuthorizedParty) }
}

fn check_times(claims: &ClaimSet, settings: &IssuerSettings, now: Time) -> Result<(), IdTokenRefusal> {
    let now = now.timestamp();
    let after = |time: i64, wait: Duration| time.saturating_add_unsigned(wait.as_secs());
    let expires_at = claims.get("exp").and_then(seconds).ok_or(IdTokenRefusal::MissingClaim)?;
    let issued_at = claims.get("iat").and_then(seconds).ok_or(IdTokenRefusal::MissingClaim)?;
    let not_before = match claims.get("nbf") {
        Some(value) => seconds(value).ok_or(IdTokenRefusal::MissingClaim)?,
        None => issued_at,
    };
    if now >= after(expires_at, settings.leeway) {
        return Err(IdTokenRefusal::Expired);
    }
    if issued_at.max(not_before) > after(now, settings.leeway) {
        return Err(IdTokenRefusal::NotYetValid);
    }
    if now > after(after(issued_at, settings.max_age), settings.leeway) {
        return Err(IdTokenRefusal::TooOld);
    }
    Ok(())
}

fn check_nonce(claims: &ClaimSet, expected: ExpectedNonce<'_>) -> Result<(), IdTokenRefusal> {
    let nonce = claims.get("nonce").and_then(Value::as_str).unwrap_or_default();
    let is_right = match expected {
        // An empty nonce binds to nothing.
        _ if nonce.is_empty() => false,
        ExpectedNonce::Exactly(raw) => nonce == raw,
        ExpectedNonce::ExactlyOrSha256(raw) => nonce == raw || nonce == sha256_hex(raw),
    };
    if is_right { Ok(()) } else { Err(IdTokenRefusal::WrongNonce) }
}

/// `at_hash` is the left half of the access token's hash, by the hash function of the signature (section 3.1.3.6).
fn check_access_token(
    claims: &ClaimSet,
    algorithm: Algorithm,
    access_token: Option<&str>,
) -> Result<(), IdTokenRefusal> {
    let (Some(at_hash), Some(token)) = (claims.get("at_hash"), access_token) else { return Ok(()) };
    let function = match algorithm {
        Algorithm::RS384 | Algorithm::PS384 | Algorithm::ES384 => &digest::SHA384,
        Algorithm::RS512 | Algorithm::PS512 | Algorithm::EdDSA => &digest::SHA512,
        _ => &digest::SHA256,
    };
    let hash = digest(function, token.as_bytes());
    let half: Vec<u8> = hash.as_ref().iter().copied().take(hash.as_ref().len() / 2).collect();
    let is_right = at_hash.as_str() == Some(&BASE64_URL_SAFE_NO_PAD.encode(half));
    if is_right { Ok(()) } else { Err(IdTokenRefusal::WrongAccessToken) }
}

fn require_text<'a>(claims: &'a ClaimSet, claim: &str) -> Result<&'a str, IdTokenRefusal> {
    claims.get(claim).and_then(Value::as_str).ok_or(IdTokenRefusal::MissingClaim)
}

/// A time in seconds, which may have a fraction (RFC 7519, section 2).
#[allow(clippy::cast_possible_truncation, reason = "the cast goes to the nearest number that there is")]
fn seconds(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_f64().map(|seconds| seconds as i64))
}

fn sha256_hex(text: &str) -> String {
    use std::fmt::Write;

    let mut hex = String::with_capacity(64);
    for byte in digest(&digest::SHA256, text.as_bytes()).as_ref() {
        // Writing to a string does not fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}
