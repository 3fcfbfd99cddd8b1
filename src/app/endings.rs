//! Ending what a user has open, wherever a deed calls for it.

use super::App;
use crate::error::Result;
use crate::records::one_time_tokens::{self, Purpose};
use crate::records::outbox::{self, LetterKind};
use crate::records::{mfa_challenges, sessions};
use crate::tools::db::Tx;
use crate::values::ids::{SessionId, UserId};
use crate::values::session::SessionEndReason;
use crate::values::time::Time;

impl App {
    /// Ends every living session of a user but for one that may be spared, and what was begun in them: a sign-in that
    /// waits for its second factor, and a change of address that waits to be confirmed. Answers how many sessions ended.
    ///
    /// # Errors
    /// `UNAVAILABLE`, or a fault.
    pub async fn end_sessions(
        &self,
        tx: &mut Tx,
        user: UserId,
        spared: Option<SessionId>,
        reason: SessionEndReason,
        now: Time,
    ) -> Result<u64> {
        // Withdrawn first: a letter that is just being written makes its token before we revoke, or not at all.
        outbox::withdraw_of_user(tx, LetterKind::ConfirmEmailChange, user, now).await?;
        one_time_tokens::revoke(tx, user, Purpose::ConfirmEmailChange, now).await?;
        mfa_challenges::end_all(tx, user, now).await?;
        sessions::end_all(tx, user, spared, reason, now).await
    }
}
