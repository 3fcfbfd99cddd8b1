//! The first administrator, made on the command line.

use crate::app::{App, new_password};
use crate::error::{Refusal, Result};
use crate::records::administration;
use crate::records::audit_log::{self, NewAuditEvent};
use crate::records::users::{self, NewUser};
use crate::values::audit::AuditAction;
use crate::values::caller::Caller;
use crate::values::email_address::EmailAddress;
use crate::values::ids::UserId;
use crate::values::password::{Password, PasswordHash};
use crate::values::user::Role;

/// Opens an account that administers the server, with a verified address.
///
/// # Errors
/// `VALIDATION_FAILED` for a weak password, `EMAIL_TAKEN`.
pub async fn create_admin(app: &App, email: &EmailAddress, password: &Password) -> Result<UserId> {
    let now = app.clock.now();
    new_password::require_strong(&app.config, password, email, None, "password")?;
    let password_hash = PasswordHash::from(app.password_hasher.hash(password.expose()).await?);
    let new = NewUser {
        email,
        name: None,
        locale: None,
        role: Role::Admin,
        password_hash: Some(&password_hash),
        creation_key: None,
        email_verified_at: Some(now),
        invited_at: None,
    };
    let mut tx = app.db.begin().await?;
    let user = users::create(&mut tx, new, now).await?.ok_or(Refusal::EmailTaken)?;
    let event = NewAuditEvent::success(AuditAction::AdminCreated).about(Some(user.id));
    audit_log::write(&mut tx, &Caller::operator("authgraph command line"), event, now).await?;
    tx.commit().await?;
    Ok(user.id)
}

/// Whether the server has an administrator who can sign in.
///
/// # Errors
/// `UNAVAILABLE`, or a fault.
pub async fn has_admin(app: &App) -> Result<bool> {
    let needs_verified = app.config.requires_verified_email();
    administration::any_able_admin(&mut app.db.begin().await?, None, needs_verified, app.clock.now()).await
}
