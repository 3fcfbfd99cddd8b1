//! A signed-in user proves again that they know the password; counted and locked like a login.

use uuid::Uuid;

use super::App;
use super::limits::Attempt;
use crate::error::{Refusal, Result};
use crate::records::audit_log::{self, Event};
use crate::records::users::{self, User};
use crate::tools::device;
use crate::tools::password_hasher::Verdict;
use crate::values::audit::AuditAction;
use crate::values::caller::Caller;
use crate::values::ids::{SessionId, UserId};
use crate::values::password::{Password, PasswordHash};
use crate::values::time::Time;
use crate::values::user;

impl App {
    /// Compares the password of a signed-in user, and answers the hash it was compared with.
    ///
    /// # Errors
    /// `INVALID_CREDENTIALS`; `ACCOUNT_LOCKED` only for the right password; `RATE_LIMITED`, `OVERLOADED`.
    pub async fn confirm_password(
        &self,
        caller: &Caller,
        (holder, session): (&User, SessionId),
        password: &Password,
        now: Time,
    ) -> Result<PasswordHash> {
        self.reserve(&Attempt::Proof(Some(holder.email.clone())), caller, now).await?;
        let verdict = self
            .password_hasher
            .verify(password.expose(), holder.password_hash.as_ref().map(PasswordHash::expose))
            .await?;
        match (verdict, holder.password_hash.clone()) {
            (Verdict::Right { .. }, Some(hash)) => {
                let locked = users::find(&self.db, holder.id).await?.and_then(|user| user.locked_until);
                match locked.filter(|until| *until > now) {
                    None => Ok(hash),
                    Some(until) => Err(user::locked(until, now).into()),
                }
            }
            (Verdict::Right { .. } | Verdict::Wrong, _) => {
                let failed = Event::failure(AuditAction::Reauthenticated).by(holder.id).in_session(session);
                self.count_failure(caller, Some(holder), failed, now).await?;
                Err(Refusal::InvalidCredentials.into())
            }
        }
    }

    /// Writes a failed proof into the trail and counts it against the account, which may lock it. Runs the
    /// same statements where nobody has the account; only the one that locks it writes a line more.
    ///
    /// # Errors
    /// `UNAVAILABLE`, or a fault.
    pub async fn count_failure(&self, caller: &Caller, user: Option<&User>, failed: Event, now: Time) -> Result<()> {
        let mut tx = self.db.begin().await?;
        let id = user.map_or(UserId::from(Uuid::nil()), |user| user.id);
        let until = now + self.config.lockout_duration;
        // The account first: whoever waits for it here holds no chain of the audit trail meanwhile.
        let locked = match self.config.lockout_attempts {
            0 => None,
            attempts => users::count_failure(&mut tx, id, attempts, until, now).await?,
        };
        audit_log::write(&mut tx, caller, failed.with("reason", "INVALID_CREDENTIALS"), now).await?;
        if locked.is_some() {
            let event = Event::success(AuditAction::AccountLocked).about(Some(id));
            audit_log::write(&mut tx, caller, event.with("until", until.to_rfc3339()), now).await?;
        }
        tx.commit().await
    }

    /// What to call the caller's device in a letter, where no session tells it.
    #[must_use]
    pub fn device_label(&self, caller: &Caller) -> String {
        let parsed = device::parse(&caller.user_agent);
        crate::values::session::device_label(None, parsed.browser.as_deref(), parsed.os.as_deref())
    }
}
