//! `/graphql` by POST and GET, as GraphQL over HTTP describes it, over the schema's own `execute`; and the doors to what
//! stays open on the same route.

use std::sync::Arc;

use async_graphql::parser::types::OperationType;
use async_graphql::{Request as SchemaRequest, Response as SchemaResponse};
use axum::Extension;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::Response;

use super::edge::Edge;
use super::event_stream;
use super::graphql_request::GraphqlRequest;
use super::graphql_response;
use super::media_type::{MediaType, accepts_event_stream, is_encoded, is_json};
use super::prepared::{OperationCode, OperationUser, Prepared, prepare};
use super::refusal::HttpRefusal;
use super::request::CorrelationId;
use super::socket;
use super::subscription::Visitor;
use crate::api::graphql::pipeline::error_masking::{self, GraphqlErrorKind, document_error};
use crate::api::graphql::pipeline::extension::ExecutionMarker;
use crate::api::graphql::pipeline::operation_metrics;
use crate::api::graphql::pipeline::persisted_documents::{ChosenDocument, RefusedDocument};
use crate::api::graphql::viewer_cell::ViewerCell;
use crate::error::ErrorCode;
use crate::values::caller::{Caller, Credentials};

const METHOD: HttpRefusal = HttpRefusal::method("GraphQL is served by GET and POST.", "GET, POST");
const ONLY_POST: HttpRefusal = HttpRefusal::method("Only queries run by GET; mutations need POST.", "POST");
const NOT_ACCEPTABLE: HttpRefusal = HttpRefusal::new(
    StatusCode::NOT_ACCEPTABLE,
    "The answer is application/graphql-response+json or application/json (of a subscription, text/event-stream); Accept allows neither.",
);
const UNSUPPORTED: HttpRefusal =
    HttpRefusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Content-Type must be application/json in UTF-8.");
const ENCODED: HttpRefusal = HttpRefusal::new(
    StatusCode::UNSUPPORTED_MEDIA_TYPE,
    "The body must not be compressed: Content-Encoding is identity, or left out.",
);
const TOO_LARGE: HttpRefusal = HttpRefusal::new(StatusCode::PAYLOAD_TOO_LARGE, "The request is too large.");
const UNREADABLE: HttpRefusal = HttpRefusal::new(StatusCode::BAD_REQUEST, "The body could not be read.");
const ONLY_STREAMS: &str =
    "Subscriptions run over a WebSocket (graphql-transport-ws), or with Accept: text/event-stream.";
const NO_QUERY: HttpRefusal = HttpRefusal::new(StatusCode::BAD_REQUEST, "query is missing.");

/// Answers one GraphQL request.
pub async fn graphql(
    State(edge): State<Edge>,
    Extension(id): Extension<CorrelationId>,
    Extension(caller): Extension<Caller>,
    Extension(presented): Extension<Credentials>,
    request: Request,
) -> Response {
    let (head, body) = request.into_parts();
    if let Some(full) = (edge.refusal)(&caller) {
        return refuse_all(&edge, full, MediaType::negotiate(&head.headers).unwrap_or(MediaType::Json), &id);
    }
    let accepts = Accepts::of(&head.headers);
    let unread = Unread { edge: &edge, caller: Some(caller.clone()) };
    let wanted = Wanted::of(&edge, &head, body, &accepts).await;
    unread.finish();
    // Here, and nowhere else, a request is counted before anything is done for it or said to it; only what the schema runs
    // is counted there, in one round trip with its charge.
    if !matches!(wanted, Wanted::Operation(_))
        && let Some(full) = (edge.count)(caller.clone()).await
    {
        return refuse_all(&edge, full, accepts.media_type, &id);
    }
    match wanted {
        Wanted::Operation(ready) => run(&edge, ready, (caller, presented), accepts.media_type, &id).await,
        Wanted::Socket => socket::open(Visitor::at_the_door(edge, caller, id, &head), head).await,
        Wanted::Stream(Ready { asked, prepared, .. }) => {
            let visitor = Visitor::at_the_door(edge, caller, id, &head);
            event_stream::open(visitor, presented, prepared, asked, accepts.media_type).await
        }
        Wanted::Refused(Refused::Http(refused)) => refused.answer(accepts.media_type, &id),
        Wanted::Refused(Refused::Document(refused)) => {
            complete(&edge, Outcome::refused(refused), accepts.media_type, &id)
        }
    }
}

