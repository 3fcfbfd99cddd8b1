//! What operations cost, who pays, and what is told of it.

use std::time::Duration;

use authgraph::tools::db::statements_run;
use serde_json::json;

use crate::support::{Answer, PASSWORD, SignedIn, TestApp};

const REQUESTS: &[(&str, &str)] = &[("RATE_LIMIT_REQUESTS", "3/1m"), ("TRUSTED_PROXIES", "1")];
const POINTS: &[(&str, &str)] = &[("RATE_LIMIT_BUDGET", "200/1m"), ("TRUSTED_PROXIES", "1")];
const LARGE: &[(&str, &str)] = &[("RATE_LIMIT_BUDGET", "20000/1m")];
const LEFT: &str = "{ rateLimit { limit remaining used resetAt requested } }";

/// What is left of the caller's points.
async fn remaining(app: &TestApp, who: Option<&SignedIn>) -> u64 {
    let asking = app.ask(LEFT);
    let answer = match who {
        Some(who) => asking.by(who).await,
        None => asking.await,
    };
    answer.ok().at("/rateLimit/remaining").as_u64().unwrap()
}

/// A connection of the caller's sessions with this many on a page.
fn sessions(first: u32) -> String {
    format!("{{ me {{ sessions(first: {first}) {{ edges {{ node {{ id }} }} }} }} }}")
}

fn cost(answer: &Answer) -> (u64, u64) {
    let cost = &answer.body["extensions"]["cost"];
    (cost["requested"].as_u64().unwrap(), cost["remaining"].as_u64().unwrap())
}

#[tokio::test]
async fn the_fourth_operation_of_a_minute_is_not_run() {
    let app = TestApp::with(REQUESTS).await;
    for _ in 0..3 {
        app.ask("{ __typename }").await.ok();
        app.wait(Duration::from_secs(10));
    }

    for accept in ["application/json", "application/graphql-response+json"] {
        let refused = app.ask("{ __typename }").header("accept", accept).await;
        assert_eq!((refused.status.as_u16(), refused.code(), refused.retry_after()), (429, "RATE_LIMITED", 30));
        assert_eq!((refused.header("retry-after"), refused.body.get("data")), ("30", None));
    }

    app.ask("{ __typename }").from("203.0.113.8").await.ok();
    app.wait(Duration::from_secs(30));
    app.ask("{ __typename }").await.ok();
}

