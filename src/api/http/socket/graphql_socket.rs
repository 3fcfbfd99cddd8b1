//! graphql-transport-ws on one socket whose user is known: operations begin, send and end, until the socket closes.

use std::future::poll_fn;
use std::task::{Context, Poll};
use std::time::Duration;

use async_graphql::parser::types::OperationType;
use futures_util::future::BoxFuture;
use tokio::time::{Interval, timeout};

use super::connection::{CloseReason, IncomingMessage, SocketConnection, close_reason};
use super::messages::{self, ClientMessage, Close};
use super::operation::{OperationMessages, SocketOperation, subscription_messages};
use crate::api::graphql::pipeline::error_masking::{GraphqlErrorKind, document_error};
use crate::api::graphql::pipeline::persisted_documents::RefusedDocument;
use crate::api::graphql::pipeline::request_limit;
use crate::api::http::connection_counts::{ConnectionSlot, CountedBy};
use crate::api::http::execution;
use crate::api::http::graphql_request::GraphqlRequest;
use crate::api::http::prepared_operation::PreparedOperation;
use crate::api::http::request::RequestContext;
use crate::api::http::server::Drain;
use crate::api::http::subscription::Subscription;
use crate::error::{Error, ErrorCode};

/// How long a message that is being written may still take when the user may no longer keep the socket open. After that
/// it closes without a close frame.
const LAST_MESSAGE_TIMEOUT: Duration = Duration::from_millis(500);

/// A socket whose user is known.
pub struct GraphqlSocket<'a> {
    /// The credentials are the access token of `connection_init`.
    pub context: RequestContext,
    /// Says when the server stops.
    pub drain: Drain,
    /// The wire.
    pub connection: &'a mut SocketConnection,
    /// The id of the user.
    pub user: String,
    /// When to send a ping.
    pub ping: Interval,
    /// What runs.
    pub operations: Vec<SocketOperation>,
    /// Its slot among the connections of its user.
    #[allow(dead_code, reason = "held for its drop")]
    pub slot: ConnectionSlot,
}

/// What happens next on a socket.
enum SocketEvent {
    Received(IncomingMessage),
    /// The operation at this index sends something.
    Produced(usize, Result<OperationMessages, Close>),
    PingDue,
}

impl GraphqlSocket<'_> {
    /// Handles one event after the other until the socket has to close, and returns why. `ends` ends when the user may
    /// no longer keep it open.
    pub async fn run(&mut self, mut ends: BoxFuture<'static, Error>) -> CloseReason {
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
            match self.handle_while_allowed(event, &mut ends).await {
                Ok(None) => {}
                Ok(Some(reason)) => return self.finish_operations(close_reason(reason)).await,
                Err(reason) => return reason,
            }
        }
    }

    /// Handles one event. Returns the reason where the user may no longer keep the socket open meanwhile.
    async fn handle_while_allowed(
        &mut self,
        event: SocketEvent,
        ends: &mut BoxFuture<'static, Error>,
    ) -> Result<Option<Error>, CloseReason> {
        let handled = self.handle(event);
        tokio::pin!(handled);
        tokio::select! {
            biased;
            result = &mut handled => result.map(|()| None),
            reason = ends => {
                // A client that reads slowly must not keep a socket open that has to close.
                let result = timeout(LAST_MESSAGE_TIMEOUT, handled).await;
                result.unwrap_or(Err(CloseReason::Disconnected)).map(|()| Some(reason))
            }
        }
    }

    /// Ends the subscriptions, and lets queries and mutations finish that run already: they were allowed when they
    /// began, as a request over HTTP is. So `logout` still gets its answer, and at shutdown no client has to guess
    /// whether its mutation was done. Nothing is read meanwhile, and `REQUEST_TIMEOUT` ends it.
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
            SocketEvent::Received(IncomingMessage::SignOfLife) => Ok(()),
            SocketEvent::Received(IncomingMessage::Protocol(message)) => self.handle_message(message).await,
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
                // An unknown id is no fault of the client: its message and the last one of the operation may have
                // crossed.
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
        if let Some(refused) = request_limit::refusal(&self.context.state.app, &self.context.caller) {
            let refused = execution::finish(&self.context, None, refused, GraphqlErrorKind::Request);
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
            let (context, tasks) = (self.context.clone(), &self.drain.streams);
            self.operations.push(SocketOperation::single(context, id, operation, slot, tasks));
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
        let rate_limited = request_limit::count(&self.context.state.app, &self.context.caller).await;
        let errors = rate_limited.map_or(refused.errors, |response| response.errors);
        let refused = execution::refuse(&self.context, refused.kind, errors);
        self.connection.send(messages::error(id, &refused.response.errors)).await
    }

    /// Reserves a slot for one more operation, of any kind, among those of this socket and of its user.
    fn reserve_slot(&self) -> Option<ConnectionSlot> {
        let live = &self.context.state.app.config.subscriptions;
        if self.operations.len() >= live.operations_per_socket {
            return None;
        }
        let counted_by = CountedBy::OperationsOf(self.user.clone());
        self.context.state.open_streams.reserve(counted_by, live.operations_per_user)
    }

    /// Sends what the operation at this index has produced.
    async fn send(&mut self, index: usize, outgoing: Result<OperationMessages, Close>) -> Result<(), CloseReason> {
        let OperationMessages { messages, is_last } = outgoing?;
        // Kept until its last message is written, and with it its slot.
        let _finished = is_last.then(|| self.operations.remove(index));
        for message in messages {
            self.connection.send(message).await?;
        }
        Ok(())
    }
}

/// Polls all operations for what one of them sends next.
fn poll_operations(
    operations: &mut [SocketOperation],
    context: &mut Context<'_>,
) -> Poll<(usize, Result<OperationMessages, Close>)> {
    for (index, operation) in operations.iter_mut().enumerate() {
        if let Poll::Ready(outgoing) = operation.poll_next(context) {
            return Poll::Ready((index, outgoing));
        }
    }
    Poll::Pending
}
