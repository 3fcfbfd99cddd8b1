//! What administrators do for somebody who calls for help: end sessions, turn off a lost second factor, send an email.

use crate::app::App;
use crate::app::viewer::Admin;
use crate::error::{Refusal, Result};
use crate::records::audit_log::{self, NewAuditEvent};
use crate::records::mfa;
use crate::records::one_time_tokens::{self, Purpose};
use crate::records::outbox::{self, Details, MailKind};
use crate::records::users::{self, User};
use crate::values::audit::AuditAction;
use crate::values::caller::Caller;
use crate::values::ids::UserId;
use crate::values::session::SessionEndReason;

/// Ends every session of a user. Answers how many.
///
/// # Errors
/// `NOT_FOUND`, `CONFLICT` for a deleted account, `FORBIDDEN`.
pub async fn revoke_user_sessions(app: &App, caller: &Caller, admin: &Admin, id: UserId) -> Result<u64> {
    let now = app.clock.now();
    let mut tx = app.begin_as_admin(admin.viewer().session().id, now).await?;
    let user = app.user_to_change(&mut tx, id, now).await?;
    let ended = app.end_sessions(&mut tx, user.id, None, SessionEndReason::RevokedByAdmin, now).await?;
    let event = event(AuditAction::SessionsRevoked, admin, id).with("endedSessions", ended);
    audit_log::write(&mut tx, caller, event, now).await?;
    tx.commit().await?;
    Ok(ended)
}

/// Turns the second factor of a user off and ends every session: whoever is in may be the one who has the lost device.
/// One's own takes a code, in `disableMfa`: a stolen session must not be enough.
///
/// # Errors
/// `NOT_FOUND`; `CONFLICT` where it is off, for a deleted account and for one's own; `FORBIDDEN`.
pub async fn reset_user_mfa(app: &App, caller: &Caller, admin: &Admin, id: UserId) -> Result<User> {
    let now = app.clock.now();
    let actor = admin.viewer().user().id;
    let mut tx = app.begin_as_admin(admin.viewer().session().id, now).await?;
    let user = app.user_to_change(&mut tx, id, now).await?;
    if id == actor {
        return Err(Refusal::Conflict("Your own second factor takes a code. Please use disableMfa.").into());
    }
    if !mfa::disable(&mut tx, id).await? {
        return Err(Refusal::Conflict("The second factor is off.").into());
    }
    let ended = app.end_sessions(&mut tx, id, None, SessionEndReason::RevokedByAdmin, now).await?;
    let event = event(AuditAction::MfaReset, admin, id).with("endedSessions", ended);
    audit_log::write(&mut tx, caller, event, now).await?;
    let details = Details { at: Some(now), ..Details::caused_by(caller) };
    app.post(&mut tx, MailKind::MfaReset, &user, details, now).await?;
    tx.commit().await?;
    app.mail_posted.notify_one();
    Ok(user)
}

/// Posts an email with which a user chooses a new password; another invitation to whoever has not followed theirs. It
/// replaces the older one.
///
/// # Errors
/// `NOT_FOUND`, `CONFLICT` for a deleted account, `FORBIDDEN`, `RATE_LIMITED` where the user has got enough emails.
pub async fn send_user_password_reset(app: &App, caller: &Caller, admin: &Admin, id: UserId) -> Result<()> {
    let now = app.clock.now();
    let found = users::find(&app.db, id).await?.ok_or(Refusal::NotFound)?;
    app.reserve_recipient(&found.email, now).await?;
    let mut tx = app.begin_as_admin(admin.viewer().session().id, now).await?;
    let user = app.user_to_change(&mut tx, id, now).await?;
    let is_invited = user.password_hash.is_none() && user.last_login_at.is_none();
    let (kind, purpose) = if is_invited {
        (MailKind::Invitation, Purpose::Invitation)
    } else {
        (MailKind::ResetPassword, Purpose::ResetPassword)
    };
    outbox::withdraw(&mut tx, kind, &user.email, now).await?;
    one_time_tokens::revoke(&mut tx, id, purpose, now).await?;
    app.post(&mut tx, kind, &user, Details::caused_by(caller), now).await?;
    let event = event(AuditAction::PasswordResetRequested, admin, id).with("invitation", is_invited);
    audit_log::write(&mut tx, caller, event, now).await?;
    tx.commit().await?;
    app.mail_posted.notify_one();
    Ok(())
}

fn event(action: AuditAction, admin: &Admin, subject: UserId) -> NewAuditEvent {
    let viewer = admin.viewer();
    NewAuditEvent::success(action).by_admin(viewer.user().id, subject).in_session(viewer.session().id)
}
