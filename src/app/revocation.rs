//! Ending everything that a user has open.

use crate::error::Result;
use crate::records::one_time_tokens::{self, Purpose};
use crate::records::outbox::{self, MailKind};
use crate::records::sessions::{self, EndedSessions};
use crate::records::{email_changes, known_devices, mfa, mfa_challenges, oauth_accounts, users};
use crate::tools::db::Tx;
use crate::values::ids::{SessionId, UserId};
use crate::values::session::SessionEndReason;
use crate::values::time::Time;

/// Ends every living session of a user except `spared`, and everything that was begun and not finished, also in the spared
/// session: a login without its second factor, a change of address, an enrolment. Answers which sessions ended.
///
/// A single session that ends needs no such search: an enrolment is confirmed in the session that started it, and a change of
/// address only while the session that asked for it lives.
pub async fn end_sessions(
    tx: &mut Tx,
    user: UserId,
    spared: Option<SessionId>,
    reason: SessionEndReason,
    now: Time,
) -> Result<EndedSessions> {
    users::hold(tx, user).await?;
    // The email first: one that is being written makes its token before we revoke the tokens, or not at all.
    outbox::withdraw_of_user(tx, MailKind::ConfirmEmailChange, user, now).await?;
    one_time_tokens::revoke(tx, user, Purpose::ConfirmEmailChange, now).await?;
    email_changes::forget(tx, user).await?;
    mfa::drop_enrollment(tx, user).await?;
    mfa_challenges::end_all(tx, user, now).await?;
    sessions::end_all(tx, user, spared, reason, now).await
}

/// Drops what was set in an account before its mailbox was proved for the first time: second factor, backup codes,
/// providers, known devices, name. Anybody can register an address that is not theirs; they must not keep a way into the
/// account, nor keep its owner out. The caller deals with password and sessions.
pub async fn drop_unverified_holder(tx: &mut Tx, user: UserId, now: Time) -> Result<()> {
    mfa::disable(tx, user).await?;
    oauth_accounts::unlink_all(tx, user).await?;
    known_devices::forget_all(tx, user).await?;
    users::clear_name(tx, user, now).await
}
