//! Dependencies that go away, and come back.

use std::time::Duration;

use serde_json::json;
use sqlx::{Connection, Executor, SqliteConnection};

use crate::support::{PASSWORD, Proxy, TestApp};

/// A port that was free a moment ago: connections to it are refused.
fn closed_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A database out of reach: its network is cut, or another connection holds the lock of its file.
enum Outage {
    Cut(Proxy),
    Locked(Box<SqliteConnection>),
}

impl Outage {
    /// A server whose database can go away.
    async fn prepare(app: &TestApp) -> (TestApp, Self) {
        if app.world.database.is_sqlite() {
            let lock = SqliteConnection::connect(&app.world.database.url).await.unwrap();
            return (app.another_instance().await, Self::Locked(Box::new(lock)));
        }
        let (proxy, url) = Proxy::before(&app.world.database.url, 5432).await;
        (app.another_instance_with(&[("DATABASE_URL", &url)]).await, Self::Cut(proxy))
    }

    async fn begin(&mut self) {
        match self {
            Self::Cut(proxy) => proxy.cut(),
            Self::Locked(lock) => drop(lock.execute("begin immediate").await.unwrap()),
        }
    }

    async fn end(&mut self) {
        match self {
            Self::Cut(proxy) => proxy.restore(),
            Self::Locked(lock) => drop(lock.execute("rollback").await.unwrap()),
        }
    }

    /// What `/ready` answers meanwhile: a locked file can still be read.
    fn readiness(&self) -> u16 {
        match self {
            Self::Cut(_) => 503,
            Self::Locked(_) => 200,
        }
    }
}

#[tokio::test]
async fn without_a_database_the_server_lives_and_says_that_it_is_not_ready() {
    let url = format!("postgres://postgres@127.0.0.1:{}/none", closed_port());
    let app = TestApp::start().await.another_instance_with(&[("DATABASE_URL", &url)]).await;

    let (health, ready, login) =
        tokio::join!(app.get("/health"), app.get("/ready"), app.login("ann@example.com", PASSWORD).into_future());

    assert_eq!((health.status.as_u16(), ready.status.as_u16()), (200, 503));
    assert_eq!(ready.body["checks"]["database"], "down");
    assert_eq!((login.code(), login.extension("statusCode")), ("UNAVAILABLE", &json!(503)));
}

#[tokio::test]
async fn after_an_outage_of_the_database_everything_goes_on_without_a_restart() {
    let world = TestApp::start().await;
    let (app, mut outage) = Outage::prepare(&world).await;
    let ann = app.signed_in("ann@example.com").await;

    outage.begin().await;
    app.wait(Duration::from_secs(1));
    assert_eq!(app.get("/ready").await.status.as_u16(), outage.readiness());
    assert_eq!(app.refresh(&ann).await.code(), "UNAVAILABLE");

    outage.end().await;
    app.wait(Duration::from_secs(1));
    assert_eq!(app.get("/ready").await.status.as_u16(), 200);
    app.refresh(&ann).await.signed_in();
}

#[tokio::test]
async fn a_session_that_cannot_be_looked_up_is_not_allowed() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;

    app.app.db.close().await;

    assert_eq!(app.me(&ann).await.code(), "UNAVAILABLE");
}

#[tokio::test]
async fn without_redis_members_still_sign_in_and_limits_still_hold() {
    let redis = format!("redis://127.0.0.1:{}", closed_port());
    let app = TestApp::with(&[("REDIS_URL", &redis), ("RATE_LIMIT_AUTH", "5/1m")]).await;
    for _ in 0..5 {
        assert_eq!(app.login("ann@example.com", PASSWORD).await.code(), "INVALID_CREDENTIALS");
    }

    assert_eq!(app.login("ann@example.com", PASSWORD).await.code(), "RATE_LIMITED");
    app.wait(Duration::from_mins(1));
    app.signed_in("ann@example.com").await;
    let ready = app.get("/ready").await;
    assert_eq!((ready.status.as_u16(), &ready.body["checks"]["redis"]), (200, &json!("fallback")));
}

#[tokio::test]
async fn a_mail_server_that_is_away_refuses_no_registration() {
    let smtp = format!("smtp://127.0.0.1:{}", closed_port());
    let app = TestApp::with(&[("SMTP_URL", &smtp)]).await;

    app.signed_in("ann@example.com").await;
    app.deliver_mail().await;

    app.request_password_reset("ann@example.com").await.ok();
}
