//! Opening an account for another person, who is invited to choose a password.

use crate::app::viewer::Admin;
use crate::app::{App, admin_actions, limits, mail};
use crate::error::{Refusal, Result};
use crate::records::outbox::{Details, MailKind};
use crate::records::users::{self, NewUser, User};
use crate::records::{audit_log, creation_keys};
use crate::values::audit::AuditAction;
use crate::values::caller::Caller;
use crate::values::email_address::EmailAddress;
use crate::values::secret_token::{AttemptScope, IdempotencyKey};
use crate::values::user::Role;

/// The person whom an administrator invites.
#[derive(Debug)]
#[allow(missing_docs, reason = "the words of CreateUserInput")]
pub struct Invitee {
    pub email: EmailAddress,
    pub name: Option<String>,
    pub locale: Option<String>,
    pub role: Role,
    pub key: Option<IdempotencyKey>,
}

/// Opens an account without a password and posts an invitation. The address counts as verified once it was followed. The same
/// administrator who repeats the call with the same key gets the same account, and nothing else happens.
///
/// # Errors
/// `EMAIL_TAKEN`, also by a deleted account or by a user who can still undo a change; `FORBIDDEN`, `RATE_LIMITED`.
pub async fn create_user(app: &App, caller: &Caller, admin: &Admin, invitee: Invitee) -> Result<User> {
    let now = app.clock.now();
    limits::reserve_recipient(app, &invitee.email, now).await?;
    let scope = AttemptScope::CreateUser(admin.viewer().user().id, &invitee.email);
    let key = invitee.key.as_ref().map(|key| key.hash_in(scope));
    let mut tx = admin_actions::begin(app, admin, now).await?;
    let new = NewUser {
        email: &invitee.email,
        name: invitee.name.as_deref(),
        locale: invitee.locale.as_deref(),
        role: invitee.role,
        password_hash: None,
        email_verified_at: None,
        creation_key: key.clone(),
        invited_at: Some(now),
    };
    let Some(user) = users::create(&mut tx, new, now).await? else {
        // The address is taken: by this very call, whose answer was lost, or by somebody else.
        let owner = creation_keys::find_owner(&mut tx, &invitee.email, key.as_ref(), now).await?;
        let own = owner.filter(|owner| owner.was_created_by_key && owner.user.deleted_at.is_none());
        return Ok(own.ok_or(Refusal::EmailTaken)?.user);
    };
    let event = admin.success(AuditAction::UserInvited, user.id).with("role", invitee.role.as_str());
    audit_log::write(&mut tx, caller, event, now).await?;
    mail::post(&mut tx, MailKind::Invitation, &user, Details::caused_by(caller), now).await?;
    tx.commit().await?;
    Ok(user)
}
