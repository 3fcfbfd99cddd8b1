//! More to do than can be done: who is sent away, when, and who is not.

use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::join_all;

use crate::support::{PASSWORD, TestApp};

/// One thread for hashes that take long enough to queue.
const SLOW: &[(&str, &str)] =
    &[("ARGON2_MEMORY_KIB", "8192"), ("ARGON2_ITERATIONS", "2"), ("HASH_THREADS", "1"), ("LOCKOUT_ATTEMPTS", "0")];

#[tokio::test(flavor = "multi_thread")]
async fn an_operation_that_finds_no_place_is_sent_away_before_it_runs() {
    let settings = [("MAX_CONCURRENT_OPERATIONS", "1"), ("OPERATION_QUEUE_TIMEOUT", "1ms")];
    let app = TestApp::with(&[SLOW, &settings].concat()).await;

    let answers = app.at_once((0..12).map(|_| app.login("ann@example.com", PASSWORD))).await;

    let (judged, sent_away): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    assert!(!judged.is_empty() && !sent_away.is_empty(), "{} and {}", judged.len(), sent_away.len());
    for answer in sent_away {
        assert_eq!((answer.status.as_u16(), answer.code(), answer.retry_after()), (503, "OVERLOADED", 1));
        assert_eq!((answer.header("retry-after"), answer.body.get("data")), ("1", None));
    }
    assert_eq!(app.audit_trail().await.len(), judged.len());
    app.ask("{ __typename }").await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_sent_away_has_taken_a_place_among_the_requests() {
    let settings =
        [("MAX_CONCURRENT_OPERATIONS", "1"), ("OPERATION_QUEUE_TIMEOUT", "1ms"), ("RATE_LIMIT_REQUESTS", "12/1m")];
    let app = TestApp::with(&[SLOW, &settings].concat()).await;

    let answers = app.at_once((0..12).map(|_| app.login("ann@example.com", PASSWORD))).await;

    assert!(answers.iter().any(|answer| answer.code() == "OVERLOADED"));
    assert_eq!(app.ask("{ __typename }").await.code(), "RATE_LIMITED");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_has_signed_in_before_comes_in_through_a_flood_of_strangers() {
    // Who knows the device must be asked in time, on a machine that runs other tests too.
    let settings = [("HASH_QUEUE_SIZE", "2"), ("TRUSTED_PROXIES", "1"), ("REDIS_TIMEOUT", "20s")];
    let app = TestApp::with(&[SLOW, &settings].concat()).await;
    let login = || app.login("ann@example.com", PASSWORD).from("203.0.113.7").header("user-agent", "Ann's telephone");
    app.signed_in("ann@example.com").await;
    login().await.signed_in();
    let is_over = AtomicBool::new(false);

    let strangers = join_all((0..30).map(|n| async move { format!("198.51.100.{n}") }).map(|address| async {
        let (address, mut sent_away) = (address.await, 0);
        while !is_over.load(Ordering::Relaxed) {
            let guess = app.login("ann@example.com", "Wrong-Guess-99").from(&address).await;
            sent_away += usize::from(guess.codes() == ["OVERLOADED"]);
        }
        sent_away
    }));
    let member = async {
        for _ in 0..8 {
            login().await.signed_in();
        }
        is_over.store(true, Ordering::Relaxed);
    };
    let (sent_away, ()) = tokio::join!(strangers, member);

    assert!(sent_away.iter().sum::<usize>() > 0, "there was no flood");
}
