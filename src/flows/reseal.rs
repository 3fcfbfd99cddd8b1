//! Sealing every secret again with the first key, so that an older key can be removed.

use uuid::Uuid;

use crate::app::App;
use crate::error::Result;
use crate::records::mfa;
use crate::values::ids::UserId;

const BATCH: i64 = 500;

/// The outcome of resealing.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Resealed {
    /// How many secrets were sealed with the first key.
    pub changed: u64,
    /// The users whose secret stays as it is, because no key unseals it.
    pub failed: Vec<UserId>,
}

/// Seals every secret that an older key sealed. A secret that no key unseals is reported, and the others are sealed all the
/// same. It can be run again at any time.
///
/// # Errors
/// `UNAVAILABLE`, or a fault of the database.
pub async fn reseal(app: &App) -> Result<Resealed> {
    let mut resealed = Resealed::default();
    let mut after = UserId::from(Uuid::nil());
    loop {
        let batch = mfa::list_sealed(&app.db, after, BATCH).await?;
        let Some(last) = batch.last() else { return Ok(resealed) };
        after = last.user_id;
        for old in batch.iter().filter(|old| !app.sealer.is_current(&old.sealed_secret)) {
            let owner = old.user_id.uuid();
            let Ok(secret) = app.sealer.unseal(&old.sealed_secret, owner.as_bytes()) else {
                resealed.failed.push(old.user_id);
                continue;
            };
            let new = app.sealer.seal(&secret, owner.as_bytes())?;
            resealed.changed += u64::from(mfa::reseal(&app.db, old, new).await?);
        }
    }
}
