//! Moving to another address: the new one confirms, the old one is told and can undo.

use crate::app::App;
use crate::app::charges::Prepaid;
use crate::app::limits::{Attempt, MailCause};
use crate::app::viewer::Viewer;
use crate::error::{Refusal, Result};
use crate::records::audit_log::{self, NewAuditEvent};
use crate::records::one_time_tokens::{self, Purpose, REPEATED};
use crate::records::outbox::{self, Details, Draft, MailKind};
use crate::records::{email_holds, known_devices, sessions, users};
use crate::values::audit::AuditAction;
use crate::values::caller::Caller;
use crate::values::email_address::EmailAddress;
use crate::values::secret_token::OneTimeToken;
use crate::values::session::SessionEndReason;
use crate::values::user::locked;

/// Posts an email to the new address. Whether that is taken only its owner learns.
///
/// # Errors
/// `REAUTHENTICATION_REQUIRED`, `RATE_LIMITED`.
pub async fn request_email_change(
    app: &App,
    caller: &Caller,
    prepaid: &Prepaid,
    viewer: &Viewer,
    new: &EmailAddress,
) -> Result<()> {
    let now = app.clock.now();
    viewer.require_recent(app, now)?;
    app.reserve_once(&Attempt::Mail(MailCause::EmailChange, new.clone()), prepaid, caller, now).await?;
    let user = viewer.user();
    // The present address is told, if it is the user's own; but a flood of requests floods no mailbox.
    let tells_owner =
        user.email_verified_at.is_some() && app.may_send_mail(MailCause::EmailChangeNotice, &user.email, now).await;
    let mut tx = app.db.begin().await?;
    viewer.hold(&mut tx, now).await?;
    outbox::withdraw_of_user(&mut tx, MailKind::ConfirmEmailChange, user.id, now).await?;
    one_time_tokens::revoke(&mut tx, user.id, Purpose::ConfirmEmailChange, now).await?;
    // The session goes along: the change is confirmed only while it lives.
    let of_session =
        Details { session: Some(viewer.session().id), new_address: Some(new.clone()), ..Details::caused_by(caller) };
    let draft = Draft { kind: MailKind::ConfirmEmailChange, recipient: new, user: Some(user.id), details: of_session };
    outbox::post(&mut tx, draft, now).await?;
    if tells_owner {
        let of_action = Details::for_action(viewer.session().device_label(), caller, now);
        let details = Details { new_address: Some(new.clone()), ..of_action };
        app.post(&mut tx, MailKind::EmailChangeRequested, user, details, now).await?;
    }
    let event = NewAuditEvent::success(AuditAction::EmailChangeRequested).by(user.id).in_session(viewer.session().id);
    audit_log::write(&mut tx, caller, event.with("newEmail", new.as_str()), now).await?;
    tx.commit().await?;
    app.mail_posted.notify_one();
    Ok(())
}

