//! Sign-ins at providers that have begun.

use crate::error::{ErrorReason, Refusal, Result};
use crate::tools::db::{Db, Tx, sql};
use crate::values::ids::SessionId;
use crate::values::oauth::OAuthPurpose;
use crate::values::secret_token::{OAuthFlowToken, TokenHash};
use crate::values::time::Time;

/// A sign-in at a provider that has begun.
#[derive(Debug, Clone, sqlx::FromRow)]
#[allow(missing_docs, reason = "the columns of the table")]
pub struct OAuthFlow {
    pub provider: String,
    pub redirect_uri: Option<String>,
    pub state_hash: Option<TokenHash>,
    pub sealed_secrets: Vec<u8>,
}

/// A new flow.
#[derive(Debug)]
#[allow(missing_docs, reason = "the columns of the table")]
pub struct NewFlow<'a> {
    pub token: &'a OAuthFlowToken,
    pub provider: &'a str,
    pub purpose: OAuthPurpose,
    pub redirect_uri: Option<&'a str>,
    pub state_hash: Option<TokenHash>,
    pub sealed_secrets: Vec<u8>,
    pub session: Option<SessionId>,
    pub expires_at: Time,
}

/// Stores a flow.
pub async fn open(db: &Db, new: NewFlow<'_>) -> Result<()> {
    db.query(sql!(
        "insert into oauth_flows",
        " (hash, provider, purpose, redirect_uri, state_hash, sealed_secrets, session_id, expires_at)",
        " values ($1, $2, $3, $4, $5, $6, $7, $8)"
    ))
    .bind(new.token.hash())
    .bind(new.provider.to_owned())
    .bind(new.purpose)
    .bind(new.redirect_uri.map(str::to_owned))
    .bind(new.state_hash)
    .bind(new.sealed_secrets)
    .bind(new.session)
    .bind(new.expires_at)
    .execute()
    .await?;
    Ok(())
}

/// Uses a flow up, whatever its answer is worth. `None` where it is unknown, used, expired, of another purpose, or of another
/// session. Of two simultaneous uses exactly one succeeds.
pub async fn consume(
    tx: &mut Tx,
    token: &OAuthFlowToken,
    purpose: OAuthPurpose,
    session: Option<SessionId>,
    now: Time,
) -> Result<Option<OAuthFlow>> {
    tx.query(sql!(
        "update oauth_flows set used_at = $4",
        " where hash = $1 and purpose = $2 and used_at is null and expires_at > $4",
        " and (session_id = $3 or (session_id is null and $3 is null))",
        " returning provider, redirect_uri, state_hash, sealed_secrets"
    ))
    .bind(token.hash())
    .bind(purpose)
    .bind(session)
    .bind(now)
    .optional()
    .await
}

/// Why a flow was not accepted: `INVALID_TOKEN` with its reason. One of another purpose or session is unknown.
pub async fn refusal(tx: &mut Tx, token: &OAuthFlowToken, purpose: OAuthPurpose, now: Time) -> Result<Refusal> {
    let found: Option<(Option<Time>, Time)> = tx
        .query(sql!("select used_at, expires_at from oauth_flows where hash = $1 and purpose = $2"))
        .bind(token.hash())
        .bind(purpose)
        .optional()
        .await?;
    let reason = match found {
        Some((Some(_), _)) => ErrorReason::Used,
        Some((None, expires_at)) if expires_at <= now => ErrorReason::Expired,
        _ => ErrorReason::Unknown,
    };
    Ok(Refusal::InvalidToken { reason })
}

/// Where the flow of this state sends the browser, if it waits for an answer of this provider.
pub async fn find_redirect_uri(db: &Db, state_hash: TokenHash, provider: &str, now: Time) -> Result<Option<String>> {
    let found: Option<(Option<String>,)> = db
        .query(sql!(
            "select redirect_uri from oauth_flows",
            " where state_hash = $1 and provider = $2 and used_at is null and expires_at > $3"
        ))
        .bind(state_hash)
        .bind(provider.to_owned())
        .bind(now)
        .optional()
        .await?;
    Ok(found.and_then(|(uri,)| uri))
}

/// Deletes a batch of expired flows. Answers how many.
pub async fn sweep(db: &Db, cutoff: Time, batch: i64) -> Result<u64> {
    db.query(sql!(
        "delete from oauth_flows where hash in (select hash from oauth_flows where expires_at < $1 limit $2)"
    ))
    .bind(cutoff)
    .bind(batch)
    .execute()
    .await
}
