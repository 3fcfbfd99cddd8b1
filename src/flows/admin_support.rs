//! What administrators do for a user who asks for help: end one or all of their sessions, turn off a lost second factor, send
//! a link to a new password.

use crate::app::admin_actions::AdminActor;
use crate::app::viewer::Admin;
use crate::app::{App, admin_actions, limits, mail, revocation};
use crate::error::{ErrorReason, Refusal, Result};
use crate::records::one_time_tokens::{self, Purpose};
use crate::records::outbox::{self, Details, MailKind};
use crate::records::sessions::{self, EndedSessions, SessionOfUser};
use crate::records::users::{self, User};
use crate::records::{audit_log, mfa};
use crate::values::audit::AuditAction;
use crate::values::caller::Caller;
use crate::values::ids::{SessionId, UserId};
use crate::values::session::SessionEndReason;

/// Ends every session of a user. Answers the user and the sessions.
///
/// # Errors
/// `NOT_FOUND`, `CONFLICT` for a deleted account, `FORBIDDEN`.
pub async fn revoke_user_sessions(
    app: &App,
    caller: &Caller,
    actor: AdminActor<'_>,
    id: UserId,
) -> Result<(User, EndedSessions)> {
    let now = app.clock.now();
    let mut tx = admin_actions::begin(app, actor, now).await?;
    let user = admin_actions::find_to_change(&mut tx, id, now).await?;
    let ended = revocation::end_sessions(&mut tx, user.id, None, SessionEndReason::RevokedByAdmin, now).await?;
    let event = actor.success(AuditAction::SessionsRevoked, id).with_ended(&ended);
    audit_log::write(&mut tx, caller, event, now).await?;
    tx.commit().await?;
    Ok((user, ended))
}

/// Ends one session of a user. One that is over already stays as it is, without an error. Answers it, and its user.
///
/// # Errors
/// `NOT_FOUND`, `CONFLICT` for a deleted account, `FORBIDDEN`.
pub async fn revoke_user_session(app: &App, caller: &Caller, admin: &Admin, id: SessionId) -> Result<SessionOfUser> {
    let now = app.clock.now();
    let mut tx = admin_actions::begin(app, admin, now).await?;
    let found = sessions::find_with_user_in(&mut tx, id).await?.ok_or(Refusal::NotFound)?;
    let user = admin_actions::find_to_change(&mut tx, found.user.id, now).await?;
    if found.session.end_reason_at(now).is_none()
        && sessions::end(&mut tx, id, SessionEndReason::RevokedByAdmin, now).await?
    {
        // The user does not see in which session an administrator acted, but must see which of their own has ended.
        let ended = EndedSessions { ids: vec![id], count: 1 };
        let event = admin.success(AuditAction::SessionRevoked, user.id).in_session(id).with_ended(&ended);
        audit_log::write(&mut tx, caller, event, now).await?;
    }
    let ended = sessions::find_with_user_in(&mut tx, id).await?.ok_or(Refusal::NotFound)?;
    tx.commit().await?;
    Ok(ended)
}

/// Turns the second factor of a user off and ends every session: the lost device may be signed in, in other hands. An
/// administrator turns their own off with `disableMfa`, which takes a code: a stolen session must not be enough.
///
/// # Errors
/// `NOT_FOUND`; `CONFLICT` where it is off, for a deleted account and for one's own; `FORBIDDEN`.
pub async fn reset_user_mfa(app: &App, caller: &Caller, admin: &Admin, id: UserId) -> Result<User> {
    let now = app.clock.now();
    let mut tx = admin_actions::begin(app, admin, now).await?;
    let user = admin_actions::find_to_change(&mut tx, id, now).await?;
    admin_actions::refuse_own(admin, id, "Your own second factor takes a code. Please use disableMfa.")?;
    if !mfa::disable(&mut tx, id).await? {
        return Err(Refusal::conflict(ErrorReason::MfaOff, "The second factor is off.").into());
    }
    let ended = revocation::end_sessions(&mut tx, id, None, SessionEndReason::RevokedByAdmin, now).await?;
    let event = admin.success(AuditAction::MfaReset, id).with_ended(&ended);
    audit_log::write(&mut tx, caller, event, now).await?;
    let details = Details { at: Some(now), ..Details::caused_by(caller) };
    mail::post(&mut tx, MailKind::MfaReset, &user, details, now).await?;
    tx.commit().await?;
    Ok(user)
}

/// Posts an email with a link to a new password, or another invitation to a user who has not followed theirs. It replaces
/// the older one. Answers the user.
///
/// # Errors
/// `NOT_FOUND`, `CONFLICT` for a deleted account, `FORBIDDEN`, `RATE_LIMITED` where the user has got enough emails.
pub async fn send_user_password_reset(app: &App, caller: &Caller, admin: &Admin, id: UserId) -> Result<User> {
    let now = app.clock.now();
    let found = users::find(&app.db, id).await?.ok_or(Refusal::NotFound)?;
    limits::reserve_recipient(app, &found.email, now).await?;
    let mut tx = admin_actions::begin(app, admin, now).await?;
    let user = admin_actions::find_to_change(&mut tx, id, now).await?;
    let is_invited = user.invited_at.is_some();
    let (kind, purpose) = if is_invited {
        (MailKind::Invitation, Purpose::Invitation)
    } else {
        (MailKind::ResetPassword, Purpose::ResetPassword)
    };
    outbox::withdraw(&mut tx, kind, &user.email, now).await?;
    one_time_tokens::revoke(&mut tx, id, purpose, now).await?;
    mail::post(&mut tx, kind, &user, Details::caused_by(caller), now).await?;
    let event = admin.success(AuditAction::PasswordResetRequested, id).with("invitation", is_invited);
    audit_log::write(&mut tx, caller, event, now).await?;
    tx.commit().await?;
    Ok(user)
}
