//! What it costs to be told what was missed.

use std::collections::HashSet;
use std::time::Duration;

use crate::support::socket::Socket;
use crate::support::{SignedIn, TestApp};

const MINUTE: Duration = Duration::from_mins(1);

async fn remaining(app: &TestApp, who: &SignedIn) -> u64 {
    app.ask("{ rateLimit { remaining } }").by(who).await.ok().at("/rateLimit/remaining").as_u64().unwrap()
}

/// A socket that follows everything about its owner, or everything there is, since an event.
async fn since(app: &TestApp, who: &SignedIn, field: &str, event: &str) -> Socket {
    let mut socket = app.socket_of(who).await;
    socket.subscribe("1", &format!("subscription {{ {field}(after: \"{event}\") {{ id }} }}")).await;
    socket
}

/// The ids that come until the subscription ends for want of points, or `last` has come; and whether it ended.
async fn told(socket: &mut Socket, field: &str, last: &str) -> (Vec<String>, bool) {
    let mut ids = Vec::new();
    loop {
        let message = socket.receive().await;
        if message["type"] == "error" {
            assert_eq!(message["payload"][0]["extensions"]["code"], "RATE_LIMITED");
            assert!(message["payload"][0]["extensions"]["retryAfter"].as_u64() > Some(0), "{message}");
            return (ids, true);
        }
        ids.push(message["payload"]["data"][field]["id"].as_str().unwrap().to_owned());
        if ids.last().is_some_and(|id| id == last) {
            return (ids, false);
        }
    }
}

#[tokio::test]
async fn what_is_replayed_is_paid_for_by_the_row() {
    let app = TestApp::with(&[("RATE_LIMIT_BUDGET", "20000/1m")]).await;
    let (root, ann) = (app.admin("root@example.com").await, app.signed_in("ann@example.com").await);
    let first = app.event_ids().await.pop().unwrap();
    app.wait(MINUTE);
    app.record_and_die(&ann, 350, "").await;
    let last = app.event_ids().await.pop().unwrap();

    for (who, field) in [(&ann, "securityEvents"), (&root, "auditEvents")] {
        let before = remaining(&app, who).await;
        let mut socket = since(&app, who, field, &first).await;
        let (ids, is_refused) = told(&mut socket, field, &last).await;
        socket.is_silent().await;

        let paid = before - remaining(&app, who).await;
        assert!(!is_refused && ids.len() >= 350);
        assert!((350..=360).contains(&paid), "{field}: {paid} points");
    }
}

#[tokio::test]
async fn whoever_has_no_points_left_is_replayed_nothing_more_and_misses_nothing_later() {
    let app = TestApp::with(&[("RATE_LIMIT_BUDGET", "250/1m")]).await;
    let ann = app.signed_in("ann@example.com").await;
    let mut place = app.event_ids().await.pop().unwrap();
    for _ in 0..4 {
        app.wait(MINUTE);
        app.record_and_die(&ann, 100, "").await;
    }
    let (known, all) = (place.clone(), app.event_ids().await);
    let missed = all.iter().skip_while(|id| **id != known).skip(1).cloned();
    let mut missing: HashSet<String> = missed.collect();

    let mut rounds = 0;
    while !missing.is_empty() && rounds < 10 {
        rounds += 1;
        let mut socket = since(&app, &ann, "securityEvents", &place).await;
        let (ids, is_refused) = told(&mut socket, "securityEvents", all.last().unwrap()).await;
        assert!(ids.len() <= 250, "{} events for 250 points", ids.len());
        missing.retain(|id| !ids.contains(id));
        assert!(is_refused || missing.is_empty(), "{missing:?}");
        place = ids.last().cloned().unwrap_or(place);
        app.wait(MINUTE);
    }

    assert!(missing.is_empty() && (2..=4).contains(&rounds), "{} left after {rounds} rounds", missing.len());
}

#[tokio::test]
async fn an_empty_budget_reads_no_page_of_a_replay() {
    let app = TestApp::with(&[("RATE_LIMIT_BUDGET", "100/1m")]).await;
    let ann = app.signed_in("ann@example.com").await;
    let first = app.event_ids().await.pop().unwrap();
    app.wait(MINUTE);
    app.record_and_die(&ann, 10, "").await;
    app.me(&ann).await.ok();

    let mut socket = since(&app, &ann, "securityEvents", &first).await;

    assert_eq!(told(&mut socket, "securityEvents", "").await, (vec![], true));
}
