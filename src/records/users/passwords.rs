//! Passwords of users: failed and successful attempts, new passwords, and the lock after too many failures.

use super::{User, find_in};
use crate::error::Result;
use crate::tools::db::{Db, Dialects, Tx, postgres, sql, sqlite};
use crate::values::email_address::EmailAddress;
use crate::values::ids::UserId;
use crate::values::password::PasswordHash;
use crate::values::time::Time;

/// Counts a wrong password. The last allowed one locks the account. Answers the end of a lock made by this one.
pub async fn count_failure(tx: &mut Tx, id: UserId, limit: i32, lock_until: Time, now: Time) -> Result<Option<Time>> {
    let counted: Option<(i32,)> = tx
        .query(sql!(
            "update users set",
            " failed_attempts = case when failed_attempts + 1 >= $2 then 0 else failed_attempts + 1 end,",
            " locked_until = case when failed_attempts + 1 >= $2 then $3 else locked_until end,",
            " locked_by = case when failed_attempts + 1 >= $2 then 'FAILED_ATTEMPTS' else locked_by end",
            " where id = $1 and (locked_until is null or locked_until <= $4) returning failed_attempts"
        ))
        .bind(id)
        .bind(limit)
        .bind(lock_until)
        .bind(now)
        .optional()
        .await?;
    Ok(counted.filter(|(attempts,)| *attempts == 0).map(|_| lock_until))
}

/// Shortens a lock by wrong passwords to this time, if it would last longer.
pub async fn shorten_lock(tx: &mut Tx, id: UserId, until: Time) -> Result<()> {
    tx.query(sql!(
        "update users set locked_until = $2 where id = $1 and locked_by = 'FAILED_ATTEMPTS' and locked_until > $2"
    ))
    .bind(id)
    .bind(until)
    .execute()
    .await
    .map(drop)
}

/// Accepts the password whose hash was compared, and resets the count of failures. `None` where the account was locked
/// or deleted, or its password changed, during the comparison. A known device may pass a lock by wrong passwords
/// (`passes_lock`); the lock stays for other devices.
pub async fn accept_password(
    tx: &mut Tx,
    id: UserId,
    compared: &PasswordHash,
    passes_lock: bool,
    now: Time,
) -> Result<Option<User>> {
    let noted = tx
        .query(sql!(
            "update users set failed_attempts = 0,",
            " locked_until = case when locked_until > $3 then locked_until end,",
            " locked_by = case when locked_until > $3 then locked_by end",
            " where id = $1 and password_hash = $2 and deleted_at is null",
            " and (locked_until is null or locked_until <= $3 or ($4 and locked_by = 'FAILED_ATTEMPTS'))"
        ))
        .bind(id)
        .bind(compared.clone())
        .bind(now)
        .bind(passes_lock)
        .execute()
        .await?;
    if noted == 0 {
        return Ok(None);
    }
    find_in(tx, id).await
}

/// The different beginnings of stored hashes, which have their parameters: `$argon2id$v=19$m=…,t=…,p=…`, `$2b$12$`,
/// `$scrypt$ln=…,r=…,p=…$`. Reads every account.
pub async fn hash_parameters(db: &Db) -> Result<Vec<String>> {
    // Of Argon2 the parameters follow the first 15 characters, up to the next dollar sign; of bcrypt they are the first seven
    // characters; of others they end at the third dollar sign.
    let found: Vec<(String,)> = db
        .query_of(Dialects {
            sqlite: sqlite!(
                "select distinct case",
                " when u.password_hash like '$argon2%'",
                " then substr(u.password_hash, 1, 14 + instr(substr(u.password_hash, 16), '$'))",
                " when u.password_hash like '$2%' then substr(u.password_hash, 1, 7)",
                " else substr(u.password_hash, 1, 1 + instr(substr(u.password_hash, 2), '$')",
                " + instr(substr(u.password_hash, 2 + instr(substr(u.password_hash, 2), '$')), '$')) end",
                " from users u where u.password_hash is not null"
            ),
            postgres: postgres!(
                "select distinct case",
                " when u.password_hash like '$argon2%'",
                " then substr(u.password_hash, 1, 14 + position('$' in substr(u.password_hash, 16)))",
                " when u.password_hash like '$2%' then substr(u.password_hash, 1, 7)",
                " else '$' || split_part(u.password_hash, '$', 2) || '$' || split_part(u.password_hash, '$', 3) || '$' end",
                " from users u where u.password_hash is not null"
            ),
        })
        .all()
        .await?;
    Ok(found.into_iter().map(|(beginning,)| beginning).collect())
}

/// Replaces a hash by one of the same password with the present parameters, unless the password changed meanwhile.
pub async fn renew_hash(db: &Db, id: UserId, old: &PasswordHash, new: &PasswordHash) -> Result<()> {
    db.query(sql!("update users set password_hash = $3 where id = $1 and password_hash = $2"))
        .bind(id)
        .bind(old.clone())
        .bind(new.clone())
        .execute()
        .await?;
    Ok(())
}

/// Replaces the password that was compared; false where it changed meanwhile.
pub async fn change_password(
    tx: &mut Tx,
    id: UserId,
    old: &PasswordHash,
    new: &PasswordHash,
    now: Time,
) -> Result<bool> {
    let changed = tx
        .query(sql!(
            "update users set password_hash = $3, failed_attempts = 0, updated_at = $4",
            " where id = $1 and password_hash = $2 and deleted_at is null"
        ))
        .bind(id)
        .bind(old.clone())
        .bind(new.clone())
        .bind(now)
        .execute()
        .await?;
    Ok(changed == 1)
}

/// Sets the password of a user who has none; false where there is one meanwhile.
pub async fn set_first_password(tx: &mut Tx, id: UserId, new: &PasswordHash, now: Time) -> Result<bool> {
    let set = tx
        .query(sql!(
            "update users set password_hash = $2, failed_attempts = 0, updated_at = $3",
            " where id = $1 and password_hash is null and deleted_at is null"
        ))
        .bind(id)
        .bind(new.clone())
        .bind(now)
        .execute()
        .await?;
    Ok(set == 1)
}

/// Removes the password. The user can set a new one with a link by email.
pub async fn revoke_password(tx: &mut Tx, id: UserId, now: Time) -> Result<()> {
    tx.query(sql!("update users set password_hash = null, updated_at = $2 where id = $1"))
        .bind(id)
        .bind(now)
        .execute()
        .await?;
    Ok(())
}

/// Sets a new password for a user who proved to own the mailbox of `email`. It removes a lock by wrong passwords, the
/// address counts as verified, and an invitation as accepted. A lock by an administrator stays.
pub async fn reset_password(
    tx: &mut Tx,
    id: UserId,
    email: &EmailAddress,
    new: &PasswordHash,
    now: Time,
) -> Result<bool> {
    let reset = tx
        .query(sql!(
            "update users set password_hash = $3, failed_attempts = 0, updated_at = $4,",
            " locked_until = case when locked_by = 'ADMIN' then locked_until end,",
            " locked_by = case when locked_by = 'ADMIN' then locked_by end,",
            " email_verified_at = coalesce(email_verified_at, $4), invited_at = null",
            " where id = $1 and email = $2 and deleted_at is null"
        ))
        .bind(id)
        .bind(email.clone())
        .bind(new.clone())
        .bind(now)
        .execute()
        .await?;
    Ok(reset == 1)
}
