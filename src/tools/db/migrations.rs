//! Migrations: the files of `migrations/` that make and change the tables, one folder for each engine.

use sqlx::migrate::{Migrate, MigrateError, Migrator};
use sqlx::{Connection, Executor, FromRow, PgConnection};

use super::preconditions::{self, Obstacle};
use super::server::{NoConnection, Server};
use super::{Db, Dialects, Engine, MIGRATION_URL, URL};
use crate::error::{Error, OrFault, Refusal, Result};

const HAS_MIGRATIONS: Dialects = Dialects {
    sqlite: "select exists (select 1 from sqlite_master where name = '_sqlx_migrations')",
    postgres: "select to_regclass('_sqlx_migrations') is not null",
};

/// No statement timeout may end a migration, the notice that the table of migrations exists already must not be logged, and
/// of several processes that start together one does the work. Tests have a schema each, and need not wait.
const BEFORE_MIGRATIONS: &str = "set local statement_timeout = 0; set local client_min_messages = warning; \
                                 select pg_advisory_xact_lock(hashtextextended('authgraph ' || current_schema(), 0))";

/// Where a connection leads: no two servers have started at the same moment.
const DATABASE: &str = "select 'database ' || current_database() || ', schema ' || coalesce(current_schema(), '(none)') \
                        || ', server started at ' || pg_postmaster_start_time()";

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
            Engine::Postgres { migrations, .. } => {
                // A connection of its own: the lock below may take as long as the migrations of another process.
                let mut connection =
                    migrations.connect().await.map_err(|error| not_reached(migrations, &error))?.connection;
                let migrated = self.migrate_over(migrations.setting, &mut connection).await;
                // If the goodbye fails, the server notices the closed connection by itself.
                let _ = connection.close().await;
                migrated
            }
        }
    }

    /// Migrates in one transaction. What is set ends with it, and so does the lock: a pooler gives the session of the server
    /// to others afterwards.
    async fn migrate_over(&self, setting: &str, connection: &mut PgConnection) -> Result<()> {
        if setting == MIGRATION_URL {
            self.check_same_database(connection).await?;
        }
        let mut tx = connection.begin().await?;
        tx.execute(BEFORE_MIGRATIONS).await?;
        let mut migrations = self.migrations();
        // Its own lock would outlive the transaction.
        migrations.set_locking(false);
        migrate(migrations, &mut *tx).await?;
        Ok(tx.commit().await?)
    }

    /// Checks that the server will find the tables where they are about to be made.
    async fn check_same_database(&self, connection: &mut PgConnection) -> Result<()> {
        let row = connection.fetch_one(DATABASE).await?;
        let (theirs,): (String,) = FromRow::from_row(&row)?;
        let (ours,): (String,) = self.query(DATABASE).one().await?;
        if ours == theirs {
            return Ok(());
        }
        let problem = format!(
            "{URL} and {MIGRATION_URL} lead to different places. Tables would be made where the server does not look for \
             them. {URL}: {ours}. {MIGRATION_URL}: {theirs}"
        );
        Err(problem).or_fault("migrating the database")
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

fn not_reached(server: &Server, error: &NoConnection) -> Error {
    match preconditions::explain(server, error) {
        Obstacle::Passing(_) => {
            server.failed(error);
            Refusal::Unavailable.into()
        }
        Obstacle::Lasting(cause) => {
            let Err(fault) = Err::<std::convert::Infallible, _>(cause).or_fault("migrating the database");
            fault
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
