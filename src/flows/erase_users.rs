//! Forgetting deleted people for good, when the time to restore them is over.

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

/// How many are looked for at a time.
const BATCH: i64 = 100;

/// Erases the personal data of everybody who was deleted longer ago than the settings keep it, each in a transaction of
/// its own. The trail keeps their ids. One that fails is logged and tried again next time; the others do not wait for it.
/// Answers how many.
///
/// # Errors
/// `UNAVAILABLE`, or a fault of looking for them; who was erased stays erased.
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
    // Of each anew, behind whatever waits: an event that is dated long before it is committed would be missed by those who
    // read by time.
    let now = app.clock.now();
    // Another instance may sweep at the same moment, and an administrator may have restored the account.
    if !erasure::empty(&mut tx, due.id, cutoff, now).await? {
        return Ok(false);
    }
    erasure::remove_belongings(&mut tx, due).await?;
    audit_log::write(&mut tx, operator, NewAuditEvent::success(AuditAction::UserErased).about(Some(due.id)), now)
        .await?;
    tx.commit().await?;
    Ok(true)
}
