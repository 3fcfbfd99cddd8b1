//! WebSockets on `/graphql`: queries, mutations and subscriptions over graphql-transport-ws, in a loop of our own.

/// The wire: messages in and out, and their limits.
mod connection;
/// The protocol, once the user is known.
mod graphql_socket;
/// The protocol, until the user is known.
mod init;
/// The messages and the close codes.
mod messages;
/// One operation on a socket.
mod operation;

use axum::extract::FromRequestParts;
use axum::extract::ws::{WebSocket, WebSocketUpgrade};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use tracing::Instrument;

use self::connection::{CloseReason, SocketConnection};
use self::messages::Close;
use super::connection_counts::CountedBy;
use super::media_type::MediaType;
use super::refusal::{HttpRefusal, TOO_MANY_STREAMS};
use super::request::RequestContext;
use super::server::Drain;
use crate::api::state::AppState;
use crate::error::ErrorCode;
use crate::values::client_network::client_address;

/// The protocol, as a client offers it.
const SUBPROTOCOL: &str = "graphql-transport-ws";

/// The size of a socket's buffers, in bytes. Most sockets are idle most of the time; the library's default is 128 KiB
/// each.
const BUFFER: usize = 4 * 1024;

const NO_HANDSHAKE: HttpRefusal =
    HttpRefusal::new(StatusCode::BAD_REQUEST, "This is not the opening handshake of a WebSocket (RFC 6455).");
const FOREIGN_ORIGIN: HttpRefusal = HttpRefusal {
    code: ErrorCode::Forbidden,
    ..HttpRefusal::new(StatusCode::FORBIDDEN, "Pages of this origin may not open sockets here.")
};

/// Whether the request wants to become a WebSocket.
#[must_use]
pub fn is_handshake(head: &Parts) -> bool {
    head.headers.get(header::UPGRADE).is_some_and(|protocol| protocol.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

/// Answers the opening handshake. The socket then runs until one of the two ends closes it.
pub async fn open(context: RequestContext, mut head: Parts) -> Response {
    let refuse = |refused: HttpRefusal| refused.answer(MediaType::Json, &context.id);
    let Ok(upgrade) = WebSocketUpgrade::from_request_parts(&mut head, &()).await else { return refuse(NO_HANDSHAKE) };
    if !is_allowed_origin(&head.headers, &context.state) {
        return refuse(FOREIGN_ORIGIN);
    }
    let (config, address) = (&context.state.app.config, CountedBy::Address(client_address(context.caller.address)));
    let Some(slot) = context.state.open_streams.reserve(address, config.subscriptions.connections_per_address) else {
        return refuse(TOO_MANY_STREAMS);
    };
    let upgrade = upgrade
        .protocols([SUBPROTOCOL])
        .read_buffer_size(BUFFER)
        .write_buffer_size(BUFFER)
        // Twice the limit, so that a message somewhat over it is read to its end and answered with the code that says
        // so.
        .max_message_size(config.http.max_body_bytes.saturating_mul(2))
        .max_frame_size(config.http.max_body_bytes.saturating_mul(2));
    let has_protocol = upgrade.selected_protocol().is_some();
    let span = tracing::error_span!(parent: None, "socket", correlation_id = context.id.0);
    let drain = head.extensions.get::<Drain>().cloned().unwrap_or_default();
    let run = async move |socket: WebSocket| {
        let counted = context.state.app.metrics.open_stream("websocket");
        let _open = (slot, counted, drain.streams.token());
        let mut connection = SocketConnection::new(socket, &context.state.app.config);
        let reason = if has_protocol {
            match init::init(context, drain, &mut connection).await {
                Ok((mut socket, ends)) => socket.run(ends).await,
                Err(reason) => reason,
            }
        } else {
            CloseReason::Close(Close::SUBPROTOCOL)
        };
        connection.close(reason).await;
    };
    upgrade.on_upgrade(move |socket| run(socket).instrument(span))
}

/// Whether pages of this origin may open sockets. Browsers always send the header; without it the client is no page.
fn is_allowed_origin(headers: &HeaderMap, state: &AppState) -> bool {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    match (origins.next(), origins.next()) {
        (None, _) => true,
        (Some(origin), None) => state.origins.contains(origin) || origin.as_bytes() == state.own_origin.as_bytes(),
        (Some(_), Some(_)) => false,
    }
}
