//! Opening an account for another person, who is invited to choose a password.

use crate::app::viewer::Admin;
use crate::app::{App, admin_actions, limits, mail};
use crate::error::{Refusal, Result};
use crate::records::audit_log;
use crate::records::outbox::{Details, MailKind};
use crate::records::users::{self, NewUser, User};
use crate::values::audit::AuditAction;
use crate::values::caller::Caller;
use crate::values::email_address::EmailAddress;
use crate::values::user::Role;

/// The person whom an administrator invites.
#[derive(Debug)]
#[allow(missing_docs, reason = "the words of CreateUserInput")]
pub struct Invitee {
    pub email: EmailAddress,
    pub name: Option<String>,
    pub locale: Option<String>,
    pub role: Role,
}

/// Opens an account without a password and posts an invitation. The address counts as verified once it was followed.
///
/// # Errors
/// `EMAIL_TAKEN`, also by a deleted account or by a user who can still undo a change; `FORBIDDEN`, `RATE_LIMITED`.
pub async fn create_user(app: &App, caller: &Caller, admin: &Admin, invitee: Invitee) -> Result<User> {
    let now = app.clock.now();
    limits::reserve_recipient(app, &invitee.email, now).await?;
    let mut tx = admin_actions::begin(app, admin, now).await?;
    let new = NewUser {
        email: &invitee.email,
        name: invitee.name.as_deref(),
        locale: invitee.locale.as_deref(),
        role: invitee.role,
        password_hash: None,
        email_verified_at: None,
        invited_at: Some(now),
    };
    let user = users::create(&mut tx, new, now).await?.ok_or(Refusal::EmailTaken)?;
    let event = admin.success(AuditAction::UserInvited, user.id).with("role", invitee.role.as_str());
    audit_log::write(&mut tx, caller, event, now).await?;
    mail::post(&mut tx, MailKind::Invitation, &user, Details::caused_by(caller), now).await?;
    tx.commit().await?;
    Ok(user)
}