/// Moves the account to the address whose mailbox the token came from, while the session that asked for it lives. The
/// address it leaves is held and can take the account back, if its mailbox had been proved: an address that never was may
/// be a stranger's, typed by the holder of the account. For a minute the same token is answered again.
///
/// # Errors
/// `INVALID_TOKEN`, `EMAIL_TAKEN`.
pub async fn confirm_email_change(app: &App, caller: &Caller, token: &OneTimeToken) -> Result<EmailAddress> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let spent = one_time_tokens::consume(&mut tx, token, Purpose::ConfirmEmailChange, now).await?;
    let Some(holder) = spent else {
        let proved = one_time_tokens::find_proved(&mut tx, token, Purpose::ConfirmEmailChange, now - REPEATED).await?;
        return Ok(proved.ok_or(Refusal::InvalidToken)?);
    };
    let user = users::find_in(&mut tx, holder.user_id).await?.filter(|user| user.deleted_at.is_none());
    let user = user.ok_or(Refusal::InvalidToken)?;
    let session = holder.session_id.ok_or(Refusal::InvalidToken)?;
    if !sessions::hold_living(&mut tx, session, now).await? {
        return Err(Refusal::InvalidToken.into());
    }
    if user.email == holder.email {
        return Err(Refusal::InvalidToken.into());
    }
    if !users::change_email(&mut tx, user.id, &holder.email, now).await? {
        return Err(Refusal::EmailTaken.into());
    }
    // Links that wait in the old mailbox are good for nothing any more, except to undo.
    one_time_tokens::revoke(&mut tx, user.id, Purpose::VerifyEmail, now).await?;
    one_time_tokens::revoke(&mut tx, user.id, Purpose::ResetPassword, now).await?;
    one_time_tokens::revoke(&mut tx, user.id, Purpose::ConfirmEmailChange, now).await?;
    if user.email_verified_at.is_some() {
        email_holds::hold(&mut tx, user.id, &user.email, now + app.config.links.email_change_undo_lifetime).await?;
    }
    let draft = Draft {
        kind: MailKind::EmailChanged,
        recipient: &user.email,
        user: Some(user.id),
        details: Details {
            new_address: Some(holder.email.clone()),
            ..Details::for_action(app.device_label(caller), caller, now)
        },
    };
    outbox::post(&mut tx, draft, now).await?;
    let event = NewAuditEvent::success(AuditAction::EmailChanged).by(user.id).in_session(session);
    audit_log::write(&mut tx, caller, event.with("newEmail", holder.email.as_str()), now).await?;
    tx.commit().await?;
    app.mail_posted.notify_one();
    Ok(holder.email)
}

/// Moves the account back to the address it came from. The person who changed it may know the password, so the password
/// is taken away, every session ends, and an email to the restored address offers a new password. An earlier change can
/// still be undone: a thief who moves the account twice and undoes the second must not shut its owner out.
///
/// # Errors
/// `INVALID_TOKEN`, `EMAIL_TAKEN`; `ACCOUNT_LOCKED` while an administrator's lock lasts, which leaves the token as it is.
pub async fn undo_email_change(app: &App, caller: &Caller, token: &OneTimeToken) -> Result<EmailAddress> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let spent = one_time_tokens::consume(&mut tx, token, Purpose::UndoEmailChange, now).await?;
    let holder = spent.ok_or(Refusal::InvalidToken)?;
    let user = users::find_in(&mut tx, holder.user_id).await?.ok_or(Refusal::InvalidToken)?;
    if let Some(until) = user.locked_until.filter(|_| user.is_locked_by_admin(now)) {
        return Err(locked(until, now).into());
    }
    if user.deleted_at.is_some() {
        return Err(Refusal::InvalidToken.into());
    }
    // The emails before the tokens: one that is just being written makes its token before the tokens are revoked, or not
    // at all. And before the address, whose change would wait for that writing while it waits for us.
    for kind in [MailKind::VerifyEmail, MailKind::ResetPassword, MailKind::ConfirmEmailChange] {
        outbox::withdraw_of_user(&mut tx, kind, user.id, now).await?;
    }
    outbox::withdraw_later_undo(&mut tx, user.id, &holder.email, now).await?;
    if !users::change_email(&mut tx, user.id, &holder.email, now).await? {
        return Err(Refusal::EmailTaken.into());
    }
    users::revoke_password(&mut tx, user.id, now).await?;
    known_devices::forget_all(&mut tx, user.id).await?;
    one_time_tokens::revoke_but_older_undo(&mut tx, user.id, &holder.email, now).await?;
    // An address that was left later is the thief's, and takes nothing back.
    email_holds::release_from(&mut tx, user.id, &holder.email).await?;
    let ended = app.end_sessions(&mut tx, holder.user_id, None, SessionEndReason::EmailChangeUndone, now).await?;
    let event = NewAuditEvent::success(AuditAction::EmailChangeUndone).by(holder.user_id).with("endedSessions", ended);
    audit_log::write(&mut tx, caller, event, now).await?;
    let draft = Draft {
        kind: MailKind::ResetPassword,
        recipient: &holder.email,
        user: Some(holder.user_id),
        details: Details::caused_by(caller),
    };
    outbox::post(&mut tx, draft, now).await?;
    tx.commit().await?;
    app.mail_posted.notify_one();
    Ok(holder.email)
}
