//! The chains of the audit trail: the last event of each. A writer (`audit_log`) locks one chain until it commits;
//! retention (`audit_integrity`) notes here what it removed.

use crate::error::Result;
use crate::tools::db::{Db, Dialects, Tx, postgres, sql, sqlite};
use crate::values::audit_chain::{ChainHash, ChainPosition};

/// The number of the last event of a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
#[allow(missing_docs, reason = "the columns of the table")]
pub struct ChainHead {
    pub shard: i32,
    pub sequence: i64,
}

/// The end of a chain that is locked until the transaction ends.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct LockedChain {
    shard: i32,
    sequence: i64,
    pub(super) hash: ChainHash,
}

impl LockedChain {
    /// The position of the next event.
    pub(super) const fn next(&self) -> ChainPosition {
        ChainPosition { shard: self.shard, sequence: self.sequence + 1 }
    }
}

/// Locks a chain that is free. On `PostgreSQL` each connection begins its search at a chain of its own and skips locked
/// ones, so writers do not wait for each other and cannot deadlock; only where all chains are locked does it wait for
/// one. On `SQLite` the transaction is the only writer.
pub(super) async fn lock_any(tx: &mut Tx) -> Result<LockedChain> {
    for dialects in [OWN, ANY] {
        if let Some(taken) = tx.query_of(dialects).optional().await? {
            return Ok(taken);
        }
    }
    tx.query_of(AWAITED).one().await
}

const SQLITE_LOCK: &str = sqlite!("select shard, sequence, hash from audit_chains where shard = 0");

/// A free chain at or behind the connection's own. The process id of the connection is the same for the whole
/// transaction, so a second event finds the chain that the first one locked.
const OWN: Dialects = Dialects {
    sqlite: SQLITE_LOCK,
    postgres: postgres!(
        "select shard, sequence, hash from audit_chains where shard >= pg_backend_pid() % 64",
        " order by shard limit 1 for update skip locked"
    ),
};

const ANY: Dialects = Dialects {
    sqlite: SQLITE_LOCK,
    postgres: postgres!("select shard, sequence, hash from audit_chains order by shard limit 1 for update skip locked"),
};

const AWAITED: Dialects = Dialects {
    sqlite: SQLITE_LOCK,
    postgres: postgres!(
        "select shard, sequence, hash from audit_chains where shard = pg_backend_pid() % 64 for update"
    ),
};

/// The last committed event of every chain.
pub async fn heads(db: &Db) -> Result<Vec<ChainHead>> {
    db.query(sql!("select shard, sequence from audit_chains order by shard")).all().await
}

/// A chain: its last event, and the last one that retention removed.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
#[allow(missing_docs, reason = "the columns of the table")]
pub struct Chain {
    pub shard: i32,
    pub sequence: i64,
    pub hash: ChainHash,
    pub removed_sequence: i64,
    pub removed_hash: ChainHash,
}

/// Every chain, as far as is committed.
pub async fn list(db: &Db) -> Result<Vec<Chain>> {
    db.query(sql!("select shard, sequence, hash, removed_sequence, removed_hash from audit_chains order by shard"))
        .all()
        .await
}

/// One chain, as far as is committed.
pub async fn find(db: &Db, shard: i32) -> Result<Option<Chain>> {
    db.query(sql!("select shard, sequence, hash, removed_sequence, removed_hash from audit_chains where shard = $1"))
        .bind(shard)
        .optional()
        .await
}

/// Locks this chain; waits for its writer. Other writers use another chain meanwhile.
pub async fn lock(tx: &mut Tx, shard: i32) -> Result<Option<Chain>> {
    tx.query_of(Dialects {
        sqlite: sqlite!(
            "select shard, sequence, hash, removed_sequence, removed_hash from audit_chains where shard = $1"
        ),
        postgres: postgres!(
            "select shard, sequence, hash, removed_sequence, removed_hash from audit_chains where shard = $1 for update"
        ),
    })
    .bind(shard)
    .optional()
    .await
}

/// Notes the last event that retention removes, with its hash, from which the rest of the chain follows.
pub async fn note_removed(tx: &mut Tx, shard: i32, sequence: i64, hash: &ChainHash) -> Result<()> {
    tx.query(sql!("update audit_chains set removed_sequence = $2, removed_hash = $3 where shard = $1"))
        .bind(shard)
        .bind(sequence)
        .bind(hash.clone())
        .execute()
        .await?;
    Ok(())
}
