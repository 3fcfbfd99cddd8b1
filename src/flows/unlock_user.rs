//! Unlocking the account of a user.

use crate::app::admin_actions::AdminActor;
use crate::app::{App, admin_actions};
use crate::error::{OrFault, Result};
use crate::records::administration;
use crate::records::audit_log;
use crate::records::users::{self, User};
use crate::values::audit::AuditAction;
use crate::values::caller::Caller;
use crate::values::ids::UserId;

/// Removes the lock of an account, whether an administrator locked it or wrong passwords did. Unlocking an account that is
/// not locked changes nothing.
///
/// # Errors
/// `NOT_FOUND`; `CONFLICT` for a deleted account; `FORBIDDEN`.
pub async fn unlock_user(app: &App, caller: &Caller, actor: AdminActor<'_>, id: UserId) -> Result<User> {
    let now = app.clock.now();
    let mut tx = admin_actions::begin(app, actor, now).await?;
    let user = admin_actions::find_to_change(&mut tx, id, now).await?;
    if user.lock(now).is_none() {
        return Ok(user);
    }
    administration::unlock(&mut tx, id, now).await?;
    audit_log::write(&mut tx, caller, actor.success(AuditAction::UserUnlocked, id), now).await?;
    let user = users::find_in(&mut tx, id).await?.or_fault("reading a user just unlocked")?;
    tx.commit().await?;
    Ok(user)
}
