//! A client of graphql-transport-ws, message by message.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::client::Response;
use tokio_tungstenite::tungstenite::http::HeaderName;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::answer::SignedIn;
use super::app::TestApp;

pub const PROTOCOL: (&str, &str) = ("sec-websocket-protocol", "graphql-transport-ws");

/// Longer than anything takes that comes at all, on a busy machine too.
const TIMEOUT: Duration = Duration::from_secs(20);

/// An open socket.
#[derive(Debug)]
pub struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Socket {
    /// Opens a socket; otherwise the status and the body of the answer that refuses it.
    pub async fn connect(server: SocketAddr, headers: &[(&str, &str)]) -> Result<(Self, Response), (u16, Value)> {
        let mut request = format!("ws://{server}/graphql").into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        }
        match connect_async(request).await {
            Ok((stream, response)) => Ok((Self { stream }, response)),
            Err(Error::Http(refused)) => {
                let body = refused.body().as_deref().unwrap_or_default();
                Err((refused.status().as_u16(), serde_json::from_slice(body).unwrap_or_default()))
            }
            Err(error) => panic!("the handshake failed: {error}"),
        }
    }

    /// A socket before its `connection_init`.
    pub async fn open(server: SocketAddr) -> Self {
        Self::connect(server, &[PROTOCOL]).await.expect("a server that lets us in").0
    }

    /// A socket whose `connection_init` was acknowledged.
    pub async fn authenticated(server: SocketAddr, access_token: &str) -> Self {
        let mut socket = Self::open(server).await;
        socket.init(access_token).await;
        assert_eq!(socket.receive().await, json!({ "type": "connection_ack" }));
        socket
    }

    pub async fn init(&mut self, access_token: &str) {
        let payload = json!({ "authorization": format!("Bearer {access_token}") });
        self.say(json!({ "type": "connection_init", "payload": payload })).await;
    }

    pub async fn subscribe(&mut self, id: &str, document: &str) {
        self.say(json!({ "id": id, "type": "subscribe", "payload": { "query": document } })).await;
    }

    /// Runs a query or a mutation, and answers its result after the server has completed it.
    pub async fn run(&mut self, id: &str, document: &str, variables: Value) -> Value {
        let payload = json!({ "query": document, "variables": variables });
        self.say(json!({ "id": id, "type": "subscribe", "payload": payload })).await;
        self.result(id).await
    }

    /// As [`Socket::run`]; the code where the server closes instead.
    pub async fn run_or_close(&mut self, id: &str, document: &str, variables: Value) -> Result<Value, u16> {
        let payload = json!({ "query": document, "variables": variables });
        self.say(json!({ "id": id, "type": "subscribe", "payload": payload })).await;
        loop {
            match timeout(TIMEOUT, self.stream.next()).await.expect("an answer or a server that closes") {
                Some(Ok(Message::Text(text))) => {
                    let message: Value = serde_json::from_str(&text).unwrap();
                    if message["type"] == "next" {
                        return Ok(message["payload"].clone());
                    }
                }
                Some(Ok(Message::Close(frame))) => return Err(frame.map_or(1005, |frame| frame.code.into())),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(1006),
            }
        }
    }

    /// The result of a query or a mutation that has been sent.
    pub async fn result(&mut self, id: &str) -> Value {
        let next = self.receive().await;
        assert_eq!((&next["type"], &next["id"]), (&json!("next"), &json!(id)), "{next}");
        assert_eq!(self.receive().await, json!({ "id": id, "type": "complete" }));
        next["payload"].clone()
    }

    pub async fn say(&mut self, message: Value) {
        self.send(Message::text(message.to_string())).await;
    }

    pub async fn send(&mut self, message: Message) {
        // If the server has closed meanwhile, reading shows it.
        let _ = self.stream.send(message).await;
    }

    /// The next message of the protocol.
    #[track_caller]
    pub fn receive(&mut self) -> impl Future<Output = Value> + '_ {
        let caller = std::panic::Location::caller();
        async move {
            loop {
                match timeout(TIMEOUT, self.stream.next()).await {
                    Ok(Some(Ok(Message::Text(text)))) => return serde_json::from_str(&text).unwrap(),
                    Ok(Some(Ok(Message::Ping(_) | Message::Pong(_)))) => {}
                    other => panic!("{caller}: no message, but {other:?}"),
                }
            }
        }
    }

    /// Sends an operation that is refused, by an `error` or by the errors of its result, and answers the code.
    pub async fn code_of(&mut self, id: &str, document: &str) -> String {
        self.subscribe(id, document).await;
        let message = self.receive().await;
        assert_eq!(message["id"], id, "{message}");
        let errors = if message["type"] == "next" {
            assert_eq!(self.receive().await, json!({ "id": id, "type": "complete" }));
            &message["payload"]["errors"]
        } else {
            &message["payload"]
        };
        errors[0]["extensions"]["code"].as_str().unwrap_or_else(|| panic!("{message}")).to_owned()
    }

    /// Whether `connection_init` is answered with an acknowledgement.
    pub async fn is_acknowledged(&mut self) -> bool {
        matches!(timeout(TIMEOUT, self.stream.next()).await, Ok(Some(Ok(Message::Text(_)))))
    }

    /// The next event of an operation: what stands below `data`.
    pub async fn event(&mut self, id: &str) -> Value {
        let message = self.receive().await;
        assert_eq!((&message["type"], &message["id"]), (&json!("next"), &json!(id)), "{message}");
        assert!(message["payload"].get("errors").is_none(), "{message}");
        message["payload"]["data"].clone()
    }

    /// The code of the error that ends an operation.
    pub async fn error(&mut self, id: &str) -> String {
        let message = self.receive().await;
        assert_eq!((&message["type"], &message["id"]), (&json!("error"), &json!(id)), "{message}");
        message["payload"][0]["extensions"]["code"].as_str().unwrap().to_owned()
    }

    /// Waits until the server has closed, and answers its code; 1006 where it did not say one. Messages before it are
    /// passed over.
    pub async fn closed(&mut self) -> u16 {
        loop {
            match timeout(TIMEOUT, self.stream.next()).await.expect("a server that closes") {
                Some(Ok(Message::Close(frame))) => return frame.map_or(1005, |frame| frame.code.into()),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return 1006,
            }
        }
    }

    /// As [`Socket::closed`], with the messages that came before.
    pub async fn messages_until_closed(&mut self) -> (Vec<Value>, u16) {
        let mut heard = Vec::new();
        loop {
            match timeout(TIMEOUT, self.stream.next()).await.expect("a server that closes") {
                Some(Ok(Message::Close(frame))) => return (heard, frame.map_or(1005, |frame| frame.code.into())),
                Some(Ok(Message::Text(text))) => heard.push(serde_json::from_str(&text).unwrap()),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return (heard, 1006),
            }
        }
    }

    /// As [`Socket::closed`], where not one event may come before.
    pub async fn closes_without_event(&mut self) -> u16 {
        loop {
            match timeout(TIMEOUT, self.stream.next()).await.expect("a server that closes") {
                Some(Ok(Message::Close(frame))) => return frame.map_or(1005, |frame| frame.code.into()),
                Some(Ok(Message::Text(text))) => panic!("told {text}"),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return 1006,
            }
        }
    }

    /// Whether the server answers: an operation that was cut off would have said something first.
    pub async fn is_silent(&mut self) {
        self.say(json!({ "type": "ping" })).await;
        assert_eq!(self.receive().await, json!({ "type": "pong" }));
    }

    /// Passes over what comes until the server has nothing more to say at once.
    pub async fn receive_until_silent(&mut self) {
        let mut silent = 0;
        while silent < 3 {
            self.say(json!({ "type": "ping" })).await;
            if self.receive().await["type"] == "pong" {
                silent += 1;
            } else {
                silent = 0;
                while self.receive().await["type"] != "pong" {}
            }
        }
    }

    /// Waits for a ping of the server, without answering.
    pub async fn receive_ping(&mut self) {
        loop {
            match timeout(TIMEOUT, self.stream.next()).await {
                Ok(Some(Ok(Message::Ping(_)))) => return,
                Ok(Some(Ok(_))) => {}
                other => panic!("no ping, but {other:?}"),
            }
        }
    }

    /// The bare connection, on which pings are not answered.
    pub fn into_stream(self) -> MaybeTlsStream<TcpStream> {
        self.stream.into_inner()
    }
}

impl TestApp {
    /// A socket of a user who is signed in.
    pub async fn socket_of(&self, who: &SignedIn) -> Socket {
        Socket::authenticated(self.address, &who.access).await
    }

    /// A socket that has subscribed to the security events of its user, under the id "1".
    pub async fn following(&self, who: &SignedIn) -> Socket {
        let mut socket = self.socket_of(who).await;
        socket.subscribe("1", "subscription { securityEvents { id action } }").await;
        socket.is_silent().await;
        socket
    }
}
