//! `/graphql` by POST and GET, as GraphQL over HTTP describes it; and the sockets and event streams of the same route.

use std::sync::Arc;

use async_graphql::parser::types::OperationType;
use axum::Extension;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::response::Response;

use super::execution::{self, CountIfAbandoned, FinishedOperation};
use super::media_type::MediaType;
use super::prepared_operation::{OperationCode, OperationPoints, OperationUser, PreparedOperation};
use super::request::{CorrelationId, RequestContext};
use super::request_reader::{AcceptedTypes, RefusedRequest, read_operation};
use super::request_trace::operation_span;
use super::{event_stream, graphql_response, socket};
use crate::api::graphql::pipeline::error_masking::GraphqlErrorKind;
use crate::api::graphql::pipeline::extension::ExecutionMarker;
use crate::api::graphql::pipeline::request_limit;
use crate::api::graphql::schema::context::Transport;
use crate::api::state::AppState;
use crate::values::caller::{Caller, Credentials};

/// Answers one GraphQL request.
pub async fn graphql(
    State(state): State<Arc<AppState>>,
    Extension(id): Extension<CorrelationId>,
    Extension(caller): Extension<Caller>,
    Extension(credentials): Extension<Credentials>,
    request: Request,
) -> Response {
    let (head, body) = request.into_parts();
    let context = RequestContext { state, caller, credentials, id };
    let accepts = AcceptedTypes::from_headers(&head.headers);
    let media_type = accepts.media_type;
    let rate_limited =
        |refused| to_http(execution::finish(&context, None, refused, GraphqlErrorKind::Request), media_type);
    // An address that is known here to have reached its limit is refused before its request is read.
    if let Some(refused) = request_limit::refusal(&context.state.app, &context.caller) {
        return rate_limited(refused);
    }
    let unread = CountIfAbandoned::new(&context, ExecutionMarker::default());
    let action = read_action(&context.state, &head, body, &accepts).await;
    unread.finish();
    // Here, and nowhere else, a request is counted before anything is done for it or said to it. Only what the schema
    // runs is counted there, in one round trip with its charge.
    if !matches!(action, Action::Run(_))
        && let Some(refused) = request_limit::count(&context.state.app, &context.caller).await
    {
        return rate_limited(refused);
    }
    match action {
        Action::Run(operation) => {
            let span = operation_span(&operation, &context.id);
            let marker = ExecutionMarker::default();
            to_http(execution::execute(&context, Transport::Http, operation, &marker, &span).await, media_type)
        }
        Action::OpenSocket => socket::open(context, head).await,
        Action::OpenEventStream(operation) => event_stream::open(context, &head, operation, media_type).await,
        Action::Refuse(RefusedRequest::Http(refused)) => refused.answer(media_type, &context.id),
        Action::Refuse(RefusedRequest::Document(refused)) => {
            to_http(execution::refuse(&context, refused.kind, refused.errors), media_type)
        }
    }
}

/// What to do with a request.
enum Action {
    OpenSocket,
    OpenEventStream(PreparedOperation),
    Run(PreparedOperation),
    Refuse(RefusedRequest),
}

/// Finds out what a request wants, without doing it.
async fn read_action(state: &AppState, head: &Parts, body: Body, accepts: &AcceptedTypes) -> Action {
    if socket::is_handshake(head) {
        return Action::OpenSocket;
    }
    match read_operation(state, head, body, accepts).await {
        Ok(operation) if operation.kind == OperationType::Subscription => Action::OpenEventStream(operation),
        Ok(operation) => Action::Run(operation),
        Err(refused) => Action::Refuse(refused),
    }
}

/// Makes the HTTP answer of a finished operation, with what the log says of it.
fn to_http(finished: FinishedOperation, media_type: MediaType) -> Response {
    let FinishedOperation { response, stage, code, name, user, points } = finished;
    let mut response = graphql_response::answer(response, media_type, stage);
    response.extensions_mut().insert(OperationCode(code));
    if let Some(name) = name {
        response.extensions_mut().insert(name);
    }
    if let Some(points) = points {
        response.extensions_mut().insert(OperationPoints(points));
    }
    if let Some(user) = user {
        response.extensions_mut().insert(OperationUser(user));
    }
    response
}
