//! Connections: how many requests each may carry, how long it may dawdle, and how they end.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::pin::Pin;
use std::time::Duration;

use axum::{Extension, Router};
use axum_server::Handle;
use axum_server::accept::Accept;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use hyper_util::rt::TokioTimer;
use tokio::net::TcpStream;
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;

use super::connections::{Connection, Connections};
use super::open_streams::Drain;
use crate::error::{OrFault, Result};

/// How long a client may take to say the head of a request, and how long a connection may stay silent between two.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
const LARGEST_HEAD: usize = 32 * 1024;
const MOST_HEADERS: usize = 64;

/// How long the server waits for the other end.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
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
    patience: Patience,
) -> Result<()> {
    let Patience { writing, grace } = patience;
    listener.set_nonblocking(true).or_fault("preparing the listener")?;
    let handle = Handle::new();
    let greeter = Greeter { connections, shutdown: shutdown.clone(), write_timeout: writing };
    let mut server =
        axum_server::from_tcp(listener).or_fault("taking over the listener")?.acceptor(greeter).handle(handle.clone());
    let http = server.http_builder();
    // In HTTP/2 a client that answers pings and takes in nothing could hold its answers for ever, a hundred at a time.
    *http = http.clone().http1_only();
    http.http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_headers(MOST_HEADERS)
        .max_buf_size(LARGEST_HEAD);

    let drain = Drain { stopping: shutdown.clone(), ..Drain::default() };
    let router = router.layer(Extension(drain.clone()));
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
    write_timeout: Duration,
}

impl<S: Send + 'static> Accept<TcpStream, S> for Greeter {
    type Stream = Pin<Box<TimeoutStream<Connection>>>;
    type Service = S;
    type Future = BoxFuture<'static, io::Result<(Self::Stream, S)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let Self { connections, shutdown, write_timeout } = self.clone();
        async move {
            let connection = connections.admit(stream)?;
            let socket = connection.socket();
            socket.set_nodelay(true)?;
            let greeted = shutdown.run_until_cancelled(tokio::time::timeout(HEAD_TIMEOUT, greeting(socket))).await;
            greeted.ok_or(io::ErrorKind::ConnectionAborted)???;
            let mut stream = TimeoutStream::new(connection);
            stream.set_write_timeout(Some(write_timeout));
            Ok((Box::pin(stream), service))
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
