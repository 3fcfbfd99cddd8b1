//! A database of its own for every test: a file, or a schema made for it on the server of `TEST_DATABASE_URL`.

use std::path::Path;
use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use url::Url;
use uuid::Uuid;

const PREFIX: &str = "authgraph_test_";
/// No test takes so long: what is older was left behind by a test that was killed.
const LONGEST_TEST: Duration = Duration::from_mins(10);

/// The database of one test; gone when it is dropped.
///
/// On PostgreSQL it is a schema: tests do not see each other's tables either, and dropping it takes a hundredth of the
/// time of a whole database, which waits for a checkpoint.
pub struct Database {
    pub url: String,
    server: Option<(Url, String)>,
}

impl Database {
    /// Makes an empty one.
    pub async fn fresh(folder: &Path) -> Self {
        let Some(server) = setting("TEST_DATABASE_URL").map(|url| without_delays(&url)) else {
            // As `authgraph migrate` leaves one: a server in production makes none.
            let file = folder.join("test.db");
            std::fs::File::create(&file).unwrap();
            return Self { url: format!("sqlite://{}", file.display()), server: None };
        };
        let name = format!("{PREFIX}{}", Uuid::now_v7().simple());
        let mut connection = PgConnection::connect(server.as_str()).await.expect("the server of TEST_DATABASE_URL");
        drop_leftovers(&mut connection).await;
        connection.execute(AssertSqlSafe(format!("create schema {name}"))).await.unwrap();
        let mut url = server.clone();
        url.query_pairs_mut().append_pair("options[search_path]", &name);
        Self { url: url.into(), server: Some((server, name)) }
    }

    pub fn is_sqlite(&self) -> bool {
        self.server.is_none()
    }
}

/// The server, reached without what costs time: TLS, unless the tester asks for it, and waiting for the disk.
fn without_delays(url: &str) -> Url {
    let mut url = Url::parse(url).unwrap();
    if !url.query_pairs().any(|(name, _)| name == "sslmode") {
        url.query_pairs_mut().append_pair("sslmode", "disable");
    }
    url.query_pairs_mut().append_pair("options[synchronous_commit]", "off");
    url
}

impl Drop for Database {
    fn drop(&mut self) {
        let Some((server, name)) = self.server.take() else { return };
        // The runtime of the test cannot be blocked on from inside.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let mut connection = PgConnection::connect(server.as_str()).await.unwrap();
                drop_schema(&mut connection, &name).await;
            });
        });
        let _ = dropped.join();
    }
}

async fn drop_leftovers(connection: &mut PgConnection) {
    let names: Vec<(String,)> = sqlx::query_as("select nspname::text from pg_namespace where nspname like $1 || '%'")
        .bind(PREFIX)
        .fetch_all(&mut *connection)
        .await
        .unwrap();
    let seconds = |id: Uuid| id.get_timestamp().map_or(0, |at| at.to_unix().0);
    let oldest = seconds(Uuid::now_v7()) - LONGEST_TEST.as_secs();
    for (name,) in names {
        let made = name.strip_prefix(PREFIX).and_then(|id| Uuid::parse_str(id).ok());
        if made.is_some_and(|id| seconds(id) < oldest) {
            drop_schema(connection, &name).await;
        }
    }
}

/// Does not wait long for a lock that is still held there: a later test removes what stays.
async fn drop_schema(connection: &mut PgConnection, name: &str) {
    let _ = connection.execute("set lock_timeout = '2s'; set client_min_messages = warning").await;
    let _ = connection.execute(AssertSqlSafe(format!("drop schema if exists {name} cascade"))).await;
}

/// What the tester chose, if anything.
#[allow(clippy::disallowed_methods, reason = "the tester chooses the engines")]
pub fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
