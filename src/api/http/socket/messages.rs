//! The messages of graphql-transport-ws, and the codes that a socket closes with.
//!
//! Protocol: <https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md>.

use async_graphql::ServerError;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::api::http::graphql_request::GraphqlRequest;
use crate::api::http::request::is_credential;
use crate::error::ErrorCode;

/// The longest id of an operation, in bytes: it comes back with every event.
const MAX_ID: usize = 128;

/// A message from the client.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ClientMessage {
    /// Opens the conversation, and says who the client is.
    ConnectionInit {
        /// The connection parameters.
        #[serde(default)]
        payload: Option<Map<String, Value>>,
    },
    /// Starts an operation of any kind: a query, a mutation or a subscription.
    Subscribe {
        /// Names the operation on this socket.
        id: String,
        /// The operation.
        payload: Box<GraphqlRequest>,
    },
    /// Ends an operation.
    Complete {
        /// Its id.
        id: String,
    },
    /// Asks for a pong.
    Ping {
        /// Comes back with the pong.
        #[serde(default)]
        payload: Option<Map<String, Value>>,
    },
    /// Answers a ping.
    Pong {
        /// Not used.
        #[serde(default)]
        #[allow(dead_code, reason = "it must be an object where it is there")]
        payload: Option<Map<String, Value>>,
    },
}

impl ClientMessage {
    /// Reads a message.
    ///
    /// # Errors
    /// `4400` for anything that is not of the protocol.
    pub fn parse(text: &str) -> Result<Self, Close> {
        let message: Self = serde_json::from_str(text).map_err(|_| Close::INVALID_MESSAGE)?;
        let is_valid = match &message {
            Self::Subscribe { id, payload } => is_id(id) && payload.names_a_document(),
            Self::Complete { id } => is_id(id),
            Self::ConnectionInit { .. } | Self::Ping { .. } | Self::Pong { .. } => true,
        };
        if is_valid { Ok(message) } else { Err(Close::INVALID_MESSAGE) }
    }
}

fn is_id(id: &str) -> bool {
    (1..=MAX_ID).contains(&id.len())
}

/// Finds the access token among connection parameters, under the names that clients give it: `Authorization`, by itself
/// or among `headers`, or `accessToken` or `authToken`.
#[must_use]
pub fn find_bearer(parameters: &Map<String, Value>) -> Option<String> {
    let headers = parameters.get("headers").and_then(Value::as_object);
    let value = find_text(parameters, "authorization")
        .or_else(|| find_text(headers?, "authorization"))
        .or_else(|| find_text(parameters, "accessToken"))
        .or_else(|| find_text(parameters, "authToken"))?;
    let token = match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        Some(_) => return None,
        None => value,
    };
    is_credential(token).then(|| token.to_owned())
}

fn find_text<'a>(parameters: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    parameters.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?.1.as_str()
}

/// The client is known, and operations may begin.
pub const CONNECTION_ACK: &str = r#"{"type":"connection_ack"}"#;

