//! Computing the search keys of names and addresses again, after a migration that changes them.

use crate::app::App;
use crate::error::Result;
use crate::records::search_keys;

/// How many accounts are read at once.
const BATCH: i64 = 500;

/// Fills the search keys of all users, once after a migration. Several instances may do it at the same time.
///
/// # Errors
/// `UNAVAILABLE`, or a fault; the next start goes on.
pub async fn refill_search(app: &App) -> Result<()> {
    if !search_keys::are_stale(&app.db).await? {
        return Ok(());
    }
    let mut after = search_keys::beginning();
    loop {
        let batch = search_keys::list(&app.db, after, BATCH).await?;
        let Some(last) = batch.last() else { break };
        after = last.id;
        let mut tx = app.db.begin().await?;
        for keys in &batch {
            search_keys::renew(&mut tx, keys).await?;
        }
        tx.commit().await?;
    }
    search_keys::note_fresh(&app.db).await
}
