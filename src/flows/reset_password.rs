//! A new password for whoever reads the mailbox.

use crate::app::App;
use crate::app::charges::Prepaid;
use crate::app::limits::{Attempt, MailCause};
use crate::error::{FieldFault, Refusal, Result};
use crate::records::audit_log::{self, NewAuditEvent};
use crate::records::mfa;
use crate::records::one_time_tokens::{self, Holder, Purpose};
use crate::records::outbox::{self, Details, Draft, MailKind};
use crate::records::users;
use crate::values::audit::AuditAction;
use crate::values::caller::Caller;
use crate::values::email_address::EmailAddress;
use crate::values::password::{Password, PasswordHash};
use crate::values::secret_token::OneTimeToken;
use crate::values::session::SessionEndReason;
use crate::values::time::Time;

/// Posts an email with a link. Runs the same statements for every address, so that neither answer nor duration tells
/// who has an account; that is found out when the email leaves. Asking again replaces the older link.
///
/// # Errors
/// `RATE_LIMITED`.
pub async fn request_password_reset(app: &App, caller: &Caller, prepaid: &Prepaid, email: &EmailAddress) -> Result<()> {
    let now = app.clock.now();
    app.reserve_once(&Attempt::Mail(MailCause::PasswordReset, email.clone()), prepaid, caller, now).await?;
    let mut tx = app.db.begin().await?;
    outbox::withdraw(&mut tx, MailKind::ResetPassword, email, now).await?;
    one_time_tokens::revoke_of_address(&mut tx, email, Purpose::ResetPassword, now).await?;
    let draft =
        Draft { kind: MailKind::ResetPassword, recipient: email, user: None, details: Details::caused_by(caller) };
    outbox::post(&mut tx, draft, now).await?;
    let subject = users::find_by_email_in(&mut tx, email).await?.map(|user| user.id);
    audit_log::write(&mut tx, caller, NewAuditEvent::success(AuditAction::PasswordResetRequested).about(subject), now)
        .await?;
    tx.commit().await?;
    app.mail_posted.notify_one();
    Ok(())
}

/// Sets a new password with the token of an email or an invitation, and ends every session. Where the address of the
/// account was never verified, this is the first proof of its mailbox, and everything that was set before is dropped.
/// Answers the account's address.
///
/// # Errors
/// `INVALID_TOKEN`, `VALIDATION_FAILED` for a weak password (the token stays good), `RATE_LIMITED`, `OVERLOADED`.
pub async fn reset_password(
    app: &App,
    caller: &Caller,
    prepaid: &Prepaid,
    token: &OneTimeToken,
    password: &Password,
) -> Result<EmailAddress> {
    let now = app.clock.now();
    app.reserve_once(&Attempt::Proof, prepaid, caller, now).await?;
    let (purpose, holder) = find_holder(app, token, now).await?;
    let user = users::find(&app.db, holder.user_id).await?.ok_or(Refusal::InvalidToken)?;
    let faults = app.config.password_policy.faults(password, Some(&user.email), user.name.as_deref());
    if !faults.is_empty() {
        let fields: Vec<FieldFault> = faults.into_iter().map(|fault| fault.at("input.newPassword")).collect();
        return Err(Refusal::ValidationFailed { fields }.into());
    }
    let hash = PasswordHash::from(app.password_hasher.hash(password.expose()).await?);

    let mut tx = app.db.begin().await?;
    let spent = one_time_tokens::consume(&mut tx, token, purpose, now).await?;
    let holder = spent.ok_or(Refusal::InvalidToken)?;
    let before = users::find_in(&mut tx, holder.user_id).await?.ok_or(Refusal::InvalidToken)?;
    if !users::reset_password(&mut tx, holder.user_id, &holder.email, &hash, now).await? {
        return Err(Refusal::InvalidToken.into());
    }
    // The first proof of this mailbox: the account was opened by a person who need not be its owner. Nobody has been in an
    // account that waits for its invitation to be accepted.
    let is_first_proof = before.email_verified_at.is_none() && before.last_login_at.is_some();
    if is_first_proof {
        app.drop_unverified_holder(&mut tx, holder.user_id, now).await?;
    } else if let Some(proved_at) = before.email_verified_at {
        // A link that verified the address says nothing of the person who had set a second factor before.
        mfa::disable_older(&mut tx, holder.user_id, proved_at).await?;
    }
    outbox::withdraw(&mut tx, MailKind::ResetPassword, &holder.email, now).await?;
    outbox::withdraw(&mut tx, MailKind::NewDevice, &holder.email, now).await?;
    // A link that disowns a sign-in of before would take the new password.
    for purpose in [Purpose::ResetPassword, Purpose::Invitation, Purpose::DisownSession] {
        one_time_tokens::revoke(&mut tx, holder.user_id, purpose, now).await?;
    }
    let ended = app.end_sessions(&mut tx, holder.user_id, None, SessionEndReason::PasswordReset, now).await?;
    let event = NewAuditEvent::success(AuditAction::PasswordReset).by(holder.user_id).with("endedSessions", ended);
    let is_invitation = purpose == Purpose::Invitation;
    let event = event.with("invitation", is_invitation).with("firstProof", is_first_proof);
    audit_log::write(&mut tx, caller, event, now).await?;
    let details = Details::for_action(app.device_label(caller), caller, now);
    let draft =
        Draft { kind: MailKind::PasswordChanged, recipient: &holder.email, user: Some(holder.user_id), details };
    // Whoever has just chosen the first password need not be told that it is another one now.
    if !is_invitation {
        outbox::post(&mut tx, draft, now).await?;
    }
    tx.commit().await?;
    app.mail_posted.notify_one();
    app.forget_guesses(&holder.email, caller).await;
    Ok(holder.email)
}

/// Whom a token was made for: by an email for somebody who forgot the password, or by an invitation.
async fn find_holder(app: &App, token: &OneTimeToken, now: Time) -> Result<(Purpose, Holder)> {
    for purpose in [Purpose::ResetPassword, Purpose::Invitation] {
        if let Some(holder) = one_time_tokens::find_holder(&app.db, token, purpose, now).await? {
            return Ok((purpose, holder));
        }
    }
    Err(Refusal::InvalidToken.into())
}
