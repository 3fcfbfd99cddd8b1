//! The exports of other systems: what each calls the fields of a user.

use std::collections::HashMap;

use serde_json::Value;

use super::fields::{find, flag, text, time};
use super::foreign_user::ForeignUser;
use crate::tools::totp::TotpSecret;
use crate::values::time::Time;

/// The own format, a JSON object or a line of CSV; also what `authgraph users export` writes.
pub fn own(row: &Value) -> Result<ForeignUser, String> {
    if let Some(name) = row.as_object().and_then(|row| row.keys().find(|name| !is_own(name))) {
        return Err(format!("{}: no such field", name.escape_debug()));
    }
    let is_admin = match text(row, &["role"])?.map(|role| role.to_ascii_uppercase()).as_deref() {
        None | Some("USER") => false,
        Some("ADMIN") => true,
        Some(_) => return Err("role: expected USER or ADMIN".to_owned()),
    };
    Ok(ForeignUser {
        email: text(row, &["email"])?,
        email_verified: flag(row, &["emailVerified", "email_verified"])?,
        name: text(row, &["name"])?,
        locale: text(row, &["locale"])?,
        is_admin,
        password_hash: text(row, &["passwordHash", "password_hash"])?,
        totp_secret: totp_secret(text(row, &["totpSecret", "totp_secret"])?)?,
        created_at: time(row, &["createdAt", "created_at"])?,
        is_locked: flag(row, &["locked"])?,
    })
}

/// Whether the own format has a field of this name. Those of an export that an import does not read are among them.
pub fn is_own(name: &str) -> bool {
    let read = ["email", "emailVerified", "email_verified", "name", "locale", "role", "passwordHash", "password_hash"];
    let more = ["totpSecret", "totp_secret", "createdAt", "created_at", "locked"];
    let exported = ["id", "status", "lockedUntil", "mfaEnabled", "lastLoginAt"];
    [&read[..], &more, &exported].iter().any(|names| names.contains(&name))
}

/// Auth0: a line of a bulk export, with the password hash that Auth0 adds on request.
pub fn auth0(row: &Value) -> Result<ForeignUser, String> {
    let custom = row.pointer("/custom_password_hash/hash").unwrap_or(&Value::Null);
    let factors = find(row, &["mfa_factors"]).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let secret = factors.iter().find_map(|factor| text(factor.get("totp")?, &["secret"]).transpose());
    let email = text(row, &["email"])?;
    Ok(ForeignUser {
        email_verified: flag(row, &["email_verified"])?,
        // Where nobody gave a name, Auth0 has the address there.
        name: text(row, &["name"])?.filter(|name| Some(name) != email.as_ref()),
        locale: text(row, &["locale"])?,
        password_hash: text(row, &["passwordHash", "password_hash"])?.or(text(custom, &["value"])?),
        totp_secret: totp_secret(secret.transpose()?)?,
        created_at: auth0_time(row)?,
        is_locked: flag(row, &["blocked"])?,
        email,
        ..ForeignUser::default()
    })
}

/// The export of passwords wraps times: `{"$date": "…"}`.
fn auth0_time(row: &Value) -> Result<Option<Time>, String> {
    match find(row, &["created_at"]) {
        Some(wrapped @ Value::Object(_)) => time(wrapped, &["$date"]),
        _ => time(row, &["created_at"]),
    }
}

/// Supabase: a row of `auth.users`.
pub fn supabase(row: &Value, now: Time) -> Result<ForeignUser, String> {
    if time(row, &["deleted_at"])?.is_some() {
        return Err("the account is deleted".to_owned());
    }
    let written = find(row, &["raw_user_meta_data"]).cloned().unwrap_or_default();
    let metadata = match &written {
        Value::String(json) => serde_json::from_str(json).unwrap_or_default(),
        object => object.clone(),
    };
    Ok(ForeignUser {
        email: text(row, &["email"])?,
        email_verified: time(row, &["email_confirmed_at"])?.is_some(),
        name: text(&metadata, &["name", "full_name"])?,
        password_hash: text(row, &["encrypted_password"])?,
        created_at: time(row, &["created_at"])?,
        is_locked: time(row, &["banned_until"])?.is_some_and(|until| until > now),
        ..ForeignUser::default()
    })
}

/// Django: a row of `auth_user`. It knows of no verified addresses.
pub fn django(row: &Value) -> Result<ForeignUser, String> {
    let names = [text(row, &["first_name"])?, text(row, &["last_name"])?];
    // A hash that begins with an exclamation mark is none.
    let hash = text(row, &["password"])?.filter(|hash| !hash.starts_with('!'));
    Ok(ForeignUser {
        email: text(row, &["email"])?,
        name: Some(names.into_iter().flatten().collect::<Vec<_>>().join(" ")),
        password_hash: hash,
        created_at: time(row, &["date_joined"])?,
        is_locked: find(row, &["is_active"]).is_some() && !flag(row, &["is_active"])?,
        ..ForeignUser::default()
    })
}

/// better-auth: the passwords are in the table of accounts, by the id of their user.
pub fn better_auth(row: &Value, passwords: &HashMap<String, String>) -> Result<ForeignUser, String> {
    let id = text(row, &["id"])?.unwrap_or_default();
    Ok(ForeignUser {
        email: text(row, &["email"])?,
        email_verified: flag(row, &["emailVerified", "email_verified"])?,
        name: text(row, &["name"])?,
        password_hash: passwords.get(&id).cloned(),
        created_at: time(row, &["createdAt", "created_at"])?,
        is_locked: flag(row, &["banned"])?,
        ..ForeignUser::default()
    })
}

/// The passwords of better-auth.
pub fn better_auth_passwords(accounts: &Value) -> HashMap<String, String> {
    let accounts = accounts.as_array().map(Vec::as_slice).unwrap_or_default();
    let with_password = accounts.iter().filter_map(|account| {
        let provider = text(account, &["providerId", "provider_id"]).ok()??;
        let user = text(account, &["userId", "user_id"]).ok()??;
        Some((user, text(account, &["password"]).ok()??)).filter(|_| provider == "credential")
    });
    with_password.collect()
}

/// Firebase: a user of `firebase auth:export`. `parameters` are those of the project, in the words of a stored hash.
pub fn firebase(row: &Value, parameters: Option<&str>) -> Result<ForeignUser, String> {
    let standard = |text: String| text.replace('-', "+").replace('_', "/");
    let hash = match (text(row, &["passwordHash"])?, text(row, &["salt"])?) {
        (None, _) => None,
        (Some(hash), salt) => {
            let parameters = parameters.ok_or("the password hash needs --firebase-hash-config")?;
            let salt = salt.map(standard).unwrap_or_default();
            Some(format!("$fbscrypt${parameters}${salt}${}", standard(hash)))
        }
    };
    Ok(ForeignUser {
        email: text(row, &["email"])?,
        email_verified: flag(row, &["emailVerified"])?,
        name: text(row, &["displayName"])?,
        password_hash: hash,
        created_at: time(row, &["createdAt"])?,
        is_locked: flag(row, &["disabled"])?,
        ..ForeignUser::default()
    })
}

pub(super) fn totp_secret(base32: Option<String>) -> Result<Option<TotpSecret>, String> {
    let read = |text: String| TotpSecret::from_base32(&text).ok_or("the TOTP secret is not 10 to 128 bytes in Base32");
    base32.map(read).transpose().map_err(ToOwned::to_owned)
}
