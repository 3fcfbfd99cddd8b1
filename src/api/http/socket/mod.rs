//! Sockets on `/graphql`: subscriptions over the graphql-transport-ws protocol, in a loop of our own.

mod conversation;
mod line;
mod messages;

use axum::extract::FromRequestParts;
use axum::extract::ws::{WebSocket, WebSocketUpgrade};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use tracing::Instrument;

use self::conversation::Conversation;
use self::line::{Line, Parting};
use self::messages::Close;
use super::edge::EdgeSettings;
use super::media_type::MediaType;
use super::open_streams::Whose;
use super::refusal::HttpRefusal;
use super::request::presented;
use super::subscription::Visitor;
use crate::error::ErrorCode;
use crate::values::client_network::client_address;

/// The protocol, as a client offers it (<https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md>).
const SUBPROTOCOL: &str = "graphql-transport-ws";

/// A socket mostly rests, so its buffers are as small as its messages; the defaults are 128 KiB each. In bytes.
const BUFFER: usize = 4 * 1024;

const NO_HANDSHAKE: HttpRefusal =
    HttpRefusal::new(StatusCode::BAD_REQUEST, "This is not the opening handshake of a WebSocket (RFC 6455).");
const FOREIGN_ORIGIN: HttpRefusal = HttpRefusal {
    code: ErrorCode::Forbidden,
    ..HttpRefusal::new(StatusCode::FORBIDDEN, "Pages of this origin may not open sockets here.")
};
const CROWDED: HttpRefusal = HttpRefusal {
    code: ErrorCode::RateLimited,
    ..HttpRefusal::new(StatusCode::TOO_MANY_REQUESTS, "Too many connections are open. Please close one first.")
};

/// Whether the request wants to become a socket.
#[must_use]
pub fn is_wanted(head: &Parts) -> bool {
    head.headers.get(header::UPGRADE).is_some_and(|protocol| protocol.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

/// Answers the opening handshake, and talks until one of the two ends it.
pub async fn open(visitor: Visitor, mut head: Parts) -> Response {
    let refuse = |refused: HttpRefusal| refused.answer(MediaType::Json, &visitor.id);
    let Ok(upgrade) = WebSocketUpgrade::from_request_parts(&mut head, &()).await else { return refuse(NO_HANDSHAKE) };
    let settings = &visitor.edge.settings;
    if !is_allowed_origin(&head.headers, settings) {
        return refuse(FOREIGN_ORIGIN);
    }
    let address = Whose::Address(client_address(visitor.caller.address));
    let Some(place) = visitor.edge.live.open.take(address, settings.live.connections_per_address) else {
        return refuse(CROWDED);
    };
    let bearer = presented(&head.headers, &settings.refresh_cookie).bearer;
    let upgrade = upgrade
        .protocols([SUBPROTOCOL])
        .read_buffer_size(BUFFER)
        .write_buffer_size(BUFFER)
        // Twice, so that a message somewhat over the limit is read to its end and answered with the code that says so.
        .max_message_size(settings.body_limit.saturating_mul(2))
        .max_frame_size(settings.body_limit.saturating_mul(2));
    let speaks = upgrade.selected_protocol().is_some();
    let span = tracing::error_span!(parent: None, "socket", correlation_id = visitor.id.0);
    let open = visitor.drain.streams.token();
    let talk = async move |socket: WebSocket| {
        let _open = (place, open);
        let mut line = Line::new(socket, &visitor.edge.settings);
        let parting = if speaks {
            Conversation::hold(visitor, &mut line, bearer).await
        } else {
            Parting::Say(Close::SUBPROTOCOL)
        };
        line.end(parting).await;
    };
    upgrade.on_upgrade(move |socket| talk(socket).instrument(span))
}

/// Browsers say which page opens the socket; others say nothing, and then there is no page to be careful of.
fn is_allowed_origin(headers: &HeaderMap, settings: &EdgeSettings) -> bool {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    match (origins.next(), origins.next()) {
        (None, _) => true,
        (Some(origin), None) => {
            settings.origins.contains(origin) || origin.as_bytes() == settings.live.own_origin.as_bytes()
        }
        (Some(_), Some(_)) => false,
    }
}
