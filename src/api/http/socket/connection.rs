//! The wire of one WebSocket: what is read and written, how fast, and how it closes.

use std::time::{Duration, Instant};

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket};
use tokio::time::timeout;

use super::messages::{ClientMessage, Close};
use crate::config::Config;
use crate::error::{Error, ErrorCode};

/// How long the client may take to answer a close frame.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);
/// How long the client may take to read a message, for each [`WRITE_BLOCK`] of it.
const WRITE_TIMEOUT: Duration = Duration::from_secs(5);
/// In bytes. An event is one block; the largest answer, 1 MiB, needs 13 KiB a second.
const WRITE_BLOCK: usize = 64 * 1024;

/// How a socket ends.
#[derive(Debug)]
pub enum CloseReason {
    /// With a close frame.
    Close(Close),
    /// Without one: the client has left, or reads nothing.
    Disconnected,
}

impl From<Close> for CloseReason {
    fn from(close: Close) -> Self {
        Self::Close(close)
    }
}

/// What was read.
pub enum IncomingMessage {
    /// A message of the protocol.
    Protocol(ClientMessage),
    /// A ping or pong of WebSocket itself, which only shows that the client is there.
    SignOfLife,
}

/// A WebSocket with its limits.
pub struct SocketConnection {
    socket: WebSocket,
    max_message: usize,
    rate: MessageRate,
    /// Whether anything was read since the last ping.
    is_alive: bool,
}

impl SocketConnection {
    /// A socket that has just been opened.
    pub fn new(socket: WebSocket, config: &Config) -> Self {
        let rate = MessageRate { max: config.subscriptions.messages_per_second, since: Instant::now(), count: 0 };
        Self { socket, max_message: config.http.max_body_bytes, rate, is_alive: true }
    }

    /// Reads the next message. Dropping the future loses nothing.
    pub async fn read(&mut self) -> Result<IncomingMessage, CloseReason> {
        let message = match self.socket.recv().await {
            None | Some(Ok(Message::Close(_))) => return Err(CloseReason::Disconnected),
            Some(Err(error)) => return Err(unreadable(&error).into()),
            Some(Ok(message)) => message,
        };
        self.is_alive = true;
        if !self.rate.allows_one_more() {
            return Err(Close::TOO_MANY_MESSAGES.into());
        }
        match message {
            Message::Text(text) if text.len() > self.max_message => Err(Close::TOO_LARGE.into()),
            Message::Text(text) => Ok(IncomingMessage::Protocol(ClientMessage::parse(&text)?)),
            Message::Binary(_) => Err(Close::INVALID_MESSAGE.into()),
            Message::Ping(_) | Message::Pong(_) | Message::Close(_) => Ok(IncomingMessage::SignOfLife),
        }
    }

    /// Sends a message of the protocol. A client that does not read it in time is disconnected.
    pub async fn send(&mut self, text: impl Into<Utf8Bytes>) -> Result<(), CloseReason> {
        let text = text.into();
        let blocks = u32::try_from(text.len() / WRITE_BLOCK).unwrap_or(u32::MAX).saturating_add(1);
        self.write(Message::Text(text), WRITE_TIMEOUT.saturating_mul(blocks)).await
    }

    /// Sends a ping of WebSocket itself. A client that has sent nothing since the last one is disconnected.
    pub async fn ping(&mut self) -> Result<(), CloseReason> {
        if !std::mem::replace(&mut self.is_alive, false) {
            return Err(CloseReason::Disconnected);
        }
        self.write(Message::Ping(axum::body::Bytes::new()), WRITE_TIMEOUT).await
    }

    /// Closes the socket.
    pub async fn close(mut self, reason: CloseReason) {
        let CloseReason::Close(close) = reason else { return };
        let frame = CloseFrame { code: close.code, reason: Utf8Bytes::from_static(close.reason) };
        tracing::debug!(code = close.code, "a socket is closed");
        let handshake = async {
            if self.socket.send(Message::Close(Some(frame))).await.is_ok() {
                // A connection that is dropped with something unread would be reset, and the close frame lost.
                while let Some(Ok(_)) = self.socket.recv().await {}
            }
        };
        let _ = timeout(CLOSE_TIMEOUT, handshake).await;
    }

    async fn write(&mut self, message: Message, within: Duration) -> Result<(), CloseReason> {
        match timeout(within, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(CloseReason::Disconnected),
        }
    }
}

/// The library tells messages over its limit from broken frames only by the texts of its errors.
fn unreadable(error: &axum::Error) -> Close {
    if error.to_string().contains("too long") { Close::TOO_LARGE } else { Close::PROTOCOL_ERROR }
}

/// How many messages came in this second.
struct MessageRate {
    max: u32,
    since: Instant,
    count: u32,
}

impl MessageRate {
    fn allows_one_more(&mut self) -> bool {
        if self.since.elapsed() >= Duration::from_secs(1) {
            (self.since, self.count) = (Instant::now(), 0);
        }
        self.count += 1;
        self.count <= self.max
    }
}

/// Why a socket closes whose user may no longer keep it open.
pub fn close_reason(error: Error) -> CloseReason {
    let code = match error {
        Error::Refused(refused) => refused.code(),
        Error::Fault(fault) => {
            tracing::error!(?fault, "the session of a socket could not be checked");
            ErrorCode::Internal
        }
    };
    Close::for_code(code).into()
}
