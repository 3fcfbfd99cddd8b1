//! Sign-ins that wait for their second factor.

use crate::error::{ErrorReason, Refusal, Result};
use crate::tools::db::{Db, Tx, sql};
use crate::values::caller::Caller;
use crate::values::ids::UserId;
use crate::values::secret_token::ChallengeToken;
use crate::values::session::{AuthMethod, LoginClient, TokenDelivery};
use crate::values::time::Time;

/// A sign-in that waits for its second factor; `attempts` includes the present one.
#[derive(Debug, Clone, sqlx::FromRow)]
#[allow(missing_docs, reason = "the columns of the table")]
pub struct Challenge {
    pub user_id: UserId,
    pub first_factor: AuthMethod,
    pub device_name: Option<String>,
    pub token_delivery: TokenDelivery,
    pub address: String,
    pub user_agent: String,
    pub attempts: i32,
}

/// A new challenge, with what its sign-in needs later.
#[derive(Debug)]
#[allow(missing_docs, reason = "the columns of the table")]
pub struct NewChallenge<'a> {
    pub user: UserId,
    pub first_factor: AuthMethod,
    pub client: &'a LoginClient,
    pub caller: &'a Caller,
    pub expires_at: Time,
}

/// Stores a sign-in that waits. Answers the token that names it; the database has only its hash.
pub async fn open(tx: &mut Tx, new: NewChallenge<'_>) -> Result<ChallengeToken> {
    let token = ChallengeToken::random()?;
    tx.query(sql!(
        "insert into mfa_challenges",
        " (hash, user_id, first_factor, device_name, address, user_agent, expires_at, token_delivery)",
        " values ($1, $2, $3, $4, $5, $6, $7, $8)"
    ))
    .bind(token.hash())
    .bind(new.user)
    .bind(new.first_factor)
    .bind(new.client.device_name.clone())
    .bind(new.caller.address.to_string())
    .bind(new.caller.user_agent.clone())
    .bind(new.expires_at)
    .bind(new.client.token_delivery)
    .execute()
    .await?;
    Ok(token)
}

/// How the client of a challenge wants its refresh token, whether or not the challenge is still waiting. It never changes.
pub async fn find_token_delivery(db: &Db, token: &ChallengeToken) -> Result<Option<TokenDelivery>> {
    let found: Option<(TokenDelivery,)> = db
        .query(sql!("select token_delivery from mfa_challenges where hash = $1"))
        .bind(token.hash())
        .optional()
        .await?;
    Ok(found.map(|(delivery,)| delivery))
}

/// Counts an attempt before the code is compared, so that parallel guesses count, too. `None` where the challenge is
/// unknown, used, expired, or has had `most` attempts.
pub async fn count_attempt(db: &Db, token: &ChallengeToken, most: i32, now: Time) -> Result<Option<Challenge>> {
    db.query(sql!(
        "update mfa_challenges set attempts = attempts + 1",
        " where hash = $1 and used_at is null and expires_at > $2 and attempts < $3",
        " returning user_id, first_factor, device_name, token_delivery, address, user_agent, attempts"
    ))
    .bind(token.hash())
    .bind(now)
    .bind(most)
    .optional()
    .await
}

/// A challenge that was not accepted: when it was used and expired, and its attempts.
type SpentChallenge = (Option<Time>, Time, i32);

const SPENT_CHALLENGE: &str = sql!("select used_at, expires_at, attempts from mfa_challenges where hash = $1");

/// Why a challenge was not accepted: `INVALID_TOKEN` with its reason. `most` attempts use it up.
pub async fn refusal(db: &Db, token: &ChallengeToken, most: i32) -> Result<Refusal> {
    Ok(refusal_of(db.query(SPENT_CHALLENGE).bind(token.hash()).optional().await?, most))
}

/// As [`refusal`], in the transaction in which the challenge was not accepted.
pub async fn refusal_in(tx: &mut Tx, token: &ChallengeToken, most: i32) -> Result<Refusal> {
    Ok(refusal_of(tx.query(SPENT_CHALLENGE).bind(token.hash()).optional().await?, most))
}

fn refusal_of(found: Option<SpentChallenge>, most: i32) -> Refusal {
    let reason = match found {
        None => ErrorReason::Unknown,
        // A challenge that was ended for its user is over when it is ended; one is used before its end.
        Some((Some(used_at), expires_at, _)) if used_at < expires_at => ErrorReason::Used,
        Some((None, _, attempts)) if attempts >= most => ErrorReason::Used,
        Some(_) => ErrorReason::Expired,
    };
    Refusal::InvalidToken { reason }
}

/// Marks a challenge as used. Of two simultaneous uses exactly one succeeds.
pub async fn consume(tx: &mut Tx, token: &ChallengeToken, now: Time) -> Result<bool> {
    let used = tx
        .query(sql!("update mfa_challenges set used_at = $2 where hash = $1 and used_at is null and expires_at > $2"))
        .bind(token.hash())
        .bind(now)
        .execute()
        .await?;
    Ok(used == 1)
}

/// Ends all waiting sign-ins of a user, because their first factor is no longer valid. Their holders read EXPIRED.
pub async fn end_all(tx: &mut Tx, user: UserId, now: Time) -> Result<()> {
    tx.query(sql!(
        "update mfa_challenges set used_at = $2, expires_at = case when expires_at < $2 then expires_at else $2 end",
        " where user_id = $1 and used_at is null"
    ))
    .bind(user)
    .bind(now)
    .execute()
    .await?;
    Ok(())
}

/// Deletes a batch of expired challenges. Answers how many.
pub async fn sweep(db: &Db, cutoff: Time, batch: i64) -> Result<u64> {
    db.query(sql!(
        "delete from mfa_challenges where hash in (select hash from mfa_challenges where expires_at < $1 limit $2)"
    ))
    .bind(cutoff)
    .bind(batch)
    .execute()
    .await
}
