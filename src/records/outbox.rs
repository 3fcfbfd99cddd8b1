//! Letters that are to leave: posted in the transaction of the deed, delivered by a background task.

use std::net::IpAddr;
use std::time::Duration;

use sqlx::types::Json;

use crate::error::Result;
use crate::tools::db::{Db, Tx, sql};
use crate::values::caller::Caller;
use crate::values::email_address::EmailAddress;
use crate::values::ids::{LetterId, SessionId, UserId};
use crate::values::time::Time;

/// What a letter is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(missing_docs, reason = "the names of the letters")]
pub enum LetterKind {
    VerifyEmail,
    ResetPassword,
    AccountExists,
    ConfirmEmailChange,
    EmailChanged,
    PasswordChanged,
    SessionCompromised,
    NewDevice,
    MfaEnabled,
    MfaDisabled,
    BackupCodeUsed,
    BackupCodesRegenerated,
    MfaCodesRefused,
    EmailChangeRequested,
    AccountDeleted,
    Invitation,
    MfaReset,
}

impl LetterKind {
    /// Whether the email only tells of an action, and nothing is asked of its reader.
    #[must_use]
    pub const fn is_notice(self) -> bool {
        match self {
            Self::PasswordChanged
            | Self::SessionCompromised
            | Self::NewDevice
            | Self::MfaEnabled
            | Self::MfaDisabled
            | Self::BackupCodeUsed
            | Self::BackupCodesRegenerated
            | Self::MfaCodesRefused
            | Self::EmailChangeRequested
            | Self::EmailChanged
            | Self::AccountDeleted
            | Self::MfaReset => true,
            Self::VerifyEmail
            | Self::ResetPassword
            | Self::AccountExists
            | Self::ConfirmEmailChange
            | Self::Invitation => false,
        }
    }
}

/// What a letter tells besides its kind; never a secret.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
#[allow(missing_docs, reason = "the words of the letters")]
#[serde(default)]
pub struct Details {
    pub device: Option<String>,
    pub address: Option<IpAddr>,
    pub at: Option<Time>,
    pub new_address: Option<EmailAddress>,
    pub session: Option<SessionId>,
    pub remaining: Option<i64>,
}

impl Details {
    /// Tells of a deed: on what device, from where, when.
    #[must_use]
    pub fn of_deed(device: String, caller: &Caller, at: Time) -> Self {
        Self { device: Some(device), address: Some(caller.address), at: Some(at), ..Self::default() }
    }
}

/// A letter to be posted.
#[derive(Debug)]
pub struct Draft<'a> {
    /// What it is about.
    pub kind: LetterKind,
    /// Where it goes.
    pub recipient: &'a EmailAddress,
    /// Whose it is; `None` where the deed must not look whether there is an account.
    pub user: Option<UserId>,
    /// What it tells.
    pub details: Details,
}

/// A letter that this process has taken to deliver, before anything of it is read.
#[derive(Debug, Clone, Copy, sqlx::FromRow)]
#[allow(missing_docs, reason = "the columns of the table")]
pub struct Taken {
    pub id: LetterId,
    pub attempts: i32,
}

/// A letter taken up for delivery.
#[derive(Debug, Clone, sqlx::FromRow)]
#[allow(missing_docs, reason = "the columns of the table")]
pub struct Posted {
    pub id: LetterId,
    pub kind: LetterKind,
    pub recipient: EmailAddress,
    pub user_id: Option<UserId>,
    pub details: Json<Details>,
    pub attempts: i32,
    pub posted_at: Time,
}

/// A letter that could not be delivered, as an operator sees it.
#[derive(Debug, Clone, sqlx::FromRow)]
#[allow(missing_docs, reason = "the columns of the table")]
pub struct Dead {
    pub id: LetterId,
    /// As it is stored: this version may not know it, and the operator wants the others listed.
    pub kind: String,
    pub recipient: EmailAddress,
    pub attempts: i32,
    pub posted_at: Time,
    pub settled_at: Time,
    pub last_error: String,
}

/// Posts a letter.
pub async fn post(tx: &mut Tx, draft: Draft<'_>, now: Time) -> Result<()> {
    tx.query(sql!(
        "insert into outbox (id, kind, recipient, user_id, details, posted_at, due_at, state)",
        " values ($1, $2, $3, $4, $5, $6, $6, 'WAITING')"
    ))
    .bind(LetterId::new())
    .bind(draft.kind)
    .bind(draft.recipient.clone())
    .bind(draft.user)
    .bind(Json(draft.details))
    .bind(now)
    .execute()
    .await?;
    Ok(())
}

/// Takes back waiting letters of one kind to one recipient: a newer one replaces them.
pub async fn withdraw(tx: &mut Tx, kind: LetterKind, recipient: &EmailAddress, now: Time) -> Result<()> {
    tx.query(sql!(
        "update outbox set state = 'DROPPED', settled_at = $3 where recipient = $1 and kind = $2 and state = 'WAITING'"
    ))
    .bind(recipient.clone())
    .bind(kind)
    .bind(now)
    .execute()
    .await?;
    Ok(())
}

