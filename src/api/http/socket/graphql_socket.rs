//! graphql-transport-ws on one socket, from `connection_init` to the close frame.

use std::future::poll_fn;
use std::task::{Context, Poll};
use std::time::Duration;

use async_graphql::parser::types::OperationType;
use futures_util::future::BoxFuture;
use serde_json::{Map, Value};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at, timeout, timeout_at};

use super::connection::{CloseReason, Incoming, SocketConnection};
use super::messages::{self, CONNECTION_ACK, ClientMessage, Close};
use super::operation::{Outgoing, SocketOperation, subscription_messages};
use crate::api::graphql::pipeline::charging;
use crate::api::graphql::pipeline::error_masking::{Stage, document_error};
use crate::api::graphql::pipeline::persisted_documents::RefusedDocument;
use crate::api::http::authorization::{Authorized, authorize};
use crate::api::http::connection_counts::{ConnectionSlot, CountedBy};
use crate::api::http::execution;
use crate::api::http::graphql_request::GraphqlRequest;
use crate::api::http::prepared_operation::PreparedOperation;
use crate::api::http::request::RequestContext;
use crate::api::http::server::Drain;
use crate::api::http::subscription::Subscription;
use crate::error::{Error, ErrorCode};
use crate::values::caller::Credentials;

/// How long a client may take to send `connection_init`.
const INIT_TIMEOUT: Duration = Duration::from_secs(3);
/// How long a message that is being written may still take when the user may no longer keep the socket open. After that it
/// closes without a close frame.
const LAST_MESSAGE_TIMEOUT: Duration = Duration::from_millis(500);

/// A socket whose user is known.
pub struct GraphqlSocket<'a> {
    context: RequestContext,
    drain: Drain,
    connection: &'a mut SocketConnection,
    user: String,
    ping: Interval,
    operations: Vec<SocketOperation>,
    _slot: ConnectionSlot,
}

/// What happens next on a socket.
enum SocketEvent {
    Received(Incoming),
    /// The operation at this index sends something.
    Produced(usize, Result<Outgoing, Close>),
    PingDue,
}

/// Speaks the protocol until the socket closes, and returns why. The credentials of `context` are those of the handshake:
/// native clients may send the access token there.
pub async fn run(context: RequestContext, drain: Drain, connection: &mut SocketConnection) -> CloseReason {
    match GraphqlSocket::init(context, drain, connection).await {
        Ok((mut socket, ends)) => socket.run(ends).await,
        Err(reason) => reason,
    }
}

impl<'a> GraphqlSocket<'a> {
    /// Waits for `connection_init`, checks its access token, and acknowledges it. Also returns the future that ends when
    /// the user may no longer keep the socket open.
    async fn init(
        mut context: RequestContext,
        drain: Drain,
        connection: &'a mut SocketConnection,
    ) -> Result<(Self, BoxFuture<'static, Error>), CloseReason> {
        let app = &context.state.app;
        let deadline = Instant::now() + INIT_TIMEOUT;
        let parameters = timeout_at(deadline, read_init(&drain, connection)).await;
        let parameters = parameters.map_err(|_| Close::INIT_TIMEOUT)??;
        let bearer = messages::find_bearer(&parameters).or(context.credentials.bearer).ok_or(Close::UNAUTHORIZED)?;
        let Authorized { user, ends } = authorize(app, bearer.clone()).await.map_err(close_reason)?;
        let user = user.to_string();
        let most = app.config.live.connections_per_user;
        let slot = context.state.open_streams.reserve(CountedBy::User(user.clone()), most).ok_or(Close::TRY_AGAIN)?;
        connection.send(CONNECTION_ACK).await?;
        let period = app.config.live.ping_interval;
        let mut ping = interval_at(Instant::now() + period, period);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // The refresh cookie of the handshake is left out for good: an answer over a socket has no headers, so the cookie
        // could be used up and not be replaced.
        context.credentials = Credentials { bearer: Some(bearer), refresh_cookie: None };
        let operations = Vec::new();
        Ok((Self { context, drain, connection, user, ping, operations, _slot: slot }, ends))
    }

