//! Migrations: the files of `migrations/` that make and change the tables, one folder for each engine.

use sqlx::migrate::{Migrate, MigrateError, Migrator};
use sqlx::{Connection, Executor};

use super::{Db, Dialects, Engine};
use crate::error::{Error, OrFault, Refusal, Result};

const HAS_MIGRATIONS: Dialects = Dialects {
    sqlite: "select exists (select 1 from sqlite_master where name = '_sqlx_migrations')",
    postgres: "select to_regclass('_sqlx_migrations') is not null",
};

/// A released migration never changes. A database in which one was applied with another text was made between releases.
const UNRELEASED: &str = "the tables were made by an unreleased version of authgraph, from which there is no way to this \
                          one: remove the database (the file of DATABASE_URL and its -wal and -shm, or the schema) and \
                          start with an empty one";

impl Db {
    /// Applies the migrations that are missing. Of several processes that start together, one does it and the others wait.
    ///
    /// # Errors
    /// `Unavailable` when the database is away, a fault when a migration fails.
    pub async fn migrate(&self) -> Result<()> {
        match &self.engine {
            Engine::Sqlite { write, .. } => {
                // sqlx takes no lock on SQLite. One transaction around all migrations takes the write lock.
                let mut tx = write.begin_with("begin immediate").await?;
                migrate(self.migrations(), &mut *tx).await?;
                Ok(tx.commit().await?)
            }
            Engine::Postgres { server, .. } => {
                // A connection of its own, for three reasons: no statement timeout may end a migration; a failed migration
                // leaves sqlx's advisory lock on the connection; and the notice that the table of migrations exists
                // already must not be logged.
                let mut connection = server
                    .connect()
                    .await
                    .map_err(|error| {
                        server.failed(&error);
                        Error::from(Refusal::Unavailable)
                    })?
                    .connection;
                connection.execute("set statement_timeout = 0; set client_min_messages = warning").await?;
                let migrated = migrate(self.migrations(), &mut connection).await;
                // If the goodbye fails, the server notices the closed connection by itself.
                let _ = connection.close().await;
                migrated
            }
        }
    }

    /// Checks that every migration of this version was applied. A newer version may have applied more: this version works
    /// beside it.
    ///
    /// # Errors
    /// A fault where one is missing or has another text; `Unavailable` when the database is away.
    pub async fn check_migrations(&self) -> Result<()> {
        let (has_migrations,) = self.query_of(HAS_MIGRATIONS).one::<(bool,)>().await?;
        let mut applied = Vec::new();
        if has_migrations {
            applied = self.query("select version, checksum from _sqlx_migrations where success").all().await?;
        }
        compare(&self.migrations(), &applied).or_fault("comparing the database with this version")
    }

    fn migrations(&self) -> Migrator {
        match self.engine {
            Engine::Sqlite { .. } => sqlx::migrate!("migrations/sqlite"),
            Engine::Postgres { .. } => sqlx::migrate!("migrations/postgres"),
        }
    }
}

fn compare(ours: &Migrator, applied: &[(i64, Vec<u8>)]) -> std::result::Result<(), &'static str> {
    for migration in ours.iter() {
        match applied.iter().find(|(version, _)| *version == migration.version) {
            None => return Err("the database is behind this version: run `authgraph migrate`"),
            Some((_, checksum)) if **checksum != *migration.checksum => return Err(UNRELEASED),
            Some(_) => {}
        }
    }
    Ok(())
}

async fn migrate(mut migrator: Migrator, connection: &mut impl Migrate) -> Result<()> {
    // An instance of the version before must still start on the tables of the new one.
    migrator.set_ignore_missing(true);
    match migrator.run_direct(None, connection, false).await {
        Err(MigrateError::VersionMismatch(_)) => Err(UNRELEASED).or_fault("migrating the database of DATABASE_URL"),
        migrated => migrated.or_fault("migrating the database of DATABASE_URL"),
    }
}
