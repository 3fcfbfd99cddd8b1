//! The beginning of every action of an administrator or of the operator, and the rule that one administrator is always left.

use super::App;
use super::viewer::Admin;
use crate::error::{ErrorReason, Refusal, Result};
use crate::records::administration;
use crate::records::audit_log::NewAuditEvent;
use crate::records::sessions::{self, SessionOfUser};
use crate::records::users::{self, User};
use crate::tools::db::Tx;
use crate::values::audit::AuditAction;
use crate::values::ids::UserId;
use crate::values::time::Time;
use crate::values::user::{Role, UserStatus};

/// Who changes the account of another user.
#[derive(Debug, Clone, Copy)]
pub enum AdminActor<'a> {
    /// An administrator, signed in.
    Admin(&'a Admin),
    /// The operator at the command line, who has the settings of the server, and no account.
    Operator,
}

impl<'a> From<&'a Admin> for AdminActor<'a> {
    fn from(admin: &'a Admin) -> Self {
        Self::Admin(admin)
    }
}

impl AdminActor<'_> {
    /// The audit event of something the actor did to a user. That of the operator has no actor; its user agent names the
    /// command line.
    pub fn success(self, action: AuditAction, subject: UserId) -> NewAuditEvent {
        match self {
            Self::Admin(admin) => admin.success(action, subject),
            Self::Operator => NewAuditEvent::success(action).about(Some(subject)),
        }
    }
}

/// Begins the transaction of an action. Of an administrator it checks again that they are one, in a session that is alive:
/// of two who demote each other at the same moment the second is an administrator no more.
///
/// # Errors
/// `UNAUTHENTICATED` where the session is over; `FORBIDDEN`.
pub async fn begin(app: &App, actor: impl Into<AdminActor<'_>>, now: Time) -> Result<Tx> {
    let mut tx = app.db.begin().await?;
    administration::lock_admins(&mut tx).await?;
    let AdminActor::Admin(admin) = actor.into() else { return Ok(tx) };
    let actor = sessions::find_with_user_in(&mut tx, admin.viewer().session().id).await?;
    let SessionOfUser { session, user } = actor.ok_or(Refusal::Unauthenticated)?;
    if session.end_reason_at(now).is_some() {
        return Err(Refusal::Unauthenticated.into());
    }
    let may_act = user.role == Role::Admin && user.deleted_at.is_none() && user.lock_by_admin(now).is_none();
    if may_act { Ok(tx) } else { Err(Refusal::Forbidden { reason: ErrorReason::RoleTooLow }.into()) }
}

/// Finds the user that an administrator is about to change, and holds their row until the transaction ends.
///
/// # Errors
/// `NOT_FOUND`; `CONFLICT` for a deleted or an erased user.
pub async fn find_to_change(tx: &mut Tx, id: UserId, now: Time) -> Result<User> {
    let user = administration::find_to_change(tx, id).await?.ok_or(Refusal::NotFound)?;
    match user.status(now) {
        UserStatus::Active | UserStatus::Invited | UserStatus::Locked => Ok(user),
        UserStatus::Deleted => {
            Err(Refusal::conflict(ErrorReason::Deleted, "This account is deleted. Please restore it first.").into())
        }
        UserStatus::Erased => Err(erased().into()),
    }
}

/// Refuses what administrators cannot do to their own account; `why` is for them.
///
/// # Errors
/// `CONFLICT` for one's own account.
pub fn refuse_own<'a>(actor: impl Into<AdminActor<'a>>, id: UserId, why: &'static str) -> Result<()> {
    match actor.into() {
        AdminActor::Admin(admin) if id == admin.viewer().user().id => {
            Err(Refusal::conflict(ErrorReason::OwnAccount, why).into())
        }
        AdminActor::Admin(_) | AdminActor::Operator => Ok(()),
    }
}

/// The refusal of an action on an account whose personal data is erased.
#[must_use]
pub const fn erased() -> Refusal {
    Refusal::conflict(ErrorReason::Erased, "The personal data of this account was erased. It cannot be restored.")
}

/// Requires that an administrator who can sign in is left without this user. The transaction must hold the roster.
///
/// # Errors
/// `CONFLICT` for the last administrator.
pub async fn require_another_admin(app: &App, tx: &mut Tx, id: UserId, now: Time) -> Result<()> {
    let is_admin = users::find_in(tx, id).await?.is_some_and(|user| user.role == Role::Admin);
    let needs_verified = app.config.requires_verified_email();
    if is_admin && !administration::any_able_admin(tx, Some(id), needs_verified, now).await? {
        let why = "One administrator who can sign in must be left, and this is the last one.";
        return Err(Refusal::conflict(ErrorReason::LastAdmin, why).into());
    }
    Ok(())
}
