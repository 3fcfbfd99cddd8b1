//! Deleting one's own account.

use crate::app::viewer::Viewer;
use crate::app::{App, admin_actions, mail, revocation};
use crate::error::{ErrorReason, FieldErrorCode, FieldFault, Refusal, Result};
use crate::records::outbox::{self, Details, MailKind};
use crate::records::{administration, audit_log, email_holds, one_time_tokens, users};
use crate::values::audit::AuditAction;
use crate::values::caller::Caller;
use crate::values::email_address::EmailAddress;
use crate::values::ids::UserId;
use crate::values::session::SessionEndReason;

/// Marks the viewer's account as deleted and ends every session. The address stays taken.
///
/// # Errors
/// `REAUTHENTICATION_REQUIRED`; `CONFLICT` for the last administrator, and while a former address can take the account
/// back; `VALIDATION_FAILED` where the typed address is not the account's own.
pub async fn delete_account(app: &App, caller: &Caller, viewer: &Viewer, typed: &EmailAddress) -> Result<UserId> {
    let now = app.clock.now();
    let user = viewer.user();
    viewer.require_recent(app, now)?;
    if *typed != user.email {
        return Err(FieldFault::new(FieldErrorCode::Mismatch, "Please type the email address of your account.")
            .at("input.email")
            .into());
    }
    let mut tx = app.db.begin().await?;
    administration::lock_admins(&mut tx).await?;
    viewer.hold(&mut tx, now).await?;
    // A thief who has moved the account must not take its owner's way back by deleting it.
    if email_holds::find_of_user(&mut tx, user.id, now).await?.is_some() {
        return Err(Refusal::conflict(
            ErrorReason::EmailChangeUndoable,
            "A former address can still take this account back. Please delete it later.",
        )
        .into());
    }
    admin_actions::require_another_admin(app, &mut tx, user.id, now).await?;
    if users::delete(&mut tx, user.id, now).await? {
        let ended = revocation::end_sessions(&mut tx, user.id, None, SessionEndReason::AccountDeleted, now).await?;
        outbox::withdraw_but_undo(&mut tx, user.id, now).await?;
        one_time_tokens::revoke_but_undo(&mut tx, user.id, now).await?;
        let details = Details::for_action(viewer.session().device_label(), caller, now);
        mail::post(&mut tx, MailKind::AccountDeleted, user, details, now).await?;
        audit_log::write(&mut tx, caller, viewer.success(AuditAction::AccountDeleted).with_ended(&ended), now).await?;
    }
    tx.commit().await?;
    Ok(user.id)
}
