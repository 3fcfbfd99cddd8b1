//! Holds on addresses that a user changed away from. No other account gets such an address while its former owner can
//! still undo the change (docs/adr/0009).

use crate::error::Result;
use crate::tools::db::{Db, Tx, sql};
use crate::values::email_address::EmailAddress;
use crate::values::ids::UserId;
use crate::values::time::Time;

/// Holds an address for the user who just changed away from it.
pub async fn hold(tx: &mut Tx, id: UserId, email: &EmailAddress, held_until: Time) -> Result<()> {
    tx.query(sql!(
        "insert into email_holds (email, user_id, held_until) values ($1, $2, $3)",
        " on conflict (email) do update set user_id = excluded.user_id, held_until = excluded.held_until"
    ))
    .bind(email.clone())
    .bind(id)
    .bind(held_until)
    .execute()
    .await?;
    Ok(())
}

/// Whether an address is held for another account.
pub async fn is_held_for_another(tx: &mut Tx, email: &EmailAddress, id: UserId, now: Time) -> Result<bool> {
    let held: Option<(i32,)> = tx
        .query(sql!("select 1 from email_holds where email = $1 and user_id <> $2 and held_until > $3"))
        .bind(email.clone())
        .bind(id)
        .bind(now)
        .optional()
        .await?;
    Ok(held.is_some())
}

/// Whether an address is held for this account.
pub async fn is_held_for(tx: &mut Tx, email: &EmailAddress, id: UserId) -> Result<bool> {
    let held: Option<(i32,)> = tx
        .query(sql!("select 1 from email_holds where email = $1 and user_id = $2"))
        .bind(email.clone())
        .bind(id)
        .optional()
        .await?;
    Ok(held.is_some())
}

/// A held address: until `held_until` its owner can undo the change.
#[derive(Debug, Clone, sqlx::FromRow)]
#[allow(missing_docs, reason = "the columns of the table")]
pub struct HeldAddress {
    pub email: EmailAddress,
    pub held_until: Time,
}

/// The address that is held longest for this user.
pub async fn find_of_user(tx: &mut Tx, id: UserId, now: Time) -> Result<Option<HeldAddress>> {
    tx.query(sql!(
        "select email, held_until from email_holds where user_id = $1 and held_until > $2",
        " order by held_until desc, email limit 1"
    ))
    .bind(id)
    .bind(now)
    .optional()
    .await
}

/// Releases an address that its user has again, and those that the user changed away from later.
pub async fn release_from(tx: &mut Tx, id: UserId, restored: &EmailAddress) -> Result<()> {
    tx.query(sql!(
        "delete from email_holds where user_id = $1",
        " and held_until >= (select o.held_until from email_holds o where o.email = $2)"
    ))
    .bind(id)
    .bind(restored.clone())
    .execute()
    .await?;
    Ok(())
}

/// Removes a batch of holds that ended before `cutoff`. Answers how many.
pub async fn sweep(db: &Db, cutoff: Time, batch: i64) -> Result<u64> {
    // The condition is written twice so that a hold stays if it was renewed while this statement waited for its row:
    // PostgreSQL checks the row again, but not the subselect.
    db.query(sql!(
        "delete from email_holds where held_until < $1",
        " and email in (select email from email_holds where held_until < $1 limit $2)"
    ))
    .bind(cutoff)
    .bind(batch)
    .execute()
    .await
}
