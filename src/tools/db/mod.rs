//! The database: `SQLite` in a file or `PostgreSQL`, behind one SQL text.

mod error;
mod pool;
mod query;
#[cfg(test)]
mod tests;
mod transaction;

use std::str::FromStr;
use std::time::Duration;

use sqlx::migrate::{Migrate, Migrator};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{AssertSqlSafe, Connection, Executor, PgPool, SqlSafeStr, SqlitePool};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::error::{Fault, OrFault, Refusal, Result};
use query::{On, Target};

pub use pool::Pool;
pub use query::{Dialects, Query, Record, Value, statements_run};
pub(crate) use query::{postgres, sql, sqlite};
pub use transaction::Tx;

/// How long a statement of `SQLite` waits for another process to end its transaction.
const SQLITE_BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// A statement that takes longer is a mistake or a runaway; it must not keep its connection. And starting workers for a
/// statement costs more than any page of ours.
const POSTGRES_OPTIONS: [(&str, &str); 3] = [
    ("statement_timeout", "10s"),
    ("idle_in_transaction_session_timeout", "10s"),
    ("max_parallel_workers_per_gather", "0"),
];
/// A connection used within this time is taken for alive; one that rested longer is asked first.
const TRUSTED_FOR: Duration = Duration::from_secs(1);
const PING_TIMEOUT: Duration = Duration::from_secs(1);
/// Prepared statements kept per connection: more than we have, so that each is prepared once.
const PREPARED_STATEMENTS: usize = 512;

/// Where the database is and how many may use it at once. Not `Debug`: the URL carries a password.
#[derive(Clone)]
pub struct Settings {
    /// `sqlite://path/to/file.db` or `postgres://user:password@host/name`.
    pub url: String,
    /// The most connections open at once; on `SQLite` these are the readers, beside one writer.
    pub max_connections: u32,
    /// How long a deed waits for a connection before it is refused with UNAVAILABLE.
    pub acquire_timeout: Duration,
}

/// The database behind one of two engines. Cloning is cheap and shares the connections.
#[derive(Debug, Clone)]
pub struct Db {
    engine: Engine,
    announced: watch::Sender<u64>,
}

#[derive(Debug, Clone)]
enum Engine {
    /// A file. All writes go through one connection, so that writers queue and never meet `SQLITE_BUSY`.
    Sqlite {
        /// Readers, which see what was committed when their statement began.
        read: SqlitePool,
        /// The only writer.
        write: SqlitePool,
    },
    /// A server, shared by many instances.
    Postgres(PgPool),
}

impl Db {
    /// Opens the file, and makes it and its folder where they are missing; or prepares to connect to the server, which
    /// may be away.
    ///
    /// # Errors
    /// A fault for a URL of neither engine, or a file that cannot be opened.
    pub async fn open(settings: &Settings) -> Result<Self> {
        let engine = match settings.url.split_once(':') {
            Some(("sqlite", _)) => open_sqlite(settings).await?,
            Some(("postgres" | "postgresql", _)) => open_postgres(settings)?,
            _ => {
                return Err(
                    Fault::new("reading DATABASE_URL, which starts neither with sqlite: nor with postgres:").into()
                );
            }
        };
        Ok(Self { engine, announced: watch::Sender::new(0) })
    }

    /// Begins a transaction that may write.
    ///
    /// # Errors
    /// `Unavailable` when there is no connection in time.
    pub async fn begin(&self) -> Result<Tx> {
        let announced = self.announced.clone();
        match &self.engine {
            Engine::Sqlite { write, .. } => Tx::begin_sqlite(write, announced).await,
            Engine::Postgres(pool) => Tx::begin_postgres(pool, announced).await,
        }
    }

    /// Changes whenever a transaction of this process that was told to [`Tx::announce`] has committed.
    #[must_use]
    pub fn announcements(&self) -> watch::Receiver<u64> {
        self.announced.subscribe()
    }

    /// A statement outside a transaction.
    pub fn query(&self, sql: &'static str) -> Query<'_> {
        Query::new(self.target(sql), sql, sql.into_sql_str())
    }

    /// A statement whose text was put together from literals; values are bound here too, never written into it.
    pub fn query_built(&self, sql: String) -> Query<'_> {
        Query::built(self.target(&sql), sql)
    }

