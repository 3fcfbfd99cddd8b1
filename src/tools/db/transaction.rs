//! A transaction that owns its connection.

use sqlx::{PgPool, Postgres, SqlSafeStr, Sqlite, SqlitePool, Transaction};

use tokio::sync::watch;

use super::query::{Dialects, On, Query, Target};
use crate::error::{OrFault, Result};

/// A transaction. Dropped without [`Tx::commit`], by an early return or a cancelled task, it is rolled back before
/// anyone else gets its connection.
#[derive(Debug)]
pub struct Tx {
    engine: Engine,
    announced: watch::Sender<u64>,
    announces: bool,
}

#[derive(Debug)]
enum Engine {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

impl Tx {
    /// Takes the write lock at once: a transaction that only turns to writing later is refused, without any waiting, if
    /// another process wrote meanwhile.
    pub(super) async fn begin_sqlite(pool: &SqlitePool, announced: watch::Sender<u64>) -> Result<Self> {
        let engine = Engine::Sqlite(pool.begin_with("begin immediate").await?);
        Ok(Self { engine, announced, announces: false })
    }

    /// `begin` runs on a task of its own, and so to its end. Cancelled half-way, sqlx 0.9.0 gives the connection back
    /// with a transaction it does not know of, and what others write on it next is never committed.
    #[allow(clippy::disallowed_methods, reason = "one round trip, and nobody left to wait for it")]
    pub(super) async fn begin_postgres(pool: &PgPool, announced: watch::Sender<u64>) -> Result<Self> {
        let connection = pool.acquire().await?;
        let begun = tokio::spawn(Transaction::begin(connection, None)).await.or_fault("beginning a transaction")?;
        Ok(Self { engine: Engine::Postgres(begun?), announced, announces: false })
    }

    /// A statement of this transaction.
    pub fn query(&mut self, sql: &'static str) -> Query<'_> {
        Query::new(self.target(), sql, sql.into_sql_str())
    }

    /// A statement whose text was put together from literals; values are bound here too, never written into it.
    pub fn query_built(&mut self, sql: String) -> Query<'_> {
        Query::built(self.target(), sql)
    }

    /// A statement of this transaction, in the words of the engine.
    pub fn query_of(&mut self, dialects: Dialects) -> Query<'_> {
        let is_sqlite = matches!(self.engine, Engine::Sqlite(_));
        self.query(dialects.of(is_sqlite))
    }

    /// Wakes whoever listens to [`super::Db::announcements`], once this transaction is committed and not before.
    pub const fn announce(&mut self) {
        self.announces = true;
    }

    /// Makes everything since `begin` lasting, on the disk.
    ///
    /// # Errors
    /// `Unavailable` when the connection breaks: whether it was done is then unknown.
    pub async fn commit(self) -> Result<()> {
        match self.engine {
            Engine::Sqlite(transaction) => transaction.commit().await?,
            Engine::Postgres(transaction) => transaction.commit().await?,
        }
        if self.announces {
            self.announced.send_modify(|count| *count = count.wrapping_add(1));
        }
        Ok(())
    }

    fn target(&mut self) -> Target<'_> {
        match &mut self.engine {
            Engine::Sqlite(transaction) => Target::Sqlite(On::This(&mut **transaction)),
            Engine::Postgres(transaction) => Target::Postgres(On::This(&mut **transaction)),
        }
    }
}
