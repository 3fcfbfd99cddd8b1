//! One operation on a socket: a subscription with many events, or a query or mutation with one answer.

use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use futures_util::FutureExt;
use tokio::time::timeout;
use tokio_util::task::{AbortOnDropHandle, TaskTracker};
use tracing::Instrument;

use super::messages::{self, Close};
use crate::api::graphql::pipeline::error_masking::{GraphqlErrorKind, document_error};
use crate::api::graphql::pipeline::extension::ExecutionMarker;
use crate::api::graphql::pipeline::operation_metrics;
use crate::api::graphql::schema::context::Transport;
use crate::api::http::connection_counts::ConnectionSlot;
use crate::api::http::execution::{self, CountIfAbandoned, FinishedOperation};
use crate::api::http::graphql_response;
use crate::api::http::layers::TOO_SLOW;
use crate::api::http::prepared_operation::{OperationName, PreparedOperation};
use crate::api::http::request::RequestContext;
use crate::api::http::request_trace::operation_span;
use crate::api::http::subscription::{Subscription, SubscriptionEvent};
use crate::error::ErrorCode;
use crate::tools::spans;

/// An operation that runs on a socket.
pub struct SocketOperation {
    /// What the client calls it.
    pub id: String,
    running: Running,
    /// Its slot among the operations of its user.
    _slot: ConnectionSlot,
}

enum Running {
    Subscription(Box<Subscription>),
    /// A query or a mutation. It has a task of its own: while the client reads slowly the socket writes and nothing
    /// else, and meanwhile the operation must not hold a permit that other clients wait for. The task is aborted when
    /// this is dropped, as a request over HTTP is when its client goes away.
    Single(AbortOnDropHandle<OperationMessages>),
}

/// What an operation sends.
pub struct OperationMessages {
    /// The messages, in their order.
    pub messages: Vec<String>,
    /// Whether the operation is over.
    pub is_last: bool,
}

impl SocketOperation {
    /// An operation that has begun as a subscription.
    pub fn subscription(id: String, subscription: Subscription, slot: ConnectionSlot) -> Self {
        Self { id, running: Running::Subscription(Box::new(subscription)), _slot: slot }
    }

    /// Starts a query or a mutation, as one of the tasks that the shutdown waits for.
    pub fn single(
        context: RequestContext,
        id: String,
        operation: PreparedOperation,
        slot: ConnectionSlot,
        tasks: &TaskTracker,
    ) -> Self {
        // Made before the task: one that is aborted before it is first polled never runs a line of its own, and a client
        // that starts operations and ends them at once would get them for free.
        let marker = ExecutionMarker::default();
        let uncharged = CountIfAbandoned::new(&context, marker.clone());
        let task = run_single(context, id.clone(), operation, marker, uncharged).in_current_span();
        let task = tasks.spawn(task);
        Self { id, running: Running::Single(AbortOnDropHandle::new(task)), _slot: slot }
    }

    /// Whether it is a query or a mutation.
    pub const fn is_single(&self) -> bool {
        matches!(self.running, Running::Single(_))
    }

    /// Polls for what it sends next.
    ///
    /// # Errors
    /// The code to close the socket with.
    pub fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Result<OperationMessages, Close>> {
        match &mut self.running {
            Running::Subscription(subscription) => {
                subscription.poll_next(context).map(|event| subscription_messages(&self.id, event))
            }
            // Panics are caught inside of the task.
            Running::Single(task) => Pin::new(task).poll(context).map_err(|_| Close::INTERNAL),
        }
    }
}

/// The messages for an event of a subscription.
///
/// # Errors
/// The code to close the socket with.
pub fn subscription_messages(id: &str, event: SubscriptionEvent) -> Result<OperationMessages, Close> {
    let (message, is_last) = match event {
        SubscriptionEvent::Next(response) => {
            let answer = graphql_response::body(&response, GraphqlErrorKind::Execution).map_err(|_| Close::INTERNAL)?;
            (messages::next(id, &answer), false)
        }
        SubscriptionEvent::Ended(code, _) => return Err(Close::for_code(code)),
        SubscriptionEvent::Refused(response) => (messages::error(id, &response.errors), true),
        SubscriptionEvent::Complete => (messages::complete(id), true),
    };
    Ok(OperationMessages { messages: vec![message], is_last })
}

/// Runs a query or a mutation with the limits of a request over HTTP, and writes the same line into the log.
async fn run_single(
    context: RequestContext,
    id: String,
    operation: PreparedOperation,
    marker: ExecutionMarker,
    uncharged: CountIfAbandoned,
) -> OperationMessages {
    let (begun, kind) = (Instant::now(), operation.kind);
    let name = operation.name.clone();
    let trace = operation_span(&operation, &context.id);
    let trace_id = spans::trace_id(&trace);
    let span = tracing::error_span!(parent: None, "operation", correlation_id = context.id.0, trace_id);
    let execution = execution::execute(&context, Transport::WebSocket, operation, &marker, &trace);
    let execution = timeout(context.state.app.config.http.request_timeout, execution.instrument(span));
    let refuse =
        |code, message: &str| execution::refuse(&context, Some(kind), vec![document_error(code, message, vec![])]);
    let finished = match AssertUnwindSafe(execution).catch_unwind().await {
        Ok(Ok(finished)) => {
            uncharged.finish();
            finished
        }
        Ok(Err(_)) => refuse(ErrorCode::Unavailable, TOO_SLOW),
        Err(_) => {
            // The panic hook has printed its text.
            tracing::error!(correlation_id = context.id.0, "an operation of a socket panicked");
            refuse(ErrorCode::Internal, "Something went wrong.")
        }
    };
    tracing::info!(
        kind = operation_metrics::kind(Some(kind)),
        operation = name.as_ref().map(|OperationName(name)| name.as_str()),
        code = finished.code,
        cost = finished.points,
        milliseconds = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
        correlation_id = context.id.0,
        trace_id,
        client = %context.caller.address,
        user = finished.user.map(tracing::field::display),
        "operation"
    );
    single_messages(&id, &finished)
}

/// The messages for the answer of a query or a mutation: `next` and `complete` where it ran, else `error`.
fn single_messages(id: &str, finished: &FinishedOperation) -> OperationMessages {
    let answer = match finished.stage {
        GraphqlErrorKind::Execution => graphql_response::body(&finished.response, GraphqlErrorKind::Execution).ok(),
        GraphqlErrorKind::Request => None,
    };
    let messages = match answer {
        Some(answer) => vec![messages::next(id, &answer), messages::complete(id)],
        None => vec![messages::error(id, &finished.response.errors)],
    };
    OperationMessages { messages, is_last: true }
}
