//! Second factors: the encrypted secret of an authenticator app, enrolments that are not confirmed, and backup codes.

use std::time::Duration;

use super::id_list::IdList;
use crate::error::Result;
use crate::tools::db::{Db, Tx, sql};
use crate::values::ids::{SessionId, UserId};
use crate::values::mfa::BackupCode;
use crate::values::secret_token::TokenHash;
use crate::values::time::Time;

/// An authenticator that is in use.
#[derive(Debug, Clone, sqlx::FromRow)]
#[allow(missing_docs, reason = "the columns of the table")]
pub struct Authenticator {
    pub sealed_secret: Vec<u8>,
    pub last_step: i64,
    pub enabled_at: Time,
}

/// A sealed secret and its user.
#[derive(Debug, Clone, sqlx::FromRow)]
#[allow(missing_docs, reason = "the columns of the table")]
pub struct Sealed {
    pub user_id: UserId,
    pub sealed_secret: Vec<u8>,
}

/// The user's authenticator, if the second factor is on.
pub async fn find(db: &Db, user: UserId) -> Result<Option<Authenticator>> {
    db.query(sql!("select sealed_secret, last_step, enabled_at from mfa where user_id = $1"))
        .bind(user)
        .optional()
        .await
}

/// As [`find`], inside a transaction.
pub async fn find_in(tx: &mut Tx, user: UserId) -> Result<Option<Authenticator>> {
    tx.query(sql!("select sealed_secret, last_step, enabled_at from mfa where user_id = $1"))
        .bind(user)
        .optional()
        .await
}

/// A second factor without its secret.
#[derive(Debug, Clone, sqlx::FromRow)]
#[allow(missing_docs, reason = "the columns of the table")]
pub struct MfaSummary {
    pub user_id: UserId,
    pub enabled_at: Time,
    pub backup_codes: i64,
}

/// The second factors of these users; users who have none are missing.
pub async fn list_of_users(db: &Db, users: &[UserId]) -> Result<Vec<MfaSummary>> {
    let ids = IdList::new(users);
    let text = format!(
        "select m.user_id, m.enabled_at, \
         (select count(*) from backup_codes b where b.user_id = m.user_id and b.used_at is null) as backup_codes \
         from mfa m where m.user_id in ({})",
        ids.placeholders(1)
    );
    ids.bind(db.query_built(text)).all().await
}

/// Stores a secret until its user confirms it in the same session. It replaces an older one.
pub async fn enroll(
    tx: &mut Tx,
    user: UserId,
    session: SessionId,
    sealed_secret: Vec<u8>,
    expires_at: Time,
) -> Result<()> {
    tx.query(sql!(
        "insert into mfa_enrollments (user_id, session_id, sealed_secret, expires_at) values ($1, $2, $3, $4)",
        " on conflict (user_id) do update set session_id = excluded.session_id,",
        " sealed_secret = excluded.sealed_secret, expires_at = excluded.expires_at"
    ))
    .bind(user)
    .bind(session)
    .bind(sealed_secret)
    .bind(expires_at)
    .execute()
    .await?;
    Ok(())
}

/// The secret that waits to be confirmed in this session.
pub async fn find_enrollment(db: &Db, user: UserId, session: SessionId, now: Time) -> Result<Option<Vec<u8>>> {
    let found: Option<(Vec<u8>,)> = db
        .query(sql!(
            "select sealed_secret from mfa_enrollments where user_id = $1 and session_id = $2 and expires_at > $3"
        ))
        .bind(user)
        .bind(session)
        .bind(now)
        .optional()
        .await?;
    Ok(found.map(|(sealed,)| sealed))
}

/// Deletes an enrolment that waits to be confirmed.
pub async fn drop_enrollment(tx: &mut Tx, user: UserId) -> Result<()> {
    tx.query(sql!("delete from mfa_enrollments where user_id = $1")).bind(user).execute().await?;
    Ok(())
}

/// Turns the second factor on with the confirmed secret; false where it is on already, or where another enrolment
/// replaced this one. The step of the confirming code counts as used.
pub async fn enable(tx: &mut Tx, user: UserId, confirmed: &[u8], step: i64, now: Time) -> Result<bool> {
    let taken = tx
        .query(sql!("delete from mfa_enrollments where user_id = $1 and sealed_secret = $2 and expires_at > $3"))
        .bind(user)
        .bind(confirmed.to_vec())
        .bind(now)
        .execute()
        .await?;
    if taken == 0 {
        return Ok(false);
    }
    let enabled = tx
        .query(sql!(
            "insert into mfa (user_id, sealed_secret, last_step, enabled_at) values ($1, $2, $3, $4)",
            " on conflict (user_id) do nothing"
        ))
        .bind(user)
        .bind(confirmed.to_vec())
        .bind(step)
        .bind(now)
        .execute()
        .await?;
    Ok(enabled == 1)
}

