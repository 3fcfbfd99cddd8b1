//! Quiet connections stay open for those who keep them, and heads that dawdle are given up.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use authgraph::api::http::router::service;
use authgraph::api::http::server::{ConnectionTimeouts, serve};
use authgraph::serve::connections;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use crate::support::{PASSWORD, TestApp};

const HEAD: Duration = Duration::from_millis(250);
const KEEP_ALIVE: Duration = Duration::from_millis(2_500);
const REQUEST: &[u8] = b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n";

/// One more server over the app of a test, with short timeouts.
struct Hasty {
    address: SocketAddr,
    _app: TestApp,
    _stop: DropGuard,
}

impl Hasty {
    async fn start() -> Self {
        let app = TestApp::start().await;
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, stop) = (listener.local_addr().unwrap(), CancellationToken::new());
        let long = Duration::from_secs(30);
        let patience = ConnectionTimeouts { head: HEAD, keep_alive: KEEP_ALIVE, writing: long, grace: Duration::ZERO };
        let serving = serve(service(&app.app).unwrap(), listener, connections(&app.app), stop.clone(), patience);
        TaskTracker::new().spawn(serving);
        Self { address, _app: app, _stop: stop.drop_guard() }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }
}

/// Whether a request is answered.
async fn is_answered(stream: &mut TcpStream, request: &[u8]) -> bool {
    let mut answer = [0; 4096];
    if stream.write_all(request).await.is_err() {
        return false;
    }
    let read = timeout(Duration::from_secs(10), stream.read(&mut answer)).await.expect("an answer or an end");
    read.is_ok_and(|length| answer[..length].starts_with(b"HTTP/1.1 200"))
}

/// Whether the server hangs up within this time.
async fn hangs_up(stream: &mut TcpStream, within: Duration) -> bool {
    matches!(timeout(within, stream.read(&mut [0; 16])).await, Ok(Ok(0) | Err(_)))
}

#[tokio::test]
async fn a_quiet_connection_outlives_the_time_for_a_head() {
    let server = Hasty::start().await;
    let mut stream = server.connect().await;

    for _ in 0..3 {
        assert!(is_answered(&mut stream, REQUEST).await);
        sleep(HEAD * 2).await;
    }

    assert!(hangs_up(&mut stream, KEEP_ALIVE * 4).await, "a connection that stays quiet is closed in the end");
}

#[tokio::test]
async fn a_head_that_dawdles_is_given_up_in_its_own_time() {
    let server = Hasty::start().await;
    let (mut new, mut kept) = (server.connect().await, server.connect().await);
    assert!(is_answered(&mut kept, REQUEST).await);

    for stream in [&mut new, &mut kept] {
        stream.write_all(b"GET /health HTTP/1.1\r\nhost: ").await.unwrap();
        assert!(hangs_up(stream, KEEP_ALIVE / 2).await);
    }
}

#[tokio::test]
async fn a_body_and_its_answer_may_take_longer_than_a_head() {
    let server = Hasty::start().await;
    let mut stream = server.connect().await;
    let body = r#"{"query":"{ __typename }"}"#;
    let head = "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ";
    stream.write_all(format!("{head}{}\r\n\r\n", body.len()).as_bytes()).await.unwrap();
    sleep(HEAD * 2).await;

    assert!(is_answered(&mut stream, body.as_bytes()).await);
    assert!(is_answered(&mut stream, REQUEST).await);
}

#[tokio::test]
async fn an_answer_keeps_its_length() {
    let app = TestApp::start().await;
    let answer = app.login("ann@example.com", PASSWORD).await;

    assert_eq!(answer.header("content-length"), answer.text.len().to_string());
}
