//! The months of the audit trail: on `PostgreSQL` each is a partition of `audit_events`, made ahead and dropped whole. On
//! `SQLite` the trail is one table, and `audit_integrity` removes old events row by row.
//!
//! The functions of the database that do so run with the rights of the role that migrated; see migrations/postgres/0004.

use crate::error::Result;
use crate::tools::db::{Db, postgres};
use crate::values::time::Time;

/// How many months there are beyond the one of today. A server that makes none for so long writes to the default partition.
const AHEAD: i32 = 2;

/// Makes the months that are missing. Cheap where none is, and safe on several instances at once.
pub async fn add(db: &Db, now: Time) -> Result<()> {
    if db.is_sqlite() {
        return Ok(());
    }
    let mut tx = db.begin().await?;
    tx.query(postgres!("select audit_events_add_months($1, $2)")).bind(now).bind(AHEAD).execute().await?;
    tx.commit().await
}

/// Drops the months whose events are all older than `cutoff`. Answers how many events are gone. What does not fill a month
/// is left to [`super::audit_integrity::remove`].
pub async fn remove(db: &Db, cutoff: Time) -> Result<u64> {
    if db.is_sqlite() {
        return Ok(0);
    }
    let mut tx = db.begin().await?;
    let (removed,): (i64,) = tx.query(postgres!("select audit_events_drop_months($1)")).bind(cutoff).one().await?;
    tx.commit().await?;
    Ok(removed.unsigned_abs())
}
