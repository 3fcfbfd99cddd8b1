//! Delivering the emails of the outbox. A process that takes an email has a lease on it, and renews the lease while it
//! works.

use std::time::Duration;

use sqlx::types::Json;

use super::{Details, MailKind};
use crate::error::Result;
use crate::tools::db::{Db, Tx, sql};
use crate::values::email_address::EmailAddress;
use crate::values::ids::{MailId, UserId};
use crate::values::time::Time;

/// An email that this process has taken to deliver, not read yet.
#[derive(Debug, Clone, Copy, sqlx::FromRow)]
#[allow(missing_docs, reason = "the columns of the table")]
pub struct TakenMail {
    pub id: MailId,
    /// The number of attempts, this one included. It tells this attempt from one of another process.
    pub attempts: i32,
}

/// An email taken up for delivery.
#[derive(Debug, Clone, sqlx::FromRow)]
#[allow(missing_docs, reason = "the columns of the table")]
pub struct Posted {
    pub id: MailId,
    pub kind: MailKind,
    pub recipient: EmailAddress,
    pub user_id: Option<UserId>,
    pub details: Json<Details>,
    pub attempts: i32,
    pub posted_at: Time,
}

/// Takes up to `batch` emails that are due, each under a lease. When a lease ends without renewal, because the process
/// died, the email is due again. [`read`] reads each alone: one that this version cannot
/// read, because a newer version posted it, must not stop the others.
pub async fn take_due(db: &Db, batch: i64, lease: Duration, now: Time) -> Result<Vec<TakenMail>> {
    db.query(sql!(
        "update outbox set attempts = attempts + 1, due_at = $3",
        " where state = 'WAITING' and due_at <= $1 and id in",
        " (select id from outbox where state = 'WAITING' and due_at <= $1 order by due_at limit $2)",
        " returning id, attempts"
    ))
    .bind(now)
    .bind(batch)
    .bind(now + lease)
    .all()
    .await
}

/// Extends the lease on an email. False where the email was dropped, or another process has it.
pub async fn renew(db: &Db, taken: TakenMail, until: Time) -> Result<bool> {
    let renewed = db
        .query(sql!("update outbox set due_at = $3 where id = $1 and attempts = $2 and state = 'WAITING'"))
        .bind(taken.id)
        .bind(taken.attempts)
        .bind(until)
        .execute()
        .await?;
    Ok(renewed == 1)
}

/// Reads an email that was taken; `None` where it was erased meanwhile.
pub async fn read(db: &Db, id: MailId) -> Result<Option<Posted>> {
    db.query(sql!("select id, kind, recipient, user_id, details, attempts, posted_at from outbox where id = $1"))
        .bind(id)
        .optional()
        .await
}

/// Whether an email still waits and this process still has it; locks its row until the transaction ends.
pub async fn claim(tx: &mut Tx, id: MailId, attempts: i32) -> Result<bool> {
    let claimed = tx
        .query(sql!("update outbox set attempts = $2 where id = $1 and attempts = $2 and state = 'WAITING'"))
        .bind(id)
        .bind(attempts)
        .execute()
        .await?;
    Ok(claimed == 1)
}

/// Notes that a mail server accepted an email, and its answer, also where another process has taken the email
/// meanwhile.
pub async fn note_delivered(db: &Db, id: MailId, receipt: &str, now: Time) -> Result<()> {
    db.query(sql!(
        "update outbox set state = 'DELIVERED', settled_at = $2, receipt = $3, last_error = null",
        " where id = $1 and state = 'WAITING'"
    ))
    .bind(id)
    .bind(now)
    .bind(receipt.to_owned())
    .execute()
    .await?;
    Ok(())
}

/// Notes that an email is no longer wanted.
pub async fn note_dropped(db: &Db, taken: TakenMail, now: Time) -> Result<()> {
    settle(db, taken, "DROPPED", None, now).await
}

/// Gives an email up: it is dead until an operator decides about it.
pub async fn note_dead(db: &Db, taken: TakenMail, error: &str, now: Time) -> Result<()> {
    settle(db, taken, "DEAD", Some(error), now).await
}

async fn settle(db: &Db, taken: TakenMail, state: &'static str, error: Option<&str>, now: Time) -> Result<()> {
    db.query(sql!(
        "update outbox set state = $3, settled_at = $4, last_error = coalesce($5, last_error)",
        " where id = $1 and attempts = $2 and state = 'WAITING'"
    ))
    .bind(taken.id)
    .bind(taken.attempts)
    .bind(state)
    .bind(now)
    .bind(error.map(str::to_owned))
    .execute()
    .await?;
    Ok(())
}

/// Notes a failed attempt and when the next is due.
pub async fn postpone(db: &Db, taken: TakenMail, error: &str, due_at: Time) -> Result<()> {
    db.query(sql!(
        "update outbox set due_at = $3, last_error = $4 where id = $1 and attempts = $2 and state = 'WAITING'"
    ))
    .bind(taken.id)
    .bind(taken.attempts)
    .bind(due_at)
    .bind(error.to_owned())
    .execute()
    .await?;
    Ok(())
}
