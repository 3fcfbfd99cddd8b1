//! What the server of the database allows: how many connections it accepts.

use crate::error::Result;
use crate::tools::db::{Db, postgres};

/// Connections to a server of `PostgreSQL`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct ServerConnections {
    /// `max_connections`.
    pub accepted: i32,
    /// Those that are kept for superusers and for the role `pg_use_reserved_connections`.
    pub reserved: i32,
    /// The limit of the user, and of the database; -1 where there is none.
    pub user_limit: i32,
    /// See above.
    pub database_limit: i32,
    /// Those of all clients at this moment, the one that asked among them.
    pub in_use: i64,
}

impl ServerConnections {
    /// How many connections all instances together can have.
    #[must_use]
    pub fn available(&self) -> i32 {
        let limits = [self.user_limit, self.database_limit].into_iter().filter(|limit| *limit >= 0);
        limits.fold(self.accepted - self.reserved, i32::min)
    }
}

/// Reads the limits of the server; `None` on `SQLite`, which has no server.
pub async fn connections(db: &Db) -> Result<Option<ServerConnections>> {
    if db.is_sqlite() {
        return Ok(None);
    }
    let found = db.query(postgres!(
        "select current_setting('max_connections')::integer as accepted,",
        " current_setting('superuser_reserved_connections')::integer",
        " + coalesce(current_setting('reserved_connections', true), '0')::integer as reserved,",
        " (select rolconnlimit from pg_roles where rolname = current_user) as user_limit,",
        " (select datconnlimit from pg_database where datname = current_database()) as database_limit,",
        " (select count(*) from pg_stat_activity where backend_type = 'client backend') as in_use"
    ));
    found.optional().await
}
