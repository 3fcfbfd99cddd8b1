//! Tokens of emails: each for one purpose, one address and one use.

use std::time::Duration;

use super::users;
use crate::error::{ErrorReason, Refusal, Result};
use crate::tools::db::{Db, Tx, sql};
use crate::values::email_address::EmailAddress;
use crate::values::ids::{SessionId, UserId};
use crate::values::secret_token::OneTimeToken;
use crate::values::time::Time;

/// What a token does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Purpose {
    /// Verifies the address of an account.
    VerifyEmail,
    /// Sets a new password.
    ResetPassword,
    /// Confirms the new address of an account.
    ConfirmEmailChange,
    /// Moves the account back to its former address.
    UndoEmailChange,
    /// Ends the session that an email named.
    DisownSession,
    /// Sets the first password of an account that an administrator created.
    Invitation,
}

/// How long a used token that verified an address gets the same answer again, without an effect.
pub const REPEATED: Duration = Duration::from_mins(1);

/// The account, address and session that a token was made for.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Holder {
    /// The account.
    pub user_id: UserId,
    /// The mailbox that the token was sent to.
    pub email: EmailAddress,
    /// The session that it ends, or in which it was requested.
    pub session_id: Option<SessionId>,
}

/// An address that a token has proved, and its account.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct ProvedEmail {
    /// The account.
    pub user_id: UserId,
    /// The address.
    pub email: EmailAddress,
}

impl From<Holder> for ProvedEmail {
    fn from(Holder { user_id, email, .. }: Holder) -> Self {
        Self { user_id, email }
    }
}

/// Makes a token for an email that is about to be sent.
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

/// The holder of a token that is still valid. Does not use it.
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

/// Marks the token as used, and locks its user's row. Of two simultaneous uses exactly one gets an answer.
pub async fn consume(tx: &mut Tx, token: &OneTimeToken, purpose: Purpose, now: Time) -> Result<Option<Holder>> {
    let user: Option<(UserId,)> = tx
        .query(sql!("select user_id from one_time_tokens where hash = $1 and purpose = $2 and used_at is null"))
        .bind(token.hash())
        .bind(purpose)
        .optional()
        .await?;
    let Some((user,)) = user else { return Ok(None) };
    // Every flow locks the user before its tokens, so that two flows do not deadlock.
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

/// A token that was not accepted: its purpose, and when it was used and expired.
type SpentToken = (Purpose, Option<Time>, Time);

const SPENT_TOKEN: &str = sql!("select purpose, used_at, expires_at from one_time_tokens where hash = $1");

/// Why a token of one of these purposes was not accepted: `INVALID_TOKEN` with its reason. Only the holder of the token
/// learns it.
pub async fn refusal(db: &Db, token: &OneTimeToken, purposes: &[Purpose]) -> Result<Refusal> {
    Ok(refusal_of(db.query(SPENT_TOKEN).bind(token.hash()).optional().await?, purposes))
}

/// As [`refusal`], in the transaction in which the token was not accepted. Of two simultaneous uses the second waited in
/// [`consume`] for the first, and sees it here.
pub async fn refusal_in(tx: &mut Tx, token: &OneTimeToken, purposes: &[Purpose]) -> Result<Refusal> {
    Ok(refusal_of(tx.query(SPENT_TOKEN).bind(token.hash()).optional().await?, purposes))
}

fn refusal_of(found: Option<SpentToken>, purposes: &[Purpose]) -> Refusal {
    let reason = match found.filter(|(purpose, ..)| purposes.contains(purpose)) {
        None => ErrorReason::Unknown,
        // A revoked token ends when it is revoked; a token is used before its end.
        Some((_, Some(used_at), expires_at)) if used_at < expires_at => ErrorReason::Used,
        Some(_) => ErrorReason::Expired,
    };
    Refusal::InvalidToken { reason }
}

/// The address that a used token has verified since then, if it still is the account's. A client that sends the token
/// twice within a moment gets the same answer: a page may be mounted twice, or an answer be lost.
pub async fn find_proved(
    tx: &mut Tx,
    token: &OneTimeToken,
    purpose: Purpose,
    since: Time,
) -> Result<Option<ProvedEmail>> {
    // Equal times mean that this token verified the address, and not another one.
    tx.query(sql!(
        "select t.user_id, t.email from one_time_tokens t join users u on u.id = t.user_id and u.email = t.email",
        " where t.hash = $1 and t.purpose = $2 and t.used_at > $3 and u.email_verified_at = t.used_at",
        " and u.deleted_at is null"
    ))
    .bind(token.hash())
    .bind(purpose)
    .bind(since)
    .optional()
    .await
}

/// Revokes the unused tokens of a user for one purpose. A revoked token has no `used_at` before its `expires_at`, so that
/// its holder reads EXPIRED and not USED.
pub async fn revoke(tx: &mut Tx, user: UserId, purpose: Purpose, now: Time) -> Result<()> {
    tx.query(sql!(
        "update one_time_tokens set used_at = $3, expires_at = case when expires_at < $3 then expires_at else $3 end",
        " where user_id = $1 and purpose = $2 and used_at is null"
    ))
    .bind(user)
    .bind(purpose)
    .bind(now)
    .execute()
    .await?;
    Ok(())
}

/// Revokes the unused tokens for one purpose that went to one address.
pub async fn revoke_of_address(tx: &mut Tx, email: &EmailAddress, purpose: Purpose, now: Time) -> Result<()> {
    tx.query(sql!(
        "update one_time_tokens set used_at = $3, expires_at = case when expires_at < $3 then expires_at else $3 end",
        " where email = $1 and purpose = $2 and used_at is null"
    ))
    .bind(email.clone())
    .bind(purpose)
    .bind(now)
    .execute()
    .await?;
    Ok(())
}

/// Revokes the unused tokens of a user, except those that undo changes of address from before the change just undone:
/// they lead back to addresses that the user had earlier than the restored one.
pub async fn revoke_but_older_undo(tx: &mut Tx, user: UserId, restored: &EmailAddress, now: Time) -> Result<()> {
    tx.query(sql!(
        "update one_time_tokens set used_at = $2, expires_at = case when expires_at < $2 then expires_at else $2 end",
        " where user_id = $1 and used_at is null",
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

/// Revokes the unused tokens of a user, except those that undo changes of address: with them an owner gets an account
/// back that an attacker moved to another address and then deleted.
pub async fn revoke_but_undo(tx: &mut Tx, user: UserId, now: Time) -> Result<()> {
    tx.query(sql!(
        "update one_time_tokens set used_at = $2, expires_at = case when expires_at < $2 then expires_at else $2 end",
        " where user_id = $1 and used_at is null and purpose <> $3"
    ))
    .bind(user)
    .bind(now)
    .bind(Purpose::UndoEmailChange)
    .execute()
    .await?;
    Ok(())
}

/// Deletes a batch of tokens that expired before `cutoff`. Answers how many. Their holders read UNKNOWN from then on.
pub async fn sweep(db: &Db, cutoff: Time, batch: i64) -> Result<u64> {
    db.query(sql!(
        "delete from one_time_tokens where hash in (select hash from one_time_tokens where expires_at < $1 limit $2)"
    ))
    .bind(cutoff)
    .bind(batch)
    .execute()
    .await
}