/// A request that has not been read to its end. Where it is dropped before it is, because it dawdles or goes away, it
/// takes its place all the same.
struct Unread<'a> {
    edge: &'a Edge,
    caller: Option<Caller>,
}

impl Unread<'_> {
    fn finish(mut self) {
        self.caller = None;
    }
}

impl Drop for Unread<'_> {
    fn drop(&mut self) {
        if let Some(caller) = self.caller.take() {
            (self.edge.abandoned)(caller);
        }
    }
}

/// Answers a query or a mutation.
async fn run(
    edge: &Edge,
    Ready { asked, chosen, prepared }: Ready,
    (caller, presented): (Caller, Credentials),
    media_type: MediaType,
    id: &CorrelationId,
) -> Response {
    let (name, kind, valid) = (prepared.name.clone(), prepared.kind, Arc::clone(&prepared.valid));
    let viewer = ViewerCell::default();
    let graphql = prepared.request(asked).data(caller).data(presented).data(viewer.clone());
    let outcome = Outcome::of(edge, kind, graphql).await;
    if outcome.stage == GraphqlErrorKind::Execution {
        edge.settings.documents.remember(&chosen, &valid);
    }
    let mut response = complete(edge, outcome, media_type, id);
    if let Some(name) = name {
        response.extensions_mut().insert(name);
    }
    if let Some(user) = viewer.user() {
        response.extensions_mut().insert(OperationUser(user));
    }
    response
}

/// What the client takes for an answer.
struct Accepts {
    wants_stream: bool,
    /// Whether it takes more than a stream.
    has_media_type: bool,
    /// The type of an answer that is no stream; whoever takes none learns by the status that there will be none.
    media_type: MediaType,
}

impl Accepts {
    fn of(headers: &HeaderMap) -> Self {
        let (wants_stream, negotiated) = (accepts_event_stream(headers), MediaType::negotiate(headers));
        let otherwise = if wants_stream { MediaType::GraphqlResponse } else { MediaType::Json };
        Self { wants_stream, has_media_type: negotiated.is_some(), media_type: negotiated.unwrap_or(otherwise) }
    }
}

/// What a request wants, found out without doing anything for it.
enum Wanted {
    /// To become a socket.
    Socket,
    /// To follow a subscription.
    Stream(Ready),
    /// To run a query or a mutation.
    Operation(Ready),
    /// What it will not get.
    Refused(Refused),
}

impl Wanted {
    async fn of(edge: &Edge, head: &Parts, body: Body, accepts: &Accepts) -> Self {
        if socket::is_wanted(head) {
            return Self::Socket;
        }
        match Ready::read(edge, head, body, accepts).await {
            Ok(ready) if ready.prepared.kind == OperationType::Subscription => Self::Stream(ready),
            Ok(ready) => Self::Operation(ready),
            Err(refused) => Self::Refused(refused),
        }
    }
}

/// A request that the schema may see.
struct Ready {
    asked: GraphqlRequest,
    chosen: ChosenDocument,
    prepared: Prepared,
}

/// Why the schema does not see a request.
enum Refused {
    Http(HttpRefusal),
    Document(RefusedDocument),
}

