//! Refusing to start with keys that open nobody's second factor.

use uuid::Uuid;

use crate::app::App;
use crate::error::{Fault, Result};
use crate::records::mfa;
use crate::values::ids::UserId;

/// How many secrets are looked at: enough to meet both keys of a rotation that was left half-way.
const SAMPLE: i64 = 500;

/// Looks whether the keys of `MFA_ENCRYPTION_KEYS` are those of this database. Without this a server with a wrong key would
/// start, and answer INTERNAL to everybody who has a second factor. Where only some secrets are of an unknown key, it
/// warns: the others can sign in.
///
/// # Errors
/// A fault where none of the secrets was sealed with one of the keys; `UNAVAILABLE`.
pub async fn check_encryption_keys(app: &App) -> Result<()> {
    let sealed = mfa::list_sealed(&app.db, UserId::from(Uuid::nil()), SAMPLE).await?;
    let unknown = sealed.iter().filter(|one| !app.sealer.has_key_of(&one.sealed_secret)).count();
    if unknown > 0 && unknown == sealed.len() {
        let told = "checking MFA_ENCRYPTION_KEYS: none of its keys has sealed a second factor of this database. \
                    Put the key that did so into the list";
        return Err(Fault::new(told).into());
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
