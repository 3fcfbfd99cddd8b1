//! The lock of an account after too many wrong passwords.

use uuid::Uuid;

use super::App;
use crate::error::Result;
use crate::records::audit_log::{self, NewAuditEvent};
use crate::records::users::{self, User};
use crate::values::audit::AuditAction;
use crate::values::caller::Caller;
use crate::values::ids::UserId;
use crate::values::time::Time;

/// Writes a failed proof of identity into the audit trail and counts it against the account, which may lock it. Without
/// an account it runs the same statements, so that its duration does not tell whether there is one; only the failure that
/// locks the account writes a second event.
pub async fn count_failure(
    app: &App,
    caller: &Caller,
    user: Option<&User>,
    failed: NewAuditEvent,
    now: Time,
) -> Result<()> {
    let mut tx = app.db.begin().await?;
    let id = user.map_or(UserId::from(Uuid::nil()), |user| user.id);
    let until = now + app.config.lockout.duration;
    // The account before the audit trail: a transaction that waits for the account must not hold a chain of the trail.
    let locked = match app.config.lockout.attempts {
        0 => None,
        attempts => users::count_failure(&mut tx, id, attempts, until, now).await?,
    };
    audit_log::write(&mut tx, caller, failed, now).await?;
    if locked.is_some() {
        let event = NewAuditEvent::success(AuditAction::AccountLocked).about(Some(id));
        audit_log::write(&mut tx, caller, event.with("until", until.to_rfc3339()), now).await?;
    }
    tx.commit().await?;
    if locked.is_some() {
        app.metrics.lockout();
    }
    Ok(())
}
