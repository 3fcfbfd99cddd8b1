//! The tables: brought up to date, or found to be so.

use std::borrow::Cow;

use sqlx::migrate::{Migrate, Migrator};
use sqlx::{Connection, Executor};

use super::{Db, Dialects, Engine};
use crate::error::{Error, OrFault, Refusal, Result};

const HAS_MIGRATIONS: Dialects = Dialects {
    sqlite: "select exists (select 1 from sqlite_master where name = '_sqlx_migrations')",
    postgres: "select to_regclass('_sqlx_migrations') is not null",
};

impl Db {
    /// Brings the tables up to date. Of several processes that start together, one does it and the others wait.
    ///
    /// # Errors
    /// `Unavailable` when the database is away, a fault when a migration fails.
    pub async fn migrate(&self) -> Result<()> {
        match &self.engine {
            Engine::Sqlite { write, .. } => {
                // sqlx takes no lock on SQLite. The write lock is one, and around all migrations.
                let mut tx = write.begin_with("begin immediate").await?;
                migrate(sqlx::migrate!("migrations/sqlite"), &mut *tx).await?;
                Ok(tx.commit().await?)
            }
            Engine::Postgres { server, .. } => {
                // Over a connection of its own: the statement timeout must not apply, a failed migration leaves sqlx's advisory
                // lock on the connection, and its notice that the table of migrations exists already must not reach the log.
                let mut connection = server
                    .connect()
                    .await
                    .map_err(|error| {
                        server.failed(&error);
                        Error::from(Refusal::Unavailable)
                    })?
                    .connection;
                connection.execute("set statement_timeout = 0; set client_min_messages = warning").await?;
                let migrated = migrate(sqlx::migrate!("migrations/postgres"), &mut connection).await;
                // Where this fails, the server notices by itself.
                let _ = connection.close().await;
                migrated
            }
        }
    }

    /// Checks that every migration of this version was applied. More of them are a newer version's, beside which this one
    /// works.
    ///
    /// # Errors
    /// A fault where one is missing or another one than this version's; `Unavailable` when the database is away.
    pub async fn check_migrations(&self) -> Result<()> {
        let (has_migrations,) = self.query_of(HAS_MIGRATIONS).one::<(bool,)>().await?;
        let mut applied = Vec::new();
        if has_migrations {
            applied = self.query("select version, checksum from _sqlx_migrations where success").all().await?;
        }
        let ours = match self.engine {
            Engine::Sqlite { .. } => sqlx::migrate!("migrations/sqlite"),
            Engine::Postgres { .. } => sqlx::migrate!("migrations/postgres"),
        };
        compare(&ours, &applied).or_fault("comparing the database with this version")
    }
}

fn compare(ours: &Migrator, applied: &[(i64, Vec<u8>)]) -> std::result::Result<(), Cow<'static, str>> {
    for migration in ours.iter() {
        match applied.iter().find(|(version, _)| *version == migration.version) {
            None => return Err("the database is behind this version: run `authgraph migrate`".into()),
            Some((_, checksum)) if **checksum != *migration.checksum => {
                return Err(format!("migration {} was applied with another text", migration.version).into());
            }
            Some(_) => {}
        }
    }
    Ok(())
}

async fn migrate(mut migrator: Migrator, connection: &mut impl Migrate) -> Result<()> {
    // An instance of the version before must still start on the tables of the new one.
    migrator.set_ignore_missing(true);
    migrator.run_direct(None, connection, false).await.or_fault("migrating the database")
}
