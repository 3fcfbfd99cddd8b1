//! Keycloak: a user of a realm export. Its credentials are JSON in texts.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::fields::{find, flag, text, time};
use super::foreign_user::ForeignUser;
use super::formats::totp_secret;
use super::hashes;
use crate::tools::totp::TotpSecret;

/// A user of a realm export.
pub fn keycloak(row: &Value) -> Result<ForeignUser, String> {
    let names = [text(row, &["firstName"])?, text(row, &["lastName"])?];
    let locale = row.pointer("/attributes/locale/0").and_then(Value::as_str).map(str::to_owned);
    Ok(ForeignUser {
        email: text(row, &["email"])?,
        email_verified: flag(row, &["emailVerified"])?,
        name: Some(names.into_iter().flatten().collect::<Vec<_>>().join(" ")),
        locale,
        password_hash: credential(row, "password").map(|parts| password_hash(&parts?)).transpose()?,
        totp_secret: credential(row, "otp").map(|parts| secret(&parts?)).transpose()?,
        created_at: time(row, &["createdTimestamp"])?,
        is_locked: find(row, &["enabled"]).is_some() && !flag(row, &["enabled"])?,
        ..ForeignUser::default()
    })
}

/// The two parts of a credential: what is secret, and how it is used.
struct CredentialParts {
    secret: Value,
    settings: Value,
}

/// The first credential of a type.
fn credential(row: &Value, kind: &str) -> Option<Result<CredentialParts, String>> {
    let credentials = find(row, &["credentials"])?.as_array()?;
    let found = credentials.iter().find(|credential| credential.get("type").and_then(Value::as_str) == Some(kind))?;
    let part = |name: &str| {
        let json = found.get(name).and_then(Value::as_str).unwrap_or_default();
        serde_json::from_str(json).map_err(|_| format!("{name} of the {kind} is not valid JSON"))
    };
    Some(part("secretData").and_then(|secret| Ok(CredentialParts { secret, settings: part("credentialData")? })))
}

fn password_hash(CredentialParts { secret, settings }: &CredentialParts) -> Result<String, String> {
    let missing = || "the password of Keycloak lacks a part".to_owned();
    let hash = text(secret, &["value"])?.ok_or_else(missing)?;
    let salt = text(secret, &["salt"])?.ok_or_else(missing)?;
    let iterations = text(settings, &["hashIterations"])?.ok_or_else(missing)?;
    let algorithm = text(settings, &["algorithm"])?.ok_or_else(missing)?;
    let malformed = || "the password of Keycloak is malformed".to_owned();
    match algorithm.as_str() {
        "argon2" => argon2(settings, &iterations, &salt, &hash).ok_or_else(malformed),
        // The first name is the old one of PBKDF2 with SHA-1.
        "pbkdf2" | "pbkdf2-sha1" | "pbkdf2-sha256" | "pbkdf2-sha512" => {
            let digest = algorithm.split_once('-').map_or("sha1", |(_, digest)| digest);
            let salt = STANDARD.decode(&salt).map_err(|_| malformed())?;
            hashes::pbkdf2(digest, &iterations, &salt, &hash).ok_or_else(malformed)
        }
        _ => Err("the password hash is of an unknown kind".to_owned()),
    }
}

/// Argon2, the default since Keycloak 24, as a PHC string.
fn argon2(settings: &Value, iterations: &str, salt: &str, hash: &str) -> Option<String> {
    let parameter = |name: &str| settings.pointer(&format!("/additionalParameters/{name}/0"))?.as_str();
    let version = match parameter("version")? {
        "1.0" => 16,
        "1.3" => 19,
        _ => return None,
    };
    let (kind, memory, lanes) = (parameter("type")?, parameter("memory")?, parameter("parallelism")?);
    let (salt, hash) = (salt.trim_end_matches('='), hash.trim_end_matches('='));
    Some(format!("$argon2{kind}$v={version}$m={memory},t={iterations},p={lanes}${salt}${hash}"))
}

/// The secret of an authenticator app. Unless it says otherwise, the letters themselves are the key, and apps got them in
/// Base32.
fn secret(CredentialParts { secret, settings }: &CredentialParts) -> Result<TotpSecret, String> {
    let is = |name: &str, usual: &str| text(settings, &[name]).map(|value| value.is_none_or(|value| value == usual));
    if !(is("subType", "totp")? && is("digits", "6")? && is("period", "30")? && is("algorithm", "HmacSHA1")?) {
        return Err("the second factor is not TOTP with SHA-1, six digits and 30 seconds".to_owned());
    }
    let value = text(secret, &["value"])?.unwrap_or_default();
    let read = if text(settings, &["secretEncoding"])?.as_deref() == Some("BASE32") {
        totp_secret(Some(value))?
    } else {
        TotpSecret::from_bytes(value.as_bytes()).ok()
    };
    read.ok_or_else(|| "the TOTP secret is too short or too long".to_owned())
}
