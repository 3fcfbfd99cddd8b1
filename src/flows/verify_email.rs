//! Verifying an address: the token of an email, and another email for a user who lost it.

use crate::app::App;
use crate::app::limits::{self, Attempt, MailCause};
use crate::error::{Refusal, Result};
use crate::records::audit_log::{self, NewAuditEvent};
use crate::records::one_time_tokens::{self, ProvedEmail, Purpose, REPEATED};
use crate::records::outbox::{self, Details, Draft, MailKind};
use crate::records::users;
use crate::values::audit::AuditAction;
use crate::values::caller::Caller;
use crate::values::email_address::EmailAddress;
use crate::values::secret_token::OneTimeToken;

/// Marks the address of an account as verified. For a minute the same token gets the same answer.
///
/// # Errors
/// `INVALID_TOKEN` for a token that is unknown, used or expired, also where the account has left its address.
pub async fn verify_email(app: &App, caller: &Caller, token: &OneTimeToken) -> Result<ProvedEmail> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let spent = one_time_tokens::consume(&mut tx, token, Purpose::VerifyEmail, now).await?;
    let Some(holder) = spent else {
        let proved = one_time_tokens::find_proved(&mut tx, token, Purpose::VerifyEmail, now - REPEATED).await?;
        if let Some(email) = proved {
            return Ok(email);
        }
        return Err(one_time_tokens::refusal_in(&mut tx, token, &[Purpose::VerifyEmail]).await?.into());
    };
    if !users::verify_email(&mut tx, holder.user_id, &holder.email, now).await? {
        return Err(Refusal::EXPIRED_TOKEN.into());
    }
    one_time_tokens::revoke(&mut tx, holder.user_id, Purpose::VerifyEmail, now).await?;
    outbox::withdraw(&mut tx, MailKind::VerifyEmail, &holder.email, now).await?;
    audit_log::write(&mut tx, caller, NewAuditEvent::success(AuditAction::EmailVerified).by(holder.user_id), now)
        .await?;
    tx.commit().await?;
    Ok(holder.into())
}

/// Posts another verification email. It does the same for every address; whether there is an account is found out when the
/// email leaves.
///
/// # Errors
/// `RATE_LIMITED`.
pub async fn resend_verification(app: &App, caller: &Caller, email: &EmailAddress) -> Result<()> {
    let now = app.clock.now();
    limits::reserve(app, &Attempt::Mail(MailCause::Verification, email.clone()), caller, now).await?;
    let mut tx = app.db.begin().await?;
    outbox::withdraw(&mut tx, MailKind::VerifyEmail, email, now).await?;
    let draft =
        Draft { kind: MailKind::VerifyEmail, recipient: email, user: None, details: Details::caused_by(caller) };
    outbox::post(&mut tx, draft, now).await?;
    audit_log::write(&mut tx, caller, NewAuditEvent::success(AuditAction::VerificationRequested), now).await?;
    tx.commit().await
}