impl Ready {
    async fn read(edge: &Edge, head: &Parts, body: Body, accepts: &Accepts) -> Result<Self, Refused> {
        if !accepts.wants_stream && !accepts.has_media_type {
            return Err(Refused::Http(NOT_ACCEPTABLE));
        }
        let mut asked = read(head, body, edge.settings.body_limit).await.map_err(Refused::Http)?;
        let found = edge.settings.documents.find(asked.document());
        let chosen = found.map_err(|error| Refused::Document(error.into()))?;
        let chosen = chosen.ok_or(Refused::Http(NO_QUERY))?;
        let prepared = prepare(edge, &mut asked, &chosen).map_err(Refused::Document)?;
        match prepared.kind {
            OperationType::Mutation if head.method == Method::GET => Err(Refused::Http(ONLY_POST)),
            OperationType::Subscription if !accepts.wants_stream => {
                let error = document_error(ErrorCode::BadRequest, ONLY_STREAMS, vec![]);
                Err(Refused::Document(RefusedDocument { kind: Some(prepared.kind), errors: vec![error] }))
            }
            OperationType::Query | OperationType::Mutation if !accepts.has_media_type => {
                Err(Refused::Http(NOT_ACCEPTABLE))
            }
            OperationType::Subscription | OperationType::Query | OperationType::Mutation => {
                Ok(Self { asked, chosen, prepared })
            }
        }
    }
}

async fn read(head: &Parts, body: Body, limit: usize) -> Result<GraphqlRequest, HttpRefusal> {
    match head.method {
        Method::GET => {
            let text = head.uri.query().unwrap_or_default();
            if text.len() > limit { Err(TOO_LARGE) } else { GraphqlRequest::from_query_string(text) }
        }
        Method::POST if !is_json(&head.headers) => Err(UNSUPPORTED),
        Method::POST if is_encoded(&head.headers) => Err(ENCODED),
        Method::POST => GraphqlRequest::from_json(&read_body(&head.headers, body, limit).await?),
        _ => Err(METHOD),
    }
}

async fn read_body(headers: &HeaderMap, body: Body, limit: usize) -> Result<bytes::Bytes, HttpRefusal> {
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limit) {
        return Err(TOO_LARGE);
    }
    to_bytes(body, limit).await.map_err(|error| {
        let is_limit = error.into_inner().is::<http_body_util::LengthLimitError>();
        if is_limit { TOO_LARGE } else { UNREADABLE }
    })
}

/// The answer to an address that has no place left.
fn refuse_all(edge: &Edge, full: SchemaResponse, media_type: MediaType, id: &CorrelationId) -> Response {
    complete(edge, Outcome { kind: None, response: full, stage: GraphqlErrorKind::Request }, media_type, id)
}

/// What became of a request, before it is dressed as HTTP.
struct Outcome {
    kind: Option<OperationType>,
    response: SchemaResponse,
    stage: GraphqlErrorKind,
}

impl Outcome {
    fn refused(RefusedDocument { kind, errors }: RefusedDocument) -> Self {
        Self { kind, response: SchemaResponse::from_errors(errors), stage: GraphqlErrorKind::Request }
    }

    async fn of(edge: &Edge, kind: OperationType, request: SchemaRequest) -> Self {
        let marker = ExecutionMarker::default();
        let response = (edge.execute)(request.data(marker.clone())).await;
        let stage = if marker.has_run() { GraphqlErrorKind::Execution } else { GraphqlErrorKind::Request };
        Self { kind: Some(kind), response, stage }
    }
}

/// The answer of HTTP, with which the operation is over.
fn complete(edge: &Edge, outcome: Outcome, media_type: MediaType, id: &CorrelationId) -> Response {
    let Outcome { kind, mut response, stage } = outcome;
    error_masking::mask_errors(&mut response.errors, stage, &id.0);
    let code = operation_metrics::code(&response.errors);
    edge.metrics.operation(operation_metrics::kind(kind), code);
    let mut response = graphql_response::answer(response, media_type, stage);
    response.extensions_mut().insert(OperationCode(code));
    response
}
