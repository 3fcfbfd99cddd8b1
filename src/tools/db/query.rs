//! A statement on its way to one of two engines: bind its values, run it, read its rows.

use std::cell::Cell;

use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{
    Arguments, AssertSqlSafe, Database, Encode, IntoArguments, Postgres, SqlSafeStr, SqlStr, Sqlite, SqliteConnection,
    SqlitePool, Type,
};
use tracing::Span;

use super::connections::PgConnections;
use super::error::failed;
use super::lent::Lent;
use super::rows::{Record, read_all, read_first};
use super::span;
use super::sqlite::add_to_sqlite;
use crate::error::Result;

thread_local! {
    static STATEMENTS: Cell<u64> = const { Cell::new(0) };
}

/// How many statements were run on this thread: on a runtime of one thread, by all of its tasks. For tests that claim
/// how many something takes.
#[must_use]
pub fn statements_run() -> u64 {
    STATEMENTS.get()
}

/// Joins literals, and macros that stand for one, into one SQL text; and marks it for the test that prepares every
/// statement on both engines.
macro_rules! sql {
    ($($text:expr),+ $(,)?) => { concat!($($text),+) };
}
pub(crate) use sql;

/// As [`sql!`], for a text that only `SQLite` is asked.
macro_rules! sqlite {
    ($($text:expr),+ $(,)?) => { concat!($($text),+) };
}
pub(crate) use sqlite;

/// As [`sql!`], for a text that only `PostgreSQL` is asked.
macro_rules! postgres {
    ($($text:expr),+ $(,)?) => { concat!($($text),+) };
}
pub(crate) use postgres;

/// One statement in the words of both engines, where no text means the same to both.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs, reason = "the names of the engines")]
pub struct Dialects {
    pub sqlite: &'static str,
    pub postgres: &'static str,
}

impl Dialects {
    pub(super) const fn of(self, is_sqlite: bool) -> &'static str {
        if is_sqlite { self.sqlite } else { self.postgres }
    }
}

/// What can be bound: whatever both engines keep. A struct over one such value derives it, with `derive(sqlx::Type)`
/// and `sqlx(transparent)`; an enum with `sqlx(type_name = "text")`.
pub trait SqlValue: for<'q> Encode<'q, Sqlite> + Type<Sqlite> + for<'q> Encode<'q, Postgres> + Type<Postgres> {}

impl<V> SqlValue for V where V: for<'q> Encode<'q, Sqlite> + Type<Sqlite> + for<'q> Encode<'q, Postgres> + Type<Postgres>
{}

/// A statement and its values so far. Bound values are numbered `$1`, `$2`, … in the order they come.
#[must_use = "a query does nothing until it is run"]
pub struct SqlQuery<'q> {
    doing: &'static str,
    query: EngineQuery<'q>,
}

