//! How many connections there are, as the pools count them.

use sqlx::SqlitePool;

use super::connections;
use super::{Db, Engine};

/// One pool of connections. Clones are the same one.
#[derive(Debug, Clone)]
pub struct DbPool {
    /// What it is for: `read` or `write`, or `all` where there is one connection.
    pub name: &'static str,
    connections: PoolConnections,
}

#[derive(Debug, Clone)]
enum PoolConnections {
    Sqlite(SqlitePool),
    Postgres(connections::PgConnections),
}

impl Db {
    /// The pools of connections.
    #[must_use]
    pub fn pools(&self) -> Vec<DbPool> {
        match &self.engine {
            Engine::Sqlite { read, write, .. } => vec![
                DbPool { name: "read", connections: PoolConnections::Sqlite(read.clone()) },
                DbPool { name: "write", connections: PoolConnections::Sqlite(write.clone()) },
            ],
            Engine::Postgres { read, is_shared: true, .. } => {
                vec![DbPool { name: "all", connections: PoolConnections::Postgres(read.clone()) }]
            }
            Engine::Postgres { read, write, .. } => vec![
                DbPool { name: "read", connections: PoolConnections::Postgres(read.clone()) },
                DbPool { name: "write", connections: PoolConnections::Postgres(write.clone()) },
            ],
        }
    }
}

impl DbPool {
    /// How many connections are open, also those in use.
    #[must_use]
    pub fn open(&self) -> u64 {
        match &self.connections {
            PoolConnections::Sqlite(pool) => pool.size().into(),
            PoolConnections::Postgres(connections) => connections.open() as u64,
        }
    }

    /// How many of them are idle.
    #[must_use]
    pub fn idle(&self) -> u64 {
        match &self.connections {
            PoolConnections::Sqlite(pool) => pool.num_idle() as u64,
            PoolConnections::Postgres(connections) => connections.idle() as u64,
        }
    }
}
