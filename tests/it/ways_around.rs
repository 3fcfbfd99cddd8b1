//! The usual ways around limits in GraphQL: none gets more guesses judged, and the server answers as quickly afterwards.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_graphql::{Data, Request, Value};
use authgraph::api::graphql::schema;
use authgraph::api::graphql::viewer_cell::ViewerCell;
use authgraph::values::caller::{Caller, Credentials};
use futures_util::StreamExt;
use serde_json::json;

use crate::support::{Answer, PASSWORD, TestApp};

const LIMITED: &[(&str, &str)] = &[
    ("RATE_LIMIT_REQUESTS", "1000/1m"),
    ("RATE_LIMIT_BUDGET", "20000/1m"),
    ("RATE_LIMIT_AUTH", "5/1m"),
    ("RATE_LIMIT_AUTH_ACCOUNT", "5/1m"),
    ("LOCKOUT_ATTEMPTS", "0"),
];

const GUESS: &str = r#"login(input: { email: "ann@example.com", password: "Wrong-Guess-99" }) { __typename }"#;

/// How many guesses the server has judged: every one is in the trail.
async fn judged(app: &TestApp) -> usize {
    app.audit_trail().await.iter().filter(|line| *line == "LOGIN Failure").count()
}

/// The server answers a trifle at once. Ten times the usual time is for the other tests on the machine.
async fn assert_awake(app: &TestApp) {
    let begun = Instant::now();
    app.ask("{ __typename }").await.ok();
    assert!(begun.elapsed() < Duration::from_millis(500), "{:?}", begun.elapsed());
}

fn many(count: usize, part: impl Fn(usize) -> String) -> String {
    (0..count).map(part).collect()
}

/// Sends a document that must not run, and looks whether anything did.
async fn refused(app: &TestApp, document: String) -> Answer {
    let begun = Instant::now();
    let answer = app.ask(document).await;
    assert!(begun.elapsed() < Duration::from_millis(500), "{:?}", begun.elapsed());
    assert!(answer.body.get("data").is_none(), "{}", answer.text);
    assert_eq!(judged(app).await, 0);
    assert_awake(app).await;
    answer
}

#[tokio::test]
async fn a_hundred_aliased_logins_are_not_judged() {
    let app = TestApp::with(LIMITED).await;
    for count in [2, 3, 10, 100] {
        let answer = refused(&app, format!("mutation {{ {} }}", many(count, |n| format!("a{n}: {GUESS} ")))).await;
        assert_eq!(answer.code(), "QUERY_TOO_COMPLEX");
        assert!(answer.extension("cost").as_u64() > answer.extension("limit").as_u64(), "{}", answer.text);
    }
}

#[tokio::test]
async fn logins_hidden_in_fragments_are_not_judged() {
    let app = TestApp::with(LIMITED).await;
    let fragment = format!("fragment x on Mutation {{ a: {GUESS} }} fragment y on Mutation {{ b: {GUESS} ...x }}");
    for root in ["...x ...y", "...y", "... on Mutation { ...x ... { ...y } }"] {
        let answer = refused(&app, format!("mutation {{ {root} }} {fragment}")).await;
        assert_eq!(answer.code(), "QUERY_TOO_COMPLEX", "{root}");
    }
}

#[tokio::test]
async fn guesses_of_different_kinds_do_not_add_up() {
    let app = TestApp::with(LIMITED).await;
    let code = r#"verifyMfa(input: { challengeToken: "x", code: "123456" }) { __typename }"#;

    let answer = refused(&app, format!("mutation {{ {GUESS} {code} }}")).await;

    assert_eq!((answer.code(), answer.extension("limit")), ("QUERY_TOO_COMPLEX", &json!(1)));
}

#[tokio::test]
async fn an_array_of_operations_is_not_run() {
    let app = TestApp::with(LIMITED).await;
    let operation = json!({ "query": format!("mutation {{ {GUESS} }}") });
    let http = reqwest::Client::new().post(app.url("/graphql"));

    let answer = Answer::read(http.json(&vec![operation; 100]).send().await.unwrap()).await;

    assert_eq!((answer.status.as_u16(), answer.code(), judged(&app).await), (400, "BAD_REQUEST", 0));
}

