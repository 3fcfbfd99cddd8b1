//! A new password for a user who gives the old one.

use crate::app::viewer::Viewer;
use crate::app::{App, guesses, mail, new_password, password_confirmation, revocation};
use crate::error::{OrFault, Refusal, Result};
use crate::records::one_time_tokens::{self, Purpose};
use crate::records::outbox::{self, Details, MailKind};
use crate::records::sessions::{self, EndedSessions};
use crate::records::users::{self, User};
use crate::records::{audit_log, mfa};
use crate::values::audit::AuditAction;
use crate::values::caller::Caller;
use crate::values::password::{Password, PasswordHash};
use crate::values::session::SessionEndReason;

/// Sets a new password and ends the other sessions. Where the second factor is on, the old password alone does not prove the
/// identity, so a recent proof is needed as well. Answers the user as they are then, and the sessions that ended.
///
/// # Errors
/// `VALIDATION_FAILED`, `INVALID_CREDENTIALS` for a wrong current password, `REAUTHENTICATION_REQUIRED`, `RATE_LIMITED`,
/// `OVERLOADED`.
pub async fn change_password(
    app: &App,
    caller: &Caller,
    viewer: &Viewer,
    current: &Password,
    new: &Password,
) -> Result<(User, EndedSessions)> {
    let now = app.clock.now();
    let (user, session) = (viewer.user(), viewer.session());
    new_password::require_strong(&app.config, new, &user.email, user.name.as_deref(), "input.newPassword")?;
    let has_mfa = mfa::find(&app.db, user.id).await?.is_some();
    if has_mfa {
        viewer.require_recent(app, now)?;
    }
    let old_hash = password_confirmation::require(app, caller, viewer, current, now).await?;
    let new_hash = PasswordHash::from(app.password_hasher.hash(new.expose()).await?);

    let mut tx = app.db.begin().await?;
    viewer.hold(&mut tx, now).await?;
    // The password may have changed while we were hashing.
    if !users::change_password(&mut tx, user.id, &old_hash, &new_hash, now).await? {
        return Err(Refusal::InvalidCredentials.into());
    }
    // A reset link from before must not replace the new password.
    outbox::withdraw(&mut tx, MailKind::ResetPassword, &user.email, now).await?;
    one_time_tokens::revoke(&mut tx, user.id, Purpose::ResetPassword, now).await?;
    let reason = SessionEndReason::PasswordChanged;
    let ended = revocation::end_sessions(&mut tx, user.id, Some(session.id), reason, now).await?;
    // Without a second factor the password was a full proof of identity.
    if !has_mfa {
        sessions::note_authenticated(&mut tx, session.id, now).await?;
    }
    let event = viewer.success(AuditAction::PasswordChanged).with_ended(&ended);
    audit_log::write(&mut tx, caller, event, now).await?;
    let details = Details::for_action(session.device_label(), caller, now);
    mail::post(&mut tx, MailKind::PasswordChanged, user, details, now).await?;
    let changed = users::find_in(&mut tx, user.id).await?.or_fault("reading a user whose password was changed")?;
    tx.commit().await?;
    // Reset links on their way were withdrawn, so a new one must not wait for the limit that they have used up.
    guesses::forget_of_account(app, &user.email, caller).await;
    Ok((changed, ended))
}
