//! A whole database on the server of `TEST_DATABASE_URL`, for what is set for a database and must not reach other tests.

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use url::Url;
use uuid::Uuid;

use super::database::setting;

/// Gone when it is dropped.
pub struct OwnDatabase {
    pub url: String,
    pub name: String,
    server: String,
}

impl OwnDatabase {
    /// Makes one; `None` where there is no server.
    pub async fn new() -> Option<Self> {
        Self::with("").await
    }

    /// Makes one with further options of `create database`.
    pub async fn with(options: &str) -> Option<Self> {
        let server = setting("TEST_DATABASE_URL")?;
        let name = format!("authgraph_own_{}", Uuid::now_v7().simple());
        let mut url = Url::parse(&server).unwrap();
        url.set_path(&name);
        let this = Self { url: url.into(), name, server };
        this.run_sql(&format!("create database {} template template0 {options}", this.name)).await;
        Some(this)
    }

    /// Changes what holds for new connections: `set default_transaction_read_only = on`.
    pub async fn alter(&self, what: &str) {
        self.run_sql(&format!("alter database {} {what}", self.name)).await;
    }

    /// Ends all connections, as a server does that restarts.
    pub async fn end_connections(&self) {
        let end = "select pg_terminate_backend(pid) from pg_stat_activity where datname =";
        self.run_sql(&format!("{end} '{}'", self.name)).await;
    }

    async fn run_sql(&self, sql: &str) {
        run_sql(&self.server, sql).await;
    }
}

async fn run_sql(server: &str, sql: &str) {
    let mut connection = PgConnection::connect(server).await.expect("the server of TEST_DATABASE_URL");
    connection.execute(AssertSqlSafe(sql)).await.unwrap();
}

impl Drop for OwnDatabase {
    fn drop(&mut self) {
        let (server, drop) = (self.server.clone(), format!("drop database {} with (force)", self.name));
        // The runtime of the test cannot be blocked on from inside.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(run_sql(&server, &drop));
        });
        let _ = dropped.join();
    }
}
