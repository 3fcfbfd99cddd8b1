//! Marking the address of another user as verified, without an email.

use crate::app::viewer::Admin;
use crate::app::{App, admin_actions};
use crate::error::{OrFault, Result};
use crate::records::audit_log;
use crate::records::one_time_tokens::{self, Purpose};
use crate::records::outbox::{self, MailKind};
use crate::records::users::{self, User};
use crate::values::audit::AuditAction;
use crate::values::caller::Caller;
use crate::values::ids::UserId;

/// Marks the address of an account as verified; verification emails that were sent become void. A verified address stays
/// as it is. A user who was invited still has to accept the invitation.
///
/// # Errors
/// `NOT_FOUND`; `CONFLICT` for a deleted account; `FORBIDDEN`.
pub async fn mark_email_verified(app: &App, caller: &Caller, admin: &Admin, id: UserId) -> Result<User> {
    let now = app.clock.now();
    let mut tx = admin_actions::begin(app, admin, now).await?;
    let user = admin_actions::find_to_change(&mut tx, id, now).await?;
    if user.email_verified_at.is_some() {
        return Ok(user);
    }
    // The emails before the tokens: one that is being composed makes its token before the tokens are revoked, or not at all.
    outbox::withdraw_of_user(&mut tx, MailKind::VerifyEmail, id, now).await?;
    users::verify_email(&mut tx, id, &user.email, now).await?;
    one_time_tokens::revoke(&mut tx, id, Purpose::VerifyEmail, now).await?;
    audit_log::write(&mut tx, caller, admin.success(AuditAction::EmailVerified, id), now).await?;
    let user = users::find_in(&mut tx, id).await?.or_fault("reading a user just verified")?;
    tx.commit().await?;
    Ok(user)
}
