//! Erasing what is personal about deleted users. The row stays, with its id: the trail speaks of it.

use uuid::Uuid;

use crate::error::Result;
use crate::tools::db::{Db, Tx, sql};
use crate::values::email_address::EmailAddress;
use crate::values::ids::UserId;
use crate::values::time::Time;

/// Whose data is to be erased.
#[derive(Debug, Clone, sqlx::FromRow)]
#[allow(missing_docs, reason = "the columns of the table")]
pub struct UserToErase {
    pub id: UserId,
    pub email: EmailAddress,
    pub deleted_at: Time,
}

/// Where to begin looking for whose data is to be erased.
#[must_use]
pub fn beginning() -> (Time, UserId) {
    (Time::UNIX_EPOCH, UserId::from(Uuid::nil()))
}

/// Users deleted before `cutoff` whose data is still there, behind the one deleted at this time and of this id: those
/// who could not be erased stand in nobody's way.
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

/// Empties the row of a user, unless they were restored meanwhile or somebody else has done it; false then. The address
/// is free after it. What takes its place can neither be typed, since the domain is refused, nor be foreseen.
pub async fn empty(tx: &mut Tx, id: UserId, cutoff: Time, now: Time) -> Result<bool> {
    let emptied = tx
        .query(sql!(
            "update users set email = $2, email_verified_at = null, name = null, name_key = null, address_key = null,",
            " locale = null, password_hash = null, failed_attempts = 0, locked_until = null, locked_by = null, last_login_at = null,",
            " erased_at = $3, updated_at = $3 where id = $1 and deleted_at < $4 and erased_at is null"
        ))
        .bind(id)
        .bind(format!("{}@erased.invalid", Uuid::now_v7().simple()))
        .bind(now)
        .bind(cutoff)
        .execute()
        .await?;
    Ok(emptied == 1)
}

/// Removes everything that belonged to a user, in every table but the trail.
pub async fn remove_belongings(tx: &mut Tx, due: &UserToErase) -> Result<()> {
    for belongings in [
        sql!("delete from sessions where user_id = $1"),
        sql!("delete from one_time_tokens where user_id = $1"),
        sql!("delete from outbox where user_id = $1"),
        sql!("delete from email_holds where user_id = $1"),
        sql!("delete from known_devices where user_id = $1"),
        sql!("delete from oauth_accounts where user_id = $1"),
        sql!("delete from mfa_challenges where user_id = $1"),
        sql!("delete from mfa_enrollments where user_id = $1"),
        sql!("delete from backup_codes where user_id = $1"),
        sql!("delete from mfa where user_id = $1"),
    ] {
        tx.query(belongings).bind(due.id).execute().await?;
    }
    // Emails that a stranger asked for know the address alone.
    tx.query(sql!("delete from outbox where recipient = $1 and user_id is null"))
        .bind(due.email.clone())
        .execute()
        .await?;
    Ok(())
}
