//! Accounts at OAuth providers with which users sign in.

use super::id_list::IdList;
use crate::error::Result;
use crate::tools::db::{Db, Tx, sql};
use crate::values::ids::{OAuthAccountId, UserId};
use crate::values::time::Time;

/// One account at one provider, linked to a user.
#[derive(Debug, Clone, sqlx::FromRow)]
#[allow(missing_docs, reason = "the columns of the table")]
pub struct LinkedAccount {
    pub id: OAuthAccountId,
    pub user_id: UserId,
    pub provider: String,
    pub email: Option<String>,
    pub linked_at: Time,
    pub last_used_at: Option<Time>,
}

/// The linked accounts of these users, the oldest of each user first.
pub async fn list_of_users(db: &Db, users: &[UserId]) -> Result<Vec<LinkedAccount>> {
    let ids = IdList::new(users);
    let text = format!(
        "select id, user_id, provider, email, linked_at, last_used_at from oauth_accounts \
         where user_id in ({}) order by user_id, linked_at, id",
        ids.placeholders(1)
    );
    ids.bind(db.query_built(text)).all().await
}

/// The linked accounts of these ids, in no order. Unknown ids are missing.
pub async fn list(db: &Db, ids: &[OAuthAccountId]) -> Result<Vec<LinkedAccount>> {
    let ids = IdList::new(ids);
    let text = format!(
        "select id, user_id, provider, email, linked_at, last_used_at from oauth_accounts where id in ({})",
        ids.placeholders(1)
    );
    ids.bind(db.query_built(text)).all().await
}

/// Removes all linked accounts of a user.
pub async fn unlink_all(tx: &mut Tx, user: UserId) -> Result<()> {
    tx.query(sql!("delete from oauth_accounts where user_id = $1")).bind(user).execute().await?;
    Ok(())
}