    /// Handles one event after the other until the socket has to close.
    async fn run(&mut self, mut ends: BoxFuture<'static, Error>) -> CloseReason {
        loop {
            let event = tokio::select! {
                // In this order: a user who may no longer be here gets no further event.
                biased;
                reason = &mut ends => return self.finish_operations(close_reason(reason)).await,
                () = self.drain.stopping.cancelled() => return self.finish_operations(Close::GOING_AWAY.into()).await,
                incoming = self.connection.read() => match incoming {
                    Ok(incoming) => SocketEvent::Received(incoming),
                    Err(reason) => return reason,
                },
                _ = self.ping.tick() => SocketEvent::PingDue,
                (index, outgoing) = poll_fn(|context| poll_operations(&mut self.operations, context)) => {
                    SocketEvent::Produced(index, outgoing)
                }
            };
            let handled = self.handle(event);
            tokio::pin!(handled);
            let (result, ended) = tokio::select! {
                biased;
                result = &mut handled => (result, None),
                reason = &mut ends => {
                    // A client that reads slowly must not keep a socket open that has to close.
                    let result = timeout(LAST_MESSAGE_TIMEOUT, handled).await;
                    (result.unwrap_or(Err(CloseReason::Disconnected)), Some(reason))
                }
            };
            match (result, ended) {
                (Err(reason), _) => return reason,
                (Ok(()), Some(reason)) => return self.finish_operations(close_reason(reason)).await,
                (Ok(()), None) => {}
            }
        }
    }

    /// Ends the subscriptions, and lets queries and mutations finish that run already: they were allowed when they began,
    /// as a request over HTTP is. So `logout` still gets its answer, and at shutdown no client has to guess whether its
    /// mutation was done. Nothing is read meanwhile, and `REQUEST_TIMEOUT` ends it.
    async fn finish_operations(&mut self, reason: CloseReason) -> CloseReason {
        self.operations.retain(SocketOperation::is_single);
        while !self.operations.is_empty() {
            let (index, outgoing) = poll_fn(|context| poll_operations(&mut self.operations, context)).await;
            if let Err(failed) = self.send(index, outgoing).await {
                return failed;
            }
        }
        reason
    }

    async fn handle(&mut self, event: SocketEvent) -> Result<(), CloseReason> {
        match event {
            SocketEvent::Received(Incoming::SignOfLife) => Ok(()),
            SocketEvent::Received(Incoming::Message(message)) => self.handle_message(message).await,
            SocketEvent::Produced(index, outgoing) => self.send(index, outgoing).await,
            SocketEvent::PingDue => self.connection.ping().await,
        }
    }

    async fn handle_message(&mut self, message: ClientMessage) -> Result<(), CloseReason> {
        match message {
            ClientMessage::ConnectionInit { .. } => Err(Close::SECOND_INIT.into()),
            ClientMessage::Ping { payload } => self.connection.send(messages::pong(payload)).await,
            ClientMessage::Pong { .. } => Ok(()),
            ClientMessage::Complete { id } => {
                // An unknown id is no fault of the client: its message and the last one of the operation may have crossed.
                self.operations.retain(|operation| operation.id != id);
                Ok(())
            }
            ClientMessage::Subscribe { id, payload } => self.start(id, *payload).await,
        }
    }

