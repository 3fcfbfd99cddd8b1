//! Subscribers of the live feed: as many sockets as wanted, each with the least code that speaks the protocol.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::Result;

const PATIENCE: Duration = Duration::from_secs(30);
/// Handshakes at once; more would only wait in the queue of the listener.
const AT_ONCE: usize = 32;

/// A socket that follows the audit trail.
pub struct Follower {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Follower {
    /// Opens so many sockets of one administrator.
    pub async fn open_many(server: SocketAddr, access_token: &str, how_many: usize) -> Result<Vec<Self>> {
        let mut followers = Vec::with_capacity(how_many);
        let mut opening = JoinSet::new();
        while followers.len() < how_many {
            while opening.len() < AT_ONCE && followers.len() + opening.len() < how_many {
                let token = access_token.to_owned();
                opening.spawn(async move { Self::open(server, &token).await });
            }
            if let Some(opened) = opening.join_next().await {
                followers.push(opened??);
            }
        }
        Ok(followers)
    }

    /// Waits until every one has received an event, and tells when the last did.
    pub async fn all_receive(followers: Vec<Self>) -> Result<(Vec<Self>, Instant)> {
        let mut hearing = JoinSet::new();
        for mut follower in followers {
            hearing.spawn(async move {
                let message = follower.receive().await?;
                if !message.contains(r#""type":"next""#) {
                    return Err(format!("no event, but {message}").into());
                }
                Result::Ok((follower, Instant::now()))
            });
        }
        let (mut received, mut last) = (Vec::new(), Instant::now());
        while let Some(joined) = hearing.join_next().await {
            let (follower, at) = joined??;
            last = last.max(at);
            received.push(follower);
        }
        Ok((received, last))
    }

    async fn open(server: SocketAddr, access_token: &str) -> Result<Self> {
        let mut request = format!("ws://{server}/graphql").into_client_request()?;
        request.headers_mut().insert("sec-websocket-protocol", "graphql-transport-ws".parse()?);
        let mut this = Self { socket: timeout(PATIENCE, connect_async(request)).await??.0 };
        let payload = json!({ "authorization": format!("Bearer {access_token}") });
        this.say(json!({ "type": "connection_init", "payload": payload }).to_string()).await?;
        let query = "subscription { auditEvents { id at action } }";
        this.receive().await?;
        this.say(json!({ "id": "1", "type": "subscribe", "payload": { "query": query } }).to_string()).await?;
        // The answer to the next message shows that the subscription runs.
        this.say(json!({ "type": "ping" }).to_string()).await?;
        match this.receive().await? {
            message if message == r#"{"type":"pong"}"# => Ok(this),
            other => Err(format!("no subscription, but {other}").into()),
        }
    }

    async fn say(&mut self, text: String) -> Result<()> {
        Ok(timeout(PATIENCE, self.socket.send(Message::text(text))).await??)
    }

    async fn receive(&mut self) -> Result<String> {
        loop {
            match timeout(PATIENCE, self.socket.next()).await? {
                Some(Ok(Message::Text(text))) => return Ok(text.to_string()),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                other => return Err(format!("no message, but {other:?}").into()),
            }
        }
    }
}
