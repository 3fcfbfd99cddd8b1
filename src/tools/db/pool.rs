//! How many connections there are, as the pools themselves count them.

use sqlx::{PgPool, SqlitePool};

use super::{Db, Engine};

/// One pool of connections. Clones are the same one.
#[derive(Debug, Clone)]
pub struct Pool {
    /// What it is for: `read` and `write` on `SQLite`, `all` on `PostgreSQL`.
    pub name: &'static str,
    connections: Connections,
}

#[derive(Debug, Clone)]
enum Connections {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

impl Db {
    /// The pools of connections.
    #[must_use]
    pub fn pools(&self) -> Vec<Pool> {
        match &self.engine {
            Engine::Sqlite { read, write } => vec![
                Pool { name: "read", connections: Connections::Sqlite(read.clone()) },
                Pool { name: "write", connections: Connections::Sqlite(write.clone()) },
            ],
            Engine::Postgres(pool) => vec![Pool { name: "all", connections: Connections::Postgres(pool.clone()) }],
        }
    }
}

impl Pool {
    /// How many connections are open, also those in use.
    #[must_use]
    pub fn open(&self) -> u64 {
        match &self.connections {
            Connections::Sqlite(pool) => pool.size().into(),
            Connections::Postgres(pool) => pool.size().into(),
        }
    }

    /// How many of them nobody uses.
    #[must_use]
    pub fn idle(&self) -> u64 {
        match &self.connections {
            Connections::Sqlite(pool) => pool.num_idle() as u64,
            Connections::Postgres(pool) => pool.num_idle() as u64,
        }
    }
}