/// Takes back waiting letters of one kind that belong to one user.
pub async fn withdraw_of_user(tx: &mut Tx, kind: LetterKind, user: UserId, now: Time) -> Result<()> {
    tx.query(sql!(
        "update outbox set state = 'DROPPED', settled_at = $3 where user_id = $1 and kind = $2 and state = 'WAITING'"
    ))
    .bind(user)
    .bind(kind)
    .bind(now)
    .execute()
    .await?;
    Ok(())
}

/// Takes back waiting emails that offer to undo a change of address, but for those to addresses that were left before the
/// restored one.
pub async fn withdraw_later_undo(tx: &mut Tx, user: UserId, restored: &EmailAddress, now: Time) -> Result<()> {
    tx.query(sql!(
        "update outbox set state = 'DROPPED', settled_at = $2",
        " where user_id = $1 and kind = 'EMAIL_CHANGED' and state = 'WAITING' and recipient not in",
        " (select h.email from held_addresses h where h.user_id = $1",
        " and h.held_until < (select o.held_until from held_addresses o where o.email = $3))"
    ))
    .bind(user)
    .bind(now)
    .bind(restored.clone())
    .execute()
    .await?;
    Ok(())
}

/// Takes back every waiting email that belongs to a user, but for those that offer to undo a change of address.
pub async fn withdraw_but_undo(tx: &mut Tx, user: UserId, now: Time) -> Result<()> {
    tx.query(sql!(
        "update outbox set state = 'DROPPED', settled_at = $2",
        " where user_id = $1 and kind <> 'EMAIL_CHANGED' and state = 'WAITING'"
    ))
    .bind(user)
    .bind(now)
    .execute()
    .await?;
    Ok(())
}

/// Takes up to `batch` letters that are due. Whoever takes one has it until `lease` is over; then it is due again,
/// so that a process that dies on the way loses none. Each is read alone, by [`read`]: one that this version cannot read
/// (an instance of the version after may have posted it) must not hold up those beside it.
pub async fn take_due(db: &Db, batch: i64, lease: Duration, now: Time) -> Result<Vec<Taken>> {
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

/// Reads a letter that was taken; `None` where it was erased meanwhile.
pub async fn read(db: &Db, id: LetterId) -> Result<Option<Posted>> {
    db.query(sql!("select id, kind, recipient, user_id, details, attempts, posted_at from outbox where id = $1"))
        .bind(id)
        .optional()
        .await
}

/// Whether a letter that was taken is still wanted and still ours; holds its row until the transaction ends.
pub async fn claim(tx: &mut Tx, id: LetterId, attempts: i32) -> Result<bool> {
    let claimed = tx
        .query(sql!("update outbox set attempts = $2 where id = $1 and attempts = $2 and state = 'WAITING'"))
        .bind(id)
        .bind(attempts)
        .execute()
        .await?;
    Ok(claimed == 1)
}

/// Notes that a letter has left.
pub async fn note_delivered(db: &Db, id: LetterId, now: Time) -> Result<()> {
    settle(db, id, "DELIVERED", None, now).await
}

/// Notes that a letter is no longer wanted.
pub async fn note_dropped(db: &Db, id: LetterId, now: Time) -> Result<()> {
    settle(db, id, "DROPPED", None, now).await
}

/// Puts a letter aside for the operator.
pub async fn note_dead(db: &Db, id: LetterId, error: &str, now: Time) -> Result<()> {
    settle(db, id, "DEAD", Some(error), now).await
}

async fn settle(db: &Db, id: LetterId, state: &'static str, error: Option<&str>, now: Time) -> Result<()> {
    db.query(sql!(
        "update outbox set state = $2, settled_at = $3, last_error = $4 where id = $1 and state = 'WAITING'"
    ))
    .bind(id)
    .bind(state)
    .bind(now)
    .bind(error.map(str::to_owned))
    .execute()
    .await?;
    Ok(())
}

/// Notes a failed attempt and when the next is due.
pub async fn postpone(db: &Db, id: LetterId, error: &str, due_at: Time) -> Result<()> {
    db.query(sql!("update outbox set due_at = $2, last_error = $3 where id = $1 and state = 'WAITING'"))
        .bind(id)
        .bind(due_at)
        .bind(error.to_owned())
        .execute()
        .await?;
    Ok(())
}

/// How many letters wait.
pub async fn count_waiting(db: &Db) -> Result<i64> {
    let (count,) = db.query(sql!("select count(*) from outbox where state = 'WAITING'")).one().await?;
    Ok(count)
}

/// The newest letters that could not be delivered.
pub async fn list_dead(db: &Db, most: i64) -> Result<Vec<Dead>> {
    db.query(sql!(
        "select id, kind, recipient, attempts, posted_at, settled_at, coalesce(last_error, '') as last_error",
        " from outbox where state = 'DEAD' order by settled_at desc limit $1"
    ))
    .bind(most)
    .all()
    .await
}

/// Gives every dead letter another round of attempts. Answers how many.
pub async fn revive_dead(db: &Db, now: Time) -> Result<u64> {
    db.query(sql!(
        "update outbox set state = 'WAITING', attempts = 0, due_at = $1, settled_at = null where state = 'DEAD'"
    ))
    .bind(now)
    .execute()
    .await
}

/// Removes a batch of letters that left, or were no longer wanted, before `cutoff`. Dead ones stay. Answers how many.
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
