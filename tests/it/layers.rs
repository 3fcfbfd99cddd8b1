//! The layers around a route that misbehaves: it panics, it takes too long, it is still running at shutdown.

use std::future::{Ready, pending, ready};
use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use authgraph::api::http::router::apply_layers;
use authgraph::api::http::server::{ConnectionTimeouts, serve};
use authgraph::api::state::AppState;
use authgraph::serve::connections;
use axum::Router;
use axum::handler::Handler;
use axum::routing::get;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::settings::{PRODUCTION, QUICK};
use crate::support::{Answer, TestApp};

const GRACE: Duration = Duration::from_millis(300);
/// No test here waits for a head, or for a connection to be idle for too long.
const LONG: Duration = Duration::from_mins(1);
const TIMEOUTS: ConnectionTimeouts = ConnectionTimeouts { head: LONG, keep_alive: LONG, writing: GRACE, grace: GRACE };

/// A server whose only route is this one, behind the real layers.
struct Server {
    address: SocketAddr,
    shutdown: CancellationToken,
    running: TaskTracker,
    app: TestApp,
}

impl Server {
    async fn with<T: 'static>(route: impl Handler<T, ()>) -> Self {
        Self::configured(&[], route).await
    }

    async fn configured<T: 'static>(settings: &[(&str, &str)], route: impl Handler<T, ()>) -> Self {
        let app = TestApp::with(settings).await;
        let router = apply_layers(&AppState::new(&app.app).unwrap(), Router::new().route("/route", get(route)));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, shutdown, running) =
            (listener.local_addr().unwrap(), CancellationToken::new(), TaskTracker::new());
        running.spawn(serve(router, listener, connections(&app.app), shutdown.clone(), TIMEOUTS));
        running.close();
        Self { address, shutdown, running, app }
    }

    async fn ask(&self) -> reqwest::Result<Answer> {
        let request = reqwest::Client::new().get(format!("http://{}/route", self.address));
        Ok(Answer::read(request.header("origin", "https://app.example.com").send().await?).await)
    }
}

fn panics() -> Ready<()> {
    panic!("hunter2")
}

#[tokio::test]
async fn a_panic_costs_one_request_and_says_nothing() {
    let settings = [("CORS_ORIGINS", "https://app.example.com")];
    let server = Server::configured(&settings, panics).await;

    for _ in 0..2 {
        let answer = server.ask().await.unwrap();
        assert_eq!((answer.status.as_u16(), answer.code()), (500, "INTERNAL"));
        assert!(!answer.text.contains("hunter2"));
        assert_eq!(answer.header("access-control-allow-origin"), "https://app.example.com");
    }
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_given_up() {
    let server = Server::configured(&[("REQUEST_TIMEOUT", "1s")], pending::<()>).await;

    let answer = server.ask().await.unwrap();

    assert_eq!((answer.status.as_u16(), answer.code()), (503, "UNAVAILABLE"));
}

#[tokio::test]
async fn an_answer_that_is_not_read_is_given_up() {
    let server = Server::with(|| ready("x".repeat(20_000_000))).await;
    let mut greedy = TcpStream::connect(server.address).await.unwrap();
    greedy.write_all(b"GET /route HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();

    // A client that is cut off notices when it writes.
    let cut = async {
        while greedy.write_all(b"\r\n").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(GRACE * 20, cut).await.expect("a server that gives up");
}

#[tokio::test]
async fn http_2_is_not_spoken_where_a_closed_window_could_hold_answers() {
    let server = Server::with(|| ready(())).await;
    let mut client = TcpStream::connect(server.address).await.unwrap();
    client.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();

    let mut answer = Vec::new();
    let told = tokio::time::timeout(GRACE * 10, client.read_to_end(&mut answer)).await.expect("a server that hangs up");

    assert!(told.is_err() || answer.is_empty(), "{answer:?}");
}

#[tokio::test]
async fn shutdown_lets_requests_in_flight_finish() {
    let (begun, finish) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (begins, finishes) = (Arc::clone(&begun), Arc::clone(&finish));
    let route = async move || {
        begins.notify_one();
        finishes.notified().await;
    };
    let server = Server::with(route).await;

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
    let route = async move || {
        begins.notify_one();
        pending::<()>().await;
    };
    let server = Server::with(route).await;

    let (answer, ()) = tokio::join!(server.ask(), async {
        begun.notified().await;
        server.shutdown.cancel();
    });

    assert!(answer.is_err());
    tokio::time::timeout(GRACE * 10, server.running.wait()).await.expect("a server that stops");
}

#[tokio::test]
async fn a_silent_connection_does_not_hold_up_the_shutdown() {
    let server = Server::with(|| ready(())).await;
    let silent = TcpStream::connect(server.address).await.unwrap();

    server.shutdown.cancel();

    tokio::time::timeout(GRACE * 10, server.running.wait()).await.expect("a server that stops");
    drop(silent);
}

#[tokio::test]
async fn a_server_by_tls_says_so_to_browsers() {
    let own = ["DATABASE_URL", "JWT_KEYS_DIR"];
    let mut settings: Vec<_> = PRODUCTION.iter().copied().filter(|(name, _)| !own.contains(name)).collect();
    settings.extend([("AUTHGRAPH_ENV", "production"), QUICK]);
    let server = Server::configured(&settings, || ready(())).await;

    let answer = server.ask().await.unwrap();

    assert!(answer.header("strict-transport-security").starts_with("max-age="));
}

const REQUEST: &[u8] = b"GET /route HTTP/1.1\r\nhost: localhost\r\n\r\n";

/// The answer on this connection, up to its end or a pause.
async fn read_answer(client: &mut TcpStream) -> String {
    let mut answer = vec![0; 4096];
    let length = tokio::time::timeout(GRACE * 10, client.read(&mut answer)).await.expect("an answer").unwrap_or(0);
    String::from_utf8_lossy(&answer[..length]).into_owned()
}

#[tokio::test]
async fn an_idle_connection_may_carry_one_more_request_after_the_port_has_closed() {
    let server = Server::with(|| ready(())).await;
    let mut idle = TcpStream::connect(server.address).await.unwrap();
    idle.write_all(REQUEST).await.unwrap();
    assert!(read_answer(&mut idle).await.starts_with("HTTP/1.1 200"));

    server.shutdown.cancel();
    while TcpStream::connect(server.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    // A load balancer has sent this before it heard that the connection closes.
    idle.write_all(REQUEST).await.unwrap();

    let answer = read_answer(&mut idle).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer:?}");
}

#[tokio::test]
async fn a_request_in_the_queue_of_the_kernel_is_answered_at_shutdown() {
    let server = Server::with(|| ready(())).await;
    server.ask().await.unwrap();

    // Nothing here waits, so the server accepts none of this before it is told to stop.
    let mut client = std::net::TcpStream::connect(server.address).unwrap();
    client.write_all(REQUEST).unwrap();
    server.shutdown.cancel();

    client.set_nonblocking(true).unwrap();
    let answer = read_answer(&mut TcpStream::from_std(client).unwrap()).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer:?}");
}

#[tokio::test]
async fn answers_of_a_server_that_stops_end_their_connections() {
    let server = Server::with(|| ready(())).await;
    let before = server.ask().await.unwrap();

    server.app.app.stopping.cancel();

    assert_eq!((before.header("connection"), server.ask().await.unwrap().header("connection")), ("", "close"));
}