    /// Starts an operation, or answers why not.
    async fn start(&mut self, id: String, parameters: GraphqlRequest) -> Result<(), CloseReason> {
        if self.operations.iter().any(|operation| operation.id == id) {
            return Err(Close::DUPLICATE.into());
        }
        let Some(slot) = self.reserve_slot() else {
            let message = "Too many operations are running. Please wait for one to finish, or end one.";
            return self.refuse(&id, document_error(ErrorCode::RateLimited, message, vec![]).into()).await;
        };
        // As over HTTP: an address that is known here to have reached its limit is refused before its document is read.
        if let Some(refused) = charging::refusal(&self.context.state.app, &self.context.caller) {
            let refused = execution::finish(&self.context, None, refused, Stage::Request);
            return self.connection.send(messages::error(&id, &refused.response.errors)).await;
        }
        let operation = match PreparedOperation::prepare(&self.context.state, parameters) {
            Ok(Some(operation)) => operation,
            Ok(None) => {
                let error = document_error(ErrorCode::BadRequest, "query is missing.", vec![]);
                return self.refuse(&id, error.into()).await;
            }
            Err(refused) => return self.refuse(&id, refused).await,
        };
        if operation.kind != OperationType::Subscription {
            self.operations.push(SocketOperation::single(self.context.clone(), id, operation, slot));
            return Ok(());
        }
        let mut subscription = Subscription::start(&self.context, operation);
        // A client that gets a pong after this knows that from there on it misses no event.
        let first = subscription.begun().await;
        self.operations.push(SocketOperation::subscription(id, subscription, slot));
        let Some(event) = first else { return Ok(()) };
        let index = self.operations.len() - 1;
        let outgoing = self.operations.last().map(|operation| subscription_messages(&operation.id, event));
        self.send(index, outgoing.unwrap_or(Err(Close::INTERNAL))).await
    }

    /// Answers an operation that does not run. It counts as a request of its address, like any other.
    async fn refuse(&mut self, id: &str, refused: RefusedDocument) -> Result<(), CloseReason> {
        let rate_limited = charging::count(&self.context.state.app, &self.context.caller).await;
        let errors = rate_limited.map_or(refused.errors, |response| response.errors);
        let refused = execution::refuse(&self.context, refused.kind, errors);
        self.connection.send(messages::error(id, &refused.response.errors)).await
    }

    /// Reserves a slot for one more operation, of any kind, among those of this socket and of its user.
    fn reserve_slot(&self) -> Option<ConnectionSlot> {
        let live = &self.context.state.app.config.live;
        if self.operations.len() >= live.operations {
            return None;
        }
        let counted_by = CountedBy::OperationsOf(self.user.clone());
        self.context.state.open_streams.reserve(counted_by, live.operations_per_user)
    }

    /// Sends what the operation at this index has produced.
    async fn send(&mut self, index: usize, outgoing: Result<Outgoing, Close>) -> Result<(), CloseReason> {
        let Outgoing { messages, is_last } = outgoing?;
        if is_last {
            self.operations.remove(index);
        }
        for message in messages {
            self.connection.send(message).await?;
        }
        Ok(())
    }
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
            Incoming::Message(ClientMessage::ConnectionInit { payload }) => return Ok(payload.unwrap_or_default()),
            Incoming::Message(ClientMessage::Subscribe { .. }) => return Err(Close::UNAUTHORIZED.into()),
            Incoming::Message(ClientMessage::Ping { payload }) => connection.send(messages::pong(payload)).await?,
            Incoming::Message(ClientMessage::Pong { .. } | ClientMessage::Complete { .. }) | Incoming::SignOfLife => {}
        }
    }
}

/// Polls all operations for what one of them sends next.
fn poll_operations(
    operations: &mut [SocketOperation],
    context: &mut Context<'_>,
) -> Poll<(usize, Result<Outgoing, Close>)> {
    for (index, operation) in operations.iter_mut().enumerate() {
        if let Poll::Ready(outgoing) = operation.poll_next(context) {
            return Poll::Ready((index, outgoing));
        }
    }
    Poll::Pending
}

/// Why a socket closes whose user may no longer keep it open.
fn close_reason(error: Error) -> CloseReason {
    let code = match error {
        Error::Refused(refused) => refused.code(),
        Error::Fault(fault) => {
            tracing::error!(?fault, "the session of a socket could not be checked");
            ErrorCode::Internal
        }
    };
    Close::for_code(code).into()
}
