//! What Redis is asked, and what happens when it goes away and comes back. Nothing to see without one.

use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::TaskTracker;
use url::Url;

use crate::support::database::setting;
use crate::support::process::Process;
use crate::support::{PASSWORD, Proxy, TestApp};

const LIMITS: &[(&str, &str)] =
    &[("RATE_LIMIT_REQUESTS", "100/1m"), ("RATE_LIMIT_BUDGET", "1000/1m"), ("RATE_LIMIT_AUTH", "5/1m")];

fn redis() -> Option<Url> {
    setting("TEST_REDIS_URL").map(|url| Url::parse(&url).unwrap())
}

async fn connect(redis: &Url) -> BufReader<TcpStream> {
    let address = (redis.host_str().unwrap(), redis.port().unwrap_or(6379));
    BufReader::new(TcpStream::connect(address).await.unwrap())
}

/// Everything that Redis is told, by anybody.
struct Monitor(BufReader<TcpStream>);

impl Monitor {
    async fn start(redis: &Url) -> Self {
        let mut connection = connect(redis).await;
        connection.write_all(b"MONITOR\r\n").await.unwrap();
        let mut this = Self(connection);
        assert_eq!(this.line().await, "+OK");
        this
    }

    async fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).await.unwrap();
        line.trim_end().to_owned()
    }

    /// The commands about keys with this prefix so far, without what scripts do inside.
    async fn commands(&mut self, redis: &Url, prefix: &str) -> Vec<String> {
        let end = format!("end-of-{prefix}");
        connect(redis).await.write_all(format!("PING \"{end}\"\r\n").as_bytes()).await.unwrap();
        let mut commands = Vec::new();
        loop {
            let line = self.line().await;
            if line.contains(&end) {
                return commands;
            }
            if line.contains(prefix) && !line.contains(" lua]") {
                commands.push(line);
            }
        }
    }
}

#[tokio::test]
async fn me_is_one_round_trip() {
    let Some(redis) = redis() else { return };
    let app = TestApp::with(LIMITS).await;
    let ann = app.signed_in("ann@example.com").await;
    app.me(&ann).await.ok();
    let mut monitor = Monitor::start(&redis).await;

    for _ in 0..3 {
        app.me(&ann).await.ok();
    }

    let commands = monitor.commands(&redis, &app.app.config.redis.key_prefix).await;
    assert_eq!(commands.len(), 3, "{commands:#?}");
    assert!(commands.iter().all(|command| command.contains("\"EVALSHA\"")), "{commands:#?}");
}

#[tokio::test]
async fn redis_comes_back_without_a_restart() {
    let Some(url) = redis() else { return };
    let (proxy, url) = Proxy::before(url.as_str(), 6379).await;
    let app = TestApp::with(&[LIMITS, &[("REDIS_URL", &*url)]].concat()).await;
    app.login("ann@example.com", PASSWORD).await;
    assert_eq!(app.get("/ready").await.body["checks"]["redis"], "up");

    proxy.cut();
    let began = Instant::now();
    for _ in 0..4 {
        assert_eq!(app.login("ann@example.com", PASSWORD).await.code(), "INVALID_CREDENTIALS");
    }
    assert_eq!(app.login("ann@example.com", PASSWORD).await.code(), "RATE_LIMITED", "the outage began a new count");
    assert!(began.elapsed() < Duration::from_secs(2), "waited {:?}", began.elapsed());
    assert!(app.app.redis.as_ref().unwrap().fallbacks() > 0);

    proxy.restore();
    app.wait(Duration::from_secs(1));
    let began = Instant::now();
    while app.get("/ready").await.body["checks"]["redis"] != "up" {
        assert!(began.elapsed() < Duration::from_secs(20), "Redis did not come back");
        tokio::time::sleep(Duration::from_millis(20)).await;
        app.wait(Duration::from_secs(1));
    }
    let before = app.app.redis.as_ref().unwrap().fallbacks();
    app.ask("{ __typename }").await.ok();
    assert_eq!(app.app.redis.as_ref().unwrap().fallbacks(), before);
}

/// What Redis answers to one command.
async fn told(redis: &Url, command: &str) -> String {
    let mut connection = connect(redis).await;
    connection.write_all(format!("{command}\r\n").as_bytes()).await.unwrap();
    let mut line = String::new();
    connection.read_line(&mut line).await.unwrap();
    line.trim_end().to_owned()
}

