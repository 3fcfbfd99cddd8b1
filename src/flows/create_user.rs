//! Opening an account for somebody else, who is invited to choose a password.

use crate::app::App;
use crate::app::viewer::Admin;
use crate::error::{Refusal, Result};
use crate::records::audit_log::{self, NewAuditEvent};
use crate::records::outbox::{Details, MailKind};
use crate::records::users::{self, NewUser, User};
use crate::values::audit::AuditAction;
use crate::values::caller::Caller;
use crate::values::email_address::EmailAddress;
use crate::values::user::Role;

/// Whom an administrator invites.
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
/// `EMAIL_TAKEN`, also by a deleted account or by somebody who can still undo a change; `FORBIDDEN`, `RATE_LIMITED`.
pub async fn create_user(app: &App, caller: &Caller, admin: &Admin, invitee: Invitee) -> Result<User> {
    let now = app.clock.now();
    app.reserve_recipient(&invitee.email, now).await?;
    let actor = admin.viewer().user().id;
    let mut tx = app.begin_as_admin(admin.viewer().session().id, now).await?;
    let new = NewUser {
        email: &invitee.email,
        name: invitee.name.as_deref(),
        locale: invitee.locale.as_deref(),
        role: invitee.role,
        password_hash: None,
        email_verified_at: None,
    };
    let user = users::create(&mut tx, new, now).await?.ok_or(Refusal::EmailTaken)?;
    let event = NewAuditEvent::success(AuditAction::UserInvited)
        .by_admin(actor, user.id)
        .in_session(admin.viewer().session().id)
        .with("role", invitee.role.as_str());
    audit_log::write(&mut tx, caller, event, now).await?;
    app.post(&mut tx, MailKind::Invitation, &user, Details::caused_by(caller), now).await?;
    tx.commit().await?;
    app.mail_posted.notify_one();
    Ok(user)
}
