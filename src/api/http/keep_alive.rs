//! How long a connection may be idle between two requests, and how long a client may take to send the head of one.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::Extension;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep};

use super::connections::ConnectionSlots;

/// How long a client may take.
#[derive(Debug, Clone, Copy)]
pub struct ReadTimeouts {
    /// To send the head of a request, from its first byte on.
    pub head: Duration,
    /// To begin another request. Longer than a load balancer keeps its connections, or a request that it has just sent
    /// meets a connection that is being closed, and is lost.
    pub keep_alive: Duration,
}

/// What a connection waits for. Clones are about the same connection. A request extension.
#[derive(Debug, Clone, Default)]
pub struct ConnectionPhase(Arc<Mutex<Phase>>);

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Phase {
    /// The last answer was written at this time, and no byte has come since.
    Idle(Instant),
    /// The client is sending the head of a request, since this time.
    Head(Instant),
    /// A head is complete and its answer is on the way; or no head has begun.
    #[default]
    Answering,
}

impl ConnectionPhase {
    fn get(&self) -> Phase {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, phase: Phase) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = phase;
    }
}

/// An accepted connection. Reading from it fails where the client takes too long, and it holds its slots among the
/// connections until it is closed.
pub struct HttpConnection {
    stream: TcpStream,
    timeouts: ReadTimeouts,
    phase: ConnectionPhase,
    timer: Option<Pin<Box<Sleep>>>,
    _slots: ConnectionSlots,
}

impl HttpConnection {
    /// A connection whose first byte has come already.
    #[must_use]
    pub fn new(stream: TcpStream, timeouts: ReadTimeouts, phase: ConnectionPhase, slots: ConnectionSlots) -> Self {
        phase.set(Phase::Head(Instant::now()));
        Self { stream, timeouts, phase, timer: None, _slots: slots }
    }

    /// Until when the client has to send something.
    fn deadline(&self) -> Option<Instant> {
        match self.phase.get() {
            Phase::Idle(since) => since.checked_add(self.timeouts.keep_alive),
            Phase::Head(since) => since.checked_add(self.timeouts.head),
            Phase::Answering => None,
        }
    }

    /// Ready when the deadline has passed.
    fn poll_deadline(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(deadline) = self.deadline() else { return Poll::Pending };
        let timer = self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
        if timer.deadline() != deadline {
            timer.as_mut().reset(deadline);
        }
        timer.as_mut().poll(cx)
    }
}

impl AsyncRead for HttpConnection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let filled = buffer.filled().len();
        if let Poll::Ready(read) = Pin::new(&mut self.stream).poll_read(cx, buffer) {
            if buffer.filled().len() > filled && matches!(self.phase.get(), Phase::Idle(_)) {
                self.phase.set(Phase::Head(Instant::now()));
            }
            return Poll::Ready(read);
        }
        ready!(self.poll_deadline(cx));
        match self.phase.get() {
            // Reads as the end of the stream: closing an idle connection is no error.
            Phase::Idle(_) => Poll::Ready(Ok(())),
            Phase::Head(_) | Phase::Answering => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
        }
    }
}

impl AsyncWrite for HttpConnection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

/// Notes when the head of a request is complete, and when its answer has been written.
pub async fn track_phase(phase: Option<Extension<ConnectionPhase>>, request: Request, next: Next) -> Response {
    let Some(Extension(phase)) = phase else { return next.run(request).await };
    phase.set(Phase::Answering);
    let response = next.run(request).await;
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        // No request follows on this connection: a WebSocket has timeouts of its own.
        return response;
    }
    response.map(|body| Body::new(TrackedBody { body, _idle_after: IdleOnDrop(phase) }))
}

/// The body of an answer.
struct TrackedBody {
    body: Body,
    _idle_after: IdleOnDrop,
}

/// Dropped together with the body, when all of it has been written.
struct IdleOnDrop(ConnectionPhase);

impl Drop for IdleOnDrop {
    fn drop(&mut self) {
        self.0.set(Phase::Idle(Instant::now()));
    }
}

impl HttpBody for TrackedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.body.size_hint()
    }
}
