//! Accepts connections: how many requests each may carry, how long it may be slow, and how all of them end at shutdown.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::pin::Pin;
use std::time::Duration;

use axum::middleware::{AddExtension, from_fn};
use axum::{Extension, Router};
use axum_server::accept::Accept;
use axum_server::{Handle, Server};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::net::TcpStream;
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::Layer;

use super::connections::HttpConnections;
use super::keep_alive::{self, ConnectionPhase, HttpConnection, ReadTimeouts};
use super::listener::{ClientAddress, ClosingListener};
use crate::error::{OrFault, Result};

/// The largest head of a request, in bytes.
const MAX_HEAD: usize = 32 * 1024;
const MAX_HEADERS: usize = 64;
/// How long, after the listener has closed, connections may begin another request. A load balancer may have sent one on
/// an idle connection just before.
const LAST_REQUESTS: Duration = Duration::from_secs(1);

/// How long the server waits for the other end.
#[derive(Debug, Clone, Copy)]
pub struct ConnectionTimeouts {
    /// To send the head of a request, from its first byte on; and to send that byte on a new connection.
    pub head: Duration,
    /// To begin another request on the same connection.
    pub keep_alive: Duration,
    /// To read some of what is written: a client that asks and does not read keeps the answer in our memory.
    pub writing: Duration,
    /// To finish what is in flight at shutdown.
    pub grace: Duration,
}

/// How sockets and event streams learn that the server stops, and how the server waits for them. A request extension.
#[derive(Debug, Clone, Default)]
pub struct Drain {
    /// Cancelled when the server stops.
    pub stopping: CancellationToken,
    /// The connections that have something left to send then.
    pub streams: TaskTracker,
}

/// Serves HTTP/1.1 until `shutdown`. Then it closes the listener, a moment later idle connections, and lets requests in
/// flight finish. Sockets and event streams close meanwhile.
///
/// # Errors
/// A fault where the listener cannot be used.
pub async fn serve(
    router: Router,
    listener: TcpListener,
    connections: HttpConnections,
    shutdown: CancellationToken,
    timeouts: ConnectionTimeouts,
) -> Result<()> {
    let ConnectionTimeouts { head, keep_alive, writing, grace } = timeouts;
    let (handle, silence) = (Handle::new(), CancellationToken::new());
    let acceptor = Acceptor {
        connections,
        closing: silence.clone(),
        timeouts: ReadTimeouts { head, keep_alive },
        write_timeout: writing,
    };
    let listener = ClosingListener::new(listener, shutdown.clone()).or_fault("taking over the listener")?;
    let mut server = Server::<ClientAddress>::from_listener(listener).acceptor(acceptor).handle(handle.clone());
    configure(server.http_builder(), timeouts);

    let drain = Drain { stopping: shutdown.clone(), ..Drain::default() };
    let router = router.layer(from_fn(keep_alive::track_phase)).layer(Extension(drain.clone()));
    let serving = server.serve(router.into_make_service_with_connect_info::<SocketAddr>());
    tokio::pin!(serving);
    tokio::select! {
        result = &mut serving => return result.or_fault("serving HTTP"),
        () = last_requests(&handle, &shutdown) => {}
    }
    silence.cancel();
    handle.graceful_shutdown(Some(grace));
    drain.streams.close();
    // Sockets are no requests any more, so the library does not wait for them.
    let (outcome, _) = tokio::join!(serving, tokio::time::timeout(grace, drain.streams.wait()));
    outcome.or_fault("serving HTTP")
}

/// Waits until the listener has closed, and then until no connection is left, or all had time for their last request.
async fn last_requests(handle: &Handle<ClientAddress>, shutdown: &CancellationToken) {
    shutdown.cancelled().await;
    let all_closed = async {
        while handle.connection_count() > 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    // Where some are left, they are idle or in flight.
    let _ = tokio::time::timeout(LAST_REQUESTS, all_closed).await;
}

/// Sets the limits of the library for the head of a request.
fn configure(http: &mut Builder<TokioExecutor>, timeouts: ConnectionTimeouts) {
    // In HTTP/2 a client that answers pings and reads nothing could keep its answers in memory for ever, a hundred at a
    // time.
    *http = http.clone().http1_only();
    http.http1()
        .timer(TokioTimer::new())
        // The library has one timeout for both an idle connection and the head after it. `HttpConnection` tells them
        // apart; this one catches what it misses.
        .header_read_timeout(timeouts.keep_alive.saturating_add(timeouts.head))
        .max_headers(MAX_HEADERS)
        .max_buf_size(MAX_HEAD);
}

/// Counts a connection, and hands it over when its client has sent the first byte: a silent connection would hold up
/// the shutdown.
#[derive(Clone)]
struct Acceptor {
    connections: HttpConnections,
    /// Ends the wait for the first byte.
    closing: CancellationToken,
    timeouts: ReadTimeouts,
    write_timeout: Duration,
}

impl<S: Send + 'static> Accept<TcpStream, S> for Acceptor {
    type Stream = Pin<Box<TimeoutStream<HttpConnection>>>;
    type Service = AddExtension<S, ConnectionPhase>;
    type Future = BoxFuture<'static, io::Result<(Self::Stream, Self::Service)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let Self { connections, closing, timeouts, write_timeout } = self.clone();
        async move {
            let slots = connections.admit(stream.peer_addr()?.ip())?;
            stream.set_nodelay(true)?;
            let first_byte = tokio::time::timeout(timeouts.head, first_byte(&stream));
            closing.run_until_cancelled(first_byte).await.ok_or(io::ErrorKind::ConnectionAborted)???;
            let phase = ConnectionPhase::default();
            let connection = HttpConnection::new(stream, timeouts, phase.clone(), slots);
            let mut stream = TimeoutStream::new(connection);
            stream.set_write_timeout(Some(write_timeout));
            Ok((Box::pin(stream), Extension(phase).layer(service)))
        }
        .boxed()
    }
}

/// Waits until the client has sent something, and refuses a client that speaks HTTP/2.
async fn first_byte(stream: &TcpStream) -> io::Result<()> {
    /// How HTTP/2 begins (RFC 9113, section 3.4), and no method that is served here. The parser of HTTP/1.1 would leave
    /// such a connection open.
    const HTTP2: &[u8] = b"PRI";
    let mut seen = [0; HTTP2.len()];
    loop {
        match stream.peek(&mut seen).await? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            length if length < HTTP2.len() && HTTP2.starts_with(seen.get(..length).unwrap_or_default()) => {
                // Peeking returns at once as long as something is there, so this must not spin.
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            _ if seen == HTTP2 => return Err(io::ErrorKind::InvalidData.into()),
            _ => return Ok(()),
        }
    }
}
