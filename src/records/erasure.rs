//! Erasure of the personal data of deleted users. The row stays, emptied, because the audit trail refers to its id.

use uuid::Uuid;

use crate::error::Result;
use crate::tools::db::{Db, Tx, sql};
use crate::values::email_address::EmailAddress;
use crate::values::ids::UserId;
use crate::values::time::Time;

/// A deleted user whose data is to be erased.
#[derive(Debug, Clone, sqlx::FromRow)]
#[allow(missing_docs, reason = "the columns of the table")]
pub struct UserToErase {
    pub id: UserId,
    pub email: EmailAddress,
    pub deleted_at: Time,
}

/// The place before all deleted users, where a run begins.
#[must_use]
pub fn beginning() -> (Time, UserId) {
    (Time::UNIX_EPOCH, UserId::from(Uuid::nil()))
}

/// Users deleted before `cutoff` whose data is not erased, in the order of deletion, behind the place `after`. So a run
/// goes on behind a user whose erasure failed.
pub async fn list_due(db: &Db, after: (Time, UserId), cutoff: Time, batch: i64) -> Result<Vec<UserToErase>> {
    db.query(sql!(
        "select id, email, deleted_at from users",
        " where deleted_at < $1 and (deleted_at, id) > ($2, $3) and deleted_at is not null and erased_at is null",
        " order by deleted_at, id limit $4"
    ))
    .bind(cutoff)
    .bind(after.0)
    .bind(after.1)
    .bind(batch)
    .all()
    .await
}

/// Empties the row of a user; false where the user was restored or erased meanwhile. The address is free afterwards.
/// Its placeholder is random and under `.invalid`, a domain that the parser of addresses refuses, so no one can sign in
/// with it.
pub async fn empty(tx: &mut Tx, id: UserId, cutoff: Time, now: Time) -> Result<bool> {
    let emptied = tx
        .query(sql!(
            "update users set email = $2, email_verified_at = null, name = null, name_key = null, address_key = null,",
            " locale = null, password_hash = null, failed_attempts = 0, locked_until = null, locked_by = null, last_login_at = null, creation_key = null,",
            " invited_at = null, erased_at = $3, updated_at = $3 where id = $1 and deleted_at < $4 and erased_at is null"
        ))
        .bind(id)
        .bind(format!("{}@erased.invalid", Uuid::now_v7().simple()))
        .bind(now)
        .bind(cutoff)
        .execute()
        .await?;
    Ok(emptied == 1)
}

/// Deletes all rows of a user in other tables, except the audit trail.
pub async fn remove_belongings(tx: &mut Tx, due: &UserToErase) -> Result<()> {
    for belongings in [
        sql!("delete from sessions where user_id = $1"),
        sql!("delete from one_time_tokens where user_id = $1"),
        sql!("delete from outbox where user_id = $1"),
        sql!("delete from email_holds where user_id = $1"),
        sql!("delete from email_changes where user_id = $1"),
        sql!("delete from known_devices where user_id = $1"),
        sql!("delete from oauth_accounts where user_id = $1"),
        sql!("delete from mfa_challenges where user_id = $1"),
        sql!("delete from mfa_enrollments where user_id = $1"),
        sql!("delete from backup_codes where user_id = $1"),
        sql!("delete from mfa where user_id = $1"),
    ] {
        tx.query(belongings).bind(due.id).execute().await?;
    }
    // Emails that a stranger requested have the address and no user.
    tx.query(sql!("delete from outbox where recipient = $1 and user_id is null"))
        .bind(due.email.clone())
        .execute()
        .await?;
    Ok(())
}
