//! Deleting the account of another user, and restoring it while its data is kept.

use crate::app::viewer::Admin;
use crate::app::{App, admin_actions, mail, revocation};
use crate::error::{ErrorReason, OrFault, Refusal, Result};
use crate::records::outbox::{self, Details, MailKind};
use crate::records::users::{self, User};
use crate::records::{administration, audit_log, one_time_tokens};
use crate::values::audit::AuditAction;
use crate::values::caller::Caller;
use crate::values::ids::UserId;
use crate::values::session::SessionEndReason;

/// Marks an account as deleted: every session ends, no link of an email works, and only administrators see it. Its address
/// stays taken. Deleting a deleted account changes nothing.
///
/// # Errors
/// `NOT_FOUND`; `CONFLICT` for one's own account and for the last administrator; `FORBIDDEN`.
pub async fn delete_user(app: &App, caller: &Caller, admin: &Admin, id: UserId) -> Result<User> {
    let now = app.clock.now();
    let mut tx = admin_actions::begin(app, admin, now).await?;
    admin_actions::refuse_own(admin, id, "You cannot delete your own account here. Please use deleteAccount.")?;
    let subject = administration::find_to_change(&mut tx, id).await?.ok_or(Refusal::NotFound)?;
    admin_actions::require_another_admin(app, &mut tx, id, now).await?;
    if users::delete(&mut tx, id, now).await? {
        let ended = revocation::end_sessions(&mut tx, id, None, SessionEndReason::AccountDeleted, now).await?;
        outbox::withdraw_but_undo(&mut tx, id, now).await?;
        one_time_tokens::revoke_but_undo(&mut tx, id, now).await?;
        // Its owner learns of it, but not which administrator did it.
        let details = Details { at: Some(now), ..Details::caused_by(caller) };
        mail::post(&mut tx, MailKind::AccountDeleted, &subject, details, now).await?;
        let event = admin.success(AuditAction::UserDeleted, id).with_ended(&ended);
        audit_log::write(&mut tx, caller, event, now).await?;
    }
    let user = users::find_in(&mut tx, id).await?.or_fault("reading a user just deleted")?;
    tx.commit().await?;
    Ok(user)
}

/// Takes a deletion back. The user can sign in again; their sessions and links stay ended.
///
/// # Errors
/// `NOT_FOUND`; `CONFLICT` where the account is not deleted, or its data is erased; `FORBIDDEN`.
pub async fn restore_user(app: &App, caller: &Caller, admin: &Admin, id: UserId) -> Result<User> {
    let now = app.clock.now();
    let mut tx = admin_actions::begin(app, admin, now).await?;
    let user = administration::find_to_change(&mut tx, id).await?.ok_or(Refusal::NotFound)?;
    if user.erased_at.is_some() {
        return Err(admin_actions::erased().into());
    }
    if !administration::restore(&mut tx, id, now).await? {
        return Err(Refusal::conflict(ErrorReason::NotDeleted, "This account is not deleted.").into());
    }
    audit_log::write(&mut tx, caller, admin.success(AuditAction::UserRestored, id), now).await?;
    let user = users::find_in(&mut tx, id).await?.or_fault("reading a user just restored")?;
    tx.commit().await?;
    Ok(user)
}