#[tokio::test]
async fn a_request_that_is_refused_before_it_runs_counts_too() {
    let bodies = [
        "{",
        "[]",
        "{}",
        r#"{"query":"{"}"#,
        r#"{"query":"{ a } { b }"}"#,
        r#"{"query":"subscription { securityEvents { id } }"}"#,
        r#"{"query":"mutation { a: login(input: 1) { x } b: login(input: 1) { x } }"}"#,
        r#"{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"0000000000000000000000000000000000000000000000000000000000000000"}}}"#,
    ];
    for body in bodies {
        let app = TestApp::with(REQUESTS).await;
        let send = async || {
            let request = reqwest::Client::new().post(app.url("/graphql")).header("content-type", "application/json");
            Answer::read(request.body(body).send().await.unwrap()).await
        };
        for _ in 0..3 {
            assert_ne!(send().await.codes()[0], "RATE_LIMITED", "{body}");
        }

        let refused = send().await;
        assert_eq!(
            (refused.status.as_u16(), refused.code(), refused.header("retry-after")),
            (429, "RATE_LIMITED", "60")
        );
        assert_eq!(app.ask("{ __typename }").await.code(), "RATE_LIMITED", "{body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_thousand_simultaneous_requests_to_two_instances_a_hundred_run() {
    let app = TestApp::with(&[("RATE_LIMIT_REQUESTS", "100/1m"), ("REDIS_TIMEOUT", "20s")]).await;
    let other = app.another_instance().await;
    // Without Redis each instance has a limit of its own.
    let instances = if app.app.config.redis.url.is_some() { [&app, &other] } else { [&app, &app] };

    let answers = app.at_once((0..1_000).map(|n| instances[n % 2].ask("{ __typename }"))).await;

    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 100);
    assert_eq!(answers.iter().filter(|answer| answer.status == 429).count(), 900);
}

#[tokio::test]
async fn every_answer_says_what_is_left() {
    let app = TestApp::with(&[REQUESTS, POINTS].concat()).await;

    let answer = app.ask("{ authConfig { passwordPolicy { minLength } } }").await.ok();

    assert_eq!(answer.header("ratelimit-policy"), r#""requests";q=3;w=60, "points";q=200;w=60"#);
    assert_eq!(answer.header("ratelimit"), r#""requests";r=2;t=60, "points";r=198;t=60"#);
    assert_eq!((answer.header("x-ratelimit-limit"), answer.header("x-ratelimit-remaining")), ("3", "2"));
    assert_eq!(answer.header("x-ratelimit-reset"), "1898596860");
    let told = json!({ "requested": 2, "remaining": 198, "limit": 200, "resetAt": "2030-03-01T12:01:00.000Z" });
    assert_eq!(answer.body["extensions"]["cost"], told);
}

#[tokio::test]
async fn where_points_are_not_limited_nothing_is_said_to_be_left() {
    let app = TestApp::start().await;

    let answer = app.ask("{ rateLimit { limit remaining requested } }").await.ok();

    assert_eq!(answer.at("/rateLimit"), &json!({ "limit": null, "remaining": null, "requested": 0 }));
    assert_eq!((answer.body.get("extensions"), answer.header("ratelimit")), (None, ""));
}

#[tokio::test]
async fn the_cost_can_be_kept_out_of_answers() {
    let app = TestApp::with(&[POINTS, &[("COST_EXTENSION", "false")]].concat()).await;

    let answer = app.ask("{ authConfig { registrationOpen } }").await.ok();

    assert_eq!(answer.body.get("extensions"), None);
    assert_eq!(answer.header("ratelimit"), r#""points";r=199;t=60"#);
}

#[tokio::test]
async fn to_ask_what_is_left_costs_nothing() {
    let app = TestApp::with(POINTS).await;
    app.ask("{ authConfig { registrationOpen } }").await.ok();

    let answer = app.ask(LEFT).await.ok();

    let told =
        json!({ "limit": 200, "remaining": 199, "used": 1, "resetAt": "2030-03-01T12:01:00.000Z", "requested": 0 });
    assert_eq!(answer.at("/rateLimit"), &told);
    assert_eq!(remaining(&app, None).await, 199);
}

#[tokio::test]
async fn a_used_up_budget_runs_nothing_and_says_when_to_come_back() {
    let app = TestApp::with(POINTS).await;
    let login = || app.mutate("login", json!({ "email": "ann@example.com", "password": PASSWORD }), "__typename");
    for _ in 0..4 {
        login().await;
        app.wait(Duration::from_secs(5));
    }

    let refused = login().await;

    assert_eq!((refused.status.as_u16(), refused.code(), refused.retry_after()), (429, "RATE_LIMITED", 40));
    assert_eq!(app.audit_trail().await.iter().filter(|line| *line == "LOGIN Failure").count(), 4);
    app.wait(Duration::from_secs(40));
    assert_eq!(login().await.code(), "INVALID_CREDENTIALS");
}

#[tokio::test]
async fn a_user_pays_for_themselves_wherever_they_are() {
    let app = TestApp::with(POINTS).await;
    let ann = app.register("ann@example.com").from("203.0.113.1").await.signed_in();
    app.ask(sessions(100)).by(&ann).from("203.0.113.2").await.ok();
    app.me(&ann).from("203.0.113.3").await.ok();

    assert_eq!(remaining(&app, Some(&ann)).await, 200 - 3 - 1);
    assert_eq!(remaining(&app, None).await, 200);
}

#[tokio::test]
async fn a_token_that_is_not_ours_makes_nobody_else_pay() {
    let app = TestApp::with(POINTS).await;
    let ann = app.register("ann@example.com").from("203.0.113.1").await.signed_in();
    let (head, signature) = ann.access.rsplit_once('.').unwrap();
    let forged = format!("{head}.{}", signature.chars().rev().collect::<String>());

    app.ask("{ authConfig { registrationOpen } }").bearer(&forged).await.ok();

    assert_eq!((remaining(&app, Some(&ann)).await, remaining(&app, None).await), (200, 199));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_an_ended_session_spends_nothing_of_its_user() {
    let app = TestApp::with(POINTS).await;
    let ann = app.register("ann@example.com").from("203.0.113.1").await.signed_in();
    let thief = app.login("ann@example.com", PASSWORD).from("198.51.100.1").await.signed_in();
    app.revoke_others(&ann).from("203.0.113.1").await.ok();
    let before = remaining(&app, Some(&ann)).await;

    let answers =
        app.at_once((0..40).map(|n| app.ask(sessions(100)).by(&thief).from(&format!("198.51.100.{}", n % 20)))).await;

    assert!(answers.iter().all(|answer| ["UNAUTHENTICATED", "RATE_LIMITED"].contains(&answer.code())));
    app.ask("{ authConfig { registrationOpen } }").by(&thief).from("198.51.100.99").await.ok();
    assert_eq!(remaining(&app, Some(&ann)).await, before);
    let left = app.ask(LEFT).by(&thief).from("198.51.100.99").await.ok();
    assert_eq!(left.at("/rateLimit/remaining"), &json!(199), "the address pays");
}

#[tokio::test(flavor = "current_thread")]
async fn a_flood_of_dead_tokens_asks_the_database_no_more_often_than_it_is_counted() {
    let app = TestApp::with(&[REQUESTS, POINTS].concat()).await;
    let ann = app.register("ann@example.com").from("203.0.113.1").await.signed_in();
    app.end_silently(&ann).await;
    let before = statements_run();

    app.at_once((0..30).map(|_| app.ask("{ __typename }").by(&ann))).await;

    let asked = statements_run() - before;
    assert!((1..=3).contains(&asked), "{asked}");
}

#[tokio::test]
async fn a_page_that_is_not_full_gives_its_points_back() {
    let app = TestApp::with(POINTS).await;
    let ann = app.signed_in("ann@example.com").await;

    let answer = app.ask(sessions(100)).by(&ann).await.ok();

    // The field, the connection, and one session of a hundred.
    assert_eq!(cost(&answer), (102, 200 - 3));
    assert_eq!(remaining(&app, Some(&ann)).await, 200 - 3);
}

#[tokio::test]
async fn rows_are_paid_for_if_they_exist_whatever_is_told_of_them() {
    let app = TestApp::with(LARGE).await;
    let ann = app.signed_in("ann@example.com").await;
    app.login("ann@example.com", PASSWORD).await.signed_in();
    for rows in ["edges { cursor }", "nodes { __typename }", "edges { node @skip(if: true) { id } }"] {
        let before = remaining(&app, Some(&ann)).await;

        let answer = app.ask(format!("{{ me {{ sessions(first: 100) {{ {rows} }} }} }}")).by(&ann).await.ok();

        // The user, the connection, and two sessions of a hundred.
        assert_eq!(cost(&answer), (102, before - 4), "{rows}");
    }
}

#[tokio::test]
async fn what_is_dearer_than_the_budget_gives_back_no_more_than_it_took() {
    let app = TestApp::with(&[("RATE_LIMIT_BUDGET", "50/1m")]).await;
    let ann = app.signed_in("ann@example.com").await;
    app.wait(Duration::from_mins(1));

    let answer = app.ask(sessions(100)).by(&ann).await.ok();

    assert_eq!(cost(&answer), (102, 50 - 3));
    assert_eq!(remaining(&app, Some(&ann)).await, 50 - 3);
}

#[tokio::test]
async fn counting_is_paid_for_each_time() {
    let app = TestApp::with(LARGE).await;
    let root = app.administrator("root@example.com").await;

    let answer = app.ask("{ users(first: 1) { a: totalCount b: totalCount } }").by(&root).await.ok();

    // The field, the row that is read although nothing is told of it, and two counts.
    assert_eq!(cost(&answer).0, 1 + 1 + 2 * 20);
}

#[tokio::test]
async fn what_is_not_valid_costs_nothing() {
    let app = TestApp::with(POINTS).await;

    let refused = app.ask("mutation { login(input: {}) { __typename } }").await;

    assert_eq!(refused.codes()[0], "BAD_USER_INPUT", "{}", refused.text);
    assert_eq!(remaining(&app, None).await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn simultaneous_operations_never_spend_more_than_there_is() {
    let app = TestApp::with(&[("RATE_LIMIT_BUDGET", "100/1m"), ("REDIS_TIMEOUT", "20s")]).await;

    let answers = app.at_once((0..60).map(|_| app.ask("{ a: authConfig { passwordPolicy { minLength } } }"))).await;

    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 50);
}

#[tokio::test]
async fn many_names_for_one_long_field_do_not_make_an_answer_of_many_megabytes() {
    let app = TestApp::with(LARGE).await;
    let root = app.administrator("root@example.com").await;
    let agent = "x".repeat(512);
    for number in 0..80 {
        app.register(&format!("user-{number}@example.com")).header("user-agent", &agent).await.ok();
    }
    let ask = |names: usize| {
        let fields: Vec<_> = (0..names).map(|number| format!("a{number}: userAgent")).collect();
        let fields = fields.join(" ");
        app.ask(format!("{{ auditEvents(first: 100) {{ edges {{ node {{ {fields} }} }} }} }}")).by(&root)
    };

    let refused = ask(30).await;

    assert_eq!((refused.code(), &refused.body["data"]), ("QUERY_TOO_COMPLEX", &serde_json::Value::Null));
    assert_eq!(refused.body["errors"].as_array().unwrap().len(), 1);
    assert!(refused.text.len() < 10_000, "{}", refused.text.len());
    // What ran is paid for.
    assert!(20_000 - cost(&refused).1 > 50, "{}", refused.body["extensions"]);
    assert!(ask(10).await.ok().text.len() > 400_000);
}
