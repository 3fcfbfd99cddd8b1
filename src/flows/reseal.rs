//! Sealing every secret anew with the first key, so that an older key can be taken away.

use uuid::Uuid;

use crate::app::App;
use crate::error::Result;
use crate::records::mfa;
use crate::values::ids::UserId;

const BATCH: i64 = 500;

/// Seals what an older key sealed. Answers how many secrets changed; it can be run again at any time.
///
/// # Errors
/// A fault for a secret that no key opens; those before it are sealed anew.
pub async fn reseal(app: &App) -> Result<u64> {
    let mut resealed = 0;
    let mut after = UserId::from(Uuid::nil());
    loop {
        let batch = mfa::list_sealed(&app.db, after, BATCH).await?;
        let Some(last) = batch.last() else { return Ok(resealed) };
        after = last.user_id;
        for old in batch.iter().filter(|old| !app.sealer.is_current(&old.sealed_secret)) {
            let owner = old.user_id.uuid();
            let secret = app.sealer.unseal(&old.sealed_secret, owner.as_bytes())?;
            let new = app.sealer.seal(&secret, owner.as_bytes())?;
            resealed += u64::from(mfa::reseal(&app.db, old, new).await?);
        }
    }
}
