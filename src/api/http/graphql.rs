//! `/graphql` by POST and GET, as GraphQL over HTTP describes it, over the schema's own `execute`; and the doors to what
//! stays open on the same route.

use async_graphql::parser::types::OperationType;
use async_graphql::{Request as SchemaRequest, Response as SchemaResponse, ServerError};
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
use super::media_type::{MediaType, accepts_event_stream, is_json};
use super::prepared::prepare;
use super::refusal::HttpRefusal;
use super::request::CorrelationId;
use super::socket;
use super::subscription::Visitor;
use crate::api::graphql::execution::ExecutionMarker;
use crate::api::graphql::library_errors::{self, Quoting, Stage, document_error};
use crate::error::ErrorCode;
use crate::values::caller::{Caller, Presented};

const METHOD: HttpRefusal = HttpRefusal::method("GraphQL is served by GET and POST.", "GET, POST");
const ONLY_POST: HttpRefusal = HttpRefusal::method("Only queries run by GET; mutations need POST.", "POST");
const NOT_ACCEPTABLE: HttpRefusal = HttpRefusal::new(
    StatusCode::NOT_ACCEPTABLE,
    "The answer is application/graphql-response+json or application/json (of a subscription, text/event-stream); Accept allows neither.",
);
const UNSUPPORTED: HttpRefusal =
    HttpRefusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Content-Type must be application/json in UTF-8.");
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
    Extension(presented): Extension<Presented>,
    request: Request,
) -> Response {
    let (head, body) = request.into_parts();
    if socket::is_wanted(&head) {
        return socket::open(Visitor::at_the_door(edge, caller, id, &head), head).await;
    }
    let wants_stream = accepts_event_stream(&head.headers);
    let negotiated = MediaType::negotiate(&head.headers);
    // Whoever takes nothing but a stream learns by the status that there will be none.
    let Some(media_type) = negotiated.or(wants_stream.then_some(MediaType::GraphqlResponse)) else {
        return NOT_ACCEPTABLE.answer(MediaType::Json, &id);
    };
    let mut asked = match read(&head, body, edge.settings.body_limit).await {
        Ok(asked) => asked,
        Err(refused) => return refused.answer(media_type, &id),
    };
    let chosen = match edge.settings.documents.find(asked.document()).await {
        Ok(Some(chosen)) => chosen,
        Ok(None) => return NO_QUERY.answer(media_type, &id),
        Err(error) => return complete(&edge, "", Outcome::refused(error), media_type, &id),
    };
    let query = &chosen.text;
    let prepared = match prepare(&edge, &asked, query) {
        Ok(prepared) => prepared,
        Err(error) => return complete(&edge, query, Outcome::refused(error), media_type, &id),
    };
    match prepared.kind {
        OperationType::Mutation if head.method == Method::GET => return ONLY_POST.answer(media_type, &id),
        OperationType::Subscription if wants_stream => {
            let visitor = Visitor::at_the_door(edge, caller, id, &head);
            return event_stream::open(visitor, presented, prepared, (asked, chosen.text), media_type).await;
        }
        OperationType::Subscription => {
            let refused = document_error(ErrorCode::BadRequest, ONLY_STREAMS, vec![]);
            return complete(&edge, query, Outcome::refused(refused), media_type, &id);
        }
        OperationType::Query | OperationType::Mutation if negotiated.is_none() => {
            return NOT_ACCEPTABLE.answer(media_type, &id);
        }
        OperationType::Query | OperationType::Mutation => {}
    }
    let name = prepared.name.clone();
    let graphql = prepared.request(asked, query).data(caller).data(presented);
    let outcome = Outcome::of(&edge, graphql).await;
    if outcome.stage == Stage::Execution {
        edge.settings.documents.remember(&chosen).await;
    }
    let mut response = complete(&edge, query, outcome, media_type, &id);
    if let Some(name) = name {
        response.extensions_mut().insert(name);
    }
    response
}

async fn read(head: &Parts, body: Body, limit: usize) -> Result<GraphqlRequest, HttpRefusal> {
    match head.method {
        Method::GET => {
            let text = head.uri.query().unwrap_or_default();
            if text.len() > limit { Err(TOO_LARGE) } else { GraphqlRequest::from_query_string(text) }
        }
        Method::POST if !is_json(&head.headers) => Err(UNSUPPORTED),
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

/// What became of a request, before it is dressed as HTTP.
struct Outcome {
    response: SchemaResponse,
    stage: Stage,
}

impl Outcome {
    fn refused(error: ServerError) -> Self {
        Self { response: SchemaResponse::from_errors(vec![error]), stage: Stage::Request }
    }

    async fn of(edge: &Edge, request: SchemaRequest) -> Self {
        let marker = ExecutionMarker::default();
        let response = (edge.execute)(request.data(marker.clone())).await;
        let stage = if marker.has_run() { Stage::Execution } else { Stage::Request };
        Self { response, stage }
    }
}

/// The answer of HTTP.
fn complete(edge: &Edge, query: &str, outcome: Outcome, media_type: MediaType, id: &CorrelationId) -> Response {
    let Outcome { mut response, stage } = outcome;
    let quoting = if edge.settings.reveals_schema { Quoting::Schema } else { Quoting::Document(query) };
    library_errors::complete(&mut response.errors, stage, quoting, &id.0);
    graphql_response::answer(response, media_type, stage)
}
