//! The database: `SQLite` in a file or `PostgreSQL`, behind one SQL text.

mod announcements;
mod connections;
mod connector;
mod error;
mod lent;
mod migrations;
mod outage;
mod pool;
mod preconditions;
mod query;
mod rows;
mod server;
mod settings;
mod silence;
mod span;
mod sqlite;
#[cfg(test)]
mod tests;
mod transaction;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use sqlx::{AssertSqlSafe, Executor, SqlSafeStr, SqlitePool};
use tokio::sync::{Notify, watch};
use tokio::time::timeout;
use tracing::Instrument;

use self::announcements::Announcements;
use self::connections::PgConnections;
use self::connector::PING_TIMEOUT;
use self::server::Server;
use crate::error::{Fault, Refusal, Result};
use crate::tools::metrics::Durations;
use crate::values::secret::Secret;
use query::{On, Target};

pub use pool::DbPool;
pub use preconditions::Obstacle;
pub use query::{Dialects, SqlQuery, SqlValue, statements_run};
pub(crate) use query::{postgres, sql, sqlite};
pub use rows::Record;
pub use settings::DbSettings;
pub use transaction::Tx;

/// The settings that say where the database is, as messages name them.
const URL: &str = "DATABASE_URL";
const MIGRATION_URL: &str = "DATABASE_MIGRATION_URL";

/// The database behind one of two engines. Cloning is cheap and shares the connections.
#[derive(Debug, Clone)]
pub struct Db {
    engine: Engine,
    announcements: Announcements,
    waits: Durations,
}

#[derive(Debug, Clone)]
enum Engine {
    /// A file. All writes go through one connection, so that writers queue and never meet `SQLITE_BUSY`.
    Sqlite {
        /// Readers, which see what was committed when their statement began.
        read: SqlitePool,
        /// The only writer.
        write: SqlitePool,
        file: PathBuf,
    },
    /// A server, shared by many instances.
    Postgres {
        server: Arc<Server>,
        /// The same one, or the one that migrations are to use.
        migrations: Arc<Server>,
        read: PgConnections,
        write: PgConnections,
        /// They are the same one.
        is_shared: bool,
    },
}

impl Db {
    /// Opens the file, or prepares to connect to the server, which may be away.
    ///
    /// # Errors
    /// A fault for a URL of neither engine, or a file that is missing or cannot be opened.
    pub async fn open(settings: &DbSettings) -> Result<Self> {
        let engine = match settings.url.expose().split_once(':') {
            Some(("sqlite", _)) => sqlite::open(settings).await?,
            Some(("postgres" | "postgresql", _)) => open_postgres(settings)?,
            _ => {
                return Err(
                    Fault::new("reading DATABASE_URL, which starts neither with sqlite: nor with postgres:").into()
                );
            }
        };
        let waits =
            Durations::new("auth_database_wait_seconds", "How long transactions waited for a connection and began.")?;
        Ok(Self { engine, announcements: Announcements::default(), waits })
    }

    /// Begins a transaction that may write.
    ///
    /// # Errors
    /// `Unavailable` when there is no connection in time.
    pub async fn begin(&self) -> Result<Tx> {
        let (announcements, asked_at) = (self.announcements.clone(), Instant::now());
        let transaction = async {
            match &self.engine {
                Engine::Sqlite { write, .. } => Tx::begin_sqlite(write, announcements).await,
                Engine::Postgres { write, .. } => Tx::begin_postgres(write, announcements).await,
            }
        };
        let begun = transaction.instrument(span::transaction(self.is_sqlite(), "begin")).await;
        self.waits.observe(asked_at.elapsed());
        begun
    }

    /// How long transactions waited until they had begun, also those that did not get so far.
    #[must_use]
    pub const fn waits(&self) -> &Durations {
        &self.waits
    }

    /// Changes whenever a transaction of this process that was told to [`Tx::announce`] has committed.
    #[must_use]
    pub fn announcements(&self) -> watch::Receiver<u64> {
        self.announcements.events()
    }

    /// Notified whenever a transaction of this process that was told to [`Tx::announce_mail`] has committed. For one task.
    #[must_use]
    pub fn mail_posted(&self) -> Arc<Notify> {
        self.announcements.mail()
    }

