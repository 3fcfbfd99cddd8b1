//! The wire of one socket: what is heard and said, how fast, and how it ends.

use std::time::{Duration, Instant};

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket};
use tokio::time::timeout;

use super::messages::{ClientMessage, Close};
use crate::api::http::edge::EdgeSettings;

/// How long the other end may take to say goodbye.
const FAREWELL: Duration = Duration::from_secs(1);

/// How a conversation ends.
#[derive(Debug)]
pub enum Parting {
    /// With a word.
    Say(Close),
    /// Without: the other end has left, or takes nothing more.
    Silent,
}

impl From<Close> for Parting {
    fn from(close: Close) -> Self {
        Self::Say(close)
    }
}

/// What was heard.
pub enum Heard {
    /// A message of the protocol.
    Message(ClientMessage),
    /// Nothing but a sign of life.
    Life,
}

/// A socket with its limits.
pub struct Line {
    socket: WebSocket,
    largest: usize,
    write_timeout: Duration,
    pace: Pace,
    /// Whether anything was heard since the last ping.
    heard: bool,
}

impl Line {
    /// The wire of a socket that has just opened.
    pub fn new(socket: WebSocket, settings: &EdgeSettings) -> Self {
        let pace = Pace { most: settings.live.messages_per_second, since: Instant::now(), count: 0 };
        Self { socket, largest: settings.body_limit, write_timeout: settings.live.write_timeout, pace, heard: true }
    }

    /// The next message. Nothing is lost when the wait for it is given up.
    pub async fn hear(&mut self) -> Result<Heard, Parting> {
        let message = match self.socket.recv().await {
            None | Some(Ok(Message::Close(_))) => return Err(Parting::Silent),
            Some(Err(error)) => return Err(unreadable(&error).into()),
            Some(Ok(message)) => message,
        };
        self.heard = true;
        if !self.pace.allows() {
            return Err(Close::TOO_MANY_MESSAGES.into());
        }
        match message {
            Message::Text(text) if text.len() > self.largest => Err(Close::TOO_LARGE.into()),
            Message::Text(text) => Ok(Heard::Message(ClientMessage::parse(&text)?)),
            Message::Binary(_) => Err(Close::INVALID_MESSAGE.into()),
            Message::Ping(_) | Message::Pong(_) | Message::Close(_) => Ok(Heard::Life),
        }
    }

    /// Says something. Who does not take it in time is left.
    pub async fn say(&mut self, text: impl Into<Utf8Bytes>) -> Result<(), Parting> {
        self.send(Message::Text(text.into())).await
    }

    /// ContextExt for a sign of life; who gave none since the last time is left.
    pub async fn ping(&mut self) -> Result<(), Parting> {
        if !std::mem::replace(&mut self.heard, false) {
            return Err(Parting::Silent);
        }
        self.send(Message::Ping(axum::body::Bytes::new())).await
    }

    /// Says goodbye and waits a moment for the answer: a connection that is dropped with something unread takes the
    /// goodbye with it.
    pub async fn end(mut self, parting: Parting) {
        let Parting::Say(close) = parting else { return };
        let frame = CloseFrame { code: close.code, reason: Utf8Bytes::from_static(close.reason) };
        tracing::debug!(code = close.code, "a socket is closed");
        let goodbye = async {
            if self.socket.send(Message::Close(Some(frame))).await.is_ok() {
                while let Some(Ok(_)) = self.socket.recv().await {}
            }
        };
        let _ = timeout(FAREWELL, goodbye).await;
    }

    async fn send(&mut self, message: Message) -> Result<(), Parting> {
        match timeout(self.write_timeout, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Parting::Silent),
        }
    }
}

/// The library tells its own limits from broken frames by their texts alone.
fn unreadable(error: &axum::Error) -> Close {
    if error.to_string().contains("too long") { Close::TOO_LARGE } else { Close::PROTOCOL_ERROR }
}

/// How many messages came in this second.
struct Pace {
    most: u32,
    since: Instant,
    count: u32,
}

impl Pace {
    fn allows(&mut self) -> bool {
        if self.since.elapsed() >= Duration::from_secs(1) {
            (self.since, self.count) = (Instant::now(), 0);
        }
        self.count += 1;
        self.count <= self.most
    }
}
