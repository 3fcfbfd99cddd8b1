//! How many connections there are, as the pools themselves count them.

use sqlx::SqlitePool;

use super::connections;
use super::{Db, Engine};

/// One pool of connections. Clones are the same one.
#[derive(Debug, Clone)]
pub struct Pool {
    /// What it is for: `read` or `write`, or `all` where there is one connection.
    pub name: &'static str,
    connections: Connections,
}

#[derive(Debug, Clone)]
enum Connections {
    Sqlite(SqlitePool),
    Postgres(connections::Connections),
}

impl Db {
    /// The pools of connections.
    #[must_use]
    pub fn pools(&self) -> Vec<Pool> {
        match &self.engine {
            Engine::Sqlite { read, write, .. } => vec![
                Pool { name: "read", connections: Connections::Sqlite(read.clone()) },
                Pool { name: "write", connections: Connections::Sqlite(write.clone()) },
            ],
            Engine::Postgres { read, is_shared: true, .. } => {
                vec![Pool { name: "all", connections: Connections::Postgres(read.clone()) }]
            }
            Engine::Postgres { read, write, .. } => vec![
                Pool { name: "read", connections: Connections::Postgres(read.clone()) },
                Pool { name: "write", connections: Connections::Postgres(write.clone()) },
            ],
        }
    }
}

impl Pool {
    /// How many connections are open, also those in use.
    #[must_use]
    pub fn open(&self) -> u64 {
        match &self.connections {
            Connections::Sqlite(pool) => pool.size().into(),
            Connections::Postgres(connections) => connections.open() as u64,
        }
    }

    /// How many of them nobody uses.
    #[must_use]
    pub fn idle(&self) -> u64 {
        match &self.connections {
            Connections::Sqlite(pool) => pool.num_idle() as u64,
            Connections::Postgres(connections) => connections.idle() as u64,
        }
    }
}
