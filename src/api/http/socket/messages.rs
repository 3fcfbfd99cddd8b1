//! The messages of the graphql-transport-ws protocol, and the codes that a socket closes with.

use async_graphql::ServerError;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::api::http::graphql_request::GraphqlRequest;
use crate::api::http::request::is_credential;
use crate::error::ErrorCode;

/// The longest id of an operation, in bytes: it comes back with every event.
const LONGEST_ID: usize = 128;

/// What a client says.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ClientMessage {
    /// Who it is.
    ConnectionInit {
        /// What the client calls its connection parameters.
        #[serde(default)]
        payload: Option<Map<String, Value>>,
    },
    /// An operation it wants to run.
    Subscribe {
        /// Names the operation on this socket.
        id: String,
        /// The operation.
        payload: Box<GraphqlRequest>,
    },
    /// An operation it wants no more of.
    Complete {
        /// Its name.
        id: String,
    },
    /// It wants a sign of life.
    Ping {
        /// Anything.
        #[serde(default)]
        payload: Option<Map<String, Value>>,
    },
    /// It gives one.
    Pong {
        /// Anything.
        #[serde(default)]
        #[allow(dead_code, reason = "it must be an object where it is there")]
        payload: Option<Map<String, Value>>,
    },
}

impl ClientMessage {
    /// Reads a message.
    ///
    /// # Errors
    /// `4400` for anything the protocol does not know.
    pub fn parse(text: &str) -> Result<Self, Close> {
        let message: Self = serde_json::from_str(text).map_err(|_| Close::INVALID_MESSAGE)?;
        let is_fine = match &message {
            Self::Subscribe { id, payload } => is_id(id) && payload.names_a_document(),
            Self::Complete { id } => is_id(id),
            Self::ConnectionInit { .. } | Self::Ping { .. } | Self::Pong { .. } => true,
        };
        if is_fine { Ok(message) } else { Err(Close::INVALID_MESSAGE) }
    }
}

fn is_id(id: &str) -> bool {
    (1..=LONGEST_ID).contains(&id.len())
}

/// The access token among connection parameters, under the names that clients give it: `Authorization`, by itself or among
/// `headers`, or `accessToken` or `authToken`.
#[must_use]
pub fn find_bearer(parameters: &Map<String, Value>) -> Option<String> {
    let headers = parameters.get("headers").and_then(Value::as_object);
    let said = find_text(parameters, "authorization")
        .or_else(|| find_text(headers?, "authorization"))
        .or_else(|| find_text(parameters, "accessToken"))
        .or_else(|| find_text(parameters, "authToken"))?;
    let token = match said.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        Some(_) => return None,
        None => said,
    };
    is_credential(token).then(|| token.to_owned())
}

fn find_text<'a>(among: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    among.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?.1.as_str()
}

/// Who you say you are is known, and operations may begin.
pub const CONNECTION_ACK: &str = r#"{"type":"connection_ack"}"#;

/// A sign of life, with what was asked for it.
#[must_use]
pub fn pong(payload: Option<Map<String, Value>>) -> String {
    match payload {
        None => r#"{"type":"pong"}"#.to_owned(),
        Some(payload) => format!(r#"{{"type":"pong","payload":{}}}"#, Value::Object(payload)),
    }
}

/// An event of an operation; `answer` is JSON.
#[must_use]
pub fn next(id: &str, answer: &str) -> String {
    format!(r#"{{"id":{},"type":"next","payload":{answer}}}"#, Value::from(id))
}

/// An operation that could not begin.
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

/// Why a socket is closed. A reason over 123 bytes would break the frame (RFC 6455, section 5.5).
///
/// The client graphql-ws comes back after 1001, 1013, 4403 and 4408, and gives up after the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Close {
    /// The code.
    pub code: u16,
    /// What it means, for people.
    pub reason: &'static str,
}

impl Close {
    /// The server stops, and another will be there.
    pub const GOING_AWAY: Self = Self::new(1001, "Going away");
    /// A frame against RFC 6455.
    pub const PROTOCOL_ERROR: Self = Self::new(1002, "Protocol error");
    /// The client floods.
    pub const TOO_MANY_MESSAGES: Self = Self::new(1008, "Too many messages");
    /// A message over the limit.
    pub const TOO_LARGE: Self = Self::new(1009, "Message too large");
    /// A fault of ours.
    pub const INTERNAL: Self = Self::new(1011, "Internal error");
    /// The client could not keep up, or has too many connections, or the database is away.
    pub const TRY_AGAIN: Self = Self::new(1013, "Try again later");
    /// The client did not keep up with the events.
    pub const TOO_SLOW: Self = Self::new(1013, "Too slow; resume with `after`");
    /// Against the protocol.
    pub const INVALID_MESSAGE: Self = Self::new(4400, "Invalid message");
    /// There is no access token; or the client does not wait for the acknowledgement.
    pub const UNAUTHORIZED: Self = Self::new(4401, "Unauthorized");
    /// The access token is not good, or no more.
    pub const FORBIDDEN: Self = Self::new(4403, "Forbidden");
    /// The client does not speak graphql-transport-ws.
    pub const SUBPROTOCOL: Self = Self::new(4406, "Subprotocol not acceptable");
    /// The client did not say who it is.
    pub const INIT_TIMEOUT: Self = Self::new(4408, "Connection initialisation timeout");
    /// The name of a running operation.
    pub const DUPLICATE: Self = Self::new(4409, "Subscriber already exists");
    /// The client said twice who it is.
    pub const SECOND_INIT: Self = Self::new(4429, "Too many initialisation requests");

    const fn new(code: u16, reason: &'static str) -> Self {
        assert!(reason.len() <= 123, "a control frame holds 125 bytes, and two of them are the code");
        Self { code, reason }
    }

    /// How a socket is closed when what it was open for ends.
    #[must_use]
    pub const fn because(code: ErrorCode) -> Self {
        if matches!(code, ErrorCode::Unauthenticated | ErrorCode::Forbidden) {
            Self::FORBIDDEN
        } else if matches!(code, ErrorCode::Overloaded) {
            Self::TOO_SLOW
        } else if matches!(code, ErrorCode::Unavailable) {
            Self::TRY_AGAIN
        } else {
            Self::INTERNAL
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
    fn only_what_the_protocol_knows_is_read() {
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
    fn a_name_is_written_as_json() {
        assert_eq!(complete("a\"b"), r#"{"id":"a\"b","type":"complete"}"#);
        assert_eq!(next("1", "{}"), r#"{"id":"1","type":"next","payload":{}}"#);
    }
}
