//! Tokens that travel in emails: each for one purpose, one address, one use.

use std::time::Duration;

use super::users;
use crate::error::Result;
use crate::tools::db::{Db, Tx, sql};
use crate::values::email_address::EmailAddress;
use crate::values::ids::{SessionId, UserId};
use crate::values::secret_token::OneTimeToken;
use crate::values::time::Time;

/// What a token is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Purpose {
    /// Proves the address of an account.
    VerifyEmail,
    /// Sets a new password.
    ResetPassword,
    /// Proves the address that an account moves to.
    ConfirmEmailChange,
    /// Moves the account back to the address it came from.
    UndoEmailChange,
    /// Ends the session that an email told of.
    DisownSession,
    /// Sets the first password of an account that an administrator opened.
    Invitation,
}

/// How long a token that has just proved an address is answered again, without doing anything.
pub const REPEATED: Duration = Duration::from_mins(1);

/// Whom a token was made for.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Holder {
    /// The account.
    pub user_id: UserId,
    /// The mailbox that the token was sent to.
    pub email: EmailAddress,
    /// The session it can end, or in which it was asked for.
    pub session_id: Option<SessionId>,
}

/// Makes a token for an email that is about to leave.
pub async fn issue(
    tx: &mut Tx,
    purpose: Purpose,
    holder: &Holder,
    lifetime: Duration,
    now: Time,
) -> Result<OneTimeToken> {
    let token = OneTimeToken::random()?;
    tx.query(sql!(
        "insert into one_time_tokens (hash, user_id, purpose, email, session_id, issued_at, expires_at)",
        " values ($1, $2, $3, $4, $5, $6, $7)"
    ))
    .bind(token.hash())
    .bind(holder.user_id)
    .bind(purpose)
    .bind(holder.email.clone())
    .bind(holder.session_id)
    .bind(now)
    .bind(now + lifetime)
    .execute()
    .await?;
    Ok(token)
}

/// Whom a token that would still be accepted was made for. Changes nothing.
pub async fn find_holder(db: &Db, token: &OneTimeToken, purpose: Purpose, now: Time) -> Result<Option<Holder>> {
    db.query(sql!(
        "select user_id, email, session_id from one_time_tokens",
        " where hash = $1 and purpose = $2 and used_at is null and expires_at > $3"
    ))
    .bind(token.hash())
    .bind(purpose)
    .bind(now)
    .optional()
    .await
}

/// Spends the token and holds its user's row. Of two simultaneous uses exactly one gets an answer.
pub async fn consume(tx: &mut Tx, token: &OneTimeToken, purpose: Purpose, now: Time) -> Result<Option<Holder>> {
    let user: Option<(UserId,)> = tx
        .query(sql!("select user_id from one_time_tokens where hash = $1 and purpose = $2 and used_at is null"))
        .bind(token.hash())
        .bind(purpose)
        .optional()
        .await?;
    let Some((user,)) = user else { return Ok(None) };
    // The user before the token, as everywhere: a flow that revokes this token holds its user's row already.
    users::hold(tx, user).await?;
    tx.query(sql!(
        "update one_time_tokens set used_at = $3",
        " where hash = $1 and purpose = $2 and used_at is null and expires_at > $3 returning user_id, email, session_id"
    ))
    .bind(token.hash())
    .bind(purpose)
    .bind(now)
    .optional()
    .await
}

/// The address that a token has proved since then, where it still is its account's: whoever asks twice at the same moment gets
/// the same answer. A page may be mounted twice, and an answer may be lost.
pub async fn find_proved(
    tx: &mut Tx,
    token: &OneTimeToken,
    purpose: Purpose,
    since: Time,
) -> Result<Option<EmailAddress>> {
    // What was proved by this token was proved when it was spent.
    let proved: Option<(EmailAddress,)> = tx
        .query(sql!(
            "select t.email from one_time_tokens t join users u on u.id = t.user_id and u.email = t.email",
            " where t.hash = $1 and t.purpose = $2 and t.used_at > $3 and u.email_verified_at = t.used_at",
            " and u.deleted_at is null"
        ))
        .bind(token.hash())
        .bind(purpose)
        .bind(since)
        .optional()
        .await?;
    Ok(proved.map(|(email,)| email))
}

/// Takes back what a user's unspent tokens of one purpose are good for.
pub async fn revoke(tx: &mut Tx, user: UserId, purpose: Purpose, now: Time) -> Result<()> {
    tx.query(sql!("update one_time_tokens set used_at = $3 where user_id = $1 and purpose = $2 and used_at is null"))
        .bind(user)
        .bind(purpose)
        .bind(now)
        .execute()
        .await?;
    Ok(())
}

/// Takes back what unspent tokens of one purpose that went to one address are good for.
pub async fn revoke_of_address(tx: &mut Tx, email: &EmailAddress, purpose: Purpose, now: Time) -> Result<()> {
    tx.query(sql!("update one_time_tokens set used_at = $3 where email = $1 and purpose = $2 and used_at is null"))
        .bind(email.clone())
        .bind(purpose)
        .bind(now)
        .execute()
        .await?;
    Ok(())
}

/// Takes back what a user's unspent tokens are good for, but for undoing changes of address that are older than the
/// change just undone: back to addresses that were left before the restored one was.
pub async fn revoke_but_older_undo(tx: &mut Tx, user: UserId, restored: &EmailAddress, now: Time) -> Result<()> {
    tx.query(sql!(
        "update one_time_tokens set used_at = $2 where user_id = $1 and used_at is null",
        " and not (purpose = $3 and email in (select h.email from email_holds h where h.user_id = $1",
        " and h.held_until < (select o.held_until from email_holds o where o.email = $4)))"
    ))
    .bind(user)
    .bind(now)
    .bind(Purpose::UndoEmailChange)
    .bind(restored.clone())
    .execute()
    .await?;
    Ok(())
}

/// Takes back everything a user's unspent tokens are good for, but for undoing changes of address: that is the way back of
/// an owner whose account another person moved away and then had deleted.
pub async fn revoke_but_undo(tx: &mut Tx, user: UserId, now: Time) -> Result<()> {
    tx.query(sql!(
        "update one_time_tokens set used_at = $2 where user_id = $1 and used_at is null and purpose <> $3"
    ))
    .bind(user)
    .bind(now)
    .bind(Purpose::UndoEmailChange)
    .execute()
    .await?;
    Ok(())
}

/// Removes a batch of tokens that expired before `cutoff`. Answers how many.
pub async fn sweep(db: &Db, cutoff: Time, batch: i64) -> Result<u64> {
    db.query(sql!(
        "delete from one_time_tokens where hash in (select hash from one_time_tokens where expires_at < $1 limit $2)"
    ))
    .bind(cutoff)
    .bind(batch)
    .execute()
    .await
}