/// Turns the second factor off and deletes its secret and codes.
pub async fn disable(tx: &mut Tx, user: UserId) -> Result<bool> {
    tx.query(sql!("delete from backup_codes where user_id = $1")).bind(user).execute().await?;
    drop_enrollment(tx, user).await?;
    Ok(tx.query(sql!("delete from mfa where user_id = $1")).bind(user).execute().await? == 1)
}

/// Turns off a second factor that is older than `moment`, and deletes its secret and codes.
pub async fn disable_older(tx: &mut Tx, user: UserId, moment: Time) -> Result<()> {
    let older: Option<(i32,)> = tx
        .query(sql!("select 1 from mfa where user_id = $1 and enabled_at < $2"))
        .bind(user)
        .bind(moment)
        .optional()
        .await?;
    if older.is_some() {
        disable(tx, user).await?;
    }
    Ok(())
}

/// Accepts a time step, once: of two simultaneous uses exactly one is accepted (RFC 6238, section 5.2).
pub async fn use_step(tx: &mut Tx, user: UserId, step: i64) -> Result<bool> {
    let accepted = tx
        .query(sql!("update mfa set last_step = $2 where user_id = $1 and last_step < $2"))
        .bind(user)
        .bind(step)
        .execute()
        .await?;
    Ok(accepted == 1)
}

/// Accepts a backup code, once: of two simultaneous uses exactly one is accepted.
pub async fn use_backup_code(tx: &mut Tx, user: UserId, hash: &TokenHash, now: Time) -> Result<bool> {
    let accepted = tx
        .query(sql!("update backup_codes set used_at = $3 where user_id = $1 and hash = $2 and used_at is null"))
        .bind(user)
        .bind(hash.clone())
        .bind(now)
        .execute()
        .await?;
    Ok(accepted == 1)
}

/// Counts a wrong code, and answers how many there were since the first one in `period`. A user without a second factor
/// has no count.
pub async fn count_wrong_code(tx: &mut Tx, user: UserId, period: Duration, now: Time) -> Result<Option<i64>> {
    let counted: Option<(i64,)> = tx
        .query(sql!(
            "update mfa set failed_codes = case when failed_since > $2 then failed_codes + 1 else 1 end,",
            " failed_since = case when failed_since > $2 then failed_since else $3 end",
            " where user_id = $1 returning cast(failed_codes as bigint)"
        ))
        .bind(user)
        .bind(now - period)
        .bind(now)
        .optional()
        .await?;
    Ok(counted.map(|(codes,)| codes))
}

/// Replaces all backup codes by new ones.
pub async fn replace_backup_codes(tx: &mut Tx, user: UserId, codes: &[BackupCode]) -> Result<()> {
    tx.query(sql!("delete from backup_codes where user_id = $1")).bind(user).execute().await?;
    for code in codes {
        tx.query(sql!("insert into backup_codes (user_id, hash) values ($1, $2)"))
            .bind(user)
            .bind(code.hash(user))
            .execute()
            .await?;
    }
    Ok(())
}

/// How many backup codes are left, as the transaction sees it.
pub async fn count_backup_codes_in(tx: &mut Tx, user: UserId) -> Result<i64> {
    let (count,) = tx
        .query(sql!("select count(*) from backup_codes where user_id = $1 and used_at is null"))
        .bind(user)
        .one()
        .await?;
    Ok(count)
}

/// A batch of sealed secrets, in the order of their users.
pub async fn list_sealed(db: &Db, after: UserId, batch: i64) -> Result<Vec<Sealed>> {
    db.query(sql!("select user_id, sealed_secret from mfa where user_id > $1 order by user_id limit $2"))
        .bind(after)
        .bind(batch)
        .all()
        .await
}

/// Replaces a sealed secret by the same one under another key, unless it changed meanwhile.
pub async fn reseal(db: &Db, old: &Sealed, new: Vec<u8>) -> Result<bool> {
    let resealed = db
        .query(sql!("update mfa set sealed_secret = $3 where user_id = $1 and sealed_secret = $2"))
        .bind(old.user_id)
        .bind(old.sealed_secret.clone())
        .bind(new)
        .execute()
        .await?;
    Ok(resealed == 1)
}

/// Deletes a batch of enrolments that were never confirmed. Answers how many.
pub async fn sweep_enrollments(db: &Db, cutoff: Time, batch: i64) -> Result<u64> {
    db.query(sql!(
        "delete from mfa_enrollments where user_id in (select user_id from mfa_enrollments where expires_at < $1 limit $2)"
    ))
    .bind(cutoff)
    .bind(batch)
    .execute()
    .await
}
