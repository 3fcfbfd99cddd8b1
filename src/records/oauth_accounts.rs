//! Accounts at OAuth providers with which users sign in.

use super::id_list::IdList;
use crate::error::Result;
use crate::tools::db::{Db, Tx, sql};
use crate::values::email_address::EmailAddress;
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

/// A provider account, by the provider's own names.
#[derive(Debug, Clone, Copy)]
pub struct ProviderAccount<'a> {
    /// The provider.
    pub provider: &'a str,
    /// The provider's name for the user.
    pub subject: &'a str,
}

const FIND: &str = sql!(
    "select id, user_id, provider, email, linked_at, last_used_at from oauth_accounts where provider = $1 and subject = $2"
);

/// The link of a provider account, if it has one.
pub async fn find(db: &Db, account: ProviderAccount<'_>) -> Result<Option<LinkedAccount>> {
    db.query(FIND).bind(account.provider.to_owned()).bind(account.subject.to_owned()).optional().await
}

/// The same, as the transaction sees it.
pub async fn find_in(tx: &mut Tx, account: ProviderAccount<'_>) -> Result<Option<LinkedAccount>> {
    tx.query(FIND).bind(account.provider.to_owned()).bind(account.subject.to_owned()).optional().await
}

/// The linked accounts of a user, as the transaction sees them.
pub async fn list_of_user_in(tx: &mut Tx, user: UserId) -> Result<Vec<LinkedAccount>> {
    tx.query(sql!(
        "select id, user_id, provider, email, linked_at, last_used_at from oauth_accounts where user_id = $1"
    ))
    .bind(user)
    .all()
    .await
}

/// Links a provider account; false where it is linked already, whoever to. Of many at the same time exactly one succeeds.
pub async fn link(
    tx: &mut Tx,
    user: UserId,
    account: ProviderAccount<'_>,
    email: Option<&EmailAddress>,
    now: Time,
) -> Result<bool> {
    let linked = tx
        .query(sql!(
            "insert into oauth_accounts (id, user_id, provider, subject, email, linked_at) values ($1, $2, $3, $4, $5, $6)",
            " on conflict (provider, subject) do nothing"
        ))
        .bind(OAuthAccountId::new())
        .bind(user)
        .bind(account.provider.to_owned())
        .bind(account.subject.to_owned())
        .bind(email.map(|email| email.as_str().to_owned()))
        .bind(now)
        .execute()
        .await?;
    Ok(linked == 1)
}

/// Notes a login with a provider account, and the address that the provider reports now.
pub async fn note_use(
    tx: &mut Tx,
    account: ProviderAccount<'_>,
    email: Option<&EmailAddress>,
    now: Time,
) -> Result<()> {
    tx.query(sql!(
        "update oauth_accounts set last_used_at = $3, email = coalesce($4, email) where provider = $1 and subject = $2"
    ))
    .bind(account.provider.to_owned())
    .bind(account.subject.to_owned())
    .bind(now)
    .bind(email.map(|email| email.as_str().to_owned()))
    .execute()
    .await?;
    Ok(())
}

/// Unlinks one provider account.
pub async fn unlink(tx: &mut Tx, id: OAuthAccountId) -> Result<()> {
    tx.query(sql!("delete from oauth_accounts where id = $1")).bind(id).execute().await?;
    Ok(())
}

/// Unlinks the provider accounts of a user that were linked before a moment.
pub async fn unlink_older(tx: &mut Tx, user: UserId, moment: Time) -> Result<()> {
    tx.query(sql!("delete from oauth_accounts where user_id = $1 and linked_at < $2"))
        .bind(user)
        .bind(moment)
        .execute()
        .await?;
    Ok(())
}

/// Removes all linked accounts of a user.
pub async fn unlink_all(tx: &mut Tx, user: UserId) -> Result<()> {
    tx.query(sql!("delete from oauth_accounts where user_id = $1")).bind(user).execute().await?;
    Ok(())
}
