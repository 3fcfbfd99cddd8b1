//! "It was not me": ending the session that an email reported, and every other.

use crate::app::{App, mail, revocation};
use crate::error::{Refusal, Result};
use crate::records::audit_log::{self, NewAuditEvent};
use crate::records::one_time_tokens::{self, Purpose};
use crate::records::outbox::{Details, MailKind};
use crate::records::{known_devices, oauth_accounts, users};
use crate::values::audit::AuditAction;
use crate::values::caller::Caller;
use crate::values::ids::SessionId;
use crate::values::secret_token::OneTimeToken;
use crate::values::session::SessionEndReason;

/// Ends the session and every other, forgets all devices, and takes the password away, because the person who opened the
/// session knows it. An email offers a new one. The second factor stays: an email link alone must not bypass it.
///
/// # Errors
/// `INVALID_TOKEN`.
pub async fn disown_session(app: &App, caller: &Caller, token: &OneTimeToken) -> Result<SessionId> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let spent = one_time_tokens::consume(&mut tx, token, Purpose::DisownSession, now).await?;
    let Some(holder) = spent else {
        return Err(one_time_tokens::refusal_in(&mut tx, token, &[Purpose::DisownSession]).await?.into());
    };
    let session = holder.session_id.ok_or(Refusal::EXPIRED_TOKEN)?;
    let user = users::find_in(&mut tx, holder.user_id).await?.filter(|user| user.deleted_at.is_none());
    // The token of an address that the account has left is not valid any more.
    let user = user.filter(|user| user.email == holder.email).ok_or(Refusal::EXPIRED_TOKEN)?;
    users::revoke_password(&mut tx, user.id, now).await?;
    // The same person may have opened other sessions.
    let ended = revocation::end_sessions(&mut tx, user.id, None, SessionEndReason::RevokedByUser, now).await?;
    // No device of this account is known before its owner has signed in again.
    known_devices::forget_all(&mut tx, user.id).await?;
    // The same person may have linked a provider account of their own. Those of the owner are linked again at their next use,
    // by the verified address.
    oauth_accounts::unlink_all(&mut tx, user.id).await?;
    let event = NewAuditEvent::success(AuditAction::SessionDisowned).about(Some(user.id)).in_session(session);
    audit_log::write(&mut tx, caller, event.with_ended(&ended), now).await?;
    mail::post(&mut tx, MailKind::ResetPassword, &user, Details::caused_by(caller), now).await?;
    tx.commit().await?;
    Ok(session)
}
