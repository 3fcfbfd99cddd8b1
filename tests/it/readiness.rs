//! `/ready`, which anybody may ask as often as they like: it reads the database and Redis once in a second.

use std::time::Duration;

use authgraph::tools::db::statements_run;
use futures_util::future::join_all;
use serde_json::json;

use crate::support::TestApp;

/// A port that was free a moment ago: connections to it are refused.
fn closed_redis() -> String {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    format!("redis://127.0.0.1:{port}")
}

/// How often the database was read, and Redis asked: one that is away counts each question.
fn read_so_far(app: &TestApp) -> (u64, u64) {
    (statements_run(), app.app.redis.as_ref().unwrap().fallbacks())
}

#[tokio::test]
async fn two_hundred_who_ask_at_once_cost_one_read_of_database_and_redis() {
    let app = TestApp::with(&[("REDIS_URL", &closed_redis())]).await;
    let (statements, questions) = read_so_far(&app);

    let answers = join_all((0..200).map(|_| app.get("/ready"))).await;

    assert!(answers.iter().all(|answer| answer.status == 200 && answer.body["checks"]["redis"] == json!("fallback")));
    assert_eq!(read_so_far(&app), (statements + 1, questions + 1));
}

#[tokio::test]
async fn an_answer_holds_for_a_second_and_no_longer() {
    let app = TestApp::with(&[("REDIS_URL", &closed_redis())]).await;
    app.get("/ready").await;
    let (statements, questions) = read_so_far(&app);

    app.wait(Duration::from_millis(999));
    app.get("/ready").await;
    assert_eq!(read_so_far(&app), (statements, questions));

    app.wait(Duration::from_millis(1));
    app.get("/ready").await;
    assert_eq!(read_so_far(&app), (statements + 1, questions + 1));
}

/// What is away takes its time to say so: meanwhile the answer must not grow old.
#[tokio::test]
async fn those_who_waited_for_a_slow_answer_do_not_ask_again() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let redis = format!("redis://{}", silent.local_addr().unwrap());
    let app = TestApp::with(&[("REDIS_URL", &redis), ("REDIS_TIMEOUT", "500ms")]).await;
    let (statements, questions) = read_so_far(&app);

    let meanwhile = async {
        let asked = silent.accept().await.unwrap();
        app.wait(Duration::from_secs(2));
        asked
    };
    let (answers, _asked) = tokio::join!(join_all((0..50).map(|_| app.get("/ready"))), meanwhile);

    assert!(answers.iter().all(|answer| answer.body["checks"]["redis"] == json!("fallback")));
    assert_eq!(read_so_far(&app), (statements + 1, questions + 1));
}

/// What is written to a file that was removed, or lies on a disk that was unmounted, is lost. PostgreSQL: failover.rs.
#[tokio::test]
async fn a_database_file_that_is_not_there_any_more_is_not_ready() {
    let app = TestApp::start().await;
    let file = app.world.folder.path().join("test.db");
    if !app.world.database.is_sqlite() {
        return;
    }

    assert_eq!(app.get("/ready").await.status.as_u16(), 200);

    std::fs::rename(&file, file.with_extension("away")).unwrap();
    app.wait(Duration::from_secs(1));
    assert_eq!(app.get("/ready").await.status.as_u16(), 503);

    std::fs::rename(file.with_extension("away"), &file).unwrap();
    app.wait(Duration::from_secs(1));
    assert_eq!(app.get("/ready").await.status.as_u16(), 200);
}

#[tokio::test]
async fn a_database_file_that_takes_no_writes_is_unavailable_and_no_fault() {
    let app = TestApp::start().await;
    if !app.world.database.is_sqlite() {
        return;
    }
    let url = format!("{}?mode=ro", app.world.database.url);

    let reader = app.another_instance_with(&[("DATABASE_URL", &url)]).await;

    assert_eq!(reader.register("ann@example.com").await.code(), "UNAVAILABLE");
}
