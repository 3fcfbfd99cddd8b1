//! The outbox for operators (`authgraph outbox`) and metrics: waiting and dead emails, and the state of one.

use crate::error::Result;
use crate::tools::db::{Db, sql};
use crate::values::email_address::EmailAddress;
use crate::values::ids::MailId;
use crate::values::time::Time;

/// How many emails are not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct OutboxCounts {
    /// Those to deliver, including those that a process delivers now.
    pub waiting: i64,
    /// When the oldest waiting one was posted.
    pub oldest_at: Option<Time>,
    /// Those that failed too often.
    pub dead: i64,
}

/// An email, without its text.
#[derive(Debug, Clone, sqlx::FromRow)]
#[allow(missing_docs, reason = "the columns of the table")]
pub struct OutboxEntry {
    pub id: MailId,
    /// As it is stored, because another version may have posted a kind that this one does not know.
    pub kind: String,
    pub recipient: EmailAddress,
    /// WAITING, DELIVERED, DROPPED or DEAD.
    pub state: String,
    pub attempts: i32,
    pub posted_at: Time,
    /// When the next attempt is due, or when the lease of the present one ends.
    pub due_at: Time,
    pub settled_at: Option<Time>,
    /// The answer of the mail server that accepted the email, or the error of the last attempt.
    pub last_answer: String,
}

/// Counts the emails that are not sent.
pub async fn count(db: &Db) -> Result<OutboxCounts> {
    db.query(sql!(
        "select (select count(*) from outbox where state = 'WAITING') as waiting,",
        " (select min(posted_at) from outbox where state = 'WAITING') as oldest_at,",
        " (select count(*) from outbox where state = 'DEAD') as dead"
    ))
    .one()
    .await
}

/// The newest emails that wait or are dead.
pub async fn list_open(db: &Db, most: i64) -> Result<Vec<OutboxEntry>> {
    db.query(sql!(
        "select id, kind, recipient, state, attempts, posted_at, due_at, settled_at,",
        " coalesce(receipt, last_error, '') as last_answer",
        " from outbox where state in ('WAITING', 'DEAD') order by posted_at desc limit $1"
    ))
    .bind(most)
    .all()
    .await
}

/// The newest emails to an address, in any state.
pub async fn list_to(db: &Db, recipient: &EmailAddress, most: i64) -> Result<Vec<OutboxEntry>> {
    db.query(sql!(
        "select id, kind, recipient, state, attempts, posted_at, due_at, settled_at,",
        " coalesce(receipt, last_error, '') as last_answer",
        " from outbox where recipient = $1 order by posted_at desc limit $2"
    ))
    .bind(recipient.clone())
    .bind(most)
    .all()
    .await
}

/// Gives every dead email another round of attempts. Answers how many.
pub async fn revive_dead(db: &Db, now: Time) -> Result<u64> {
    db.query(sql!(
        "update outbox set state = 'WAITING', attempts = 0, due_at = $1, settled_at = null where state = 'DEAD'"
    ))
    .bind(now)
    .execute()
    .await
}

/// Makes waiting emails due now. Those that are due before `soon` are left alone, because a process may deliver them
/// under a lease. Answers how many.
pub async fn hasten(db: &Db, soon: Time, now: Time) -> Result<u64> {
    db.query(sql!("update outbox set due_at = $2 where state = 'WAITING' and due_at > $1"))
        .bind(soon)
        .bind(now)
        .execute()
        .await
}

/// Drops these emails, if they wait or are dead. Answers how many.
pub async fn drop_ids(db: &Db, ids: &[MailId], now: Time) -> Result<u64> {
    let mut dropped = 0;
    for id in ids {
        dropped += db
            .query(sql!(
                "update outbox set state = 'DROPPED', settled_at = $2 where id = $1 and state in ('WAITING', 'DEAD')"
            ))
            .bind(*id)
            .bind(now)
            .execute()
            .await?;
    }
    Ok(dropped)
}

/// Drops every waiting or dead email to an address. Answers how many.
pub async fn drop_to(db: &Db, recipient: &EmailAddress, now: Time) -> Result<u64> {
    db.query(sql!(
        "update outbox set state = 'DROPPED', settled_at = $2 where recipient = $1 and state in ('WAITING', 'DEAD')"
    ))
    .bind(recipient.clone())
    .bind(now)
    .execute()
    .await
}

/// Deletes a batch of emails that were delivered or dropped before `cutoff`. Dead ones stay. Answers how many.
pub async fn sweep(db: &Db, cutoff: Time, batch: i64) -> Result<u64> {
    db.query(sql!(
        "delete from outbox where id in",
        " (select id from outbox where settled_at < $1 and state in ('DELIVERED', 'DROPPED') limit $2)"
    ))
    .bind(cutoff)
    .bind(batch)
    .execute()
    .await
}
