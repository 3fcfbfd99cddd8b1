//! Where the database is.

use std::time::Duration;

use crate::values::secret::Secret;

/// Where the database is, and how many connections may use it.
#[derive(Debug, Clone)]
pub struct DbSettings {
    /// `sqlite://path/to/file.db` or `postgres://user:password@host/name`.
    pub url: Secret,
    /// Where migrations run, if not there: directly at the server behind a pooler, or with a role that owns the tables.
    pub migration_url: Option<Secret>,
    /// The most connections open at once. On `SQLite` these are the readers, beside one writer. On `PostgreSQL` a third of
    /// them is for statements that only read, so that writers that wait for a disk or a lock do not delay readers; one
    /// alone does everything.
    pub max_connections: u32,
    /// How long a flow waits for a connection before it is refused with UNAVAILABLE.
    pub acquire_timeout: Duration,
    /// Whether the file of `SQLite` and its folder are made where they are missing.
    pub makes_file: bool,
}

impl DbSettings {
    /// The most connections that this process opens to `PostgreSQL`: those that it lends, and for moments one more, which
    /// migrates, or asks what the server works on.
    #[must_use]
    pub const fn most_connections(&self) -> u32 {
        self.max_connections.saturating_add(1)
    }
}
