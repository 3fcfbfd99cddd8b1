//! How many connections a server holds: of one address, and in all.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::Command;
use std::time::{Duration, Instant};

use authgraph::tools::file_limit;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use crate::support::TestApp;
use crate::support::database::Database;
use crate::support::process::Process;
use crate::support::socket::Socket;

const TIMEOUT: Duration = Duration::from_secs(20);

/// A connection from 127.0.x.1, each a network of its own, on which half a request has been said.
async fn half_spoken(server: SocketAddr, from: u8) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((Ipv4Addr::new(127, 0, from, 1), 0).into()).unwrap();
    let mut stream = socket.connect(server).await.unwrap();
    // A connection that is closed at once may fail here.
    let _ = stream.write_all(b"GET /health HTTP/1.1\r\nhost: x\r\n").await;
    stream
}

/// What the server answers to the rest of the request; nothing where the connection is closed.
async fn finished(mut stream: TcpStream) -> String {
    let _ = stream.write_all(b"connection: close\r\n\r\n").await;
    let mut answer = String::new();
    let _ = timeout(TIMEOUT, stream.read_to_string(&mut answer)).await.expect("an answer or an end");
    answer
}

async fn is_served(server: SocketAddr, from: u8) -> bool {
    finished(half_spoken(server, from).await).await.starts_with("HTTP/1.1 200")
}

/// Waits until connections that were closed have been noticed.
async fn is_served_soon(server: SocketAddr, from: u8) -> bool {
    for _ in 0..200 {
        if is_served(server, from).await {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    false
}

#[tokio::test]
async fn one_address_does_not_take_the_connections_of_others() {
    let app = TestApp::with(&[("MAX_CONNECTIONS_PER_ADDRESS", "5")]).await;
    let mut held = Vec::new();
    for _ in 0..5 {
        held.push(half_spoken(app.address, 1).await);
    }

    assert!(!is_served(app.address, 1).await);
    assert!(is_served(app.address, 2).await);

    assert!(finished(held.pop().unwrap()).await.starts_with("HTTP/1.1 200"));
    assert!(is_served_soon(app.address, 1).await);
}

#[tokio::test]
async fn there_are_so_many_connections_in_all() {
    let app = TestApp::with(&[("MAX_CONNECTIONS", "6"), ("METRICS_AUTH_TOKEN", "long-enough-to-be-one")]).await;
    let mut held = Vec::new();
    for from in [1, 1, 1, 2, 2, 2] {
        held.push(half_spoken(app.address, from).await);
    }

    assert!(!is_served(app.address, 3).await);

    held.clear();
    assert!(is_served_soon(app.address, 3).await);
    assert!(app.app.metrics.text().unwrap().contains("http_connections_refused_total{limit=\"all\"}"));
}

#[tokio::test]
async fn connections_through_a_trusted_proxy_are_not_those_of_one_address() {
    let app = TestApp::with(&[("MAX_CONNECTIONS_PER_ADDRESS", "2"), ("TRUSTED_PROXIES", "127.0.1.1/32")]).await;
    let mut held = Vec::new();
    for _ in 0..10 {
        held.push(half_spoken(app.address, 1).await);
    }

    assert!(is_served(app.address, 1).await);
    let _others = (half_spoken(app.address, 2).await, half_spoken(app.address, 2).await);
    assert!(!is_served(app.address, 2).await);
}

#[tokio::test]
async fn a_socket_keeps_its_place_among_the_connections_until_it_closes() {
    let app = TestApp::with(&[("MAX_CONNECTIONS_PER_ADDRESS", "2")]).await;
    let (first, _second) = (Socket::open(app.address).await, Socket::open(app.address).await);

    assert!(!is_served(app.address, 0).await);

    drop(first);
    assert!(is_served_soon(app.address, 0).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn half_spoken_requests_of_one_address_keep_nobody_else_out() {
    file_limit::raise();
    let folder = tempfile::tempdir().unwrap();
    let database = Database::fresh(folder.path()).await;
    let mut process = Process::start_limited(folder.path(), &database, "-n 1024").await;

    let attack = (0..1_150).map(|_| half_spoken(process.address, 1));
    let _held = futures_util::future::join_all(attack).await;

    for from in 2..8 {
        let began = Instant::now();
        assert!(is_served(process.address, from).await);
        assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    }
    assert!(!is_served(process.address, 1).await);
    process.terminate();
    assert!(process.ended().await.success());
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_limit_of_open_files_is_raised_at_start() {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::fresh(folder.path()).await;

    let process = Process::start_limited(folder.path(), &database, "-Sn 256; ulimit -Hn 2048").await;

    let limits = Command::new("cat").arg(format!("/proc/{}/limits", process.id())).output().unwrap();
    let text = String::from_utf8(limits.stdout).unwrap();
    let files: Vec<_> =
        text.lines().find(|line| line.starts_with("Max open files")).unwrap().split_whitespace().collect();
    assert_eq!(files[3..5], ["2048", "2048"]);
}
