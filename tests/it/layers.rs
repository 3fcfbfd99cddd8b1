//! The layers around a schema that misbehaves: it panics, it dawdles, it is in the middle of something at shutdown.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use async_graphql::{Request, Response, Value};
use authgraph::api::http::connections::{ConnectionLimits, Connections};
use authgraph::api::http::edge::{DatabaseState, Edge, EdgeSettings, Execute, KvState, Live, Readiness, Service};
use authgraph::api::http::open_streams::OpenStreams;
use authgraph::api::http::router::router;
use authgraph::api::http::server::{ConnectionTimeouts, serve};
use authgraph::error::Refusal;
use authgraph::tools::metrics::Metrics;
use authgraph::values::trusted_proxies::TrustedProxies;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::support::Answer;

const GRACE: Duration = Duration::from_millis(300);
/// No test here waits for a head, or for a connection to be quiet for too long.
const LONG: Duration = Duration::from_mins(1);
const TIMEOUT: ConnectionTimeouts = ConnectionTimeouts { head: LONG, keep_alive: LONG, writing: GRACE, grace: GRACE };

/// A server whose schema does nothing but this.
struct Server {
    address: SocketAddr,
    shutdown: CancellationToken,
    running: TaskTracker,
}

impl Server {
    fn that(does: impl Fn() -> BoxFuture<'static, ()> + Send + Sync + 'static, settings: EdgeSettings) -> Self {
        Self::answering(Arc::new(move |_: Request| does().map(|()| Response::new(Value::Null)).boxed()), settings)
    }

    fn answering(execute: Execute, settings: EdgeSettings) -> Self {
        let readiness = Readiness { database: DatabaseState::Down, kv: KvState::InProcess, channel: None };
        let edge = Edge {
            settings: Arc::new(settings),
            execute,
            refusal: Arc::new(|_| None),
            count: Arc::new(|_| async { None }.boxed()),
            abandoned: Arc::new(|_| ()),
            readiness: Arc::new(move || async move { Service::Serving(readiness) }.boxed()),
            jwks: Arc::new(String::new),
            metrics: Metrics::open(vec![]).unwrap(),
            live: Live {
                subscribe: Arc::new(|_| futures_util::stream::empty().boxed()),
                admit: Arc::new(|_| async { Err(Refusal::Unauthenticated.into()) }.boxed()),
                open: OpenStreams::default(),
            },
        };
        let limits = ConnectionLimits { in_all: 100, per_address: 50, trusted_proxies: TrustedProxies::None };
        let connections = Connections::new(limits, edge.metrics.clone());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, shutdown, running) =
            (listener.local_addr().unwrap(), CancellationToken::new(), TaskTracker::new());
        running.spawn(serve(router(edge, axum::Router::new()), listener, connections, shutdown.clone(), TIMEOUT));
        running.close();
        Self { address, shutdown, running }
    }

    async fn ask(&self) -> reqwest::Result<Answer> {
        let request = reqwest::Client::new().post(format!("http://{}/graphql", self.address));
        let response = request.header("origin", "https://app.example.com").json(&json!({ "query": "{ x }" }));
        Ok(Answer::read(response.send().await?).await)
    }
}

#[tokio::test]
async fn a_panic_costs_one_request_and_says_nothing() {
    let settings =
        EdgeSettings { origins: vec!["https://app.example.com".parse().unwrap()], ..EdgeSettings::default() };
    let server = Server::that(|| async { panic!("hunter2") }.boxed(), settings);

    for _ in 0..2 {
        let answer = server.ask().await.unwrap();
        assert_eq!((answer.status.as_u16(), answer.code()), (500, "INTERNAL"));
        assert!(!answer.text.contains("hunter2"));
        assert_eq!(answer.header("access-control-allow-origin"), "https://app.example.com");
    }
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_given_up() {
    let settings = EdgeSettings { time_limit: Duration::from_millis(50), ..EdgeSettings::default() };
    let server = Server::that(|| std::future::pending().boxed(), settings);

    let answer = server.ask().await.unwrap();

    assert_eq!((answer.status.as_u16(), answer.code()), (503, "UNAVAILABLE"));
}

#[tokio::test]
async fn an_answer_that_is_not_read_is_given_up() {
    let large = |_: Request| {
        let text = Value::from("x".repeat(20_000_000));
        std::future::ready(Response::new(Value::Null).extension("large", text)).boxed()
    };
    let server = Server::answering(Arc::new(large), EdgeSettings::default());
    let mut greedy = tokio::net::TcpStream::connect(server.address).await.unwrap();
    let body = r#"{"query":"{ x }"}"#;
    let head = format!(
        "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {}",
        body.len()
    );
    greedy.write_all(format!("{head}\r\n\r\n{body}").as_bytes()).await.unwrap();

    // A client that was cut off notices it when it writes.
    let cut = async {
        while greedy.write_all(b"\r\n").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(GRACE * 20, cut).await.expect("a server that gives up");
}

#[tokio::test]
async fn http_2_is_not_spoken_where_a_closed_window_could_hold_answers() {
    let server = Server::that(|| std::future::ready(()).boxed(), EdgeSettings::default());
    let mut client = tokio::net::TcpStream::connect(server.address).await.unwrap();
    client.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();

    let mut answer = Vec::new();
    let told = tokio::time::timeout(GRACE * 10, client.read_to_end(&mut answer)).await.expect("a server that hangs up");

    assert!(told.is_err() || answer.is_empty(), "{answer:?}");
}

#[tokio::test]
async fn shutdown_lets_requests_in_flight_finish() {
    let (begun, finish) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (begins, finishes) = (Arc::clone(&begun), Arc::clone(&finish));
    let handler = move || {
        begins.notify_one();
        let finishes = Arc::clone(&finishes);
        async move { finishes.notified().await }.boxed()
    };
    let server = Server::that(handler, EdgeSettings::default());

    let (answer, ()) = tokio::join!(server.ask(), async {
        begun.notified().await;
        server.shutdown.cancel();
        finish.notify_one();
    });

    assert_eq!(answer.unwrap().status, 200);
    server.running.wait().await;
    assert!(server.ask().await.is_err(), "a server that has stopped accepts no connection");
}

#[tokio::test]
async fn shutdown_does_not_wait_longer_than_the_grace() {
    let begun = Arc::new(Notify::new());
    let begins = Arc::clone(&begun);
    let handler = move || {
        begins.notify_one();
        std::future::pending().boxed()
    };
    let server = Server::that(handler, EdgeSettings::default());

    let (answer, ()) = tokio::join!(server.ask(), async {
        begun.notified().await;
        server.shutdown.cancel();
    });

    assert!(answer.is_err());
    tokio::time::timeout(GRACE * 10, server.running.wait()).await.expect("a server that stops");
}

#[tokio::test]
async fn a_silent_connection_does_not_hold_up_the_shutdown() {
    let server = Server::that(|| std::future::ready(()).boxed(), EdgeSettings::default());
    let silent = tokio::net::TcpStream::connect(server.address).await.unwrap();

    server.shutdown.cancel();

    tokio::time::timeout(GRACE * 10, server.running.wait()).await.expect("a server that stops");
    drop(silent);
}

#[tokio::test]
async fn a_server_by_tls_says_so_to_browsers() {
    let settings = EdgeSettings { production: true, ..EdgeSettings::default() };
    let server = Server::that(|| std::future::ready(()).boxed(), settings);

    let answer = server.ask().await.unwrap();

    assert!(answer.header("strict-transport-security").starts_with("max-age="));
}