#[tokio::test]
async fn many_operations_in_one_document_run_one() {
    let app = TestApp::with(LIMITED).await;
    let document = many(20, |n| format!("mutation m{n} {{ {GUESS} }} "));

    assert_eq!(app.ask(document.clone()).await.code(), "BAD_REQUEST");
    let body = json!({ "query": document, "operationName": "m7" });
    let answer = reqwest::Client::new().post(app.url("/graphql")).json(&body).send().await.unwrap();

    assert_eq!(Answer::read(answer).await.codes(), ["INVALID_CREDENTIALS"]);
    assert_eq!(judged(&app).await, 1);
}

/// Sockets run their operations by this way, each with the data of the connection.
#[tokio::test]
async fn a_hundred_operations_of_one_connection_are_judged_no_more_often() {
    let app = TestApp::with(&[LIMITED, &[("RATE_LIMIT_REQUESTS", "50/1m")]].concat()).await;
    let schema = schema::build(Arc::clone(&app.app));
    let (address, user_agent, correlation_id) = ("203.0.113.7".parse().unwrap(), String::new(), "one".to_owned());
    let mut connection = Data::default();
    connection.insert(Caller { address, user_agent, correlation_id });
    connection.insert(Credentials::default());
    let connection = Arc::new(connection);
    let mut codes = HashMap::<String, usize>::new();

    for _ in 0..100 {
        let request = Request::new(format!("mutation {{ {GUESS} }}")).data(ViewerCell::default());
        let answers: Vec<_> = schema.execute_stream_with_session_data(request, Arc::clone(&connection)).collect().await;
        let extensions = answers[0].errors[0].extensions.as_ref().unwrap();
        *codes.entry(format!("{} {}", extensions.get("code").unwrap(), answers[0].data != Value::Null)).or_default() +=
            1;
    }

    assert_eq!(judged(&app).await, 5);
    let count = |key: &str| codes.get(key).copied().unwrap_or_default();
    assert_eq!(count(r#""INVALID_CREDENTIALS" true"#), 5, "{codes:?}");
    assert_eq!(count(r#""RATE_LIMITED" true"#), 45, "{codes:?}");
    assert_eq!(count(r#""RATE_LIMITED" false"#), 50, "{codes:?}");
    assert_awake(&app).await;
}

#[tokio::test]
async fn a_hundred_guesses_over_one_socket_have_the_limits_of_their_address() {
    let app = TestApp::with(
        &[LIMITED, &[("RATE_LIMIT_REQUESTS", "51/1m"), ("SUBSCRIPTION_MESSAGES_PER_SECOND", "1000")]].concat(),
    )
    .await;
    let ann = app.signed_in("ann@example.com").await;
    app.wait(Duration::from_mins(1));
    // The handshake takes the first place.
    let mut socket = app.socket_of(&ann).await;
    let mut codes = HashMap::<String, usize>::new();

    for n in 0..100 {
        *codes.entry(socket.code_of(&n.to_string(), &format!("mutation {{ {GUESS} }}")).await).or_default() += 1;
    }

    // Five guesses of the address are judged in a minute.
    assert_eq!(judged(&app).await, 5);
    let expected = [("INVALID_CREDENTIALS".to_owned(), 5), ("RATE_LIMITED".to_owned(), 95)];
    assert_eq!(codes, HashMap::from(expected));
    app.wait(Duration::from_mins(1));
    assert_awake(&app).await;
}

#[tokio::test]
async fn a_fragment_bomb_is_refused() {
    let app = TestApp::with(LIMITED).await;
    for (fragments, spreads) in [(14, 4), (30, 2), (200, 4)] {
        let bomb =
            many(fragments, |n| format!("fragment f{n} on Query {{ {} }} ", format!("...f{} ", n + 1).repeat(spreads)));
        let answer = refused(&app, format!("{{ ...f0 }} {bomb} fragment f{fragments} on Query {{ __typename }}")).await;
        assert_eq!(answer.code(), "QUERY_TOO_COMPLEX");
    }
}

#[tokio::test]
async fn deep_nesting_is_refused() {
    let app = TestApp::with(LIMITED).await;
    for document in [
        format!("{{ me {} }}", "{ sessions { edges { node { user ".repeat(3) + "{ id }" + &"} } } }".repeat(3)),
        format!("{}id{}", "{ me ".repeat(500), "}".repeat(500)),
        format!("{{ me(a: {}1{}) {{ id }} }}", "[".repeat(10_000), "]".repeat(10_000)),
        format!("{}__typename{}", "{ ... ".repeat(40), "}".repeat(40)),
    ] {
        assert_eq!(refused(&app, document).await.code(), "QUERY_TOO_COMPLEX");
    }
}

#[tokio::test]
async fn no_list_is_too_wide_or_too_narrow() {
    let app = TestApp::with(LIMITED).await;
    let ann = app.signed_in("ann@example.com").await;
    for size in ["-1", "2147483647", "-2147483648", "101"] {
        let nodes = "{ edges { node { id } } }";
        let answer = app.ask(format!("{{ me {{ sessions(first: {size}) {nodes} }} }}")).by(&ann).await;
        assert_eq!(answer.code(), "VALIDATION_FAILED", "{size}");
        assert_eq!(answer.body["extensions"]["cost"]["requested"], 102, "{size}");
        let wide = many(5, |n| format!("a{n}: sessions(last: {size}) {nodes} "));
        assert_eq!(refused(&app, format!("{{ me {{ {wide} }} }}")).await.code(), "QUERY_TOO_COMPLEX");
    }
    assert_eq!(app.ask("{ me { sessions(first: 99999999999) { __typename } } }").by(&ann).await.codes().len(), 1);
    assert_awake(&app).await;
}

#[tokio::test]
async fn introspection_does_not_multiply() {
    let app = TestApp::with(&[LIMITED, &[("INTROSPECTION", "true")]].concat()).await;
    let names = "name ".repeat(1_900);
    let nested = format!("{}{names}{}", "interfaces { possibleTypes { ".repeat(4), "} } ".repeat(4));
    for bomb in [
        format!("{{ __schema {{ types {{ {nested} }} }} }}"),
        format!("{{ __schema {{ types {{ fields {{ {names} }} }} }} }}"),
    ] {
        assert_eq!(refused(&app, bomb).await.code(), "QUERY_TOO_COMPLEX");
    }

    let usual = app.ask(include_str!("support/introspection.graphql")).await.ok();
    // Far less than the 500 that are allowed, at a point for every thousand fields.
    let cost = usual.body["extensions"]["cost"]["requested"].as_u64().unwrap();
    assert!((10..=200).contains(&cost), "{cost}");
}

#[tokio::test]
async fn pages_do_not_multiply_what_is_free() {
    let app = TestApp::with(LIMITED).await;
    let ann = app.signed_in("ann@example.com").await;
    app.wait(Duration::from_mins(1));
    let pages = |inside: &str| format!("{{ me {{ auditEvents(first: 100) {{ {inside} }} }} }}");

    for inside in ["cursor ".repeat(300), format!("node {{ {} }}", "id ".repeat(300))] {
        let answer = app.ask(pages(&format!("edges {{ {inside} }}"))).by(&ann).await;
        assert_eq!(answer.code(), "QUERY_TOO_COMPLEX", "{inside}");
        assert_eq!(answer.extension("limit"), &json!(20_000));
    }

    for inside in
        ["edges @skip(if: true) { cursor }", "pageInfo { hasNextPage }", "... @skip(if: true) { nodes { id } }"]
    {
        let answer = app.ask(pages(inside)).by(&ann).await.ok();
        let cost = &answer.body["extensions"]["cost"];
        // The rows are read, whatever is told of them: nothing of that is given back.
        assert_eq!(cost["requested"], 102, "{inside}");
    }
    let left = app.ask("{ rateLimit { remaining } }").by(&ann).await.ok();
    assert_eq!(left.at("/rateLimit/remaining"), &json!(20_000 - 3 * 102));
}

#[tokio::test]
async fn an_alias_is_no_way_to_write_a_book() {
    let app = TestApp::with(LIMITED).await;

    let answer = refused(&app, format!("{{ {}: __typename }}", "a".repeat(101))).await;

    assert_eq!(answer.code(), "QUERY_TOO_COMPLEX");
    app.ask(format!("{{ {}: __typename }}", "a".repeat(100))).await.ok();
}

#[tokio::test]
async fn directives_multiply_nothing() {
    let app = TestApp::with(LIMITED).await;
    let spreads = "...f @include(if: true) ".repeat(40);
    for document in [
        format!("{{ {spreads} }} fragment f on Query {{ __typename }}"),
        format!("{{ __typename {} }}", "@skip(if: false) ".repeat(1_000)),
        format!("{{ ...f }} fragment f on Query {} {{ __typename }}", "@unknown ".repeat(1_000)),
        format!("mutation {{ a: {GUESS} b: {} }}", GUESS.replace(" {", " @include(if: true) {")),
    ] {
        refused(&app, document).await;
    }
}

#[tokio::test]
async fn huge_variables_are_refused_or_read_quickly() {
    let app = TestApp::with(LIMITED).await;
    let document = "mutation($input: LoginInput!) { login(input: $input) { __typename } }";
    let guess = |password: String| json!({ "email": "ann@example.com", "password": password });

    assert_eq!(app.ask(document).input(guess("x".repeat(100_000))).await.status, 413);
    assert_eq!(app.ask(document).input(json!(vec![guess("x".to_owned()); 500])).await.codes(), ["BAD_USER_INPUT"]);
    let many_declared = many(1_000, |n| format!("$v{n}: Int "));
    refused(&app, format!("query({many_declared}) {{ __typename }}")).await;
    assert_eq!(judged(&app).await, 0);
    for n in 0..6 {
        app.ask(document).input(guess(format!("{n}{}", "x".repeat(10_000)))).await;
    }
    assert!(judged(&app).await <= 5);
    assert_awake(&app).await;
}

#[tokio::test]
async fn a_forged_address_is_not_believed() {
    let app = TestApp::with(LIMITED).await;
    for n in 0..20 {
        let guess = app.login(&format!("ann{n}@example.com"), PASSWORD).from(&format!("203.0.113.{n}"));
        guess.header("forwarded", &format!("for=203.0.113.{n}")).header("x-real-ip", "203.0.113.1").await;
    }

    assert_eq!(judged(&app).await, 5);
    assert_awake(&app).await;
}

#[tokio::test]
async fn neither_get_nor_a_form_can_guess() {
    let app = TestApp::with(LIMITED).await;
    let (http, document) = (reqwest::Client::new(), format!("mutation {{ {GUESS} }}"));
    let mut url = url::Url::parse(&app.url("/graphql")).unwrap();
    url.query_pairs_mut().append_pair("query", &document);
    assert_eq!(http.get(url).send().await.unwrap().status(), 405);

    for sent in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"] {
        let body = json!({ "query": document }).to_string();
        let answer = http.post(app.url("/graphql")).header("content-type", sent).body(body).send().await.unwrap();
        assert_eq!(answer.status(), 415, "{sent}");
    }

    assert_eq!(judged(&app).await, 0);
    assert_awake(&app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn simultaneous_guesses_are_judged_no_more_often() {
    let app = TestApp::with(LIMITED).await;

    app.at_once((0..100).map(|_| app.ask(format!("mutation {{ {GUESS} }}")))).await;

    assert_eq!(judged(&app).await, 5);
    assert_awake(&app).await;
}
