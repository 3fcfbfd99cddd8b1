//! What a database must be before anything is kept in it, and what to tell an operator where it is not.

use std::time::Duration;

use chrono::TimeDelta;
use sqlx::error::DatabaseError;
use sqlx::{Executor, FromRow, PgConnection};

use super::server::{NoConnection, OPTIONS, Server};
use super::{Db, Engine, error};
use crate::values::time::Time;

/// How far the clock of the database may be from ours, which is also how far two instances may be apart.
const MAX_CLOCK_SKEW: Duration = Duration::from_secs(5);
/// The oldest version of `PostgreSQL` that everything was tried on.
const MIN_VERSION: i32 = 15;
const FACTS: &str = "select current_setting('server_encoding'), current_setting('server_version_num')::int / 10000, \
                     exists (select from pg_available_extensions where name = 'pg_trgm'), \
                     (extract(epoch from clock_timestamp()) * 1000)::bigint";

/// Why a database cannot be used. The texts are for operators, and carry no password.
#[derive(Debug)]
pub enum Obstacle {
    /// It may go away by itself.
    Passing(String),
    /// A person has to do something.
    Lasting(String),
}

impl Db {
    /// Whether the database can be used at all: it answers, takes writes, and is what the tables need.
    ///
    /// # Errors
    /// The first obstacle.
    pub async fn check_preconditions(&self, now: Time) -> Result<(), Obstacle> {
        match &self.engine {
            // A file that could be opened can be used.
            Engine::Sqlite { .. } => Ok(()),
            Engine::Postgres { server, .. } => check(server, now).await,
        }
    }
}

async fn check(server: &Server, now: Time) -> Result<(), Obstacle> {
    let asked_at = std::time::Instant::now();
    let mut backend = server.connect().await.map_err(|error| explain(server, &error))?;
    // A text without values goes by the simple protocol, which poolers pass on as it is.
    let facts = backend.connection.fetch_one(FACTS).await.and_then(|row| FromRow::from_row(&row));
    let (encoding, version, has_trigrams, milliseconds): (String, i32, bool, i64) =
        facts.map_err(|error| explain(server, &NoConnection::Failed(error)))?;
    if backend.session.is_none() {
        check_pooler(server, &mut backend.connection).await?;
    }
    let _ = sqlx::Connection::close(backend.connection).await;
    if encoding != "UTF8" {
        return Err(Obstacle::Lasting(format!(
            "the database {} keeps its text in {encoding}, which has no room for every name. Make one in UTF8: createdb \
             --encoding=UTF8 --template=template0 NAME",
            server.database()
        )));
    }
    if version < MIN_VERSION {
        let wants =
            format!("PostgreSQL {MIN_VERSION} or newer is needed, and {} is version {version}", server.address());
        return Err(Obstacle::Lasting(wants));
    }
    if !has_trigrams {
        return Err(Obstacle::Lasting(format!(
            "the server {} does not have the extension pg_trgm. Install PostgreSQL's contrib package there",
            server.address()
        )));
    }
    // Its answer was on its way as long as the whole question at most.
    let took = asked_at.elapsed();
    let apart = Time::from_timestamp_millis(milliseconds).map_or(TimeDelta::zero(), |theirs| theirs - (now + took));
    if apart.abs().to_std().is_ok_and(|apart| apart > MAX_CLOCK_SKEW + took) {
        let seconds = apart.num_seconds();
        tracing::warn!(seconds, "the clock of the database and this machine's are apart: set both by NTP");
    }
    Ok(())
}

/// Whether the pooler keeps the prepared statements of two connections apart, which the driver gives the same name.
async fn check_pooler(server: &Server, first: &mut PgConnection) -> Result<(), Obstacle> {
    let mut second = server.connect().await.map_err(|error| explain(server, &error))?.connection;
    let asked = async {
        sqlx::query("select 1").fetch_one(&mut *first).await?;
        sqlx::query("select 2").fetch_one(&mut second).await?;
        sqlx::query("select 1").fetch_one(&mut *first).await
    };
    asked.await.map_err(|error| explain(server, &NoConnection::Failed(error)))?;
    let _ = sqlx::Connection::close(second).await;
    Ok(())
}

/// The cause in plain words, and what to do about it.
pub(super) fn explain(server: &Server, error: &NoConnection) -> Obstacle {
    let (address, user, database) = (server.address(), server.user(), server.database());
    let NoConnection::Failed(failed) = error else { return Obstacle::Passing(format!("{address}: {error}")) };
    let said = error::in_short(failed);
    let code = failed.as_database_error().and_then(DatabaseError::code).unwrap_or_default();
    match (&*code, failed) {
        ("3D000", _) => {
            Obstacle::Lasting(format!("there is no database {database} at {address}. `createdb` makes one"))
        }
        ("28P01", _) => Obstacle::Lasting(format!("{address} refuses the password of the user {user}")),
        ("28000", _) => Obstacle::Lasting(format!("{address} does not admit the user {user}: {said}")),
        // Before 1.20 PgBouncer knew `options` only as a whole.
        ("08P01", _) if said.ends_with("startup parameter: options") => Obstacle::Lasting(format!(
            "{address} is a PgBouncer that is too old: {said}. Version 1.21 or newer is needed"
        )),
        ("08P01", _) if said.contains("startup parameter") => Obstacle::Lasting(format!(
            "{address} is a pooler that refuses what a connection begins with: {said}. For PgBouncer set \
             ignore_startup_parameters = {}, and the timeouts on the role (docs/deployment.md)",
            OPTIONS.map(|(name, _)| name).join(",")
        )),
        ("26000" | "42P05", _) => Obstacle::Lasting(format!(
            "{address} is a pooler that confuses the prepared statements of its clients: {said}. Use PgBouncer 1.21 or \
             newer, and set max_prepared_statements = 500 there; or pool_mode = session"
        )),
        ("", sqlx::Error::Tls(_) | sqlx::Error::Configuration(_)) => {
            Obstacle::Lasting(format!("no encrypted connection to {address}: {said}"))
        }
        ("", _) => Obstacle::Passing(format!("{address}: {said}")),
        (code, _) if error::may_pass(code) => Obstacle::Passing(format!("{address}: {said}")),
        _ => Obstacle::Lasting(format!("{address}: {said}")),
    }
}
