//! A new password by way of the mailbox: requesting the link, and using it.

use crate::app::limits::{self, Attempt, MailCause};
use crate::app::{App, guesses, mail, new_password, revocation};
use crate::error::{Refusal, Result};
use crate::records::audit_log::{self, NewAuditEvent};
use crate::records::one_time_tokens::{self, Holder, Purpose};
use crate::records::outbox::{self, Details, Draft, MailKind};
use crate::records::users::{self, User};
use crate::records::{mfa, oauth_accounts};
use crate::tools::db::Tx;
use crate::values::audit::AuditAction;
use crate::values::caller::Caller;
use crate::values::email_address::EmailAddress;
use crate::values::password::{Password, PasswordHash};
use crate::values::secret_token::OneTimeToken;
use crate::values::session::SessionEndReason;
use crate::values::time::Time;

/// The tokens that set a password: of a reset, and of an invitation.
const PURPOSES: [Purpose; 2] = [Purpose::ResetPassword, Purpose::Invitation];

/// Posts an email with a link. It runs the same statements for every address, so that neither the answer nor its duration
/// tells whether there is an account; that is found out when the email leaves. A new link replaces the older one.
///
/// # Errors
/// `RATE_LIMITED`.
pub async fn request_password_reset(app: &App, caller: &Caller, email: &EmailAddress) -> Result<()> {
    let now = app.clock.now();
    limits::reserve(app, &Attempt::Mail(MailCause::PasswordReset, email.clone()), caller, now).await?;
    let mut tx = app.db.begin().await?;
    outbox::withdraw(&mut tx, MailKind::ResetPassword, email, now).await?;
    one_time_tokens::revoke_of_address(&mut tx, email, Purpose::ResetPassword, now).await?;
    let details = Details::caused_by(caller);
    outbox::post(&mut tx, Draft { kind: MailKind::ResetPassword, recipient: email, user: None, details }, now).await?;
    let subject = users::find_by_email_in(&mut tx, email).await?.map(|user| user.id);
    let event = NewAuditEvent::success(AuditAction::PasswordResetRequested).about(subject);
    audit_log::write(&mut tx, caller, event, now).await?;
    tx.commit().await
}

/// Sets a new password with the token of a reset or an invitation, and ends every session. If the address of the account
/// was never verified, this is the first proof of its mailbox, and everything that was set before is dropped. Answers the
/// address of the account.
///
/// # Errors
/// `INVALID_TOKEN`, `VALIDATION_FAILED` for a weak password (the token stays valid), `RATE_LIMITED`, `OVERLOADED`.
pub async fn reset_password(
    app: &App,
    caller: &Caller,
    token: &OneTimeToken,
    password: &Password,
) -> Result<EmailAddress> {
    let now = app.clock.now();
    limits::reserve(app, &Attempt::Proof, caller, now).await?;
    let (purpose, holder) = find_holder(app, token, now).await?;
    let user = users::find(&app.db, holder.user_id).await?.ok_or(Refusal::EXPIRED_TOKEN)?;
    new_password::require_strong(&app.config, password, &user.email, user.name.as_deref(), "input.newPassword")?;
    let hash = PasswordHash::from(app.password_hasher.hash(password.expose()).await?);

    let mut tx = app.db.begin().await?;
    // Only here is the token used up: of two simultaneous uses one gets on.
    let spent = one_time_tokens::consume(&mut tx, token, purpose, now).await?;
    let Some(holder) = spent else {
        return Err(one_time_tokens::refusal_in(&mut tx, token, &PURPOSES).await?.into());
    };
    let before = users::find_in(&mut tx, holder.user_id).await?.ok_or(Refusal::EXPIRED_TOKEN)?;
    if !users::reset_password(&mut tx, holder.user_id, &holder.email, &hash, now).await? {
        return Err(Refusal::EXPIRED_TOKEN.into());
    }
    let is_first_proof = drop_unproved(&mut tx, &before, now).await?;
    withdraw_links(&mut tx, &holder, now).await?;
    let ended = revocation::end_sessions(&mut tx, before.id, None, SessionEndReason::PasswordReset, now).await?;
    let is_invitation = purpose == Purpose::Invitation;
    let event = NewAuditEvent::success(AuditAction::PasswordReset)
        .by(holder.user_id)
        .with_ended(&ended)
        .with("invitation", is_invitation)
        .with("firstProof", is_first_proof);
    audit_log::write(&mut tx, caller, event, now).await?;
    // No notice of a changed password to a user who has just chosen the first one.
    if !is_invitation {
        let (user, details) = (Some(holder.user_id), mail::request_details(caller, now));
        let draft = Draft { kind: MailKind::PasswordChanged, recipient: &holder.email, user, details };
        outbox::post(&mut tx, draft, now).await?;
    }
    tx.commit().await?;
    guesses::forget_of_account(app, &holder.email, caller).await;
    Ok(holder.email)
}

/// Finds whom a token was made for, and whether it is of a reset or of an invitation.
async fn find_holder(app: &App, token: &OneTimeToken, now: Time) -> Result<(Purpose, Holder)> {
    for purpose in PURPOSES {
        if let Some(holder) = one_time_tokens::find_holder(&app.db, token, purpose, now).await? {
            return Ok((purpose, holder));
        }
    }
    Err(one_time_tokens::refusal(&app.db, token, &PURPOSES).await?.into())
}

/// Drops what a person may have set who never proved the mailbox. Answers whether this is its first proof.
async fn drop_unproved(tx: &mut Tx, before: &User, now: Time) -> Result<bool> {
    // The person who opened the account need not be the owner of the mailbox. An account that waits for its invitation to
    // be accepted was never used, so there is nothing to drop.
    let is_first_proof = before.email_verified_at.is_none() && before.last_login_at.is_some();
    if is_first_proof {
        revocation::drop_unverified_holder(tx, before.id, now).await?;
    } else if let Some(proved_at) = before.email_verified_at {
        // A link that verified the address says nothing about the person who had set a second factor before.
        mfa::disable_older(tx, before.id, proved_at).await?;
        // The same is true of a provider account. One of the owner is linked again at its next use, by the verified address.
        oauth_accounts::unlink_older(tx, before.id, proved_at).await?;
    }
    Ok(is_first_proof)
}

/// Takes back every link that could replace the new password.
async fn withdraw_links(tx: &mut Tx, holder: &Holder, now: Time) -> Result<()> {
    outbox::withdraw(tx, MailKind::ResetPassword, &holder.email, now).await?;
    outbox::withdraw(tx, MailKind::NewDevice, &holder.email, now).await?;
    // A link that disowns an earlier login would take the new password away.
    for purpose in [Purpose::ResetPassword, Purpose::Invitation, Purpose::DisownSession] {
        one_time_tokens::revoke(tx, holder.user_id, purpose, now).await?;
    }
    Ok(())
}
