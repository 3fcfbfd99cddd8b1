//! How long a connection may be quiet between two requests, and how long a client may take to say the head of one.

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
use tokio::time::{Instant, Sleep};

/// How long a client may take.
#[derive(Debug, Clone, Copy)]
pub struct Waits {
    /// To say the head of a request, from its first byte on.
    pub head: Duration,
    /// To begin another request. Longer than a load balancer keeps its connections, or a request that it has just sent
    /// meets a connection that is being closed, and is lost.
    pub keep_alive: Duration,
}

/// Whose turn it is on a connection. Clones are about the same one.
#[derive(Debug, Clone, Default)]
pub struct Turn(Arc<Mutex<Phase>>);

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Phase {
    /// The last answer is out, since then.
    Quiet(Instant),
    /// The client says the head of a request, since then.
    Head(Instant),
    /// A head is complete, and its answer is on the way; or none has begun.
    #[default]
    Ours,
}

impl Turn {
    fn phase(&self) -> Phase {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, phase: Phase) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = phase;
    }
}

/// A stream whose reading fails where the client takes longer than it may.
pub struct TimedStream<S> {
    stream: S,
    waits: Waits,
    turn: Turn,
    timer: Option<Pin<Box<Sleep>>>,
}

impl<S> TimedStream<S> {
    /// A stream on which the first byte of the first request is there already.
    #[must_use]
    pub fn new(stream: S, waits: Waits, turn: Turn) -> Self {
        turn.set(Phase::Head(Instant::now()));
        Self { stream, waits, turn, timer: None }
    }

    /// When the other end has taken too long.
    fn deadline(&self) -> Option<Instant> {
        match self.turn.phase() {
            Phase::Quiet(since) => since.checked_add(self.waits.keep_alive),
            Phase::Head(since) => since.checked_add(self.waits.head),
            Phase::Ours => None,
        }
    }

    /// Ready when it has.
    fn poll_late(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(deadline) = self.deadline() else { return Poll::Pending };
        let timer = self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
        if timer.deadline() != deadline {
            timer.as_mut().reset(deadline);
        }
        timer.as_mut().poll(cx)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for TimedStream<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let filled = buffer.filled().len();
        if let Poll::Ready(read) = Pin::new(&mut self.stream).poll_read(cx, buffer) {
            if buffer.filled().len() > filled && matches!(self.turn.phase(), Phase::Quiet(_)) {
                self.turn.set(Phase::Head(Instant::now()));
            }
            return Poll::Ready(read);
        }
        ready!(self.poll_late(cx));
        match self.turn.phase() {
            // The end of the stream: nothing has gone wrong.
            Phase::Quiet(_) => Poll::Ready(Ok(())),
            Phase::Head(_) | Phase::Ours => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for TimedStream<S> {
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

/// Notes that the head of a request is complete, and when its answer is out.
pub async fn take_turn(turn: Option<Extension<Turn>>, request: Request, next: Next) -> Response {
    let Some(Extension(turn)) = turn else { return next.run(request).await };
    turn.set(Phase::Ours);
    let response = next.run(request).await;
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        // No request follows: a socket looks after itself.
        return response;
    }
    response.map(|body| Body::new(Answer { body, _out: Out(turn) }))
}

/// The body of an answer.
struct Answer {
    body: Body,
    _out: Out,
}

/// Is dropped with the body, when all of it is out.
struct Out(Turn);

impl Drop for Out {
    fn drop(&mut self) {
        self.0.set(Phase::Quiet(Instant::now()));
    }
}

impl HttpBody for Answer {
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
