//! Removing accounts whose address was never verified, so that a stranger's typing error does not keep an address taken.

use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::error::Result;
use crate::records::audit_log::{self, NewAuditEvent};
use crate::records::unverified_users::{self, RemovalRules};
use crate::tools::background::one_of_many;
use crate::values::audit::AuditAction;
use crate::values::caller::Caller;
use crate::values::ids::UserId;

/// How many accounts are read at once.
const BATCH: i64 = 100;

/// Removes accounts that were opened longer ago than `UNVERIFIED_USER_RETENTION` and never verified, each in a transaction of
/// its own. Where verification is required, only accounts that never signed in are removed: the others were opened before it
/// was required. Answers how many were removed.
///
/// # Errors
/// `UNAVAILABLE`, or a fault of reading the list. An account that cannot be removed is logged; the others do not wait for it.
pub async fn remove_unverified(app: &App, stopping: &CancellationToken) -> Result<u64> {
    let now = app.clock.now();
    let Some(retention) = app.config.unverified_retention() else { return Ok(0) };
    let limits = RemovalRules { cutoff: now - retention, spares_used: app.config.requires_verified_email(), now };
    let (mut removed, mut last) = (0, UserId::from(uuid::Uuid::nil()));
    loop {
        let due = unverified_users::list(&app.db, &limits, last, BATCH).await?;
        let Some(end) = due.last().copied() else { return Ok(removed) };
        for id in due {
            if stopping.is_cancelled() {
                return Ok(removed);
            }
            let done = remove(app, id, &limits).await;
            removed += u64::from(one_of_many(&format!("removing {id}"), done)?);
        }
        last = end;
    }
}

async fn remove(app: &App, id: UserId, limits: &RemovalRules) -> Result<bool> {
    let mut tx = app.db.begin().await?;
    // It may have been verified, or removed by another instance, since it was listed.
    if !unverified_users::remove(&mut tx, id, limits).await? {
        return Ok(false);
    }
    // Read again for each account: readers of the trail by time would miss an event that is dated long before its commit.
    let now = app.clock.now();
    let event = NewAuditEvent::success(AuditAction::UserErased).about(Some(id)).with("reason", "UNVERIFIED");
    audit_log::write(&mut tx, &Caller::operator("authgraph retention"), event, now).await?;
    tx.commit().await?;
    Ok(true)
}
