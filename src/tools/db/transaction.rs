//! A transaction that owns its connection.

use sqlx::{SqlSafeStr, Sqlite, SqlitePool, Transaction};
use tracing::Instrument;

use super::announcements::Announcements;
use super::connections::PgConnections;
use super::error::ends_connection;
use super::lent::Lent;
use super::query::{Dialects, On, SqlQuery, Target};
use super::span;
use crate::error::{OrFault, Result};

/// A transaction. Dropped without [`Tx::commit`], by an early return or a cancelled task, it is rolled back before
/// anyone else gets its connection.
#[derive(Debug)]
pub struct Tx {
    engine: TxEngine,
    announcements: Announcements,
    announces_event: bool,
    announces_mail: bool,
}

#[derive(Debug)]
enum TxEngine {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Lent),
}

impl Tx {
    /// Takes the write lock at once: a transaction that only turns to writing later is refused, without any waiting, if
    /// another process wrote meanwhile.
    pub(super) async fn begin_sqlite(pool: &SqlitePool, announcements: Announcements) -> Result<Self> {
        let engine = TxEngine::Sqlite(pool.begin_with("begin immediate").await?);
        Ok(Self::new(engine, announcements))
    }

    /// Begins once more where the connection was lost, because nothing was done yet.
    pub(super) async fn begin_postgres(connections: &PgConnections, announcements: Announcements) -> Result<Self> {
        let begun = match begin(connections).await? {
            Err(error) if ends_connection(&error) => begin(connections).await?,
            begun => begun,
        };
        Ok(Self::new(TxEngine::Postgres(begun?), announcements))
    }

    const fn new(engine: TxEngine, announcements: Announcements) -> Self {
        Self { engine, announcements, announces_event: false, announces_mail: false }
    }

    /// A statement of this transaction.
    pub fn query(&mut self, sql: &'static str) -> SqlQuery<'_> {
        SqlQuery::new(self.target(), sql, sql.into_sql_str())
    }

    /// A statement whose text was put together from literals; values are bound here too, never written into it.
    pub fn query_built(&mut self, sql: String) -> SqlQuery<'_> {
        SqlQuery::built(self.target(), sql)
    }

    /// A statement of this transaction, in the words of the engine.
    pub fn query_of(&mut self, dialects: Dialects) -> SqlQuery<'_> {
        let is_sqlite = matches!(self.engine, TxEngine::Sqlite(_));
        self.query(dialects.of(is_sqlite))
    }

    /// Wakes the listeners of [`super::Db::announcements`], once this transaction is committed and not before.
    pub const fn announce(&mut self) {
        self.announces_event = true;
    }

    /// Wakes the task that waits for [`super::Db::mail_posted`], once this transaction is committed and not before.
    pub const fn announce_mail(&mut self) {
        self.announces_mail = true;
    }

    /// Makes everything since `begin` lasting, on the disk. Once begun it goes on, even if its caller stops waiting: a commit
    /// that was sent cannot be taken back, and others wait for its announcement.
    ///
    /// # Errors
    /// `Unavailable` when the connection breaks: whether it was done is then unknown.
    #[allow(clippy::disallowed_methods, reason = "the commit runs to its end without a waiting caller")]
    pub async fn commit(self) -> Result<()> {
        let span = span::transaction(matches!(self.engine, TxEngine::Sqlite(_)), "commit");
        tokio::spawn(self.commit_to_the_end()).instrument(span).await.or_fault("committing a transaction")?
    }

    async fn commit_to_the_end(self) -> Result<()> {
        match self.engine {
            TxEngine::Sqlite(transaction) => transaction.commit().await?,
            TxEngine::Postgres(mut lent) => lent.commit().await?,
        }
        self.announcements.send(self.announces_event, self.announces_mail);
        Ok(())
    }

    fn target(&mut self) -> Target<'_> {
        match &mut self.engine {
            TxEngine::Sqlite(transaction) => Target::Sqlite(On::This(&mut **transaction)),
            TxEngine::Postgres(lent) => Target::Postgres(On::This(lent)),
        }
    }
}

/// `begin` runs on a task of its own, and so to its end: after half of it, it is unknown whether a rollback is needed.
#[allow(clippy::disallowed_methods, reason = "one round trip runs to its end without a waiting caller")]
async fn begin(connections: &PgConnections) -> Result<sqlx::Result<Lent>> {
    let mut lent = match connections.lend().await {
        Ok(lent) => lent,
        // There is no other one to begin with.
        Err(error) => return Err(error.into()),
    };
    let begun = tokio::spawn(async move { lent.begin().await.map(|()| lent) });
    begun.await.or_fault("beginning a transaction")
}
