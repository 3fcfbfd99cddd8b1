//! Changing the account of another user: role, lock, verification, profile. Each change has its own audit event.

use crate::app::viewer::Admin;
use crate::app::{App, admin_actions, revocation};
use crate::error::{ErrorReason, OrFault, Refusal, Result};
use crate::records::administration;
use crate::records::audit_log::{self, NewAuditEvent};
use crate::records::one_time_tokens::{self, Purpose};
use crate::records::outbox::{self, MailKind};
use crate::records::users::{self, User};
use crate::tools::db::Tx;
use crate::values::audit::AuditAction;
use crate::values::caller::Caller;
use crate::values::ids::UserId;
use crate::values::session::SessionEndReason;
use crate::values::time::Time;
use crate::values::user::{FieldChange, LOCKED_FOR_GOOD, Role};

/// What to change. The rest stays as it is.
#[derive(Debug)]
#[allow(missing_docs, reason = "the words of UpdateUserInput")]
pub struct UserChange {
    pub role: Option<Role>,
    pub lock: Option<Lock>,
    pub verifies_email: bool,
    pub name: FieldChange<String>,
    pub locale: FieldChange<String>,
}

/// A change of the lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lock {
    /// Locks the account until then, and ends its sessions.
    Until(Time),
    /// Unlocks the account, whether an administrator locked it or wrong passwords did.
    Lifted,
}

/// A change that is being made.
struct AccountUpdate<'a> {
    app: &'a App,
    caller: &'a Caller,
    admin: &'a Admin,
    user: User,
    now: Time,
}

/// Changes an account in one transaction, and answers the account as it is then.
///
/// # Errors
/// `NOT_FOUND`; `CONFLICT` for a deleted account, one's own role or lock, and the last administrator; `FORBIDDEN`.
pub async fn update_user(app: &App, caller: &Caller, admin: &Admin, id: UserId, change: UserChange) -> Result<User> {
    let now = app.clock.now();
    let mut tx = admin_actions::begin(app, admin, now).await?;
    let user = admin_actions::find_to_change(&mut tx, id, now).await?;
    let update = AccountUpdate { app, caller, admin, user, now };
    if let Some(role) = change.role {
        update.role(&mut tx, role).await?;
    }
    match change.lock {
        None => {}
        Some(Lock::Until(until)) => update.lock(&mut tx, until).await?,
        Some(Lock::Lifted) => update.unlock(&mut tx).await?,
    }
    if change.verifies_email {
        update.verify_email(&mut tx).await?;
    }
    update.profile(&mut tx, change.name, change.locale).await?;
    let user = users::find_in(&mut tx, id).await?.or_fault("reading a user just changed")?;
    tx.commit().await?;
    Ok(user)
}

impl AccountUpdate<'_> {
    async fn role(&self, tx: &mut Tx, role: Role) -> Result<()> {
        let before = self.user.role;
        if before == role {
            return Ok(());
        }
        self.refuse_own("You cannot change your own role.")?;
        admin_actions::require_another_admin(self.app, tx, self.user.id, self.now).await?;
        administration::set_role(tx, self.user.id, role, self.now).await?;
        let event =
            self.event(AuditAction::RoleChanged).with_change("role", Some(before.as_str()), Some(role.as_str()));
        audit_log::write(tx, self.caller, event, self.now).await
    }

    async fn lock(&self, tx: &mut Tx, until: Time) -> Result<()> {
        self.refuse_own("You cannot lock your own account.")?;
        admin_actions::require_another_admin(self.app, tx, self.user.id, self.now).await?;
        administration::lock(tx, self.user.id, until, self.now).await?;
        let reason = SessionEndReason::AccountLocked;
        let ended = revocation::end_sessions(tx, self.user.id, None, reason, self.now).await?;
        let until = if until < LOCKED_FOR_GOOD { Some(until.to_rfc3339()) } else { None };
        let event = self.event(AuditAction::UserLocked).with("until", until).with_ended(&ended);
        audit_log::write(tx, self.caller, event, self.now).await
    }

    async fn unlock(&self, tx: &mut Tx) -> Result<()> {
        if self.user.locked_until.is_none_or(|until| until <= self.now) {
            return Ok(());
        }
        administration::unlock(tx, self.user.id, self.now).await?;
        audit_log::write(tx, self.caller, self.event(AuditAction::UserUnlocked), self.now).await
    }

    async fn verify_email(&self, tx: &mut Tx) -> Result<()> {
        let User { id, email, email_verified_at, .. } = &self.user;
        if email_verified_at.is_some() {
            return Ok(());
        }
        outbox::withdraw_of_user(tx, MailKind::VerifyEmail, *id, self.now).await?;
        users::verify_email(tx, *id, email, self.now).await?;
        one_time_tokens::revoke(tx, *id, Purpose::VerifyEmail, self.now).await?;
        audit_log::write(tx, self.caller, self.event(AuditAction::EmailVerified), self.now).await
    }

    async fn profile(&self, tx: &mut Tx, name: FieldChange<String>, locale: FieldChange<String>) -> Result<()> {
        let mut changed = self.user.clone();
        name.apply(&mut changed.name);
        locale.apply(&mut changed.locale);
        if changed.name == self.user.name && changed.locale == self.user.locale {
            return Ok(());
        }
        users::update_profile(tx, &changed, self.now).await?;
        let event = self.event(AuditAction::UserUpdated).with_profile(&self.user, &changed);
        audit_log::write(tx, self.caller, event, self.now).await
    }

    fn refuse_own(&self, why: &'static str) -> Result<()> {
        if self.user.id == self.admin.viewer().user().id {
            Err(Refusal::conflict(ErrorReason::OwnAccount, why).into())
        } else {
            Ok(())
        }
    }

    fn event(&self, action: AuditAction) -> NewAuditEvent {
        self.admin.success(action, self.user.id)
    }
}
