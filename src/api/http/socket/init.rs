//! The beginning of graphql-transport-ws: the client sends `connection_init` with its access token.

use std::time::Duration;

use futures_util::future::BoxFuture;
use serde_json::{Map, Value};
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout_at};

use super::connection::{CloseReason, IncomingMessage, SocketConnection, close_reason};
use super::graphql_socket::GraphqlSocket;
use super::messages::{self, CONNECTION_ACK, ClientMessage, Close};
use crate::api::http::authorization::{Authorized, authorize};
use crate::api::http::connection_counts::CountedBy;
use crate::api::http::request::RequestContext;
use crate::api::http::server::Drain;
use crate::error::Error;
use crate::values::caller::Credentials;

/// How long a client may take to send `connection_init`.
const INIT_TIMEOUT: Duration = Duration::from_secs(3);

/// Waits for `connection_init`, checks its access token, and acknowledges it. Also returns the future that ends when
/// the user may no longer keep the socket open. The credentials of `context` are those of the opening handshake: native
/// clients may send the access token there.
pub async fn init(
    mut context: RequestContext,
    drain: Drain,
    connection: &mut SocketConnection,
) -> Result<(GraphqlSocket<'_>, BoxFuture<'static, Error>), CloseReason> {
    let deadline = Instant::now() + INIT_TIMEOUT;
    let parameters = timeout_at(deadline, read_init(&drain, connection)).await;
    let parameters = parameters.map_err(|_| Close::INIT_TIMEOUT)??;
    let bearer = messages::find_bearer(&parameters).or(context.credentials.bearer).ok_or(Close::UNAUTHORIZED)?;
    // The refresh cookie of the handshake is left out for good: an answer over a socket has no headers, so the cookie
    // could be used up and not be replaced.
    context.credentials = Credentials { bearer: Some(bearer.clone()), refresh_cookie: None };
    let Authorized { user, ends } = authorize(&context.state.app, bearer).await.map_err(close_reason)?;
    let (user, live) = (user.to_string(), context.state.app.config.subscriptions.clone());
    let slot = context.state.open_streams.reserve(CountedBy::User(user.clone()), live.connections_per_user);
    let slot = slot.ok_or(Close::TRY_AGAIN)?;
    connection.send(CONNECTION_ACK).await?;
    let mut ping = interval_at(Instant::now() + live.ping_interval, live.ping_interval);
    ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
    Ok((GraphqlSocket { context, drain, connection, user, ping, operations: Vec::new(), slot }, ends))
}

/// Reads up to `connection_init`, and returns the connection parameters.
async fn read_init(drain: &Drain, connection: &mut SocketConnection) -> Result<Map<String, Value>, CloseReason> {
    loop {
        let incoming = tokio::select! {
            biased;
            () = drain.stopping.cancelled() => return Err(Close::GOING_AWAY.into()),
            incoming = connection.read() => incoming?,
        };
        match incoming {
            IncomingMessage::Protocol(ClientMessage::ConnectionInit { payload }) => {
                return Ok(payload.unwrap_or_default());
            }
            IncomingMessage::Protocol(ClientMessage::Subscribe { .. }) => return Err(Close::UNAUTHORIZED.into()),
            IncomingMessage::Protocol(ClientMessage::Ping { payload }) => {
                connection.send(messages::pong(payload)).await?;
            }
            IncomingMessage::Protocol(ClientMessage::Pong { .. } | ClientMessage::Complete { .. })
            | IncomingMessage::SignOfLife => {}
        }
    }
}
