//! A signed-in user proves again that they know the password; counted and locked like a login.

use uuid::Uuid;

use super::App;
use crate::error::{Refusal, Result};
use crate::records::audit_log::{self, NewAuditEvent};
use crate::records::users::{self, User};
use crate::tools::password_hasher::PasswordVerdict;
use crate::tools::user_agent;
use crate::values::audit::AuditAction;
use crate::values::caller::Caller;
use crate::values::ids::{SessionId, UserId};
use crate::values::password::{Password, PasswordHash};
use crate::values::time::Time;

impl App {
    /// Judges the password of a signed-in user, after counting that against the session; `None` where it is wrong. A lock
    /// that strangers caused keeps no one from confirming in a session that was open before.
    ///
    /// # Errors
    /// `RATE_LIMITED`, `OVERLOADED`.
    pub async fn judge_password(
        &self,
        (holder, session): (&User, SessionId),
        password: &Password,
        now: Time,
    ) -> Result<Option<PasswordHash>> {
        self.reserve_confirmation(session, now).await?;
        let verdict = self
            .password_hasher
            .verify(password.expose(), holder.password_hash.as_ref().map(PasswordHash::expose))
            .await?;
        Ok(holder.password_hash.clone().filter(|_| verdict != PasswordVerdict::Wrong))
    }

    /// Compares the password of a signed-in user, and answers the hash it was compared with.
    ///
    /// # Errors
    /// `INVALID_CREDENTIALS`, `RATE_LIMITED`, `OVERLOADED`.
    pub async fn confirm_password(
        &self,
        caller: &Caller,
        (holder, session): (&User, SessionId),
        password: &Password,
        now: Time,
    ) -> Result<PasswordHash> {
        if let Some(hash) = self.judge_password((holder, session), password, now).await? {
            self.forget_confirmations(session).await;
            return Ok(hash);
        }
        let failed = NewAuditEvent::failure(AuditAction::Reauthenticated).by(holder.id).in_session(session);
        self.count_failure(caller, Some(holder), failed.with("reason", "INVALID_CREDENTIALS"), now).await?;
        Err(Refusal::InvalidCredentials.into())
    }

    /// Writes a failed proof into the trail and counts it against the account, which may lock it. Runs the
    /// same statements where there is no account to count against; only the one that locks it writes a line more.
    ///
    /// # Errors
    /// `UNAVAILABLE`, or a fault.
    pub async fn count_failure(
        &self,
        caller: &Caller,
        user: Option<&User>,
        failed: NewAuditEvent,
        now: Time,
    ) -> Result<()> {
        let mut tx = self.db.begin().await?;
        let id = user.map_or(UserId::from(Uuid::nil()), |user| user.id);
        let until = now + self.config.lockout.duration;
        // The account first: whoever waits for it here holds no chain of the audit trail meanwhile.
        let locked = match self.config.lockout.attempts {
            0 => None,
            attempts => users::count_failure(&mut tx, id, attempts, until, now).await?,
        };
        audit_log::write(&mut tx, caller, failed, now).await?;
        if locked.is_some() {
            let event = NewAuditEvent::success(AuditAction::AccountLocked).about(Some(id));
            audit_log::write(&mut tx, caller, event.with("until", until.to_rfc3339()), now).await?;
        }
        tx.commit().await
    }

    /// What to call the caller's device in an email, where no session tells it.
    #[must_use]
    pub fn device_label(&self, caller: &Caller) -> String {
        let parsed = user_agent::parse(&caller.user_agent);
        crate::values::session::device_label(None, parsed.browser.as_deref(), parsed.os.as_deref())
    }
}
