//! A user as a file has it, and the account that becomes of it.

use super::hashes;
use crate::app::App;
use crate::error::{FieldFault, Result};
use crate::records::imports::ImportedAccount;
use crate::tools::password_hasher;
use crate::tools::totp::TotpSecret;
use crate::values::email_address::EmailAddress;
use crate::values::ids::UserId;
use crate::values::password::PasswordHash;
use crate::values::time::Time;
use crate::values::user::{Role, parse_locale, parse_name};

/// A user as a file has it, not checked yet. Not `Debug`, so that no secret is logged.
#[derive(Default)]
pub struct ForeignUser {
    pub email: Option<String>,
    pub email_verified: bool,
    pub name: Option<String>,
    pub locale: Option<String>,
    pub is_admin: bool,
    pub password_hash: Option<String>,
    pub totp_secret: Option<TotpSecret>,
    pub created_at: Option<Time>,
    pub is_locked: bool,
}

impl ForeignUser {
    /// The account that becomes of the user, or why none does. The reason quotes no hash.
    ///
    /// # Errors
    /// A fault where the secret of an authenticator cannot be sealed.
    pub fn check(self, app: &App, now: Time) -> Result<Result<ImportedAccount, String>> {
        let id = UserId::new();
        let sealed = self.totp_secret.as_ref().map(|secret| app.sealer.seal(secret.expose(), id.uuid().as_bytes()));
        let sealed_totp_secret = sealed.transpose()?;
        Ok(self.checked(id, now).map(|account| ImportedAccount { sealed_totp_secret, ..account }))
    }

    fn checked(self, id: UserId, now: Time) -> Result<ImportedAccount, String> {
        let field = |name: &'static str| move |fault: FieldFault| format!("{name}: {}", fault.message);
        let email = self.email.ok_or("there is no email address")?;
        let email = EmailAddress::parse(&email).map_err(field("email"))?;
        let name = self.name.as_deref().map(parse_name).transpose().map_err(field("name"))?.flatten();
        let locale = self.locale.as_deref().map(parse_locale).transpose().map_err(field("locale"))?.flatten();
        let password_hash = self.password_hash.as_deref().map(hashes::rewrite);
        if let Some(hash) = &password_hash {
            password_hasher::check_hash(hash).map_err(|refusal| refusal.to_string())?;
        }
        let created_at = self.created_at.unwrap_or(now);
        if created_at > now {
            return Err("createdAt: the time is in the future".to_owned());
        }
        Ok(ImportedAccount {
            id,
            email,
            email_verified_at: self.email_verified.then_some(now),
            name,
            locale,
            role: if self.is_admin { Role::Admin } else { Role::User },
            password_hash: password_hash.map(PasswordHash::from),
            is_locked: self.is_locked,
            created_at,
            sealed_totp_secret: None,
        })
    }
}
