//! Ending what a user has open, wherever a deed calls for it.

use super::App;
use crate::error::Result;
use crate::records::one_time_tokens::{self, Purpose};
use crate::records::outbox::{self, MailKind};
use crate::records::{known_devices, mfa, mfa_challenges, oauth_accounts, sessions, users};
use crate::tools::db::Tx;
use crate::values::ids::{SessionId, UserId};
use crate::values::session::SessionEndReason;
use crate::values::time::Time;

impl App {
    /// Ends every living session of a user but for one that may be spared, and whatever waits to be finished, also in the
    /// spared one: a sign-in without its second factor, a change of address, an enrolment. Answers how many sessions
    /// ended.
    ///
    /// Where one session ends by itself, what was begun in it ends without being looked for: an enrolment is confirmed in
    /// the session that started it, and a change of address only while the session that asked for it lives.
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
        users::hold(tx, user).await?;
        // Withdrawn first: an email that is just being written makes its token before we revoke, or not at all.
        outbox::withdraw_of_user(tx, MailKind::ConfirmEmailChange, user, now).await?;
        one_time_tokens::revoke(tx, user, Purpose::ConfirmEmailChange, now).await?;
        mfa::drop_enrollment(tx, user).await?;
        mfa_challenges::end_all(tx, user, now).await?;
        sessions::end_all(tx, user, spared, reason, now).await
    }

    /// Drops what the holder of an account set before its mailbox was proved for the first time: second factor, backup
    /// codes, providers, known devices, name. Anybody can open an account with an address that is not theirs, and must
    /// not keep a way into it, nor keep its owner out. Password and sessions are for the caller.
    ///
    /// # Errors
    /// `UNAVAILABLE`, or a fault.
    pub async fn drop_unverified_holder(&self, tx: &mut Tx, user: UserId, now: Time) -> Result<()> {
        mfa::disable(tx, user).await?;
        oauth_accounts::unlink_all(tx, user).await?;
        known_devices::forget_all(tx, user).await?;
        users::clear_name(tx, user, now).await
    }
}