enum EngineQuery<'q> {
    Sqlite(OnSqlite<'q>, SqlWithArguments<Sqlite>),
    Postgres(OnPostgres<'q>, SqlWithArguments<Postgres>),
}

struct SqlWithArguments<E: Database> {
    sql: SqlStr,
    arguments: Result<E::Arguments, BoxDynError>,
}

pub(super) enum Target<'q> {
    Sqlite(OnSqlite<'q>),
    Postgres(OnPostgres<'q>),
}

type OnSqlite<'q> = On<'q, SqlitePool, SqliteConnection>;
type OnPostgres<'q> = On<'q, PgConnections, Lent>;

/// Any connection, for this one statement, or the one that holds the transaction.
pub(super) enum On<'q, Pool, Connection> {
    Any(&'q Pool),
    This(&'q mut Connection),
}

impl<'q> SqlQuery<'q> {
    pub(super) fn new(target: Target<'q>, doing: &'static str, sql: SqlStr) -> Self {
        let query = match target {
            Target::Sqlite(on) => {
                EngineQuery::Sqlite(on, SqlWithArguments { sql, arguments: Ok(SqliteArguments::default()) })
            }
            Target::Postgres(on) => {
                EngineQuery::Postgres(on, SqlWithArguments { sql, arguments: Ok(PgArguments::default()) })
            }
        };
        Self { doing, query }
    }

    pub(super) fn built(target: Target<'q>, sql: String) -> Self {
        Self::new(target, "running a query built from its conditions", AssertSqlSafe(sql).into_sql_str())
    }

    /// Binds the next value. Times are cut to whole microseconds.
    pub fn bind(mut self, value: impl SqlValue) -> Self {
        match &mut self.query {
            EngineQuery::Sqlite(_, prepared) => prepared.bind(|arguments| add_to_sqlite(arguments, value)),
            EngineQuery::Postgres(_, prepared) => prepared.bind(|arguments| arguments.add(value)),
        }
        self
    }

    /// Runs it, and says how many rows it changed.
    ///
    /// # Errors
    /// As all of them: `Unavailable` when the database is away, else a fault with the text of the statement.
    pub async fn execute(self) -> Result<u64> {
        let span = self.span();
        let run = async {
            match self.query {
                EngineQuery::Sqlite(on, prepared) => on.execute(prepared).await,
                EngineQuery::Postgres(on, prepared) => on.execute(prepared).await,
            }
        };
        span::run(span, self.doing, run).await
    }

    /// Runs a statement that always answers a row.
    ///
    /// # Errors
    /// As [`SqlQuery::execute`], and a fault when there is no row.
    pub async fn one<T: Record>(self) -> Result<T> {
        let doing = self.doing;
        self.optional().await?.ok_or_else(|| failed(doing, sqlx::Error::RowNotFound))
    }

    /// Runs a statement that answers at most one row. More are read and dropped: limit them in the text.
    ///
    /// # Errors
    /// As [`SqlQuery::execute`].
    pub async fn optional<T: Record>(self) -> Result<Option<T>> {
        let span = self.span();
        let run = async {
            match self.query {
                EngineQuery::Sqlite(on, prepared) => on.rows(prepared).await.and_then(|rows| read_first(&rows)),
                EngineQuery::Postgres(on, prepared) => on.rows(prepared).await.and_then(|rows| read_first(&rows)),
            }
        };
        span::run(span, self.doing, run).await
    }

    /// Runs it, and answers every row.
    ///
    /// # Errors
    /// As [`SqlQuery::execute`].
    pub async fn all<T: Record>(self) -> Result<Vec<T>> {
        let span = self.span();
        let run = async {
            match self.query {
                EngineQuery::Sqlite(on, prepared) => on.rows(prepared).await.and_then(|rows| read_all(&rows)),
                EngineQuery::Postgres(on, prepared) => on.rows(prepared).await.and_then(|rows| read_all(&rows)),
            }
        };
        span::run(span, self.doing, run).await
    }

    fn span(&self) -> Span {
        match &self.query {
            EngineQuery::Sqlite(_, prepared) => span::statement(true, prepared.sql.as_str()),
            EngineQuery::Postgres(_, prepared) => span::statement(false, prepared.sql.as_str()),
        }
    }
}

impl<E: Database<Arguments: IntoArguments<E>>> SqlWithArguments<E> {
    fn bind(&mut self, add: impl FnOnce(&mut E::Arguments) -> Result<(), BoxDynError>) {
        if let Ok(arguments) = &mut self.arguments
            && let Err(error) = add(arguments)
        {
            self.arguments = Err(error);
        }
    }

    fn statement(self) -> sqlx::Result<sqlx::query::Query<'static, E, E::Arguments>> {
        STATEMENTS.set(STATEMENTS.get() + 1);
        Ok(sqlx::query_with(self.sql, self.arguments.map_err(sqlx::Error::Encode)?))
    }
}

impl OnSqlite<'_> {
    async fn execute(self, prepared: SqlWithArguments<Sqlite>) -> sqlx::Result<u64> {
        let statement = prepared.statement()?;
        let done = match self {
            Self::Any(pool) => statement.execute(pool).await?,
            Self::This(connection) => statement.execute(connection).await?,
        };
        Ok(done.rows_affected())
    }

    /// All of them, even where one is wanted: sqlx would stop at the first row of an `insert … returning`, and swallow the
    /// error if the commit that follows it fails.
    async fn rows(self, prepared: SqlWithArguments<Sqlite>) -> sqlx::Result<Vec<SqliteRow>> {
        let statement = prepared.statement()?;
        match self {
            Self::Any(pool) => statement.fetch_all(pool).await,
            Self::This(connection) => statement.fetch_all(connection).await,
        }
    }
}

impl OnPostgres<'_> {
    async fn execute(self, prepared: SqlWithArguments<Postgres>) -> sqlx::Result<u64> {
        let statement = prepared.statement()?;
        let done = match self {
            Self::Any(connections) => connections.lend().await?.execute(statement).await?,
            Self::This(lent) => lent.execute(statement).await?,
        };
        Ok(done.rows_affected())
    }

    async fn rows(self, prepared: SqlWithArguments<Postgres>) -> sqlx::Result<Vec<PgRow>> {
        let statement = prepared.statement()?;
        match self {
            Self::Any(connections) => connections.lend().await?.rows(statement).await,
            Self::This(lent) => lent.rows(statement).await,
        }
    }
}
