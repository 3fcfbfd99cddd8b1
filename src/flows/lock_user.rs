//! Locking the account of another user.

use crate::app::admin_actions::AdminActor;
use crate::app::{App, admin_actions, revocation};
use crate::error::{OrFault, Result};
use crate::records::administration;
use crate::records::audit_log;
use crate::records::users::{self, User};
use crate::values::audit::AuditAction;
use crate::values::caller::Caller;
use crate::values::ids::UserId;
use crate::values::session::SessionEndReason;
use crate::values::time::Time;

/// Locks an account until a time, or without an end: every session ends, and nobody can log in until then. It replaces a
/// lock that is there: its end changes, and a lock by wrong passwords becomes an administrator's.
///
/// # Errors
/// `NOT_FOUND`; `CONFLICT` for a deleted account, one's own, and the last administrator; `FORBIDDEN`.
pub async fn lock_user(
    app: &App,
    caller: &Caller,
    actor: AdminActor<'_>,
    id: UserId,
    until: Option<Time>,
) -> Result<User> {
    let now = app.clock.now();
    let mut tx = admin_actions::begin(app, actor, now).await?;
    admin_actions::find_to_change(&mut tx, id, now).await?;
    admin_actions::refuse_own(actor, id, "You cannot lock your own account.")?;
    admin_actions::require_another_admin(app, &mut tx, id, now).await?;
    administration::lock(&mut tx, id, until, now).await?;
    let ended = revocation::end_sessions(&mut tx, id, None, SessionEndReason::AccountLocked, now).await?;
    let user = users::find_in(&mut tx, id).await?.or_fault("reading a user just locked")?;
    // The end as it is stored: one that is too late to be stored is none.
    let until = user.lock(now).and_then(|lock| lock.until).map(|until| until.to_rfc3339());
    let event = actor.success(AuditAction::UserLocked, id).with("until", until).with_ended(&ended);
    audit_log::write(&mut tx, caller, event, now).await?;
    tx.commit().await?;
    Ok(user)
}
