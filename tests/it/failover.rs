//! Databases and networks as they are: servers that turn read-only, connections that die without a word, locks that are
//! held. On PostgreSQL alone, but for what says otherwise.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use sqlx::{Connection, Executor, PgConnection};

use crate::support::{OwnDatabase, PASSWORD, Proxy, SignedIn, TestApp};

/// A server over a database of its own.
async fn over(database: &OwnDatabase) -> TestApp {
    let app = TestApp::start().await.another_instance_with(&[("DATABASE_URL", &database.url)]).await;
    app.app.db.migrate().await.unwrap();
    app
}

/// A server whose connections to PostgreSQL can fall silent, and a user who is signed in. None without PostgreSQL.
async fn behind_a_proxy() -> Option<(TestApp, Proxy, SignedIn)> {
    let world = TestApp::start().await;
    if world.world.database.is_sqlite() {
        return None;
    }
    let (proxy, url) = Proxy::before(&world.world.database.url, 5432).await;
    let app = world.another_instance_with(&[("DATABASE_URL", &url)]).await;
    let ann = app.signed_in("ann@example.com").await;
    // So that every connection is open.
    join_all((0..50).map(|_| app.me(&ann).into_future())).await;
    Some((app, proxy, ann))
}

async fn readiness(app: &TestApp) -> u16 {
    app.wait(Duration::from_secs(1));
    app.get("/ready").await.status.as_u16()
}

#[tokio::test]
async fn a_server_that_turned_read_only_is_left_at_once_and_taken_back_when_it_writes() {
    let Some(database) = OwnDatabase::new().await else { return };
    let app = over(&database).await;
    let ann = app.signed_in("ann@example.com").await;

    database.alter("set default_transaction_read_only = on").await;
    database.end_connections().await;
    for _ in 0..3 {
        assert_eq!(app.login("ann@example.com", PASSWORD).await.code(), "UNAVAILABLE");
        assert_eq!(readiness(&app).await, 503);
    }

    database.alter("set default_transaction_read_only = off").await;
    assert_eq!(readiness(&app).await, 200);
    app.refresh(&ann).await.signed_in();
}

/// A primary that is demoted keeps the connections it has.
#[tokio::test]
async fn a_connection_that_cannot_write_any_more_is_given_up_with_all_others() {
    let Some(database) = OwnDatabase::new().await else { return };
    let app = over(&database).await;
    let ann = app.signed_in("ann@example.com").await;
    let demote = "create or replace function refuse() returns trigger language plpgsql as \
                  $$ begin raise sqlstate '25006'; end $$";
    let trigger = "create trigger refuse before insert on sessions for each statement execute function refuse()";
    for sql in [demote, trigger] {
        app.app.db.query(sql).execute().await.unwrap();
    }
    let (before,) = backend(&app).await;

    assert_eq!(app.login("ann@example.com", PASSWORD).await.code(), "UNAVAILABLE");

    assert_ne!(backend(&app).await.0, before, "a connection from before was used again");
    app.me(&ann).await.ok();
}

async fn backend(app: &TestApp) -> (i32,) {
    app.app.db.query("select pg_backend_pid()").one().await.unwrap()
}

#[tokio::test]
async fn a_database_that_takes_no_connections_for_a_while_is_unavailable_and_no_fault() {
    let Some(database) = OwnDatabase::new().await else { return };
    let app = over(&database).await;
    app.signed_in("ann@example.com").await;

    database.alter("allow_connections false").await;
    database.end_connections().await;
    assert_eq!(app.login("ann@example.com", PASSWORD).await.code(), "UNAVAILABLE");
    assert_eq!(readiness(&app).await, 503);

    database.alter("allow_connections true").await;
    app.login("ann@example.com", PASSWORD).await.signed_in();
}

#[tokio::test]
async fn a_database_whose_transactions_are_serializable_by_default_refuses_nobody() {
    let Some(database) = OwnDatabase::new().await else { return };
    database.alter("set default_transaction_isolation = 'serializable'").await;
    let app = over(&database).await;

    for answer in app.at_once((0..40).map(|n| app.register(&format!("user{n}@example.com")))).await {
        answer.signed_in();
    }
}

