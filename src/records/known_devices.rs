//! Devices (browser, system and network) from which a user has signed in, so that a sign-in from a new one is noticed.

use crate::error::Result;
use crate::tools::db::{Db, Tx, sql};
use crate::values::device_fingerprint::DeviceFingerprint;
use crate::values::ids::UserId;
use crate::values::time::Time;

/// Whether a user has signed in on a device before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceStatus {
    /// The first device of the account.
    First,
    /// The user has signed in on it before.
    Known,
    /// The user has signed in on other devices only.
    New,
}

/// Records a device. Answers its status before.
pub async fn record_device(tx: &mut Tx, user: UserId, device: &DeviceFingerprint, now: Time) -> Result<DeviceStatus> {
    let seen = tx
        .query(sql!("update known_devices set last_seen_at = $3 where user_id = $1 and device_fingerprint = $2"))
        .bind(user)
        .bind(device.clone())
        .bind(now)
        .execute()
        .await?;
    if seen == 1 {
        return Ok(DeviceStatus::Known);
    }
    let others: Option<(i32,)> =
        tx.query(sql!("select 1 from known_devices where user_id = $1 limit 1")).bind(user).optional().await?;
    tx.query(sql!(
        "insert into known_devices (user_id, device_fingerprint, last_seen_at) values ($1, $2, $3) on conflict do nothing"
    ))
    .bind(user)
    .bind(device.clone())
    .bind(now)
    .execute()
    .await?;
    Ok(if others.is_some() { DeviceStatus::New } else { DeviceStatus::First })
}

/// Whether a user has signed in on this device before.
pub async fn is_known(db: &Db, user: UserId, device: &DeviceFingerprint) -> Result<bool> {
    let known: Option<(i32,)> = db
        .query(sql!("select 1 from known_devices where user_id = $1 and device_fingerprint = $2"))
        .bind(user)
        .bind(device.clone())
        .optional()
        .await?;
    Ok(known.is_some())
}

/// Forgets every device of a user.
pub async fn forget_all(tx: &mut Tx, user: UserId) -> Result<()> {
    tx.query(sql!("delete from known_devices where user_id = $1")).bind(user).execute().await?;
    Ok(())
}

/// Forgets a batch of devices not seen since `cutoff`. Answers how many.
pub async fn sweep(db: &Db, cutoff: Time, batch: i64) -> Result<u64> {
    db.query(sql!(
        "delete from known_devices where (user_id, device_fingerprint) in",
        " (select user_id, device_fingerprint from known_devices where last_seen_at < $1 limit $2)"
    ))
    .bind(cutoff)
    .bind(batch)
    .execute()
    .await
}