#[tokio::test]
async fn a_redis_that_refuses_our_channel_is_told() {
    let Some(redis) = redis() else { return };
    let user = format!("authgraph-test-{}", uuid::Uuid::now_v7().simple());
    assert_eq!(told(&redis, &format!("ACL SETUSER {user} on >secret ~* +@all resetchannels")).await, "+OK");
    let mut restricted = redis.clone();
    restricted.set_username(&user).unwrap();
    restricted.set_password(Some("secret")).unwrap();
    let app = TestApp::with(&[("REDIS_URL", restricted.as_str())]).await;
    assert_eq!(app.get("/ready").await.body["checks"].get("channel"), None);

    app.signed_in("ann@example.com").await;

    let mut checks = serde_json::Value::Null;
    for _ in 0..100 {
        app.wait(Duration::from_secs(1));
        checks = app.get("/ready").await.body["checks"].clone();
        if checks["channel"] == "refused" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    told(&redis, &format!("ACL DELUSER {user}")).await;
    assert_eq!((&checks["redis"], &checks["channel"]), (&serde_json::json!("up"), &serde_json::json!("refused")));
}

#[tokio::test]
async fn a_redis_that_refuses_our_keys_is_no_redis_to_us() {
    let Some(redis) = redis() else { return };
    let user = format!("authgraph-test-{}", uuid::Uuid::now_v7().simple());
    assert_eq!(told(&redis, &format!("ACL SETUSER {user} on >secret ~other:* &* +@all")).await, "+OK");
    let mut restricted = redis.clone();
    restricted.set_username(&user).unwrap();
    restricted.set_password(Some("secret")).unwrap();
    let app = TestApp::with(&[("REDIS_URL", restricted.as_str())]).await;

    let ready = app.get("/ready").await;

    told(&redis, &format!("ACL DELUSER {user}")).await;
    assert_eq!(ready.body["checks"]["redis"], "fallback");
}

/// In use and at rest alike: there is one connection, and no request waits for it longer than `REDIS_TIMEOUT`.
#[tokio::test]
async fn a_redis_that_falls_silent_costs_one_short_wait() {
    let Some(url) = redis() else { return };
    let (proxy, url) = Proxy::before(url.as_str(), 6379).await;
    let app = TestApp::with(&[LIMITS, &[("REDIS_URL", &*url), ("REDIS_TIMEOUT", "300ms")]].concat()).await;
    app.ask("{ __typename }").await.ok();
    let before = app.app.redis.as_ref().unwrap().fallbacks();

    proxy.silence();
    let began = Instant::now();
    app.ask("{ __typename }").await.ok();
    assert!(began.elapsed() < Duration::from_secs(1), "waited {:?}", began.elapsed());
    tokio::time::sleep(Duration::from_millis(100)).await;

    for _ in 0..10 {
        app.ask("{ __typename }").await.ok();
    }
    assert_eq!(app.app.redis.as_ref().unwrap().fallbacks(), before + 1);
}

/// A node of a cluster that has none of our keys.
async fn node_without_our_slot() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("redis://{}", listener.local_addr().unwrap());
    let tasks = TaskTracker::new();
    let connections = tasks.clone();
    tasks.spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            connections.spawn(refer_all(connection));
        }
    });
    url
}

/// Answers every command about a key, and any other, with the address of another node.
async fn refer_all(connection: TcpStream) -> Option<()> {
    let mut connection = BufReader::new(connection);
    loop {
        // A command is an array of texts, each a line of its length and a line of its own.
        let parts: usize = read_line(&mut connection).await?.strip_prefix('*')?.parse().ok()?;
        for _ in 0..2 * parts {
            read_line(&mut connection).await?;
        }
        connection.write_all(b"-MOVED 2875 127.0.0.1:1\r\n").await.ok()?;
    }
}

async fn read_line(connection: &mut BufReader<TcpStream>) -> Option<String> {
    let mut line = String::new();
    connection.read_line(&mut line).await.ok().filter(|bytes| *bytes > 0)?;
    Some(line.trim_end().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_of_a_cluster_that_is_taken_for_a_server_is_told_with_the_way_out() {
    let world = TestApp::start().await;
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let url = node_without_our_slot().await;

    let _process = Process::start_logging(folder.path(), &world.world.database, &log, &[("REDIS_URL", &url)]).await;

    let said = std::fs::read_to_string(&log).unwrap();
    let told: Vec<_> = said.lines().filter(|line| line.contains("REDIS_MODE=cluster")).collect();
    assert!(told.len() == 1 && told[0].contains("ERROR"), "{said}");
}
