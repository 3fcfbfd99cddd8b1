//! The first password of a user who has signed in with a provider only.

use crate::app::viewer::Viewer;
use crate::app::{App, mail, new_password, revocation};
use crate::error::{ErrorReason, OrFault, Refusal, Result};
use crate::records::audit_log;
use crate::records::one_time_tokens::{self, Purpose};
use crate::records::outbox::{self, Details, MailKind};
use crate::records::sessions::EndedSessions;
use crate::records::users::{self, User};
use crate::values::audit::AuditAction;
use crate::values::caller::Caller;
use crate::values::password::{Password, PasswordHash};
use crate::values::session::SessionEndReason;

/// Sets a password where there is none, and ends every other session. Answers the user after the change.
///
/// # Errors
/// `REAUTHENTICATION_REQUIRED`; `CONFLICT` where there is a password; `VALIDATION_FAILED`, `OVERLOADED`.
pub async fn set_password(
    app: &App,
    caller: &Caller,
    viewer: &Viewer,
    new: &Password,
) -> Result<(User, EndedSessions)> {
    let now = app.clock.now();
    let (user, session) = (viewer.user(), viewer.session());
    viewer.require_recent(app, now)?;
    // Before the costly hash; decided again in the transaction.
    if user.password_hash.is_some() {
        return Err(has_password().into());
    }
    new_password::require_strong(&app.config, new, &user.email, user.name.as_deref(), "input.newPassword")?;
    let hash = PasswordHash::from(app.password_hasher.hash(new.expose()).await?);

    let mut tx = app.db.begin().await?;
    viewer.hold(&mut tx, now).await?;
    if !users::set_first_password(&mut tx, user.id, &hash, now).await? {
        return Err(has_password().into());
    }
    // A reset link from before must not replace the new password.
    outbox::withdraw(&mut tx, MailKind::ResetPassword, &user.email, now).await?;
    one_time_tokens::revoke(&mut tx, user.id, Purpose::ResetPassword, now).await?;
    let reason = SessionEndReason::PasswordChanged;
    let ended = revocation::end_sessions(&mut tx, user.id, Some(session.id), reason, now).await?;
    let event = viewer.success(AuditAction::PasswordChanged).with_ended(&ended).with("first", true);
    audit_log::write(&mut tx, caller, event, now).await?;
    let details = Details::for_action(session.device_label(), caller, now);
    mail::post(&mut tx, MailKind::PasswordChanged, user, details, now).await?;
    let changed = users::find_in(&mut tx, user.id).await?.or_fault("reading a user whose password was set")?;
    tx.commit().await?;
    Ok((changed, ended))
}

const fn has_password() -> Refusal {
    Refusal::conflict(ErrorReason::HasPassword, "This account has a password. Please change it with the current one.")
}
