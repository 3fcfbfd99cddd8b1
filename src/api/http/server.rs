//! Connections: how many requests each may carry, how long it may dawdle, and how they end.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::pin::Pin;
use std::time::Duration;

use axum::middleware::{AddExtension, from_fn};
use axum::{Extension, Router};
use axum_server::Handle;
use axum_server::accept::Accept;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use hyper_util::rt::TokioTimer;
use tokio::net::TcpStream;
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;
use tower::Layer;

use super::connections::{Connection, Connections};
use super::keep_alive::{self, TimedStream, Turn, Waits};
use super::open_streams::Drain;
use crate::error::{OrFault, Result};

const LARGEST_HEAD: usize = 32 * 1024;
const MOST_HEADERS: usize = 64;

/// How long the server waits for the other end.
#[derive(Debug, Clone, Copy)]
pub struct ConnectionTimeouts {
    /// To say the head of a request, from its first byte on; and to say that byte on a new connection.
    pub head: Duration,
    /// To begin another request on the same connection.
    pub keep_alive: Duration,
    /// To take in something of what is written: who asks and does not read holds the answer in our memory.
    pub writing: Duration,
    /// To finish what is in flight at shutdown.
    pub grace: Duration,
}

/// Serves HTTP/1.1 until `shutdown`; then accepts nothing new and lets requests in flight
/// finish. Connections that stay open say goodbye meanwhile.
///
/// # Errors
/// When the listener cannot be used.
pub async fn serve(
    router: Router,
    listener: TcpListener,
    connections: Connections,
    shutdown: CancellationToken,
    patience: ConnectionTimeouts,
) -> Result<()> {
    let ConnectionTimeouts { head, keep_alive, writing, grace } = patience;
    listener.set_nonblocking(true).or_fault("preparing the listener")?;
    let handle = Handle::new();
    let waits = Waits { head, keep_alive };
    let greeter = Greeter { connections, shutdown: shutdown.clone(), waits, write_timeout: writing };
    let mut server =
        axum_server::from_tcp(listener).or_fault("taking over the listener")?.acceptor(greeter).handle(handle.clone());
    let http = server.http_builder();
    // In HTTP/2 a client that answers pings and takes in nothing could hold its answers for ever, a hundred at a time.
    *http = http.clone().http1_only();
    http.http1()
        .timer(TokioTimer::new())
        // The library has one timeout for a quiet connection and the head after it. What it must tell apart we do; this is
        // for what we overlook.
        .header_read_timeout(keep_alive.saturating_add(head))
        .max_headers(MOST_HEADERS)
        .max_buf_size(LARGEST_HEAD);

    let drain = Drain { stopping: shutdown.clone(), ..Drain::default() };
    let router = router.layer(from_fn(keep_alive::take_turn)).layer(Extension(drain.clone()));
    let serving = server.serve(router.into_make_service_with_connect_info::<SocketAddr>());
    tokio::pin!(serving);
    tokio::select! {
        result = &mut serving => return result.or_fault("serving HTTP"),
        () = shutdown.cancelled() => handle.graceful_shutdown(Some(grace)),
    }
    drain.streams.close();
    // Sockets are no requests any more: the server below does not know of them.
    let (outcome, _) = tokio::join!(serving, tokio::time::timeout(grace, drain.streams.wait()));
    outcome.or_fault("serving HTTP")
}

/// Gives a client a place, and waits until it says something: a silent connection would hold up the shutdown.
#[derive(Clone)]
struct Greeter {
    connections: Connections,
    shutdown: CancellationToken,
    waits: Waits,
    write_timeout: Duration,
}

impl<S: Send + 'static> Accept<TcpStream, S> for Greeter {
    type Stream = Pin<Box<TimeoutStream<TimedStream<Connection>>>>;
    type Service = AddExtension<S, Turn>;
    type Future = BoxFuture<'static, io::Result<(Self::Stream, Self::Service)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let Self { connections, shutdown, waits, write_timeout } = self.clone();
        async move {
            let connection = connections.admit(stream)?;
            let socket = connection.socket();
            socket.set_nodelay(true)?;
            let greeted = shutdown.run_until_cancelled(tokio::time::timeout(waits.head, greeting(socket))).await;
            greeted.ok_or(io::ErrorKind::ConnectionAborted)???;
            let turn = Turn::default();
            let mut stream = TimeoutStream::new(TimedStream::new(connection, waits, turn.clone()));
            stream.set_write_timeout(Some(write_timeout));
            Ok((Box::pin(stream), Extension(turn).layer(service)))
        }
        .boxed()
    }
}

async fn greeting(stream: &TcpStream) -> io::Result<()> {
    /// The first letters of HTTP/2 (RFC 9113, section 3.4), and of no method of ours. Left to the parser of HTTP/1.1,
    /// such a connection would stay open.
    const HTTP2: &[u8] = b"PRI";
    let mut seen = [0; HTTP2.len()];
    loop {
        match stream.peek(&mut seen).await? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            length if length < HTTP2.len() && HTTP2.starts_with(seen.get(..length).unwrap_or_default()) => {
                // Peeking returns at once as long as something is there.
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            _ if seen == HTTP2 => return Err(io::ErrorKind::InvalidData.into()),
            _ => return Ok(()),
        }
    }
}
