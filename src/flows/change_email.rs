//! Moving an account to another address: the new one confirms, and the old one gets a notice and can undo it.

use crate::app::limits::{self, Attempt, MailCause};
use crate::app::viewer::Viewer;
use crate::app::{App, mail, revocation};
use crate::error::{Refusal, Result};
use crate::records::audit_log::{self, NewAuditEvent};
use crate::records::email_changes::EmailChange;
use crate::records::one_time_tokens::{self, Holder, ProvedEmail, Purpose, REPEATED};
use crate::records::outbox::{self, Details, Draft, MailKind};
use crate::records::users::{self, User};
use crate::records::{email_changes, email_holds, known_devices, oauth_accounts, sessions};
use crate::tools::db::Tx;
use crate::values::audit::AuditAction;
use crate::values::caller::Caller;
use crate::values::email_address::EmailAddress;
use crate::values::secret_token::OneTimeToken;
use crate::values::session::SessionEndReason;
use crate::values::time::Time;

/// Posts an email to the new address. Only its owner learns whether it is taken.
///
/// # Errors
/// `REAUTHENTICATION_REQUIRED`, `RATE_LIMITED`.
pub async fn request_email_change(app: &App, caller: &Caller, viewer: &Viewer, new: &EmailAddress) -> Result<()> {
    let now = app.clock.now();
    viewer.require_recent(app, now)?;
    limits::reserve(app, &Attempt::Mail(MailCause::EmailChange, new.clone()), caller, now).await?;
    let (user, session) = (viewer.user(), viewer.session());
    // The present address gets a notice if it was proved to be the user's; its limit keeps requests from flooding it.
    let notifies_owner = user.email_verified_at.is_some()
        && limits::may_send_mail(app, MailCause::EmailChangeNotice, &user.email, now).await;
    let mut tx = app.db.begin().await?;
    viewer.hold(&mut tx, now).await?;
    outbox::withdraw_of_user(&mut tx, MailKind::ConfirmEmailChange, user.id, now).await?;
    one_time_tokens::revoke(&mut tx, user.id, Purpose::ConfirmEmailChange, now).await?;
    // The token belongs to the session: the change is confirmed only while it lives.
    let details = Details { session: Some(session.id), new_address: Some(new.clone()), ..Details::caused_by(caller) };
    let draft = Draft { kind: MailKind::ConfirmEmailChange, recipient: new, user: Some(user.id), details };
    outbox::post(&mut tx, draft, now).await?;
    let expires_at = now + app.config.links.verification_lifetime;
    let change = EmailChange { user: user.id, email: new, session: session.id, expires_at };
    email_changes::note(&mut tx, change).await?;
    if notifies_owner {
        let details = Details::for_action(session.device_label(), caller, now);
        let details = Details { new_address: Some(new.clone()), ..details };
        mail::post(&mut tx, MailKind::EmailChangeRequested, user, details, now).await?;
    }
    audit_log::write(&mut tx, caller, viewer.success(AuditAction::EmailChangeRequested), now).await?;
    tx.commit().await
}

/// Moves the account to the address whose mailbox the token came from, while the session that asked for it lives. The
/// address it leaves is held and can take the account back, if its mailbox had been proved: one that never was may be a
/// stranger's, typed by the holder of the account. For a minute the same token gets the same answer.
///
/// # Errors
/// `INVALID_TOKEN`, `EMAIL_TAKEN`.
pub async fn confirm_email_change(app: &App, caller: &Caller, token: &OneTimeToken) -> Result<ProvedEmail> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let spent = one_time_tokens::consume(&mut tx, token, Purpose::ConfirmEmailChange, now).await?;
    let Some(holder) = spent else {
        let proved = one_time_tokens::find_proved(&mut tx, token, Purpose::ConfirmEmailChange, now - REPEATED).await?;
        if let Some(email) = proved {
            return Ok(email);
        }
        return Err(one_time_tokens::refusal_in(&mut tx, token, &[Purpose::ConfirmEmailChange]).await?.into());
    };
    let session = holder.session_id.ok_or(Refusal::EXPIRED_TOKEN)?;
    let user = move_account(&mut tx, &holder, now).await?;
    // Links in the old mailbox stop working, except the one to undo.
    for purpose in [Purpose::VerifyEmail, Purpose::ResetPassword, Purpose::ConfirmEmailChange] {
        one_time_tokens::revoke(&mut tx, user.id, purpose, now).await?;
    }
    email_changes::forget(&mut tx, user.id).await?;
    if user.email_verified_at.is_some() {
        email_holds::hold(&mut tx, user.id, &user.email, now + app.config.links.email_change_undo_lifetime).await?;
    }
    let details = Details { new_address: Some(holder.email.clone()), ..mail::request_details(caller, now) };
    mail::post(&mut tx, MailKind::EmailChanged, &user, details, now).await?;
    let event = NewAuditEvent::success(AuditAction::EmailChanged).by(user.id).in_session(session);
    audit_log::write(&mut tx, caller, event.with_untold_change("email"), now).await?;
    tx.commit().await?;
    Ok(holder.into())
}

