//! A running server with everything a test may look at.

use std::collections::HashMap;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use authgraph::api::http::router::service;
use authgraph::api::http::server::{self, ConnectionTimeouts};
use authgraph::app::App;
use authgraph::config::Config;
use authgraph::records::audit_log;
use authgraph::serve::connections;
use authgraph::tools::access_token::{Algorithm, create_key};
use authgraph::tools::clock::{Clock, ManualClock};
use authgraph::values::time::Time;
use tempfile::TempDir;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use super::answer::Answer;
use super::database::{Database, setting};
use super::request::GraphQLRequest;

/// Longer than any test waits, so that a test fails instead.
const TIMEOUTS: ConnectionTimeouts = ConnectionTimeouts {
    head: Duration::from_secs(10),
    keep_alive: Duration::from_secs(75),
    writing: Duration::from_secs(30),
    grace: Duration::ZERO,
};

/// The time at which every test begins: 1 March 2030, 12:00 UTC.
pub const START: Time = Time::from_timestamp(1_898_596_800, 0).unwrap();

/// One instance of authgraph behind a port of its own.
pub struct TestApp {
    pub app: Arc<App>,
    pub clock: ManualClock,
    pub address: SocketAddr,
    pub world: Arc<World>,
    http: reqwest::Client,
    settings: HashMap<String, String>,
    stop: DropGuard,
}

/// What all instances of one test share.
pub struct World {
    pub folder: TempDir,
    pub database: Database,
}

impl TestApp {
    /// A server with the settings of the tests.
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    /// A server with other settings.
    pub async fn with(settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::fresh(folder.path()).await;
        let world = Arc::new(World { folder, database });
        let mut all = defaults(&world);
        all.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let this = Self::open(world, ManualClock::standing_at(START), all).await;
        // A test whose database is away begins without tables.
        let _ = this.app.db.migrate().await;
        this
    }

    /// One more server over the same database and stores.
    pub async fn another_instance(&self) -> Self {
        self.another_instance_with(&[]).await
    }

    /// One more server over the same database and stores, with other settings.
    pub async fn another_instance_with(&self, settings: &[(&str, &str)]) -> Self {
        let mut all = self.settings.clone();
        all.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        Self::open(Arc::clone(&self.world), self.clock.clone(), all).await
    }

    async fn open(world: Arc<World>, clock: ManualClock, settings: HashMap<String, String>) -> Self {
        let config = Config::read(&settings.clone().into_iter().collect()).expect("settings that are right");
        let app = Arc::new(App::open(config, Clock::Manual(clock.clone())).await.unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shutdown = CancellationToken::new();
        let (routes, told) = (service(&app).unwrap(), shutdown.clone());
        // Beside the background tasks of the app, which a test may shut down.
        TaskTracker::new().spawn(server::serve(routes, listener, connections(&app), told, TIMEOUTS));
        super::install_tls();
        let http = reqwest::Client::new();
        Self { app, clock, address, world, http, settings, stop: shutdown.drop_guard() }
    }

    /// A GraphQL request, sent when it is awaited.
    pub fn ask(&self, document: impl Into<String>) -> GraphQLRequest {
        GraphQLRequest::new(self.http.post(self.url("/graphql")), document)
    }

    /// Any other page.
    pub async fn get(&self, path: &str) -> Answer {
        Answer::read(self.http.get(self.url(path)).send().await.expect("a server that answers")).await
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Tells the server to stop.
    pub fn stop(&self) {
        self.stop.token().cancel();
    }

    /// Moves the clock of the test forward.
    pub fn wait(&self, how_long: Duration) {
        self.clock.advance(how_long);
    }

    /// The audit trail, oldest first, as `"LOGIN Success"`.
    pub async fn audit_trail(&self) -> Vec<String> {
        let events = audit_log::list_latest(&self.app.db, 1_000).await.unwrap();
        events.iter().map(|event| format!("{} {:?}", word(&event.action), event.outcome)).collect()
    }
}

/// `UserRegistered` as the trail spells it: `USER_REGISTERED`.
fn word(action: &impl std::fmt::Debug) -> String {
    let mut word = String::new();
    for letter in format!("{action:?}").chars() {
        if letter.is_uppercase() && !word.is_empty() {
            word.push('_');
        }
        word.extend(letter.to_uppercase());
    }
    word
}

/// Quick hashes, no limits, and stores that no other test knows of.
fn defaults(world: &World) -> HashMap<String, String> {
    let mut settings: HashMap<String, String> = [
        ("AUTHGRAPH_ENV", "development"),
        ("DATA_DIR", &*world.folder.path().display().to_string()),
        ("DATABASE_URL", &world.database.url),
        ("DATABASE_MAX_CONNECTIONS", "8"),
        ("JWT_KEYS_DIR", &keys().display().to_string()),
        ("REDIS_URL", &setting("TEST_REDIS_URL").unwrap_or_default()),
        ("REDIS_KEY_PREFIX", &format!("authgraph-test:{}:", Uuid::now_v7())),
        ("ARGON2_MEMORY_KIB", "8"),
        ("ARGON2_ITERATIONS", "1"),
        ("ARGON2_LANES", "1"),
        ("HASH_QUEUE_SIZE", "1000"),
        // A test that presents a token twice means a thief, unless it says otherwise.
        ("REFRESH_RACE_WINDOW", "0s"),
        ("MAX_CONNECTIONS_PER_ADDRESS", "10000"),
        ("RATE_LIMIT_REQUESTS", "0"),
        ("RATE_LIMIT_BUDGET", "0"),
        ("RATE_LIMIT_AUTH", "0"),
        ("RATE_LIMIT_AUTH_NETWORK", "0"),
        ("RATE_LIMIT_AUTH_PAIR", "0"),
        ("RATE_LIMIT_AUTH_ACCOUNT", "0"),
        ("RATE_LIMIT_EMAIL", "0"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    settings.retain(|_, value| !value.is_empty());
    settings
}

/// The signing keys of all tests: making an RSA key takes longer than most tests. The first test that has made
/// them shares them.
fn keys() -> PathBuf {
    let shared = Path::new(env!("CARGO_TARGET_TMPDIR")).join("keys");
    if !shared.exists() {
        let own = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap().keep();
        for algorithm in [Algorithm::Rs256, Algorithm::Es256, Algorithm::EdDsa] {
            create_key(&own, algorithm, START - Duration::from_hours(1)).unwrap();
        }
        if std::fs::rename(&own, &shared).is_err() {
            std::fs::remove_dir_all(own).unwrap();
        }
    }
    shared
}
