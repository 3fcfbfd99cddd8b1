//! What Prometheus is told, who may ask, and what clients cannot make of it.

use std::collections::HashMap;
use std::time::Duration;

use authgraph::tools::db::statements_run;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Answer, PASSWORD, TestApp};

pub(crate) const TOKEN: &str = "scrape-me-0123456789";
pub(crate) const ON: &[(&str, &str)] = &[("METRICS_AUTH_TOKEN", TOKEN)];

async fn get(app: &TestApp, authorization: &str) -> Answer {
    let request = Client::new().get(app.url("/metrics")).header("authorization", authorization);
    Answer::read(request.send().await.unwrap()).await
}

pub(crate) async fn scraped(app: &TestApp) -> Answer {
    get(app, &format!("Bearer {TOKEN}")).await
}

/// Every series with its value.
pub(crate) async fn series(app: &TestApp) -> HashMap<String, f64> {
    let answer = scraped(app).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let lines = answer.text.lines().filter(|line| !line.starts_with('#'));
    let series = lines.map(|line| line.rsplit_once(' ').unwrap());
    series.map(|(name, value)| (name.to_owned(), value.parse().unwrap())).collect()
}

/// What has grown between two looks, of the family that begins so, and by how much.
pub(crate) fn grown(before: &HashMap<String, f64>, after: &HashMap<String, f64>, family: &str) -> Vec<String> {
    let of_family = after.iter().filter_map(|(name, value)| Some((name.strip_prefix(family)?, name, value)));
    let grown = of_family.map(|(labels, name, value)| (labels, value - before.get(name).copied().unwrap_or_default()));
    let mut grown: Vec<_> = grown.filter(|(_, by)| *by > 0.0).map(|(labels, by)| format!("{labels} {by}")).collect();
    grown.sort();
    grown
}

/// The kinds and codes of the operations that were over meanwhile.
fn operations(before: &HashMap<String, f64>, after: &HashMap<String, f64>) -> Vec<String> {
    grown(before, after, "graphql_operations_total")
}

async fn send(app: &TestApp, method: &str, path: &str, body: String) -> Answer {
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    let request = Client::new().request(method, app.url(path)).header("content-type", "application/json");
    Answer::read(request.body(body).send().await.unwrap()).await
}

#[tokio::test]
async fn without_a_token_there_is_no_such_page() {
    let app = TestApp::start().await;

    for authorization in ["Bearer ", "Bearer scrape-me-0123456789"] {
        let (asked, unknown) = (get(&app, authorization).await, app.get("/unknown").await);
        assert_eq!((asked.status.as_u16(), asked.code()), (404, "NOT_FOUND"));
        assert_eq!(asked.anonymous_text(), unknown.anonymous_text());
    }
}

#[tokio::test]
async fn only_who_has_the_token_is_told() {
    let app = TestApp::with(ON).await;
    let admin = app.admin("root@example.com").await;

    let (longer, begun) = (format!("Bearer {TOKEN}0"), format!("Bearer {}", &TOKEN[..TOKEN.len() - 1]));
    let member = format!("Bearer {}", admin.access);
    let other_case = format!("Bearer {}", TOKEN.to_uppercase());
    let basic = format!("Basic {TOKEN}");
    for authorization in ["", "Bearer", &longer, &begun, &other_case, &member, &basic] {
        let answer = get(&app, authorization).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (401, "UNAUTHENTICATED"), "{authorization}");
        assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"metrics\"");
        assert!(!answer.text.contains("_total"));
    }

    let answer = scraped(&app).await;
    assert_eq!(answer.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    assert_eq!(answer.header("cache-control"), "no-store");
}

