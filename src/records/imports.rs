//! Accounts of another system, many in one statement. The triggers count them like any others.

use std::collections::HashSet;

use super::bulk_insert::statement;
use super::seeding::SeededAuthenticator;
use crate::error::Result;
use crate::tools::db::{Db, Tx};
use crate::values::email_address::EmailAddress;
use crate::values::ids::UserId;
use crate::values::password::PasswordHash;
use crate::values::time::Time;
use crate::values::user::{AccountLock, LockCause, Role, folded};

pub use super::bulk_insert::BATCH;
use super::users::StoredLock;

/// An account as an import writes it.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the columns of the tables")]
pub struct ImportedAccount {
    pub id: UserId,
    pub email: EmailAddress,
    pub email_verified_at: Option<Time>,
    pub name: Option<String>,
    pub locale: Option<String>,
    pub role: Role,
    pub password_hash: Option<PasswordHash>,
    /// Locked without an end, as by an administrator.
    pub is_locked: bool,
    pub created_at: Time,
    /// The secret of an authenticator app, sealed for this id.
    pub sealed_totp_secret: Option<Vec<u8>>,
}

/// The addresses among these that an account has already, or that are held for somebody who may take them back.
pub async fn list_taken(db: &Db, emails: &[EmailAddress], now: Time) -> Result<HashSet<String>> {
    let places: Vec<String> = (2..emails.len() + 2).map(|place| format!("${place}")).collect();
    let places = places.join(", ");
    let text = format!(
        "select email from users where email in ({places}) \
         union all select email from email_holds where email in ({places}) and held_until > $1"
    );
    let query = emails.iter().fold(db.query_built(text).bind(now), |query, email| query.bind(email.clone()));
    Ok(query.all::<(String,)>().await?.into_iter().map(|(email,)| email).collect())
}

/// Creates those of the accounts, [`BATCH`] at most, whose addresses are free. Answers their ids.
pub async fn create(tx: &mut Tx, accounts: &[ImportedAccount], now: Time) -> Result<HashSet<UserId>> {
    if accounts.is_empty() {
        return Ok(HashSet::new());
    }
    let columns = "id, email, address_key, email_verified_at, name, name_key, locale, role, password_hash, locked_until, \
                   locked_by, created_at, updated_at";
    let text = statement("users", columns, accounts.len()) + " on conflict (email) do nothing returning id";
    let query = accounts.iter().fold(tx.query_built(text), |query, account| {
        let lock = AccountLock { cause: LockCause::Administrator, until: None };
        let lock = if account.is_locked { StoredLock::new(lock) } else { StoredLock::default() };
        query
            .bind(account.id)
            .bind(account.email.clone())
            .bind(account.email.search_key())
            .bind(account.email_verified_at)
            .bind(account.name.clone())
            .bind(account.name.as_deref().map(folded))
            .bind(account.locale.clone())
            .bind(account.role)
            .bind(account.password_hash.clone())
            .bind(lock.end())
            .bind(lock.cause())
            .bind(account.created_at)
            .bind(now)
    });
    let mut created: HashSet<UserId> = query.all::<(UserId,)>().await?.into_iter().map(|(id,)| id).collect();
    // After the insert, as `users::create` does it, whose comment says why.
    for id in remove_held(tx, accounts, now).await? {
        created.remove(&id);
    }
    let authenticators: Vec<SeededAuthenticator> = accounts
        .iter()
        .filter(|account| created.contains(&account.id))
        .filter_map(|account| {
            let sealed_secret = account.sealed_totp_secret.clone()?;
            Some(SeededAuthenticator { user_id: account.id, sealed_secret, enabled_at: now })
        })
        .collect();
    super::seeding::insert_authenticators(tx, &authenticators).await?;
    Ok(created)
}

/// Removes the accounts just created whose address is held for another account. Answers their ids.
async fn remove_held(tx: &mut Tx, accounts: &[ImportedAccount], now: Time) -> Result<Vec<UserId>> {
    let places: Vec<String> = (2..accounts.len() + 2).map(|place| format!("${place}")).collect();
    let text = format!(
        "delete from users where id in ({}) and exists \
         (select 1 from email_holds h where h.email = users.email and h.held_until > $1 and h.user_id <> users.id) \
         returning id",
        places.join(", ")
    );
    let query = accounts.iter().fold(tx.query_built(text).bind(now), |query, account| query.bind(account.id));
    Ok(query.all::<(UserId,)>().await?.into_iter().map(|(id,)| id).collect())
}
