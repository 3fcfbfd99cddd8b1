//! What every deed of an administrator begins with, and the rule that one of them is always left.

use super::App;
use crate::error::{Refusal, Result};
use crate::records::administration;
use crate::records::sessions::{self, SessionOfUser};
use crate::records::users::{self, User};
use crate::tools::db::Tx;
use crate::values::ids::{SessionId, UserId};
use crate::values::time::Time;
use crate::values::user::{Role, UserStatus};

impl App {
    /// Begins a deed of an administrator, who must still be one, in a session that still lives: of two who demote each
    /// other at the same moment the second is none any more.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` where the session is over; `FORBIDDEN`.
    pub async fn begin_as_admin(&self, session: SessionId, now: Time) -> Result<Tx> {
        let mut tx = self.db.begin().await?;
        administration::lock_admins(&mut tx).await?;
        let actor = sessions::find_with_user_in(&mut tx, session).await?;
        let SessionOfUser { session, user } = actor.ok_or(Refusal::Unauthenticated)?;
        if session.end_reason_at(now).is_some() {
            return Err(Refusal::Unauthenticated.into());
        }
        let may = user.role == Role::Admin && user.deleted_at.is_none() && !user.is_locked_by_admin(now);
        if may { Ok(tx) } else { Err(Refusal::Forbidden.into()) }
    }

    /// The user that an administrator is about to change, whose row nobody else changes meanwhile.
    ///
    /// # Errors
    /// `NOT_FOUND`; `CONFLICT` for a deleted one.
    pub async fn user_to_change(&self, tx: &mut Tx, id: UserId, now: Time) -> Result<User> {
        let user = administration::find_to_change(tx, id).await?.ok_or(Refusal::NotFound)?;
        if user.status(now) == UserStatus::Deleted {
            return Err(Refusal::Conflict("This account is deleted. Please restore it first.").into());
        }
        Ok(user)
    }

    /// Makes sure that another administrator, who can sign in, is left without this user. The transaction holds the roster.
    ///
    /// # Errors
    /// `CONFLICT` for the last one.
    pub async fn keep_an_admin(&self, tx: &mut Tx, id: UserId, now: Time) -> Result<()> {
        let is_admin = users::find_in(tx, id).await?.is_some_and(|user| user.role == Role::Admin);
        let needs_verified = self.config.requires_verified_email();
        if is_admin && !administration::any_able_admin(tx, Some(id), needs_verified, now).await? {
            let why = "One administrator who can sign in must be left, and this is the last one.";
            return Err(Refusal::Conflict(why).into());
        }
        Ok(())
    }
}
