//! Changes of address that wait for the new address to confirm: one for each user.
//!
//! Only for display. A change is confirmed by its token (`one_time_tokens`), which exists only if the new address is free;
//! this row exists in either case, so that it does not tell whether the address has an account.

use super::id_list::IdList;
use crate::error::Result;
use crate::tools::db::{Db, Tx, sql};
use crate::values::email_address::EmailAddress;
use crate::values::ids::{SessionId, UserId};
use crate::values::time::Time;

/// A change that waits.
#[derive(Debug)]
pub struct EmailChange<'a> {
    /// The user.
    pub user: UserId,
    /// The new address.
    pub email: &'a EmailAddress,
    /// The session that asked for it; the change ends with it.
    pub session: SessionId,
    /// When the change ends if it is not confirmed.
    pub expires_at: Time,
}

/// A user's new address that is not confirmed yet.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct PendingEmail {
    /// The user.
    pub user_id: UserId,
    /// The new address.
    pub email: EmailAddress,
}

/// Notes a change. It replaces an earlier one of the user.
pub async fn note(tx: &mut Tx, change: EmailChange<'_>) -> Result<()> {
    tx.query(sql!(
        "insert into email_changes (user_id, email, session_id, expires_at) values ($1, $2, $3, $4)",
        " on conflict (user_id) do update",
        " set email = excluded.email, session_id = excluded.session_id, expires_at = excluded.expires_at"
    ))
    .bind(change.user)
    .bind(change.email.clone())
    .bind(change.session)
    .bind(change.expires_at)
    .execute()
    .await?;
    Ok(())
}

/// Removes the change of a user: it was confirmed, or ended with the session.
pub async fn forget(tx: &mut Tx, user: UserId) -> Result<()> {
    tx.query(sql!("delete from email_changes where user_id = $1")).bind(user).execute().await?;
    Ok(())
}

/// The new addresses of these users whose session is alive, in no order.
pub async fn list_of_users(db: &Db, users: &[UserId], now: Time) -> Result<Vec<PendingEmail>> {
    let ids = IdList::new(users);
    // An instance of the version before confirms a change without removing its row.
    let text = format!(
        "select c.user_id, c.email from email_changes c join users u on u.id = c.user_id and u.email <> c.email \
         join sessions s on s.id = c.session_id \
         where c.user_id in ({}) and c.expires_at > $1 and s.expires_at > $1 and s.ended_at is null \
         and u.deleted_at is null",
        ids.placeholders(2)
    );
    ids.bind(db.query_built(text).bind(now)).all().await
}

/// Deletes a batch of changes that expired before `cutoff`. Answers how many.
pub async fn sweep(db: &Db, cutoff: Time, batch: i64) -> Result<u64> {
    db.query(sql!(
        "delete from email_changes where user_id in (select user_id from email_changes where expires_at < $1 limit $2)"
    ))
    .bind(cutoff)
    .bind(batch)
    .execute()
    .await
}
