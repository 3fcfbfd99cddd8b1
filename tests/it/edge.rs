//! The edge over the real schema: GraphQL over HTTP, met by clients that mean well and by clients that do not.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::{Answer, TestApp};

const BOTH: &str = "application/graphql-response+json, application/json;q=0.9";
const LEGACY: &str = "application/json";
const RULES: &str = "{ authConfig { registrationOpen } }";
const LOGIN: &str = "mutation login($input: LoginInput!) { login(input: $input) { __typename } }";

/// The status and the code of an answer to a request of which nothing ran.
fn refused(answer: &Answer) -> (u16, &str) {
    assert!(answer.body.get("data").is_none(), "{}", answer.text);
    assert!(answer.errors().iter().all(|error| error["extensions"]["correlationId"] == answer.header("x-request-id")));
    (answer.status.as_u16(), answer.codes()[0])
}

async fn send(
    app: &TestApp,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<reqwest::Body>,
) -> Answer {
    let mut request = reqwest::Client::new().request(method, app.url(path)).body(body);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    Answer::read(request.send().await.unwrap()).await
}

async fn post(app: &TestApp, body: impl Into<reqwest::Body>) -> Answer {
    send(app, Method::POST, "/graphql", &[("content-type", LEGACY), ("accept", BOTH)], body).await
}

async fn ask(app: &TestApp, query: &str) -> Answer {
    post(app, json!({ "query": query }).to_string()).await
}

async fn get(app: &TestApp, query: &[(&str, &str)], accept: &str) -> Answer {
    let mut url = url::Url::parse(&app.url("/graphql")).unwrap();
    url.query_pairs_mut().extend_pairs(query);
    let path = format!("/graphql?{}", url.query().unwrap_or_default());
    send(app, Method::GET, &path, &[("accept", accept)], "").await
}

#[tokio::test]
async fn keys_come_in_the_order_of_the_document() {
    let app = TestApp::start().await;

    let answer = ask(&app, "{ b: me { id } a: authConfig { registrationOpen emailVerificationRequired } }").await;

    let data = r#""data":{"b":null,"a":{"registrationOpen":true,"emailVerificationRequired":false}}}"#;
    assert!(answer.text.ends_with(data), "{}", answer.text);
    assert_eq!(answer.header("content-type"), "application/graphql-response+json; charset=utf-8");
}

#[tokio::test]
async fn a_request_of_which_nothing_ran_has_no_data() {
    let app = TestApp::start().await;

    assert_eq!(refused(&ask(&app, "{ nope }").await), (400, "GRAPHQL_VALIDATION_FAILED"));
    assert_eq!(refused(&ask(&app, "{ me { id }").await), (400, "GRAPHQL_PARSE_FAILED"));
    assert_eq!(refused(&ask(&app, "").await), (400, "GRAPHQL_PARSE_FAILED"));
    assert_eq!(
        refused(&ask(&app, "query($a: Int!) { me { sessions(first: $a) { __typename } } }").await).1,
        "BAD_USER_INPUT"
    );
    assert_eq!(ask(&app, "{ me { id } }").await.status, 200);
}

#[tokio::test]
async fn an_older_client_gets_200_for_any_graphql_answer() {
    let app = TestApp::start().await;
    for query in ["{ nope }", "{"] {
        let posted = app.ask(query).await;
        let got = get(&app, &[("query", query)], LEGACY).await;
        for answer in [posted, got] {
            assert_eq!(
                (answer.status.as_u16(), answer.header("content-type")),
                (200, "application/json; charset=utf-8")
            );
            assert!(answer.body.get("data").is_none());
        }
    }
}

#[tokio::test]
async fn a_query_may_come_by_get_and_a_mutation_may_not() {
    let app = TestApp::start().await;
    let two = format!("mutation m {{ logout {{ sessionId }} }} query q {RULES}");

    let mutation = get(&app, &[("query", &two), ("operationName", "m")], BOTH).await;
    assert_eq!((refused(&mutation), mutation.header("allow")), ((405, "BAD_REQUEST"), "POST"));

    get(&app, &[("query", &two), ("operationName", "q")], BOTH).await.ok();
    assert_eq!(refused(&get(&app, &[("query", &two)], BOTH).await), (400, "BAD_REQUEST"));
    assert_eq!(refused(&get(&app, &[("query", &two), ("operationName", "x")], BOTH).await), (400, "BAD_REQUEST"));
    assert_eq!(refused(&get(&app, &[], BOTH).await), (400, "BAD_REQUEST"));
    assert_eq!(refused(&get(&app, &[("query", RULES), ("query", RULES)], BOTH).await), (400, "BAD_REQUEST"));
}

#[tokio::test]
async fn methods_that_are_not_served_are_refused() {
    let app = TestApp::start().await;
    for method in [Method::PUT, Method::DELETE, Method::PATCH] {
        let body = json!({ "query": RULES }).to_string();
        let answer = send(&app, method, "/graphql", &[("content-type", LEGACY)], body).await;
        assert_eq!((refused(&answer), answer.header("allow")), ((405, "BAD_REQUEST"), "GET, POST"));
    }
}

/// A page of another origin can send these without asking first: they would carry the cookie.
#[tokio::test]
async fn what_a_form_can_send_does_not_run() {
    let app = TestApp::start().await;
    for sent in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=latin1",
        "",
    ] {
        let body = json!({ "query": RULES }).to_string();
        let answer = send(&app, Method::POST, "/graphql", &[("content-type", sent)], body).await;
        assert_eq!(refused(&answer), (415, "BAD_REQUEST"), "{sent}");
    }
}