    /// A statement outside a transaction, in the words of the engine.
    pub fn query_of(&self, dialects: Dialects) -> Query<'_> {
        self.query(dialects.of(self.is_sqlite()))
    }

    /// Whether the engine is `SQLite`.
    #[must_use]
    pub const fn is_sqlite(&self) -> bool {
        matches!(self.engine, Engine::Sqlite { .. })
    }

    /// Prepares a statement without running it: the engine's word on whether it is well formed.
    ///
    /// # Errors
    /// As [`Query::execute`].
    pub async fn prepare(&self, sql: &str) -> Result<()> {
        let text = AssertSqlSafe(sql).into_sql_str();
        let prepared = match &self.engine {
            Engine::Sqlite { write, .. } => write.prepare(text).await.map(drop),
            Engine::Postgres(pool) => pool.prepare(text).await.map(drop),
        };
        prepared.map_err(|error| error::failed("preparing a statement", error))
    }

    /// Whether the database answers within a second.
    ///
    /// # Errors
    /// `Unavailable` when it does not.
    pub async fn ping(&self) -> Result<()> {
        let answer = timeout(PING_TIMEOUT, self.query("select 1").one::<(i32,)>()).await;
        answer.map_err(|_| Refusal::Unavailable)?.map(drop)
    }

    /// Brings the tables up to date. Of several processes that start together, one does it and the others wait.
    ///
    /// # Errors
    /// `Unavailable` when the database is away, a fault when a migration fails.
    pub async fn migrate(&self) -> Result<()> {
        match &self.engine {
            Engine::Sqlite { write, .. } => {
                // sqlx takes no lock on SQLite. The write lock is one, and around all migrations.
                let mut tx = write.begin_with("begin immediate").await?;
                migrate(sqlx::migrate!("migrations/sqlite"), &mut *tx).await?;
                Ok(tx.commit().await?)
            }
            Engine::Postgres(pool) => {
                let mut connection = pool.acquire().await?;
                // The timeout must not bite here, and a failed migration leaves sqlx's advisory lock on the connection.
                connection.close_on_drop();
                connection.execute("set statement_timeout = 0").await?;
                migrate(sqlx::migrate!("migrations/postgres"), &mut *connection).await
            }
        }
    }

    /// Waits for the connections that are in use, and closes them all.
    pub async fn close(&self) {
        match &self.engine {
            Engine::Sqlite { read, write } => {
                read.close().await;
                write.close().await;
            }
            Engine::Postgres(pool) => pool.close().await,
        }
    }

    fn target(&self, sql: &str) -> Target<'_> {
        match &self.engine {
            Engine::Sqlite { read, .. } if only_reads(sql) => Target::Sqlite(On::Any(read)),
            Engine::Sqlite { write, .. } => Target::Sqlite(On::Any(write)),
            Engine::Postgres(pool) => Target::Postgres(On::Any(pool)),
        }
    }
}

async fn open_sqlite(settings: &Settings) -> Result<Engine> {
    if settings.url.contains(":memory:") || settings.url.contains("mode=memory") {
        return Err(Fault::new("reading DATABASE_URL: a database in memory has no readers beside its writer").into());
    }
    let options = SqliteConnectOptions::from_str(&settings.url)
        .or_fault("reading DATABASE_URL")?
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // NORMAL loses the last commits when the power fails (sqlite.org/pragma.html#pragma_synchronous).
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(SQLITE_BUSY_TIMEOUT)
        .statement_cache_capacity(PREPARED_STATEMENTS);
    if let Some(folder) = options.get_filename().parent() {
        let mut private = tokio::fs::DirBuilder::new();
        private.recursive(true).mode(0o700).create(folder).await.or_fault("making the folder of the database")?;
    }
    // For its owner alone; the engine gives its other files the mode of this one.
    let mut private = tokio::fs::OpenOptions::new();
    private.create(true).append(true).mode(0o600);
    private.open(options.get_filename()).await.or_fault("making the file of the database")?;
    let pool = |connections| {
        SqlitePoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(settings.acquire_timeout)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
            // A full disk ends a transaction behind sqlx's back; its count is then wrong for good and `begin` always fails.
            .before_acquire(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }))
    };
    let opened = open_writer(&pool(1), &options).await;
    let write = opened.map_err(|error| error::failed("opening the database file", error))?;
    let read = pool(settings.max_connections).connect_lazy_with(options.pragma("query_only", "on"));
    Ok(Engine::Sqlite { read, write })
}

/// One connection turns a new file to WAL, and `SQLite` refuses those that try at the same moment instead of making them
/// wait as its busy timeout says.
async fn open_writer(pool: &SqlitePoolOptions, options: &SqliteConnectOptions) -> sqlx::Result<SqlitePool> {
    let mut attempts = 1;
    loop {
        let opened = pool.clone().connect_with(options.clone()).await;
        match opened {
            Err(sqlx::Error::Database(error)) if attempts < 50 && error::says_away(error.as_ref()) => {
                attempts += 1;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Ok(_) | Err(_) => return opened,
        }
    }
}

fn open_postgres(settings: &Settings) -> Result<Engine> {
    let mut options = PgConnectOptions::from_str(&settings.url)
        .or_fault("reading DATABASE_URL")?
        .options(POSTGRES_OPTIONS)
        .statement_cache_capacity(PREPARED_STATEMENTS);
    if options.get_application_name().is_none() {
        options = options.application_name("authgraph");
    }
    let pool = PgPoolOptions::new()
        .max_connections(settings.max_connections)
        .acquire_timeout(settings.acquire_timeout)
        // After a restart of the server a connection that rested is found out here, at no cost to a busy one.
        .test_before_acquire(false)
        .before_acquire(|connection, rest| {
            Box::pin(async move {
                Ok(rest.idle_for < TRUSTED_FOR || matches!(timeout(PING_TIMEOUT, connection.ping()).await, Ok(Ok(()))))
            })
        })
        .connect_lazy_with(options);
    Ok(Engine::Postgres(pool))
}

async fn migrate(mut migrator: Migrator, connection: &mut impl Migrate) -> Result<()> {
    // An instance of the version before must still start on the tables of the new one.
    migrator.set_ignore_missing(true);
    migrator.run_direct(None, connection, false).await.or_fault("migrating the database")
}

/// In doubt no: the writer can do everything, and the readers refuse to write.
fn only_reads(sql: &str) -> bool {
    let writes = || ["insert ", "update ", "delete "].iter().any(|deed| sql.contains(deed));
    sql.starts_with("select ") || sql.starts_with("with ") && !writes()
}
