//! What takes a place among the requests of an address: everything, whatever comes of it.

use authgraph::app::charges::known_refusal;
use authgraph::values::caller::Caller;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::socket::{PROTOCOL, Socket};
use crate::support::{SignedIn, TestApp};

const HUNDRED: &[(&str, &str)] = &[
    ("RATE_LIMIT_REQUESTS", "100/1m"),
    ("TRUSTED_PROXIES", "1"),
    ("METRICS_AUTH_TOKEN", "long-enough-to-be-one"),
    ("MAX_BODY_BYTES", "1000"),
];
const OWN: &str = "subscription { securityEvents { id } }";

type Asked = Box<dyn Fn() -> RequestBuilder>;

fn post(app: &TestApp) -> RequestBuilder {
    reqwest::Client::new().post(app.url("/graphql"))
}

fn query(app: &TestApp, document: &str) -> RequestBuilder {
    post(app).json(&json!({ "query": document }))
}

/// The same request again and again.
fn again(request: RequestBuilder) -> Asked {
    Box::new(move || request.try_clone().unwrap())
}

/// Every way to be refused, and its status.
fn refusals(app: &TestApp, gone: &SignedIn) -> Vec<(&'static str, u16, Asked)> {
    let client = reqwest::Client::new;
    let stream = |document| query(app, document).header("accept", "text/event-stream");
    let raw = |body: &str| post(app).header("content-type", "application/json").body(body.to_owned());
    let get = |query: &str| client().get(app.url(&format!("/graphql?query={query}")));
    let persisted = json!({ "persistedQuery": { "version": 1, "sha256Hash": "0".repeat(64) } });
    let socket = || client().get(app.url("/graphql")).header("upgrade", "websocket").header("connection", "upgrade");
    let handshake =
        socket().header("sec-websocket-version", "13").header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
    vec![
        ("a stream without a token", 401, again(stream(OWN))),
        ("a stream of an ended session", 401, again(stream(OWN).bearer_auth(&gone.access))),
        ("a stream by GET", 401, again(get("subscription{securityEvents{id}}").header("accept", "text/event-stream"))),
        ("a stream that cannot be read", 400, again(stream("subscription {"))),
        ("a query as a stream", 406, again(stream("{ __typename }"))),
        ("no type that we have", 406, again(query(app, "{ __typename }").header("accept", "image/png"))),
        ("a method that is not served", 405, again(client().request(Method::DELETE, app.url("/graphql")))),
        ("a mutation by GET", 405, again(get("mutation{logout{sessionId}}"))),
        ("a form", 415, again(post(app).header("content-type", "text/plain").body("{}"))),
        ("too large a body", 413, again(raw(&" ".repeat(2_000)))),
        ("no JSON", 400, again(raw("{"))),
        ("a batch", 400, again(raw("[]"))),
        ("no document", 400, again(raw("{}"))),
        ("a document that cannot be read", 200, again(query(app, "{"))),
        ("a subscription without a stream", 200, again(query(app, OWN))),
        ("a hash that is not known", 200, again(post(app).json(&json!({ "extensions": persisted })))),
        ("no handshake", 400, again(socket())),
        ("the handshake of a foreign page", 403, again(handshake.header("origin", "https://evil.example"))),
        ("no such page", 404, again(client().get(app.url("/nowhere")))),
        ("no such method", 405, again(client().post(app.url("/health")))),
        ("a guess at the metrics", 401, again(client().get(app.url("/metrics")).bearer_auth("guess"))),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_refused_takes_one_place_of_its_address() {
    let app = TestApp::with(HUNDRED).await;
    let gone = app.signed_in("gone@example.com").await;
    app.logout(&gone).await.ok();

    for (number, (what, status, asked)) in refusals(&app, &gone).into_iter().enumerate() {
        let address = format!("203.0.113.{number}");
        let mut statuses = Vec::new();
        while statuses.last() != Some(&429) && statuses.len() < 400 {
            let answer = asked()
                .header("x-forwarded-for", &address)
                .send()
                .await
                .unwrap_or_else(|error| panic!("{what}: {error:?}"));
            assert!(answer.status() != 429 || answer.headers().contains_key("retry-after"), "{what}");
            statuses.push(answer.status().as_u16());
        }

        let (last, before) = statuses.split_last().unwrap();
        assert!(*last == 429 && before.iter().all(|one| *one == status), "{what}: {statuses:?}");
        assert_eq!(before.len(), 100, "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn simultaneous_streams_that_are_refused_never_exceed_the_limit() {
    let app = TestApp::with(&[("RATE_LIMIT_REQUESTS", "10/1m"), ("REDIS_TIMEOUT", "20s")]).await;
    let stream = || query(&app, OWN).header("accept", "text/event-stream").bearer_auth("a.b.c").send();

    let answers = futures_util::future::join_all((0..60).map(|_| stream())).await;

    let refused = answers.into_iter().filter(|answer| answer.as_ref().unwrap().status() == 401).count();
    assert_eq!(refused, 10);
}

#[tokio::test]
async fn those_who_look_after_the_server_are_answered_whatever_comes_from_their_address() {
    let app = TestApp::with(&[("RATE_LIMIT_REQUESTS", "3/1m")]).await;
    for _ in 0..5 {
        app.get("/nowhere").await;
    }
    assert_eq!(app.get("/nowhere").await.status, 429);

    for path in ["/health", "/ready", "/.well-known/jwks.json", "/dev/mailbox"] {
        assert_eq!(app.get(path).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn what_a_socket_is_refused_takes_a_place() {
    let too_many = json!({ "query": OWN });
    let unknown = json!({ "query": "{ nothing }" });
    let unreadable = json!({ "query": "subscription {" });
    for (payload, operations, code) in [
        (&too_many, "1", "RATE_LIMITED"),
        (&unknown, "2", "GRAPHQL_VALIDATION_FAILED"),
        (&unreadable, "2", "GRAPHQL_PARSE_FAILED"),
    ] {
        let settings = [("RATE_LIMIT_REQUESTS", "6/1m"), ("SUBSCRIPTION_OPERATIONS_PER_SOCKET", operations)];
        let app = TestApp::with(&settings).await;
        let ann = app.signed_in("ann@example.com").await;
        app.wait(std::time::Duration::from_mins(1));
        // The handshake and the first subscription.
        let mut socket = app.following(&ann).await;

        for number in 0..4 {
            socket.say(json!({ "id": format!("no-{number}"), "type": "subscribe", "payload": payload })).await;
            assert_eq!(socket.error(&format!("no-{number}")).await, code);
        }

        assert_eq!(app.ask("{ __typename }").await.code(), "RATE_LIMITED", "{payload}");
    }
}

#[tokio::test]
async fn a_socket_whose_token_is_refused_took_a_place_with_its_handshake() {
    let app = TestApp::with(&[("RATE_LIMIT_REQUESTS", "3/1m")]).await;
    for _ in 0..3 {
        let mut socket = Socket::open(app.address).await;
        socket.init("nonsense").await;
        assert_eq!(socket.closed().await, 4403);
    }

    let (status, body): (u16, Value) = Socket::connect(app.address, &[PROTOCOL]).await.unwrap_err();

    assert_eq!((status, &body["errors"][0]["extensions"]["code"]), (429, &json!("RATE_LIMITED")));
}

#[tokio::test]
async fn options_that_are_no_preflight_take_a_place() {
    let app = TestApp::with(&[("RATE_LIMIT_REQUESTS", "3/1m")]).await;
    let options = |path: &str| reqwest::Client::new().request(Method::OPTIONS, app.url(path));
    for _ in 0..5 {
        let preflight = options("/graphql").header("access-control-request-method", "POST").send().await.unwrap();
        assert_eq!(preflight.status(), 200);
    }

    let mut statuses = Vec::new();
    for path in ["/graphql", "/health", "/nowhere", "/graphql"] {
        statuses.push(options(path).send().await.unwrap().status().as_u16());
    }

    assert_eq!(statuses, [200, 200, 200, 429]);
}

/// The head of a request that announces a body and never sends the whole of it.
async fn dawdling(app: &TestApp) -> TcpStream {
    let mut stream = TcpStream::connect(app.address).await.unwrap();
    let head = "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{";
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

/// Whether the next request is refused, after a moment in which what has gone away is noticed.
async fn is_full_soon(app: &TestApp) -> bool {
    for _ in 0..200 {
        if known_refusal(&app.app, &caller(), app.app.clock.now()).is_some() {
            return true;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    false
}

fn caller() -> Caller {
    Caller { address: [127, 0, 0, 1].into(), user_agent: String::new(), correlation_id: String::new() }
}

#[tokio::test]
async fn a_request_that_dawdles_over_its_body_takes_a_place() {
    let app = TestApp::with(&[("RATE_LIMIT_REQUESTS", "2/1m"), ("REQUEST_TIMEOUT", "1s")]).await;
    for _ in 0..2 {
        let mut answer = [0; 12];
        dawdling(&app).await.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 503");
    }

    assert!(is_full_soon(&app).await);
}

#[tokio::test]
async fn a_request_that_goes_away_before_it_is_read_takes_a_place() {
    let app = TestApp::with(&[("RATE_LIMIT_REQUESTS", "2/1m")]).await;
    for _ in 0..2 {
        drop(dawdling(&app).await);
    }

    assert!(is_full_soon(&app).await);
}
