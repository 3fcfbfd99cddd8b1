//! The stores the server runs on: `SQLite` always, `PostgreSQL` with Redis where the environment names them.

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor};
use url::Url;
use uuid::Uuid;

use super::Result;

/// Where the server keeps what it remembers. What was made for the benchmark goes away with it.
#[allow(clippy::large_enum_variant, reason = "there are two of them in a run")]
pub enum Engine {
    /// A file in the server's own folder.
    Sqlite,
    /// A database of our own on the server of `TEST_DATABASE_URL`, and a key prefix of our own in `TEST_REDIS_URL`.
    Postgres {
        /// Removes the database.
        database: OwnDatabase,
        /// Where Redis is.
        redis: String,
    },
}

impl Engine {
    /// Every engine there is here.
    pub async fn available() -> Result<Vec<Self>> {
        let mut engines = vec![Self::Sqlite];
        if let (Some(postgres), Some(redis)) = (setting("TEST_DATABASE_URL"), setting("TEST_REDIS_URL")) {
            engines.push(Self::Postgres { database: OwnDatabase::create(&postgres).await?, redis });
        }
        Ok(engines)
    }

    /// What it is called in the table.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres { .. } => "PostgreSQL, Redis",
        }
    }

    /// The settings that lead a server there.
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Sqlite => vec![],
            Self::Postgres { database, redis } => vec![
                ("DATABASE_URL", database.url.to_string()),
                ("REDIS_URL", redis.clone()),
                ("REDIS_KEY_PREFIX", format!("{}:", database.name)),
            ],
        }
    }
}

/// A database that is dropped with this.
pub struct OwnDatabase {
    admin: PgConnectOptions,
    name: String,
    url: Url,
}

impl OwnDatabase {
    async fn create(admin_url: &str) -> Result<Self> {
        let admin: PgConnectOptions = admin_url.parse()?;
        let name = format!("authgraph_bench_{}", Uuid::now_v7().simple());
        execute(&admin, format!("create database {name}")).await?;
        let mut url = Url::parse(admin_url)?;
        url.set_path(&name);
        Ok(Self { admin, name, url })
    }
}

impl Drop for OwnDatabase {
    fn drop(&mut self) {
        let (admin, statement) = (self.admin.clone(), format!("drop database {} with (force)", self.name));
        // On a runtime of its own: ours may be ending, and a drop cannot wait on it.
        let dropping = std::thread::spawn(move || -> Result<()> {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(execute(&admin, statement))
        });
        // A database left behind is a pity and no reason to hide what was measured.
        let _ = dropping.join();
    }
}

async fn execute(options: &PgConnectOptions, statement: String) -> Result<()> {
    let mut connection: PgConnection = options.connect().await?;
    connection.execute(AssertSqlSafe(statement)).await?;
    Ok(connection.close().await?)
}

#[allow(clippy::disallowed_methods, reason = "not a setting of the server")]
fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
