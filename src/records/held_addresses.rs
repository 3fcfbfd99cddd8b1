//! Addresses that somebody changed away from: nobody else gets one while its owner can still undo the change.

use crate::error::Result;
use crate::tools::db::{Db, Tx, sql};
use crate::values::email_address::EmailAddress;
use crate::values::ids::UserId;
use crate::values::time::Time;

/// Keeps an address for the user who just changed away from it.
pub async fn hold(tx: &mut Tx, id: UserId, email: &EmailAddress, held_until: Time) -> Result<()> {
    tx.query(sql!(
        "insert into held_addresses (email, user_id, held_until) values ($1, $2, $3)",
        " on conflict (email) do update set user_id = excluded.user_id, held_until = excluded.held_until"
    ))
    .bind(email.clone())
    .bind(id)
    .bind(held_until)
    .execute()
    .await?;
    Ok(())
}

/// Lets go of an address that its user has again.
pub async fn release(tx: &mut Tx, email: &EmailAddress) -> Result<()> {
    tx.query(sql!("delete from held_addresses where email = $1")).bind(email.clone()).execute().await?;
    Ok(())
}

/// Removes a batch of holds that ended before `cutoff`. Answers how many.
pub async fn sweep(db: &Db, cutoff: Time, batch: i64) -> Result<u64> {
    db.query(sql!(
        "delete from held_addresses where email in (select email from held_addresses where held_until < $1 limit $2)"
    ))
    .bind(cutoff)
    .bind(batch)
    .execute()
    .await
}
