//! A database in a file: who makes it, and how it is opened.

use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use rustix::fs::{StatVfsMountFlags, statvfs};
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::PgArgumentBuffer;
use sqlx::sqlite::{SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Arguments, Encode, Postgres, Sqlite, SqlitePool, Type};

use super::{DbSettings, Engine, SqlValue, error};
use crate::error::{Fault, OrFault, Result};
use crate::values::time::Time;

/// How long a statement waits for another process to end its transaction.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// The first of January 2000, from which `PostgreSQL` counts.
const POSTGRES_EPOCH_MICROS: i64 = 946_684_800_000_000;
/// Prepared statements kept per connection: more than we have, so that each is prepared once.
const PREPARED_STATEMENTS: usize = 512;

fn refuse_other_kinds(settings: &DbSettings) -> Result<()> {
    let url = settings.url.expose();
    if url.contains(":memory:") || url.contains("mode=memory") {
        return Err(Fault::new("reading DATABASE_URL: a database in memory has no readers beside its writer").into());
    }
    if settings.migration_url.is_some() {
        return Err(
            Fault::new("reading DATABASE_MIGRATION_URL, which is for PostgreSQL: DATABASE_URL is a file").into()
        );
    }
    Ok(())
}

pub(super) async fn open(settings: &DbSettings) -> Result<Engine> {
    refuse_other_kinds(settings)?;
    let url = settings.url.expose();
    let options = SqliteConnectOptions::from_str(url)
        .or_fault("reading DATABASE_URL")?
        .journal_mode(SqliteJournalMode::Wal)
        // NORMAL loses the last commits when the power fails (sqlite.org/pragma.html#pragma_synchronous).
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        .statement_cache_capacity(PREPARED_STATEMENTS);
    let file = options.get_filename().to_owned();
    if settings.makes_file {
        make(&file).await?;
    } else if !file.exists() {
        let cause = format!(
            "there is no file {}. If it should be there, look whether its disk is mounted; `authgraph migrate` makes a new \
             database",
            file.display()
        );
        return Err(cause).or_fault("opening DATABASE_URL");
    }
    let pool = |connections| {
        SqlitePoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(settings.acquire_timeout)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
            // A full disk ends a transaction behind sqlx's back; its count is then wrong for good and `begin` always fails.
            .before_acquire(|connection, _| {
                Box::pin(async move { Ok(!sqlx::Connection::is_in_transaction(connection)) })
            })
    };
    let opened = open_writer(&pool(1), &options).await;
    let write = opened.map_err(|error| error::failed("opening the database file", error))?;
    let read = pool(settings.max_connections).connect_lazy_with(options.pragma("query_only", "on"));
    Ok(Engine::Sqlite { read, write, file })
}

/// Makes the file and its folder where they are missing, for their owner alone; the engine gives its other files the
/// mode of this one.
async fn make(file: &Path) -> Result<()> {
    if let Some(folder) = file.parent() {
        let mut private = tokio::fs::DirBuilder::new();
        private.recursive(true).mode(0o700).create(folder).await.or_fault("making the folder of the database")?;
    }
    let mut private = tokio::fs::OpenOptions::new();
    private.create(true).append(true).mode(0o600);
    private.open(file).await.map(drop).or_fault("making the file of the database")
}

/// One connection turns a new file to WAL, and `SQLite` refuses those that try at the same moment instead of making them
/// wait as its busy timeout says.
async fn open_writer(pool: &SqlitePoolOptions, options: &SqliteConnectOptions) -> sqlx::Result<SqlitePool> {
    let mut attempts = 1;
    loop {
        let opened = pool.clone().connect_with(options.clone()).await;
        match opened {
            Err(sqlx::Error::Database(error)) if attempts < 50 && error::is_locked(error.as_ref()) => {
                attempts += 1;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Ok(_) | Err(_) => return opened,
        }
    }
}

/// Whether the file is still there, and on a disk that takes writes. It is not opened: to close it would end the locks that
/// `SQLite` holds on it (sqlite.org/howtocorrupt.html, section 2.2).
pub(super) fn takes_writes(file: &Path) -> bool {
    file.exists() && statvfs(file).is_ok_and(|disk| !disk.f_flag.contains(StatVfsMountFlags::RDONLY))
}

/// `SQLite` keeps a time as text with all its digits, `PostgreSQL` its whole microseconds. By a detour through the encoding
/// of `PostgreSQL` both keep the same. The text sorts as the time does, since `+` < `.` < `0`:
/// `…:00+00:00`, `…:00.123+00:00`, `…:00.123456+00:00`.
pub(super) fn add_to_sqlite(arguments: &mut SqliteArguments, value: impl SqlValue) -> Result<(), BoxDynError> {
    fn is_time<V: Type<Sqlite>>(_: &V) -> bool {
        V::type_info() == <Time as Type<Sqlite>>::type_info()
    }

    if !is_time(&value) {
        return arguments.add(value);
    }
    let mut buffer = PgArgumentBuffer::default();
    match Encode::<Postgres>::encode(value, &mut buffer)? {
        IsNull::Yes => arguments.add(None::<Time>),
        IsNull::No => {
            let since_2000 = i64::from_be_bytes(buffer.as_slice().try_into()?);
            arguments.add(Time::from_timestamp_micros(since_2000 + POSTGRES_EPOCH_MICROS))
        }
    }
}
