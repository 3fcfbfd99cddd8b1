//! Accounts whose address was never verified and that are old enough to be removed.

use super::users;
use crate::error::Result;
use crate::tools::db::{Db, Tx, sql};
use crate::values::ids::UserId;
use crate::values::time::Time;

/// Which accounts are removed.
#[derive(Debug, Clone, Copy)]
pub struct RemovalRules {
    /// Those created before this time, and not signed in to since.
    pub cutoff: Time,
    /// Whether accounts that were ever signed in to stay.
    pub spares_used: bool,
    /// The present time.
    pub now: Time,
}

/// The condition for removal: a registered account (an invited one has no password) without an active session.
macro_rules! is_due {
    () => {
        "u.email_verified_at is null and u.deleted_at is null and u.created_at < $1 \
         and (u.last_login_at is null or (u.last_login_at < $1 and not $2)) \
         and u.role = 'USER' and u.password_hash is not null and not exists \
         (select 1 from sessions s where s.user_id = u.id and s.ended_at is null and s.expires_at > $3)"
    };
}

/// The next accounts to remove, behind `last` in the order of their ids.
pub async fn list(db: &Db, limits: &RemovalRules, last: UserId, batch: i64) -> Result<Vec<UserId>> {
    let found: Vec<(UserId,)> = db
        .query(sql!("select u.id from users u where ", is_due!(), " and u.id > $4 order by u.id limit $5"))
        .bind(limits.cutoff)
        .bind(limits.spares_used)
        .bind(limits.now)
        .bind(last)
        .bind(batch)
        .all()
        .await?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}

/// Deletes the account and all its rows; false where it no longer fits the rules.
pub async fn remove(tx: &mut Tx, id: UserId, limits: &RemovalRules) -> Result<bool> {
    // Locked first: a delete that waited for the row would check the subselect as it was before (PostgreSQL, READ
    // COMMITTED).
    users::hold(tx, id).await?;
    let removed = tx
        .query(sql!("delete from users where id = $4 and id in (select u.id from users u where ", is_due!(), ")"))
        .bind(limits.cutoff)
        .bind(limits.spares_used)
        .bind(limits.now)
        .bind(id)
        .execute()
        .await?;
    Ok(removed == 1)
}
