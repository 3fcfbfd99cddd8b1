//! The chains of the audit trail: their heads, one of which every writer takes and holds until it commits.

use crate::error::Result;
use crate::tools::db::{Db, Dialects, Tx, postgres, sql, sqlite};
use crate::values::audit_chain::{ChainHash, ChainPosition};

/// How far a chain has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
#[allow(missing_docs, reason = "the columns of the table")]
pub struct ChainHead {
    pub shard: i32,
    pub sequence: i64,
}

/// The head of a chain that is ours until the transaction ends.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Taken {
    shard: i32,
    sequence: i64,
    pub(super) hash: ChainHash,
}

impl Taken {
    /// The place of the next event.
    pub(super) const fn next(&self) -> ChainPosition {
        ChainPosition { shard: self.shard, sequence: self.sequence + 1 }
    }
}

/// Takes a chain that nobody else writes to now. On `PostgreSQL` each connection begins to look at a chain of its own
/// and skips those that are taken, so nobody waits here, and no two can wait for each other; only where all are taken
/// is one waited for. On `SQLite` the transaction is the only writer.
pub(super) async fn take(tx: &mut Tx) -> Result<Taken> {
    for dialects in [OWN, ANY] {
        if let Some(taken) = tx.query_of(dialects).optional().await? {
            return Ok(taken);
        }
    }
    tx.query_of(AWAITED).one().await
}

const SQLITE_TAKE: &str = sqlite!("select shard, sequence, hash from audit_chains where shard = 0");

/// A free chain at or behind the connection's own; one process serves it, and its number is the same for the whole
/// transaction, so a second event finds the chain that the first one took.
const OWN: Dialects = Dialects {
    sqlite: SQLITE_TAKE,
    postgres: postgres!(
        "select shard, sequence, hash from audit_chains where shard >= pg_backend_pid() % 64",
        " order by shard limit 1 for update skip locked"
    ),
};

const ANY: Dialects = Dialects {
    sqlite: SQLITE_TAKE,
    postgres: postgres!("select shard, sequence, hash from audit_chains order by shard limit 1 for update skip locked"),
};

const AWAITED: Dialects = Dialects {
    sqlite: SQLITE_TAKE,
    postgres: postgres!(
        "select shard, sequence, hash from audit_chains where shard = pg_backend_pid() % 64 for update"
    ),
};

/// How far every chain has come, as far as is committed.
pub async fn heads(db: &Db) -> Result<Vec<ChainHead>> {
    db.query(sql!("select shard, sequence from audit_chains order by shard")).all().await
}

/// A chain from end to end: what retention has removed of it, and how far it has come.
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

/// Takes this chain, and waits for whoever writes to it; other writers go to another one meanwhile.
pub async fn hold(tx: &mut Tx, shard: i32) -> Result<Option<Chain>> {
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

/// Notes what retention removes of a chain, so that the rest still follows from something.
pub async fn set_removed(tx: &mut Tx, shard: i32, sequence: i64, hash: &ChainHash) -> Result<()> {
    tx.query(sql!("update audit_chains set removed_sequence = $2, removed_hash = $3 where shard = $1"))
        .bind(shard)
        .bind(sequence)
        .bind(hash.clone())
        .execute()
        .await?;
    Ok(())
}