#[tokio::test]
async fn every_request_is_counted_under_its_route() {
    let app = TestApp::with(ON).await;
    let before = series(&app).await;

    app.get("/health").await;
    app.get("/health?of=you").await;
    send(&app, "PUT", "/health", String::new()).await;
    app.get(&format!("/dev/mailbox/{}", Uuid::now_v7())).await;
    app.get("/nowhere").await;

    let after = series(&app).await;
    let expected = [
        r#"{method="GET",path="/dev/mailbox/{id}",status_code="404"} 1"#,
        r#"{method="GET",path="/health",status_code="200"} 2"#,
        r#"{method="GET",path="/metrics",status_code="200"} 1"#,
        r#"{method="GET",path="other",status_code="404"} 1"#,
        r#"{method="other",path="/health",status_code="405"} 1"#,
    ];
    assert_eq!(grown(&before, &after, "http_requests_total"), expected);
    let timed = grown(&before, &after, "http_request_duration_seconds_count");
    assert!(timed.contains(&r#"{method="GET",path="/health"} 2"#.to_owned()), "{timed:?}");
}

#[tokio::test]
async fn every_operation_is_counted_by_its_kind_and_its_first_code() {
    let app = TestApp::with(ON).await;
    let before = series(&app).await;

    app.ask("{ __typename }").await.ok();
    app.ask("query SomeName { __typename }").await.ok();
    app.ask("{ nope }").await;
    app.ask("{").await;
    app.ask("subscription { securityEvents { id } }").await;
    app.login("ann@example.com", PASSWORD).await;

    let expected = [
        r#"{code="BAD_REQUEST",kind="subscription"} 1"#,
        r#"{code="GRAPHQL_PARSE_FAILED",kind="none"} 1"#,
        r#"{code="GRAPHQL_VALIDATION_FAILED",kind="query"} 1"#,
        r#"{code="INVALID_CREDENTIALS",kind="mutation"} 1"#,
        r#"{code="OK",kind="query"} 2"#,
    ];
    assert_eq!(operations(&before, &series(&app).await), expected);
}

#[tokio::test]
async fn what_runs_over_a_socket_is_counted_when_it_is_over() {
    let app = TestApp::with(ON).await;
    let ann = app.signed_in("ann@example.com").await;
    let mut socket = app.following(&ann).await;
    let before = series(&app).await;

    socket.run("a", "{ __typename }", Value::Null).await;
    for (id, document) in [("b", "{"), ("c", "subscription { auditEvents { id } }")] {
        socket.subscribe(id, document).await;
        assert_eq!(socket.receive().await["type"], "error");
    }
    socket.say(json!({ "id": "1", "type": "complete" })).await;
    socket.is_silent().await;

    let expected = [
        r#"{code="FORBIDDEN",kind="subscription"} 1"#,
        r#"{code="GRAPHQL_PARSE_FAILED",kind="none"} 1"#,
        r#"{code="OK",kind="query"} 1"#,
        r#"{code="OK",kind="subscription"} 1"#,
    ];
    assert_eq!(operations(&before, &series(&app).await), expected);
}

#[tokio::test]
async fn an_event_stream_that_is_turned_away_is_counted_once() {
    let app = TestApp::with(ON).await;
    let before = series(&app).await;
    let body = json!({ "query": "subscription { securityEvents { id } }" });

    let request = Client::new().post(app.url("/graphql")).header("accept", "text/event-stream").json(&body);
    assert_eq!(request.send().await.unwrap().status(), 401);

    assert_eq!(operations(&before, &series(&app).await), [r#"{code="UNAUTHENTICATED",kind="subscription"} 1"#]);
}

/// Unknown paths, methods, documents and names.
async fn make_things_up(app: &TestApp) {
    let word = Uuid::now_v7().simple().to_string();
    let (method, document) = (format!("X{word}"), json!({ "query": format!("query q{word} {{ a{word} }}") }));
    send(app, &method, &format!("/{word}"), String::new()).await;
    send(app, &method, "/graphql", String::new()).await;
    send(app, "GET", &format!("/health/{word}?{word}"), String::new()).await;
    send(app, "GET", &format!("/dev/mailbox/{word}"), String::new()).await;
    send(app, "POST", "/graphql", document.to_string()).await;
    send(app, "POST", "/graphql", word).await;
}

#[tokio::test]
async fn no_client_makes_new_series() {
    let app = TestApp::with(ON).await;
    scraped(&app).await;
    make_things_up(&app).await;
    let after_one = series(&app).await.len();

    for _ in 0..200 {
        make_things_up(&app).await;
    }

    assert_eq!(series(&app).await.len(), after_one);
    assert!(after_one < 300, "{after_one} series");
}

#[tokio::test]
async fn no_secret_is_told() {
    let app = TestApp::with(ON).await;
    let ann = app.signed_in("ann@example.com").await;
    app.refresh(&ann).await.signed_in();
    app.get(&format!("/{}?token={}", ann.refresh, ann.access)).await;
    send(&app, "POST", "/graphql", format!("{{\"query\":\"query {PASSWORD}\"}}")).await;

    let text = scraped(&app).await.text;

    let database = app.app.config.database.url.expose();
    for secret in [TOKEN, PASSWORD, &ann.access, &ann.refresh, &ann.session, &ann.user, "ann@", database, "127.0.0.1"] {
        assert!(!text.contains(secret), "{secret} is told");
    }
}

#[tokio::test]
async fn a_scrape_asks_the_database_nothing() {
    let app = TestApp::with(ON).await;
    app.signed_in("ann@example.com").await;
    let before = statements_run();

    scraped(&app).await;

    assert_eq!(statements_run() - before, 0);
}

/// How many connections to the database are open, and how many of them rest.
async fn connections(app: &TestApp) -> (f64, f64) {
    let series = series(app).await;
    let sum = |family: &str| series.iter().filter(|(name, _)| name.starts_with(family)).map(|(_, count)| count).sum();
    (sum("auth_database_connections{"), sum("auth_database_connections_idle{"))
}

#[tokio::test]
async fn connections_in_use_are_told_from_those_that_rest() {
    let app = TestApp::with(ON).await;
    let transaction = app.app.db.begin().await.unwrap();

    let (open, idle) = connections(&app).await;
    assert!(open - idle >= 1.0, "{open} open, {idle} idle");

    drop(transaction);
    // A connection is given back in the background.
    let at_rest = async { while connections(&app).await.1 < 1.0 {} };
    tokio::time::timeout(Duration::from_secs(20), at_rest).await.expect("a connection that rests");
}

#[tokio::test]
async fn a_scrape_works_when_the_database_does_not() {
    let app = TestApp::with(ON).await;
    app.app.db.close().await;

    let answer = tokio::time::timeout(Duration::from_secs(1), scraped(&app)).await.expect("an answer at once");

    assert_eq!(answer.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn passwords_that_wait_are_told() {
    let slow = [("ARGON2_MEMORY_KIB", "16384"), ("ARGON2_ITERATIONS", "4"), ("HASH_THREADS", "1")];
    let app = TestApp::with(&[ON, &slow].concat()).await;

    let logins = app.at_once((0..8).map(|_| app.login("ann@example.com", PASSWORD)));
    let watch = async {
        while series(&app).await["auth_hash_queue_depth"] == 0.0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };

    let (watched, _) = tokio::join!(tokio::time::timeout(Duration::from_secs(20), watch), logins);
    watched.expect("a queue");
}

#[tokio::test]
async fn an_absent_redis_is_counted() {
    let away = [("REDIS_URL", "redis://127.0.0.1:9"), ("RATE_LIMIT_REQUESTS", "100/1m")];
    let app = TestApp::with(&[ON, &away].concat()).await;

    app.ask("{ __typename }").await.ok();

    assert!(series(&app).await["auth_redis_fallback_total"] > 0.0);
}

#[tokio::test]
async fn refusals_are_counted_by_the_limit_that_was_full() {
    const LIMITS: &[(&str, &str)] = &[
        ("RATE_LIMIT_REQUESTS", "6/1m"),
        ("RATE_LIMIT_AUTH", "1/1m"),
        ("RATE_LIMIT_EMAIL", "1/1h"),
        ("RATE_LIMIT_BUDGET", "110/1m"),
        ("TRUSTED_PROXIES", "1"),
    ];
    let app = TestApp::with(&[ON, LIMITS].concat()).await;
    let before = series(&app).await;

    for _ in 0..2 {
        app.login("ann@example.com", PASSWORD).await;
    }
    for from in ["203.0.113.1", "203.0.113.2"] {
        app.request_password_reset("ann@example.com").from(from).await;
    }
    for _ in 0..5 {
        app.ask("{ __typename }").await;
    }
    // Ten times two points.
    let dear = |n| format!("a{n}: authConfig {{ passwordPolicy {{ minLength }} }} ");
    let dear = format!("{{ {} }}", (0..10).map(dear).collect::<String>());
    for _ in 0..6 {
        app.ask(dear.clone()).from("203.0.113.9").await;
    }

    let hits = grown(&before, &series(&app).await, "auth_rate_limit_hits_total");
    assert_eq!(
        hits,
        [r#"{bucket="auth"} 1"#, r#"{bucket="budget"} 1"#, r#"{bucket="email"} 1"#, r#"{bucket="requests"} 1"#]
    );
}
