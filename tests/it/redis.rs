//! What Redis is asked, and what happens when it goes away and comes back. Nothing to see without one.

use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use url::Url;

use crate::support::database::setting;
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
