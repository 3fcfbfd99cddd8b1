//! Users: their accounts, addresses and profiles.

mod lock;
mod passwords;

use super::email_holds;
use super::id_list::IdList;
use crate::error::{OrFault, Result};
use crate::tools::db::{Db, Tx, sql};
use crate::values::email_address::EmailAddress;
use crate::values::ids::UserId;
use crate::values::password::PasswordHash;
use crate::values::secret_token::TokenHash;
use crate::values::time::Time;
use crate::values::user::{Role, UserStatus, folded};

pub use lock::StoredLock;
pub use passwords::{
    accept_password, change_password, count_failure, hash_parameters, renew_hash, reset_password, revoke_password,
    set_first_password, shorten_lock,
};

/// One account.
#[derive(Debug, Clone, sqlx::FromRow)]
#[allow(missing_docs, reason = "the columns of the table")]
pub struct User {
    pub id: UserId,
    pub email: EmailAddress,
    pub email_verified_at: Option<Time>,
    pub name: Option<String>,
    pub locale: Option<String>,
    pub role: Role,
    pub password_hash: Option<PasswordHash>,
    #[sqlx(flatten)]
    pub stored_lock: StoredLock,
    pub created_at: Time,
    pub updated_at: Time,
    pub last_login_at: Option<Time>,
    pub invited_at: Option<Time>,
    pub deleted_at: Option<Time>,
    pub erased_at: Option<Time>,
}

impl User {
    /// The status of the account.
    #[must_use]
    pub fn status(&self, now: Time) -> UserStatus {
        match (self.erased_at, self.deleted_at, self.lock(now), self.invited_at) {
            (Some(_), ..) => UserStatus::Erased,
            (None, Some(_), ..) => UserStatus::Deleted,
            (None, None, Some(_), _) => UserStatus::Locked,
            (None, None, None, Some(_)) => UserStatus::Invited,
            (None, None, None, None) => UserStatus::Active,
        }
    }
}

/// A new account.
#[derive(Debug)]
#[allow(missing_docs, reason = "the columns of the table")]
pub struct NewUser<'a> {
    pub email: &'a EmailAddress,
    pub name: Option<&'a str>,
    pub locale: Option<&'a str>,
    pub role: Role,
    /// `None` for an invited user, who chooses a password later.
    pub password_hash: Option<&'a PasswordHash>,
    pub email_verified_at: Option<Time>,
    pub creation_key: Option<TokenHash>,
    /// `None` for a user who was not invited.
    pub invited_at: Option<Time>,
}

/// The columns of [`User`], of the table under the name `u`.
macro_rules! columns {
    () => {
        "u.id, u.email, u.email_verified_at, u.name, u.locale, u.role, u.password_hash, \
         u.locked_until, u.locked_by, u.created_at, u.updated_at, u.last_login_at, u.invited_at, u.deleted_at, u.erased_at"
    };
}
pub(super) use columns;

/// Creates an account, unless the address is taken or held. Of many at the same time exactly one succeeds.
///
/// The hold is checked twice. An insert that waits for a change of address in another transaction goes on with the
/// snapshot it began with (PostgreSQL, READ COMMITTED), in which that change and its hold do not exist yet.
pub async fn create(tx: &mut Tx, new: NewUser<'_>, now: Time) -> Result<Option<User>> {
    let id = UserId::new();
    let created = tx
        .query(sql!(
            "insert into users",
            " (id, email, name, locale, role, password_hash, email_verified_at, created_at, updated_at, name_key,",
            " address_key, creation_key, invited_at)",
            " select $1, $2, $3, $4, $5, $6, $7, $8, $8, $9, $10, $11, $12",
            " where not exists (select 1 from email_holds h where h.email = $2 and h.held_until > $8)",
            " on conflict (email) do nothing"
        ))
        .bind(id)
        .bind(new.email.clone())
        .bind(new.name.map(str::to_owned))
        .bind(new.locale.map(str::to_owned))
        .bind(new.role)
        .bind(new.password_hash.cloned())
        .bind(new.email_verified_at)
        .bind(now)
        .bind(new.name.map(folded))
        .bind(new.email.search_key())
        .bind(new.creation_key)
        .bind(new.invited_at)
        .execute()
        .await?;
    // Also for a taken address, so that both cases take the same number of statements and the time reveals nothing.
    let is_held = email_holds::is_held_for_another(tx, new.email, id, now).await?;
    if created == 0 {
        return Ok(None);
    }
    if is_held {
        tx.query(sql!("delete from users where id = $1")).bind(id).execute().await?;
        return Ok(None);
    }
    find_in(tx, id).await
}

/// The account of this address, deleted or not.
pub async fn find_by_email(db: &Db, email: &EmailAddress) -> Result<Option<User>> {
    db.query(sql!("select ", columns!(), " from users u where u.email = $1")).bind(email.clone()).optional().await
}