    /// A statement outside a transaction.
    pub fn query(&self, sql: &'static str) -> SqlQuery<'_> {
        SqlQuery::new(self.target(sql), sql, sql.into_sql_str())
    }

    /// A statement whose text was put together from literals; values are bound here too, never written into it.
    pub fn query_built(&self, sql: String) -> SqlQuery<'_> {
        SqlQuery::built(self.target(&sql), sql)
    }

    /// A statement outside a transaction, in the words of the engine.
    pub fn query_of(&self, dialects: Dialects) -> SqlQuery<'_> {
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
    /// As [`SqlQuery::execute`].
    pub async fn prepare(&self, sql: &str) -> Result<()> {
        let text = AssertSqlSafe(sql).into_sql_str();
        let prepared = match &self.engine {
            Engine::Sqlite { write, .. } => write.prepare(text).await.map(drop),
            Engine::Postgres { write, .. } => match write.lend().await {
                Ok(mut lent) => lent.prepare(text).await,
                Err(error) => Err(error),
            },
        };
        prepared.map_err(|error| error::failed("preparing a statement", error))
    }

    /// Whether the database answers within a second, and does not refuse writes: a standby does, and a disk that was mounted
    /// read-only. How busy the writers are is not asked.
    ///
    /// # Errors
    /// `Unavailable` when it does not.
    pub async fn ping(&self) -> Result<()> {
        let takes_writes = timeout(PING_TIMEOUT, self.takes_writes()).await;
        if matches!(takes_writes, Ok(Ok(true))) { Ok(()) } else { Err(Refusal::Unavailable.into()) }
    }

    async fn takes_writes(&self) -> Result<bool> {
        match &self.engine {
            Engine::Sqlite { file, .. } => {
                self.query("select 1").one::<(i32,)>().await?;
                Ok(sqlite::takes_writes(file))
            }
            Engine::Postgres { server, .. } => {
                let question = self.query(postgres!("select current_setting('transaction_read_only') = 'on'"));
                let (is_read_only,) = question.one().await?;
                if is_read_only {
                    server.suspect();
                }
                Ok(!is_read_only)
            }
        }
    }

    /// Closes the idle connections, and lends none any more. `SQLite` waits for those in use.
    pub async fn close(&self) {
        match &self.engine {
            Engine::Sqlite { read, write, .. } => {
                read.close().await;
                write.close().await;
            }
            Engine::Postgres { read, write, .. } => drop(tokio::join!(read.close(), write.close())),
        }
    }

    fn target(&self, sql: &str) -> Target<'_> {
        match &self.engine {
            Engine::Sqlite { read, .. } if only_reads(sql) => Target::Sqlite(On::Any(read)),
            Engine::Sqlite { write, .. } => Target::Sqlite(On::Any(write)),
            Engine::Postgres { read, .. } if only_reads(sql) => Target::Postgres(On::Any(read)),
            Engine::Postgres { write, .. } => Target::Postgres(On::Any(write)),
        }
    }
}

fn open_postgres(settings: &DbSettings) -> Result<Engine> {
    let open = |name, url: &Secret| Server::new(name, url.expose(), settings.acquire_timeout).map(Arc::new);
    let server = open(URL, &settings.url)?;
    let migrations = match &settings.migration_url {
        Some(url) => open(MIGRATION_URL, url)?,
        None => Arc::clone(&server),
    };
    let most = settings.max_connections.max(1) as usize;
    let readers = (most / 3).max(1);
    let is_shared = most == 1;
    let read = PgConnections::new(&server, readers)?;
    let write = if is_shared { read.clone() } else { PgConnections::new(&server, most - readers)? };
    Ok(Engine::Postgres { server, migrations, read, write, is_shared })
}

/// False in doubt: the writer can do everything, and the readers refuse to write.
fn only_reads(sql: &str) -> bool {
    let writes = || ["insert ", "update ", "delete "].iter().any(|verb| sql.contains(verb));
    sql.starts_with("select ") || sql.starts_with("with ") && !writes()
}
