//! Changing somebody else's account: role, lock, proof of the address, profile. One line in the trail for each.

use crate::app::App;
use crate::app::viewer::Admin;
use crate::error::{OrFault, Refusal, Result};
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

/// What to change; the rest stays.
#[derive(Debug)]
#[allow(missing_docs, reason = "the words of UpdateUserInput")]
pub struct UserChange {
    pub role: Option<Role>,
    pub lock: Option<Lock>,
    pub verifies_email: bool,
    pub name: FieldChange<String>,
    pub locale: FieldChange<String>,
}

/// What becomes of the lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lock {
    /// Nobody is in until then, those who are in now neither.
    Until(Time),
    /// Whoever locked it, it is open.
    Lifted,
}

/// One change on its way.
struct Changing<'a> {
    app: &'a App,
    caller: &'a Caller,
    admin: &'a Admin,
    user: User,
    now: Time,
}

/// Changes an account, all of it or nothing, and answers it as it is then.
///
/// # Errors
/// `NOT_FOUND`; `CONFLICT` for a deleted account, one's own role or lock, and the last administrator; `FORBIDDEN`.
pub async fn update_user(app: &App, caller: &Caller, admin: &Admin, id: UserId, change: UserChange) -> Result<User> {
    let now = app.clock.now();
    let mut tx = app.begin_as_admin(admin.viewer().session().id, now).await?;
    let user = app.user_to_change(&mut tx, id, now).await?;
    let changing = Changing { app, caller, admin, user, now };
    if let Some(role) = change.role {
        changing.role(&mut tx, role).await?;
    }
    match change.lock {
        None => {}
        Some(Lock::Until(until)) => changing.lock(&mut tx, until).await?,
        Some(Lock::Lifted) => changing.unlock(&mut tx).await?,
    }
    if change.verifies_email {
        changing.verify_email(&mut tx).await?;
    }
    changing.profile(&mut tx, change.name, change.locale).await?;
    let user = users::find_in(&mut tx, id).await?.or_fault("reading a user just changed")?;
    tx.commit().await?;
    Ok(user)
}

impl Changing<'_> {
    async fn role(&self, tx: &mut Tx, role: Role) -> Result<()> {
        let before = self.user.role;
        if before == role {
            return Ok(());
        }
        self.refuse_own("Nobody changes their own role.")?;
        self.app.keep_an_admin(tx, self.user.id, self.now).await?;
        administration::set_role(tx, self.user.id, role, self.now).await?;
        let event = self.event(AuditAction::RoleChanged).with("from", before.as_str()).with("to", role.as_str());
        audit_log::write(tx, self.caller, event, self.now).await
    }

    async fn lock(&self, tx: &mut Tx, until: Time) -> Result<()> {
        self.refuse_own("Nobody locks their own account.")?;
        self.app.keep_an_admin(tx, self.user.id, self.now).await?;
        administration::lock(tx, self.user.id, until, self.now).await?;
        let reason = SessionEndReason::AccountLocked;
        let ended = self.app.end_sessions(tx, self.user.id, None, reason, self.now).await?;
        let told = if until < LOCKED_FOR_GOOD { Some(until.to_rfc3339()) } else { None };
        let event = self.event(AuditAction::UserLocked).with("until", told).with("endedSessions", ended);
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
        let fields = [("name", changed.name != self.user.name), ("locale", changed.locale != self.user.locale)];
        let fields: Vec<&str> = fields.into_iter().filter_map(|(field, differs)| differs.then_some(field)).collect();
        if fields.is_empty() {
            return Ok(());
        }
        users::update_profile(tx, &changed, self.now).await?;
        audit_log::write(tx, self.caller, self.event(AuditAction::UserUpdated).with("fields", fields), self.now).await
    }

    fn refuse_own(&self, why: &'static str) -> Result<()> {
        if self.user.id == self.admin.viewer().user().id { Err(Refusal::Conflict(why).into()) } else { Ok(()) }
    }

    fn event(&self, action: AuditAction) -> NewAuditEvent {
        let viewer = self.admin.viewer();
        NewAuditEvent::success(action).by_admin(viewer.user().id, self.user.id).in_session(viewer.session().id)
    }
}
