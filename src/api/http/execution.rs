//! Runs queries and mutations, for HTTP and for sockets: the same checks, charges and counts for both.

use std::sync::Arc;

use async_graphql::parser::types::OperationType;
use async_graphql::{Response as SchemaResponse, ServerError};
use tracing::{Instrument, Span};

use super::prepared_operation::{OperationName, PreparedOperation};
use super::request::RequestContext;
use super::request_trace;
use crate::api::graphql::pipeline::error_masking::{self, GraphqlErrorKind};
use crate::api::graphql::pipeline::extension::ExecutionMarker;
use crate::api::graphql::pipeline::operation_metrics;
use crate::api::graphql::pipeline::request_limit;
use crate::api::graphql::schema::context::Transport;
use crate::api::graphql::schema::loaders::LoadersCell;
use crate::api::graphql::viewer_cell::ViewerCell;
use crate::api::state::AppState;
use crate::values::caller::Caller;
use crate::values::ids::UserId;

/// A query or mutation that is over. Its errors may be sent, and it has been counted in the metrics.
pub struct FinishedOperation {
    /// The answer.
    pub response: SchemaResponse,
    /// Whether anything ran.
    pub stage: GraphqlErrorKind,
    /// The code of the first error, or OK.
    pub code: &'static str,
    /// Its name, for the log.
    pub name: Option<OperationName>,
    /// Who was signed in.
    pub user: Option<UserId>,
    /// The points that it cost, if it ran.
    pub points: Option<u32>,
}

/// Runs a query or a mutation in its span. It is charged by the extension of the schema, in one round trip with its request
/// limit.
pub async fn execute(
    context: &RequestContext,
    transport: Transport,
    operation: PreparedOperation,
    marker: &ExecutionMarker,
    span: &Span,
) -> FinishedOperation {
    let (kind, name) = (operation.kind, operation.name.clone());
    let (request, (chosen, valid)) = operation.into_request();
    // Read anew for each operation, also on a socket: the session may have ended since the socket was opened.
    let viewer = ViewerCell::default();
    let request = request
        .data(context.caller.clone())
        .data(context.credentials.clone())
        .data(transport)
        .data(viewer.clone())
        .data(LoadersCell::default())
        .data(marker.clone());
    let response = context.state.schema.execute(request).instrument(span.clone()).await;
    let stage = if marker.has_run() { GraphqlErrorKind::Execution } else { GraphqlErrorKind::Request };
    if stage == GraphqlErrorKind::Execution {
        context.state.documents.remember(&chosen, &valid);
    }
    let finished = finish(context, Some(kind), response, stage);
    request_trace::note_code(span, finished.code);
    FinishedOperation { name, user: viewer.user(), points: marker.points(), ..finished }
}

/// Finishes an operation that is refused before it runs.
#[must_use]
pub fn refuse(context: &RequestContext, kind: Option<OperationType>, errors: Vec<ServerError>) -> FinishedOperation {
    finish(context, kind, SchemaResponse::from_errors(errors), GraphqlErrorKind::Request)
}

/// Makes the errors of an answer fit to be sent, and counts the operation.
#[must_use]
pub fn finish(
    context: &RequestContext,
    kind: Option<OperationType>,
    mut response: SchemaResponse,
    stage: GraphqlErrorKind,
) -> FinishedOperation {
    error_masking::mask_errors(&mut response.errors, stage, &context.id.0);
    let code = operation_metrics::code(&response.errors);
    context.state.app.metrics.operation(operation_metrics::kind(kind), code);
    FinishedOperation { response, stage, code, name: None, user: None, points: None }
}

/// Counts a request as one of its address where it is dropped before it was charged: because the client was too slow,
/// or went away. Without it, such requests would be free.
pub struct CountIfAbandoned {
    state: Arc<AppState>,
    caller: Option<Caller>,
    charged: ExecutionMarker,
}

impl CountIfAbandoned {
    /// Watches a request of this caller. It is charged when `charged` says that it has run, or when
    /// [`CountIfAbandoned::finish`] is called.
    #[must_use]
    pub fn new(context: &RequestContext, charged: ExecutionMarker) -> Self {
        Self { state: Arc::clone(&context.state), caller: Some(context.caller.clone()), charged }
    }

    /// From here on the request is counted elsewhere.
    pub fn finish(mut self) {
        self.caller = None;
    }
}

impl Drop for CountIfAbandoned {
    fn drop(&mut self) {
        if let Some(caller) = self.caller.take().filter(|_| !self.charged.has_run()) {
            let app = Arc::clone(&self.state.app);
            let background = app.background.clone();
            background.spawn("counting", async move { drop(request_limit::count(&app, &caller).await) });
        }
    }
}