/// The account of this address, inside a transaction.
pub async fn find_by_email_in(tx: &mut Tx, email: &EmailAddress) -> Result<Option<User>> {
    tx.query(sql!("select ", columns!(), " from users u where u.email = $1")).bind(email.clone()).optional().await
}

/// The account of this id, deleted or not.
pub async fn find(db: &Db, id: UserId) -> Result<Option<User>> {
    db.query(sql!("select ", columns!(), " from users u where u.id = $1")).bind(id).optional().await
}

/// The account of this id, as the transaction sees it.
pub async fn find_in(tx: &mut Tx, id: UserId) -> Result<Option<User>> {
    tx.query(sql!("select ", columns!(), " from users u where u.id = $1")).bind(id).optional().await
}

/// Locks the row of a user until the transaction ends; false where there is none. A flow that changes several rows of
/// one user begins with it, so that two flows cannot deadlock.
pub async fn hold(tx: &mut Tx, id: UserId) -> Result<bool> {
    let held = tx.query(sql!("update users set updated_at = updated_at where id = $1")).bind(id).execute().await?;
    Ok(held == 1)
}

/// The accounts of these ids, in no order. Unknown ids are missing.
pub async fn list(db: &Db, ids: &[UserId]) -> Result<Vec<User>> {
    let ids = IdList::new(ids);
    let text = format!("select {} from users u where u.id in ({})", columns!(), ids.placeholders(1));
    ids.bind(db.query_built(text)).all().await
}

/// Notes a login. A user who logs in, in whatever way, has accepted the invitation.
pub async fn note_login(tx: &mut Tx, id: UserId, now: Time) -> Result<()> {
    tx.query(sql!("update users set last_login_at = $2, invited_at = null where id = $1"))
        .bind(id)
        .bind(now)
        .execute()
        .await?;
    Ok(())
}

/// Marks the address as verified; false where it no longer is the user's.
pub async fn verify_email(tx: &mut Tx, id: UserId, email: &EmailAddress, now: Time) -> Result<bool> {
    let verified = tx
        .query(sql!(
            "update users set email_verified_at = coalesce(email_verified_at, $3), updated_at = $3",
            " where id = $1 and email = $2 and deleted_at is null"
        ))
        .bind(id)
        .bind(email.clone())
        .bind(now)
        .execute()
        .await?;
    Ok(verified == 1)
}

/// Moves the account to a verified address; false where that is taken, or held for another account. One check is
/// enough, unlike in [`create`]: until another transaction's change commits, this one sees the address as taken.
pub async fn change_email(tx: &mut Tx, id: UserId, email: &EmailAddress, now: Time) -> Result<bool> {
    let changed = tx
        .query(sql!(
            "update users set email = $2, address_key = $4, email_verified_at = $3, updated_at = $3",
            " where id = $1 and deleted_at is null",
            " and not exists (select 1 from users o where o.email = $2 and o.id <> $1)",
            " and not exists (select 1 from email_holds h where h.email = $2 and h.user_id <> $1 and h.held_until > $3)"
        ))
        .bind(id)
        .bind(email.clone())
        .bind(now)
        .bind(email.search_key())
        .execute()
        .await?;
    Ok(changed == 1)
}

/// Whether this user can have an address: no other user has it, and it is not held for another one.
pub async fn is_free(tx: &mut Tx, email: &EmailAddress, id: UserId, now: Time) -> Result<bool> {
    let taken: Option<(i32,)> = tx
        .query(sql!(
            "select 1 from users u where u.email = $1 and u.id <> $2",
            " union all select 1 from email_holds h where h.email = $1 and h.user_id <> $2 and h.held_until > $3 limit 1"
        ))
        .bind(email.clone())
        .bind(id)
        .bind(now)
        .optional()
        .await?;
    Ok(taken.is_none())
}

/// Sets display name and language.
pub async fn update_profile(tx: &mut Tx, user: &User, now: Time) -> Result<User> {
    tx.query(sql!("update users set name = $2, locale = $3, updated_at = $4, name_key = $5 where id = $1"))
        .bind(user.id)
        .bind(user.name.clone())
        .bind(user.locale.clone())
        .bind(now)
        .bind(user.name.as_deref().map(folded))
        .execute()
        .await?;
    find_in(tx, user.id).await?.or_fault("reading a profile just written")
}

/// Removes the display name.
pub async fn clear_name(tx: &mut Tx, id: UserId, now: Time) -> Result<()> {
    tx.query(sql!("update users set name = null, name_key = null, updated_at = $2 where id = $1"))
        .bind(id)
        .bind(now)
        .execute()
        .await?;
    Ok(())
}

/// Marks the account as deleted; false where it is deleted already.
pub async fn delete(tx: &mut Tx, id: UserId, now: Time) -> Result<bool> {
    let deleted = tx
        .query(sql!("update users set deleted_at = $2, updated_at = $2 where id = $1 and deleted_at is null"))
        .bind(id)
        .bind(now)
        .execute()
        .await?;
    Ok(deleted == 1)
}
