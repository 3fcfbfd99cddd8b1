//! Ending what a user has open, wherever a deed calls for it.

use super::App;
use crate::error::Result;
use crate::records::{mfa_challenges, sessions};
use crate::tools::db::Tx;
use crate::values::ids::{SessionId, UserId};
use crate::values::session::SessionEndReason;
use crate::values::time::Time;

impl App {
    /// Ends every living session of a user but for one that may be spared, and every sign-in that waits for its second
    /// factor: what proved the first one does so no longer. Answers how many sessions ended.
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
        mfa_challenges::end_all(tx, user, now).await?;
        sessions::end_all(tx, user, spared, reason, now).await
    }
}
