//! The end of sessions: one, all of a user, or those that expired; and their deletion.

use crate::error::Result;
use crate::tools::db::{Db, Dialects, Tx, postgres, sql, sqlite};
use crate::values::ids::{SessionId, UserId};
use crate::values::session::SessionEndReason;
use crate::values::time::Time;

/// Ends one session; false where it had ended already.
pub async fn end(tx: &mut Tx, id: SessionId, reason: SessionEndReason, now: Time) -> Result<bool> {
    let ended = tx
        .query(sql!("update sessions set ended_at = $2, end_reason = $3 where id = $1 and ended_at is null"))
        .bind(id)
        .bind(now)
        .bind(reason)
        .execute()
        .await?;
    Ok(ended == 1)
}

/// The most ids of ended sessions that one action tells.
pub const MAX_ENDED_IDS: usize = 1_000;

/// The sessions that one action ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EndedSessions {
    /// Their ids, the newest first; at most `MAX_ENDED_IDS`.
    pub ids: Vec<SessionId>,
    /// How many there were.
    pub count: usize,
}

impl EndedSessions {
    fn new(mut ids: Vec<SessionId>) -> Self {
        let count = ids.len();
        ids.sort_unstable_by(|one, other| other.cmp(one));
        ids.truncate(MAX_ENDED_IDS);
        Self { ids, count }
    }
}

/// Ends every active session of a user, except `spared`. Answers which.
pub async fn end_all(
    tx: &mut Tx,
    user: UserId,
    spared: Option<SessionId>,
    reason: SessionEndReason,
    now: Time,
) -> Result<EndedSessions> {
    let ended: Vec<(SessionId,)> = tx
        .query(sql!(
            "update sessions set ended_at = $2, end_reason = $3",
            " where user_id = $1 and ended_at is null and expires_at > $2 and (id <> $4 or $4 is null) returning id"
        ))
        .bind(user)
        .bind(now)
        .bind(reason)
        .bind(spared)
        .all()
        .await?;
    Ok(EndedSessions::new(ended.into_iter().map(|(id,)| id).collect()))
}

/// Ends a batch of expired sessions, at the time they expired. Answers how many.
pub async fn end_expired(db: &Db, now: Time, batch: i64) -> Result<u64> {
    let expired: Option<(SessionId,)> = db
        .query(sql!("select id from sessions where ended_at is null and expires_at <= $1 limit 1"))
        .bind(now)
        .optional()
        .await?;
    if expired.is_none() {
        return Ok(0);
    }
    db.query_of(Dialects {
        sqlite: sqlite!(
            "update sessions set ended_at = expires_at, end_reason = 'EXPIRED' where id in",
            " (select id from sessions where ended_at is null and expires_at <= $1 limit $2)"
        ),
        // Skips a session that is being refreshed at this moment.
        postgres: postgres!(
            "update sessions set ended_at = expires_at, end_reason = 'EXPIRED' where id in",
            " (select id from sessions where ended_at is null and expires_at <= $1 limit $2 for update skip locked)"
        ),
    })
    .bind(now)
    .bind(batch)
    .execute()
    .await
}

/// Deletes a batch of sessions that ended or expired before `cutoff`, with their tokens. Answers how many.
pub async fn sweep(db: &Db, cutoff: Time, batch: i64) -> Result<u64> {
    db.query(sql!(
        "delete from sessions where id in",
        " (select id from sessions where expires_at < $1 or ended_at < $1 limit $2)"
    ))
    .bind(cutoff)
    .bind(batch)
    .execute()
    .await
}
