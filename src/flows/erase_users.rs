//! Erasing deleted accounts, when the time to restore them is over.

use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::error::Result;
use crate::records::audit_log::{self, NewAuditEvent};
use crate::records::erasure::{self, UserToErase};
use crate::records::users;
use crate::tools::background::one_of_many;
use crate::values::audit::AuditAction;
use crate::values::caller::Caller;
use crate::values::time::Time;

/// How many accounts are read at once.
const BATCH: i64 = 100;

/// Erases the personal data of accounts that were deleted longer ago than `DELETED_USER_RETENTION`, each in its own transaction. The
/// audit trail keeps their ids. An account that fails is logged and tried again next time; the others do not wait for it.
/// Answers how many.
///
/// # Errors
/// `UNAVAILABLE`, or a fault of reading the list; what was erased stays erased.
pub async fn erase_users(app: &App, stopping: &CancellationToken) -> Result<u64> {
    if app.config.retention.users.is_zero() {
        return Ok(0);
    }
    let cutoff = app.clock.now() - app.config.retention.users;
    let (operator, mut erased, mut after) = (Caller::operator("authgraph retention"), 0, erasure::beginning());
    loop {
        let due = erasure::list_due(&app.db, after, cutoff, BATCH).await?;
        let Some(last) = due.last() else { return Ok(erased) };
        after = (last.deleted_at, last.id);
        for one in &due {
            if stopping.is_cancelled() {
                return Ok(erased);
            }
            let done = erase(app, &operator, one, cutoff).await;
            erased += u64::from(one_of_many(&format!("erasing {}", one.id), done)?);
        }
    }
}

async fn erase(app: &App, operator: &Caller, due: &UserToErase, cutoff: Time) -> Result<bool> {
    let mut tx = app.db.begin().await?;
    users::hold(&mut tx, due.id).await?;
    // Read again for each account: readers of the trail by time would miss an event that is dated long before its commit.
    let now = app.clock.now();
    // Another instance may have erased it at the same moment, or an administrator may have restored it.
    if !erasure::empty(&mut tx, due.id, cutoff, now).await? {
        return Ok(false);
    }
    erasure::remove_belongings(&mut tx, due).await?;
    audit_log::write(&mut tx, operator, NewAuditEvent::success(AuditAction::UserErased).about(Some(due.id)), now)
        .await?;
    tx.commit().await?;
    Ok(true)
}