/// The answer to a ping, with its payload.
#[must_use]
pub fn pong(payload: Option<Map<String, Value>>) -> String {
    match payload {
        None => r#"{"type":"pong"}"#.to_owned(),
        Some(payload) => format!(r#"{{"type":"pong","payload":{}}}"#, Value::Object(payload)),
    }
}

/// A result of an operation; `answer` is JSON.
#[must_use]
pub fn next(id: &str, answer: &str) -> String {
    format!(r#"{{"id":{},"type":"next","payload":{answer}}}"#, Value::from(id))
}

/// An operation that was refused before it ran, and is over.
#[must_use]
pub fn error(id: &str, errors: &[ServerError]) -> String {
    let errors = serde_json::to_string(errors).unwrap_or_else(|_| "[]".to_owned());
    format!(r#"{{"id":{},"type":"error","payload":{errors}}}"#, Value::from(id))
}

/// An operation that is over.
#[must_use]
pub fn complete(id: &str) -> String {
    format!(r#"{{"id":{},"type":"complete"}}"#, Value::from(id))
}

/// The code and the reason that a socket is closed with. A reason over 123 bytes would break the frame (RFC 6455,
/// section 5.5).
///
/// The client graphql-ws reconnects after 1001, 1013, 4403 and 4408, and gives up after the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Close {
    /// The code.
    pub code: u16,
    /// The reason, for people.
    pub reason: &'static str,
}

impl Close {
    /// The server stops; another instance takes over.
    pub const GOING_AWAY: Self = Self::new(1001, "Going away");
    /// A frame against RFC 6455.
    pub const PROTOCOL_ERROR: Self = Self::new(1002, "Protocol error");
    /// More messages in a second than `LIVE_MESSAGES_PER_SECOND`.
    pub const TOO_MANY_MESSAGES: Self = Self::new(1008, "Too many messages");
    /// A message over `MAX_BODY_BYTES`.
    pub const TOO_LARGE: Self = Self::new(1009, "Message too large");
    /// A fault of the server.
    pub const INTERNAL: Self = Self::new(1011, "Internal error");
    /// The user has too many connections, or the database is away.
    pub const TRY_AGAIN: Self = Self::new(1013, "Try again later");
    /// The client did not keep up with the events.
    pub const TOO_SLOW: Self = Self::new(1013, "Too slow; resume with `after`");
    /// A message that is not of the protocol.
    pub const INVALID_MESSAGE: Self = Self::new(4400, "Invalid message");
    /// The client sent no access token; or an operation before the acknowledgement.
    pub const UNAUTHORIZED: Self = Self::new(4401, "Unauthorized");
    /// The access token is wrong or has expired, its session has ended, or the role of its user has changed. It is the
    /// code for `FORBIDDEN` by its number, but usually means `UNAUTHENTICATED`: 4401 would be the better name, and yet
    /// the client graphql-ws gives up after 4401, while after 4403 it fetches a new token and reconnects.
    pub const FORBIDDEN: Self = Self::new(4403, "Forbidden");
    /// The client does not speak graphql-transport-ws.
    pub const SUBPROTOCOL: Self = Self::new(4406, "Subprotocol not acceptable");
    /// The client did not send `connection_init` in time.
    pub const INIT_TIMEOUT: Self = Self::new(4408, "Connection initialisation timeout");
    /// A second operation with the id of one that runs.
    pub const DUPLICATE: Self = Self::new(4409, "Subscriber already exists");
    /// A second `connection_init`.
    pub const SECOND_INIT: Self = Self::new(4429, "Too many initialisation requests");

    const fn new(code: u16, reason: &'static str) -> Self {
        assert!(reason.len() <= 123, "a control frame holds 125 bytes, and two of them are the code");
        Self { code, reason }
    }

    /// How a socket is closed whose user may no longer keep it open, for a reason of this code.
    #[must_use]
    pub const fn for_code(code: ErrorCode) -> Self {
        match code {
            ErrorCode::Unauthenticated | ErrorCode::Forbidden => Self::FORBIDDEN,
            ErrorCode::Overloaded => Self::TOO_SLOW,
            ErrorCode::Unavailable => Self::TRY_AGAIN,
            _ => Self::INTERNAL,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn bearer(parameters: &Value) -> Option<String> {
        find_bearer(parameters.as_object().unwrap())
    }

    #[test]
    fn the_token_is_found_where_clients_put_it() {
        for parameters in [
            json!({ "authorization": "Bearer abc" }),
            json!({ "Authorization": "bearer  abc" }),
            json!({ "headers": { "Authorization": "Bearer abc" } }),
            json!({ "accessToken": "abc" }),
            json!({ "authToken": "Bearer abc", "headers": {} }),
        ] {
            assert_eq!(bearer(&parameters).as_deref(), Some("abc"), "{parameters}");
        }
    }

    #[test]
    fn what_is_no_token_is_none() {
        for parameters in [
            json!({}),
            json!({ "authorization": "" }),
            json!({ "authorization": "Basic abc" }),
            json!({ "authorization": { "bearer": "abc" } }),
            json!({ "accessToken": "a b" }),
            json!({ "accessToken": "a\nb" }),
            json!({ "accessToken": "x".repeat(8 * 1024 + 1) }),
            json!({ "headers": "Authorization" }),
        ] {
            assert_eq!(bearer(&parameters), None, "{parameters}");
        }
    }

    #[test]
    fn messages_that_are_not_of_the_protocol_are_refused() {
        let subscribe = |id: &str| json!({ "type": "subscribe", "id": id, "payload": { "query": "{a}" } }).to_string();
        assert!(ClientMessage::parse(&subscribe("1")).is_ok());
        for wrong in [
            String::new(),
            "[]".to_owned(),
            "null".to_owned(),
            r#"{"type":"start","id":"1","payload":{"query":"{a}"}}"#.to_owned(),
            r#"{"type":"subscribe","payload":{"query":"{a}"}}"#.to_owned(),
            r#"{"type":"subscribe","id":"1"}"#.to_owned(),
            r#"{"type":"subscribe","id":1,"payload":{"query":"{a}"}}"#.to_owned(),
            r#"{"type":"subscribe","id":"1","payload":{"query":1}}"#.to_owned(),
            r#"{"type":"subscribe","id":"1","payload":{}}"#.to_owned(),
            r#"{"type":"connection_init","payload":"abc"}"#.to_owned(),
            r#"{"type":"complete"}"#.to_owned(),
            r#"{"id":"1"}"#.to_owned(),
            subscribe(""),
            subscribe(&"x".repeat(129)),
        ] {
            assert!(ClientMessage::parse(&wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_id_is_written_as_json() {
        assert_eq!(complete("a\"b"), r#"{"id":"a\"b","type":"complete"}"#);
        assert_eq!(next("1", "{}"), r#"{"id":"1","type":"next","payload":{}}"#);
    }
}
