//! What administrators change about users, and the rule that one administrator is always left.

use crate::error::{OrFault, Result};
use crate::records::user_facets;
use crate::records::users::{self, StoredLock, User};
use crate::tools::db::{Tx, sql};
use crate::values::ids::UserId;
use crate::values::time::Time;
use crate::values::user::{AccountLock, LockCause, Role};

/// Locks the set of administrators until the transaction ends. A transaction that takes an administrator away calls it
/// before it reads anything, because what it read earlier may have changed while it waited for the lock.
pub async fn lock_admins(tx: &mut Tx) -> Result<()> {
    tx.query(sql!("update admin_lock set changes = changes + 1 where only_row = 1")).execute().await?;
    Ok(())
}

/// Whether an administrator exists who can sign in, not counting `besides`. Such an administrator has a password or an
/// OAuth account, a verified address where the settings require it, and is not locked by an administrator. An invited
/// administrator counts only after accepting the invitation. A lock by wrong passwords does not matter here: a stranger
/// can cause it, and it ends by itself. Before taking an administrator away, call it right after [`lock_admins`].
pub async fn any_able_admin(tx: &mut Tx, besides: Option<UserId>, needs_verified: bool, now: Time) -> Result<bool> {
    let able: Option<(i32,)> = tx
        .query(sql!(
            "select 1 from users u where u.role = 'ADMIN' and u.deleted_at is null and u.facets in ",
            user_facets::present_admins!(),
            " and (u.id <> $1 or $1 is null) and (u.email_verified_at is not null or not $2)",
            " and (u.locked_by is null or u.locked_by <> 'ADMIN' or u.locked_until <= $3)",
            " and (u.password_hash is not null or exists (select 1 from oauth_accounts o where o.user_id = u.id)) limit 1"
        ))
        .bind(besides)
        .bind(needs_verified)
        .bind(now)
        .optional()
        .await?;
    Ok(able.is_some())
}

/// Changes the role of a user.
pub async fn set_role(tx: &mut Tx, id: UserId, role: Role, now: Time) -> Result<()> {
    tx.query(sql!("update users set role = $2, updated_at = $3 where id = $1"))
        .bind(id)
        .bind(role)
        .bind(now)
        .execute()
        .await?;
    Ok(())
}

/// Locks an account until a time, or without an end, as an administrator. It replaces any other lock.
pub async fn lock(tx: &mut Tx, id: UserId, until: Option<Time>, now: Time) -> Result<()> {
    let lock = StoredLock::new(AccountLock { cause: LockCause::Administrator, until });
    tx.query(sql!("update users set locked_until = $2, locked_by = $3, updated_at = $4 where id = $1"))
        .bind(id)
        .bind(lock.end())
        .bind(lock.cause())
        .bind(now)
        .execute()
        .await?;
    Ok(())
}

/// Removes any lock and resets the count of wrong passwords.
pub async fn unlock(tx: &mut Tx, id: UserId, now: Time) -> Result<()> {
    tx.query(sql!(
        "update users set locked_until = null, locked_by = null, failed_attempts = 0, updated_at = $2 where id = $1"
    ))
    .bind(id)
    .bind(now)
    .execute()
    .await?;
    Ok(())
}

/// Undoes a deletion; false where the account is not deleted, or is erased already.
pub async fn restore(tx: &mut Tx, id: UserId, now: Time) -> Result<bool> {
    let restored = tx
        .query(sql!(
            "update users set deleted_at = null, updated_at = $2",
            " where id = $1 and deleted_at is not null and erased_at is null"
        ))
        .bind(id)
        .bind(now)
        .execute()
        .await?;
    Ok(restored == 1)
}

/// The user of this id, whose row is locked until the transaction ends.
pub async fn find_to_change(tx: &mut Tx, id: UserId) -> Result<Option<User>> {
    if !users::hold(tx, id).await? {
        return Ok(None);
    }
    users::find_in(tx, id).await?.or_fault("reading a user just held").map(Some)
}
