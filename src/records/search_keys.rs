//! What users are searched by: their names and addresses, folded by the application, whose Unicode both engines share.

use uuid::Uuid;

use crate::error::Result;
use crate::tools::db::{Db, Tx, sql};
use crate::values::email_address::EmailAddress;
use crate::values::ids::UserId;
use crate::values::user::folded;

/// What is folded of a user, and how it was.
#[derive(Debug, Clone, sqlx::FromRow)]
#[allow(missing_docs, reason = "the columns of the table")]
pub struct Keys {
    pub id: UserId,
    pub email: EmailAddress,
    pub name: Option<String>,
    pub name_key: Option<String>,
    pub address_key: Option<String>,
}

/// Where to begin.
#[must_use]
pub fn beginning() -> UserId {
    UserId::from(Uuid::nil())
}

/// Whether a migration has said that all keys are to be made anew.
pub async fn are_stale(db: &Db) -> Result<bool> {
    let stale: Option<(i32,)> = db.query(sql!("select 1 from search_refill")).optional().await?;
    Ok(stale.is_some())
}

/// They are as they should be.
pub async fn note_fresh(db: &Db) -> Result<()> {
    db.query(sql!("delete from search_refill")).execute().await.map(drop)
}

/// A batch of users behind this one, by id.
pub async fn list(db: &Db, after: UserId, batch: i64) -> Result<Vec<Keys>> {
    db.query(sql!("select id, email, name, name_key, address_key from users where id > $1 order by id limit $2"))
        .bind(after)
        .bind(batch)
        .all()
        .await
}

/// Makes the keys of a user anew, where they differ. A user who was changed meanwhile has new ones already.
pub async fn renew(tx: &mut Tx, keys: &Keys) -> Result<()> {
    let (name_key, address_key) = (keys.name.as_deref().map(folded), keys.email.search_key());
    if (&name_key, &address_key) == (&keys.name_key, &keys.address_key) {
        return Ok(());
    }
    tx.query(sql!(
        "update users set name_key = $2, address_key = $3",
        " where id = $1 and email = $4 and coalesce(name, '') = coalesce($5, '')"
    ))
    .bind(keys.id)
    .bind(name_key)
    .bind(address_key)
    .bind(keys.email.clone())
    .bind(keys.name.clone())
    .execute()
    .await
    .map(drop)
}
