//! A connection to `PostgreSQL` that was lent, and what becomes of one that is given back half-way.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use deadpool::managed::Object;
use sqlx::postgres::{PgArguments, PgQueryResult, PgRow};
use sqlx::{Connection, Executor, PgConnection, Postgres, SqlStr};

use super::connector::Connector;
use super::error::{ends_connection, in_short};
use super::server::{Backend, Server};

/// A statement with its values.
pub(super) type PgStatement = sqlx::query::Query<'static, Postgres, PgArguments>;

/// A connection, until it is dropped.
pub(super) struct Lent {
    object: Option<Object<Connector>>,
    server: Arc<Server>,
    state: LentState,
    /// A transaction is open.
    is_open: bool,
    /// A statement of the transaction failed, so that the server will not commit it.
    has_failed: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum LentState {
    /// Everything was answered.
    Quiet,
    /// A statement was sent, and its answer not read.
    Asking,
    /// It must not be used again.
    Lost,
}

impl Lent {
    pub(super) fn new(object: Object<Connector>, server: Arc<Server>) -> Self {
        Self { object: Some(object), server, state: LentState::Quiet, is_open: false, has_failed: false }
    }

    pub(super) async fn execute(&mut self, statement: PgStatement) -> sqlx::Result<PgQueryResult> {
        let (backend, server) = self.ask()?;
        let answer = server.wait(backend.session.as_deref(), statement.execute(&mut backend.connection)).await;
        self.note(answer)
    }

    pub(super) async fn rows(&mut self, statement: PgStatement) -> sqlx::Result<Vec<PgRow>> {
        let (backend, server) = self.ask()?;
        let answer = server.wait(backend.session.as_deref(), statement.fetch_all(&mut backend.connection)).await;
        self.note(answer)
    }

    pub(super) async fn prepare(&mut self, sql: SqlStr) -> sqlx::Result<()> {
        let (backend, server) = self.ask()?;
        let answer = server.wait(backend.session.as_deref(), backend.connection.prepare(sql)).await.map(drop);
        self.note(answer)
    }

    /// Begins a transaction, which is rolled back when this is dropped. To be run to its end.
    pub(super) async fn begin(&mut self) -> sqlx::Result<()> {
        // Not the default of the database, and not what a pooler's session was left with.
        self.command("begin isolation level read committed").await?;
        (self.is_open, self.has_failed) = (true, false);
        Ok(())
    }

    /// Commits the transaction. To be run to its end: of a commit that was sent and not answered it is unknown whether it was done.
    pub(super) async fn commit(&mut self) -> sqlx::Result<()> {
        if self.has_failed {
            // The server would answer with ROLLBACK, which the driver takes for a commit.
            return Err(sqlx::Error::Protocol("a transaction in which a statement failed cannot be committed".into()));
        }
        let committed = self.command("commit").await;
        // It is over even where it was refused.
        self.is_open = false;
        committed
    }

    async fn command(&mut self, sql: &'static str) -> sqlx::Result<()> {
        let (backend, server) = self.ask()?;
        let answer = server.wait(backend.session.as_deref(), backend.connection.execute(sql)).await.map(drop);
        self.note(answer)
    }

    fn ask(&mut self) -> sqlx::Result<(&mut Backend, &Server)> {
        self.state = LentState::Asking;
        let backend = self.object.as_deref_mut().ok_or(sqlx::Error::PoolClosed)?;
        Ok((backend, &self.server))
    }

    fn note<T>(&mut self, answer: sqlx::Result<T>) -> sqlx::Result<T> {
        self.state = LentState::Quiet;
        match &answer {
            Ok(_) => self.server.answered(),
            Err(error) if ends_connection(error) => {
                self.state = LentState::Lost;
                self.server.suspect();
                self.server.failed(&in_short(error));
            }
            Err(_) => self.has_failed = true,
        }
        answer
    }
}

impl Drop for Lent {
    #[allow(clippy::disallowed_methods, reason = "bounded in time, and the caller is gone")]
    fn drop(&mut self) {
        let Some(mut object) = self.object.take() else { return };
        if self.state == LentState::Lost {
            // Closes the socket, and makes room for another one at once.
            drop(Object::take(object));
        } else if self.state == LentState::Asking || self.is_open {
            let (server, is_open) = (Arc::clone(&self.server), self.is_open);
            match tokio::runtime::Handle::try_current() {
                Ok(runtime) => drop(runtime.spawn(tidy_up(object, server, is_open))),
                Err(_) => drop(Object::take(object)),
            }
        } else {
            object.rests_since = Instant::now();
        }
    }
}

/// Reads the answers that their callers no longer wait for, rolls back what is open, and gives the connection back. It is kept as long
/// as its server works on it, or clients that hang up would open more connections than there may be.
async fn tidy_up(mut object: Object<Connector>, server: Arc<Server>, is_open: bool) {
    let Backend { connection, session, .. } = &mut *object;
    let tidied = server.wait(session.as_deref(), tidy(connection, is_open)).await;
    if tidied.is_ok() {
        object.rests_since = Instant::now();
    } else {
        drop(Object::take(object));
    }
}

async fn tidy(connection: &mut PgConnection, is_open: bool) -> sqlx::Result<()> {
    if is_open {
        return connection.execute("rollback").await.map(drop);
    }
    connection.ping().await
}

impl fmt::Debug for Lent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lent").field("is_open", &self.is_open).finish_non_exhaustive()
    }
}
