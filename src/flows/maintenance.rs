//! Maintenance of the totals, the sessions and the audit trail, in the background.

use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::error::Result;
use crate::records::{audit_integrity, audit_months, sessions, statistics};
use crate::tools::background::one_of_many;

/// How many rows one statement touches; requests wait for it.
const BATCH: i64 = 500;
/// How many pending changes are folded at once. They are small, and a seeded database has millions.
const CHANGES: i64 = 10_000;

/// Chains audit events that an instance of the previous version has written, ends sessions that have expired, folds changes
/// into the totals, and makes the next months of the trail. Several instances may do so at once. Where one of the four
/// fails, the others go on.
///
/// # Errors
/// `UNAVAILABLE`; what was done stays done.
pub async fn maintain(app: &App, stopping: &CancellationToken) -> Result<()> {
    let now = app.clock.now();
    while !stopping.is_cancelled() {
        let chained = one_of_many("chaining events", audit_integrity::backfill(&app.db, BATCH).await)?;
        let ended = one_of_many("ending sessions", sessions::end_expired(&app.db, now, BATCH).await)?;
        let folded = one_of_many("folding totals", statistics::fold(&app.db, CHANGES).await)?;
        if chained == 0 && ended == 0 && folded == 0 {
            break;
        }
    }
    // At last, because it waits for a backup that reads the trail, and is then tried again.
    one_of_many("making months of the audit trail", audit_months::add(&app.db, now).await)
}