/// Changes the address, if the session that asked for it lives. Answers the user as they were before.
///
/// # Errors
/// `INVALID_TOKEN`, `EMAIL_TAKEN`.
async fn move_account(tx: &mut Tx, holder: &Holder, now: Time) -> Result<User> {
    let user = users::find_in(tx, holder.user_id).await?.filter(|user| user.deleted_at.is_none());
    let user = user.ok_or(Refusal::EXPIRED_TOKEN)?;
    let session = holder.session_id.ok_or(Refusal::EXPIRED_TOKEN)?;
    if !sessions::hold_living(tx, session, now).await? || user.email == holder.email {
        return Err(Refusal::EXPIRED_TOKEN.into());
    }
    if !users::change_email(tx, user.id, &holder.email, now).await? {
        return Err(Refusal::EmailTaken.into());
    }
    Ok(user)
}

/// Moves the account back to the address it came from. The person who changed it may know the password, so the password is
/// taken away, every session ends, and an email to the restored address offers a new password. An earlier change can still
/// be undone: a thief who moves the account twice and undoes the second must not keep its owner out.
///
/// # Errors
/// `INVALID_TOKEN`, `EMAIL_TAKEN`; `ACCOUNT_LOCKED` while an administrator's lock lasts, which leaves the token as it is.
pub async fn undo_email_change(app: &App, caller: &Caller, token: &OneTimeToken) -> Result<EmailAddress> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let spent = one_time_tokens::consume(&mut tx, token, Purpose::UndoEmailChange, now).await?;
    let Some(holder) = spent else {
        return Err(one_time_tokens::refusal_in(&mut tx, token, &[Purpose::UndoEmailChange]).await?.into());
    };
    let user = users::find_in(&mut tx, holder.user_id).await?.ok_or(Refusal::EXPIRED_TOKEN)?;
    if let Some(lock) = user.lock_by_admin(now) {
        return Err(lock.refusal(now).into());
    }
    if user.deleted_at.is_some() {
        return Err(Refusal::EXPIRED_TOKEN.into());
    }
    // The emails before the tokens: one that is being composed makes its token before the tokens are revoked, or not at all.
    // And before the address, whose change would wait for that composing while it waits for us.
    for kind in [MailKind::VerifyEmail, MailKind::ResetPassword, MailKind::ConfirmEmailChange] {
        outbox::withdraw_of_user(&mut tx, kind, user.id, now).await?;
    }
    outbox::withdraw_later_undo(&mut tx, user.id, &holder.email, now).await?;
    if !users::change_email(&mut tx, user.id, &holder.email, now).await? {
        return Err(Refusal::EmailTaken.into());
    }
    users::revoke_password(&mut tx, user.id, now).await?;
    known_devices::forget_all(&mut tx, user.id).await?;
    // The same person may have linked a provider account of their own. Those of the owner are linked again at their next use,
    // by the verified address.
    oauth_accounts::unlink_all(&mut tx, user.id).await?;
    one_time_tokens::revoke_but_older_undo(&mut tx, user.id, &holder.email, now).await?;
    // An address that was left later is the thief's, and must not take the account back.
    email_holds::release_from(&mut tx, user.id, &holder.email).await?;
    let ended = revocation::end_sessions(&mut tx, user.id, None, SessionEndReason::EmailChangeUndone, now).await?;
    let event = NewAuditEvent::success(AuditAction::EmailChangeUndone).by(user.id).with_ended(&ended);
    let event = event.with_untold_change("email");
    audit_log::write(&mut tx, caller, event, now).await?;
    let (kind, details) = (MailKind::ResetPassword, Details::caused_by(caller));
    outbox::post(&mut tx, Draft { kind, recipient: &holder.email, user: Some(user.id), details }, now).await?;
    tx.commit().await?;
    Ok(holder.email)
}