#[tokio::test]
async fn what_harmless_clients_write_otherwise_is_understood() {
    let app = TestApp::start().await;
    let body = json!({ "query": RULES }).to_string();
    for (content_type, accept) in
        [("application/json; charset=utf8", LEGACY), (LEGACY, "application/json; charset=utf8")]
    {
        let headers = [("content-type", content_type), ("accept", accept)];
        send(&app, Method::POST, "/graphql", &headers, body.clone()).await.ok();
    }
    post(&app, format!("\u{feff}{body}")).await.ok();
}

#[tokio::test]
async fn a_compressed_body_is_told_from_a_broken_one() {
    let app = TestApp::start().await;
    for (coding, expected) in [("gzip", 415), ("br", 415), ("identity", 200)] {
        let headers = [("content-type", LEGACY), ("content-encoding", coding)];
        let answer = send(&app, Method::POST, "/graphql", &headers, json!({ "query": RULES }).to_string()).await;
        assert_eq!(answer.status, expected, "{coding}");
    }
}

#[tokio::test]
async fn who_accepts_neither_type_gets_none() {
    let app = TestApp::start().await;

    let answer = get(&app, &[("query", RULES)], "text/html").await;

    assert_eq!(refused(&answer), (406, "BAD_REQUEST"));
    assert_eq!(answer.header("content-type"), "application/json; charset=utf-8");
}

#[tokio::test]
async fn bodies_that_are_not_one_json_object_are_refused() {
    let app = TestApp::start().await;
    let deep = "[".repeat(60_000);
    let cases: [Vec<u8>; 11] = [
        b"".to_vec(),
        b"{".to_vec(),
        b"{} trailing".to_vec(),
        b"\"{me{id}}\"".to_vec(),
        format!(r#"[{{"query":"{RULES}"}}]"#).into_bytes(),
        format!(r#"{{"query":"{RULES}","query":"{RULES}"}}"#).into_bytes(),
        format!(r#"{{"query":"{RULES}","variables":"x"}}"#).into_bytes(),
        br#"{"notquery":"{me{id}}"}"#.to_vec(),
        br#"{"query":null}"#.to_vec(),
        [br#"{"query":"{me"#.as_slice(), b"\xff\xfe", br#""}"#].concat(),
        format!(r#"{{"query":"{RULES}","variables":{{"a":{deep}"#).into_bytes(),
    ];
    for body in cases {
        let shown: String = String::from_utf8_lossy(&body).chars().take(40).collect();
        assert_eq!(refused(&post(&app, body).await), (400, "BAD_REQUEST"), "{shown}");
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_with_and_without_its_length() {
    let app = TestApp::start().await;
    let body = format!(r#"{{"query":"{RULES}","variables":{{"a":"{}"}}}}"#, "x".repeat(70_000));
    assert_eq!(refused(&post(&app, body.clone()).await), (413, "BAD_REQUEST"));

    let head = "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nconnection: close\r\n";
    let chunked = format!("{head}transfer-encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
    let mut stream = tokio::net::TcpStream::connect(app.address).await.unwrap();
    stream.write_all(chunked.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    assert!(answer.starts_with(b"HTTP/1.1 413 "), "{}", String::from_utf8_lossy(&answer));
}

#[tokio::test]
async fn values_are_never_repeated_in_errors() {
    let app = TestApp::start().await;
    for input in [
        json!({ "email": 1, "password": "hunter2" }),
        json!({ "email": "a@example.com", "password": ["hunter2"] }),
        json!({ "email": "a@example.com", "password": "x", "client": { "tokenDelivery": "hunter2" } }),
        json!({ "email": "a@example.com", "password": "x", "hunter2": 1 }),
        json!("hunter2"),
    ] {
        let answer = app.ask(LOGIN).input(input.clone()).await;
        assert_eq!(answer.codes()[0], "BAD_USER_INPUT", "{input} {}", answer.text);
        assert!(!answer.text.contains("hunter2"), "{}", answer.text);
    }
}

#[tokio::test]
async fn documents_that_are_dear_to_read_are_refused_at_once() {
    let app = TestApp::start().await;
    let bomb = |index: usize| format!("fragment f{index} on Query {{ {} }} ", format!("...f{} ", index + 1).repeat(4));
    let bomb: String = (0..13).map(bomb).collect();
    for query in [
        format!("{{ ...f0 }} {bomb} fragment f13 on Query {{ __typename }}"),
        format!(
            "{{ {} }}",
            (0..11).map(|n| format!("a{n}: authConfig {{ registrationOpen }}")).collect::<Vec<_>>().join(" ")
        ),
        format!(
            "{{ authConfig {{ {} }} }}",
            (0..31).map(|n| format!("a{n}: registrationOpen")).collect::<Vec<_>>().join(" ")
        ),
        format!("{{ me {} }}", "{ sessions { edges { node { user ".repeat(5) + "{ id }" + &"} } } }".repeat(5)),
        "{a".repeat(10_000),
    ] {
        let begun = Instant::now();
        let answer = ask(&app, &query).await;
        assert_eq!(refused(&answer), (400, "QUERY_TOO_COMPLEX"), "{query:.60}");
        assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    }
}
