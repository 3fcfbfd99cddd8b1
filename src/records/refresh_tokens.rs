//! The refresh tokens of a session. Each is used once, and its use issues the next one.

use crate::error::Result;
use crate::tools::db::{Db, Tx, sql};
use crate::values::device_fingerprint::DeviceFingerprint;
use crate::values::ids::SessionId;
use crate::values::secret_token::{IdempotencyKey, RefreshToken, TokenHash};
use crate::values::time::Time;
use uuid::Uuid;

/// A stored refresh token.
#[derive(Debug, Clone, sqlx::FromRow)]
#[allow(missing_docs, reason = "the columns of the table")]
pub struct KnownToken {
    pub id: Uuid,
    pub session_id: SessionId,
    pub issued_at: Time,
    pub issued_to: Option<DeviceFingerprint>,
    pub expires_at: Time,
    pub used_at: Option<Time>,
    pub used_key: Option<TokenHash>,
    pub used_by: Option<DeviceFingerprint>,
}

/// A token to issue to a session.
#[derive(Debug)]
pub struct NewToken<'a> {
    /// The token.
    pub token: &'a RefreshToken,
    /// The session.
    pub session: SessionId,
    /// The device whose refresh made it; `None` for the first one of a session.
    pub issued_to: Option<&'a DeviceFingerprint>,
    /// Until when it can be used.
    pub expires_at: Time,
}

/// Issues a token to a session. Its id is the `jti` of the access token that goes with it.
pub async fn issue(tx: &mut Tx, new: NewToken<'_>, now: Time) -> Result<KnownToken> {
    let issued = KnownToken {
        id: Uuid::now_v7(),
        session_id: new.session,
        issued_at: now,
        issued_to: new.issued_to.cloned(),
        expires_at: new.expires_at,
        used_at: None,
        used_key: None,
        used_by: None,
    };
    tx.query(sql!(
        "insert into refresh_tokens (hash, id, session_id, issued_at, expires_at, issued_to) values ($1, $2, $3, $4, $5, $6)"
    ))
    .bind(new.token.hash())
    .bind(issued.id)
    .bind(new.session)
    .bind(now)
    .bind(new.expires_at)
    .bind(issued.issued_to.clone())
    .execute()
    .await?;
    Ok(issued)
}

/// The client that presents a token.
#[derive(Debug)]
pub struct RefreshCaller<'a> {
    /// The client's idempotency key.
    pub key: Option<&'a IdempotencyKey>,
    /// The device.
    pub device: &'a DeviceFingerprint,
    /// A token that was issued to this device after this time is not used up yet; the device gets it again.
    pub spares_after: Time,
}

/// Marks the token as used, if it is unused, not expired, and not so new that its device gets it again. Of two
/// simultaneous uses exactly one gets an answer.
pub async fn consume(
    tx: &mut Tx,
    token: &RefreshToken,
    by: &RefreshCaller<'_>,
    now: Time,
) -> Result<Option<SessionId>> {
    let used: Option<(SessionId,)> = tx
        .query(sql!(
            "update refresh_tokens set used_at = $2, used_key = $3, used_by = $4",
            " where hash = $1 and used_at is null and expires_at > $2",
            " and (issued_to is null or issued_to <> $4 or issued_at <= $5)",
            " and exists (select 1 from sessions s where s.id = session_id and s.ended_at is null and s.expires_at > $2)",
            " returning session_id"
        ))
        .bind(token.hash())
        .bind(now)
        .bind(by.key.map(IdempotencyKey::hash))
        .bind(by.device.clone())
        .bind(by.spares_after)
        .optional()
        .await?;
    Ok(used.map(|(session,)| session))
}

/// A stored token, used or not.
pub async fn find(tx: &mut Tx, token: &RefreshToken) -> Result<Option<KnownToken>> {
    tx.query(sql!(
        "select id, session_id, issued_at, issued_to, expires_at, used_at, used_key, used_by",
        " from refresh_tokens where hash = $1"
    ))
    .bind(token.hash())
    .optional()
    .await
}

/// Deletes a batch of used tokens that expired before `cutoff`. Answers how many. An unused one stays as long as its
/// session, so that a client that presents it late learns that the session expired.
pub async fn sweep(db: &Db, cutoff: Time, batch: i64) -> Result<u64> {
    db.query(sql!(
        "delete from refresh_tokens where hash in (select hash from refresh_tokens where expires_at < $1 and used_at is not null limit $2)"
    ))
    .bind(cutoff)
    .bind(batch)
    .execute()
    .await
}