#[tokio::test]
async fn connections_that_fall_silent_in_use_are_given_up_within_seconds() {
    let Some((app, proxy, ann)) = behind_a_proxy().await else { return };
    let busy = join_all((0..16).map(|_| app.app.db.query("select pg_sleep(1) is null").execute()));
    let silence = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        proxy.silence();
        Instant::now()
    };

    let (lost, began) = tokio::join!(busy, silence);

    assert!(lost.iter().any(Result::is_err), "no connection was in use");
    assert!(began.elapsed() < Duration::from_secs(8), "given up after {:?}", began.elapsed());
    let again = Instant::now();
    for answer in app.at_once((0..30).map(|_| app.me(&ann))).await {
        answer.ok();
    }
    app.refresh(&ann).await.signed_in();
    assert!(again.elapsed() < Duration::from_secs(2), "served after {:?}", again.elapsed());
}

/// The server knows nothing of the silence, and would keep its locks for ten seconds.
#[tokio::test]
async fn what_a_silent_connection_had_locked_is_free_as_soon_as_it_is_given_up() {
    let Some((app, proxy, _ann)) = behind_a_proxy().await else { return };
    let touch = "update users set name = name";
    let mut lost = app.app.db.begin().await.unwrap();
    lost.query(touch).execute().await.unwrap();

    proxy.silence();
    assert!(lost.query(touch).execute().await.is_err());
    drop(lost);

    let began = Instant::now();
    app.app.db.query(touch).execute().await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(3), "waited {:?}", began.elapsed());
}

#[tokio::test]
async fn connections_that_fell_silent_at_rest_cost_one_slow_request() {
    let Some((app, proxy, ann)) = behind_a_proxy().await else { return };
    tokio::time::sleep(Duration::from_millis(1_100)).await;

    proxy.silence();
    let began = Instant::now();
    app.me(&ann).await.ok();
    assert!(began.elapsed() < Duration::from_secs(3), "waited {:?}", began.elapsed());

    let again = Instant::now();
    for answer in app.at_once((0..30).map(|_| app.me(&ann))).await {
        answer.ok();
    }
    app.refresh(&ann).await.signed_in();
    assert!(again.elapsed() < Duration::from_secs(2), "waited {:?}", again.elapsed());
}

/// The requests of clients that hung up hold their connections no longer than the others.
#[tokio::test]
async fn no_connection_is_lost_to_requests_that_were_given_up_in_silence() {
    let Some((app, proxy, ann)) = behind_a_proxy().await else { return };
    proxy.silence();
    let impatient = join_all((0..50).map(|_| {
        tokio::time::timeout(Duration::from_millis(300), app.app.db.query("select pg_sleep(0.1) is null").execute())
    }));
    impatient.await;

    let began = Instant::now();
    while app.me(&ann).await.body["errors"].is_array() {
        assert!(began.elapsed() < Duration::from_secs(8), "the connections did not come back");
    }
    for answer in app.at_once((0..30).map(|_| app.me(&ann))).await {
        answer.ok();
    }
    app.refresh(&ann).await.signed_in();
}

/// Takes a lock that writers need, over a connection of its own.
async fn lock_refresh_tokens(app: &TestApp) -> PgConnection {
    let mut other = PgConnection::connect(&app.world.database.url).await.unwrap();
    other.execute("begin; lock table refresh_tokens in access exclusive mode").await.unwrap();
    other
}

#[tokio::test]
async fn writers_who_wait_for_a_lock_do_not_hold_up_readers() {
    let Some((app, _proxy, ann)) = behind_a_proxy().await else { return };
    let lock = lock_refresh_tokens(&app).await;
    let refreshes = join_all((0..16).map(|_| app.refresh(&ann).into_future()));
    let readers = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let began = Instant::now();
        for answer in app.at_once((0..30).map(|_| app.me(&ann))).await {
            answer.ok();
        }
        drop(lock);
        began.elapsed()
    };

    let (_, waited) = tokio::join!(refreshes, readers);

    assert!(waited < Duration::from_millis(2_500), "the readers waited {waited:?}");
}

#[tokio::test]
async fn a_server_that_works_on_a_slow_statement_is_not_taken_for_a_dead_one() {
    let Some((app, _proxy, ann)) = behind_a_proxy().await else { return };
    let mut lock = lock_refresh_tokens(&app).await;
    let release = async {
        tokio::time::sleep(Duration::from_secs(5)).await;
        lock.execute("rollback").await.unwrap();
    };

    let (refreshed, ()) = tokio::join!(app.refresh(&ann).into_future(), release);

    refreshed.signed_in();
}
