//! Refusing to start with encryption keys that unseal no second factor.

use uuid::Uuid;

use crate::app::App;
use crate::error::{Fault, Result};
use crate::records::mfa;
use crate::values::ids::UserId;

/// How many secrets are checked: enough to find both keys of an unfinished rotation.
const SAMPLE: i64 = 500;

/// Checks that the keys of `MFA_ENCRYPTION_KEYS` are those of this database. Without this check a server with a wrong key
/// would start, and answer INTERNAL to all users with a second factor. Where only some secrets were sealed with an unknown
/// key, it warns, because the other users can sign in.
///
/// # Errors
/// A fault where none of the secrets was sealed with one of the keys; `UNAVAILABLE`.
pub async fn check_encryption_keys(app: &App) -> Result<()> {
    let sealed = mfa::list_sealed(&app.db, UserId::from(Uuid::nil()), SAMPLE).await?;
    let unknown = sealed.iter().filter(|one| !app.sealer.has_key_of(&one.sealed_secret)).count();
    if unknown > 0 && unknown == sealed.len() {
        let doing = "checking MFA_ENCRYPTION_KEYS: none of its keys has sealed a second factor of this database. \
                    Put the key that did so into the list";
        return Err(Fault::new(doing).into());
    }
    if unknown > 0 {
        tracing::warn!(
            unknown,
            of = sealed.len(),
            "MFA_ENCRYPTION_KEYS lacks the key of some second factors: their users cannot sign in with a code"
        );
    }
    Ok(())
}
