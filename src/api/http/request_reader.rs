//! Reads a GraphQL request from HTTP, without running anything (GraphQL over HTTP, sections 5 and 6).

use async_graphql::parser::types::OperationType;
use axum::body::{Body, to_bytes};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};

use super::graphql_request::GraphqlRequest;
use super::media_type::{MediaType, accepts_event_stream, is_encoded, is_json};
use super::prepared_operation::PreparedOperation;
use super::refusal::HttpRefusal;
use crate::api::graphql::pipeline::error_masking::document_error;
use crate::api::graphql::pipeline::persisted_documents::RefusedDocument;
use crate::api::state::AppState;
use crate::error::ErrorCode;

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
const NO_QUERY: HttpRefusal = HttpRefusal::new(StatusCode::BAD_REQUEST, "query is missing.");
const ONLY_STREAMS: &str =
    "Subscriptions run over a WebSocket (graphql-transport-ws), or with Accept: text/event-stream.";

/// Which answers the client accepts.
pub struct AcceptedTypes {
    /// Whether it asks for server-sent events.
    has_event_stream: bool,
    /// Whether it accepts an answer of one piece.
    has_media_type: bool,
    /// The type of an answer of one piece, also where the client accepts none: the status then says so.
    pub media_type: MediaType,
}

/// Why the schema does not see a request.
pub enum RefusedRequest {
    /// The HTTP request is wrong.
    Http(HttpRefusal),
    /// The document or its variables are wrong.
    Document(RefusedDocument),
}

impl From<HttpRefusal> for RefusedRequest {
    fn from(refusal: HttpRefusal) -> Self {
        Self::Http(refusal)
    }
}

impl From<RefusedDocument> for RefusedRequest {
    fn from(refused: RefusedDocument) -> Self {
        Self::Document(refused)
    }
}

impl AcceptedTypes {
    /// Reads the header `Accept`.
    #[must_use]
    pub fn from_headers(headers: &HeaderMap) -> Self {
        let (has_event_stream, negotiated) = (accepts_event_stream(headers), MediaType::negotiate(headers));
        let fallback = if has_event_stream { MediaType::GraphqlResponse } else { MediaType::Json };
        Self { has_event_stream, has_media_type: negotiated.is_some(), media_type: negotiated.unwrap_or(fallback) }
    }
}

/// Reads a request and checks its operation.
///
/// # Errors
/// What is wrong with the request; also where the client does not accept the kind of answer that its operation has.
pub async fn read_operation(
    state: &AppState,
    head: &Parts,
    body: Body,
    accepts: &AcceptedTypes,
) -> Result<PreparedOperation, RefusedRequest> {
    if !accepts.has_event_stream && !accepts.has_media_type {
        return Err(NOT_ACCEPTABLE.into());
    }
    let parameters = read_parameters(head, body, state.app.config.http.max_body_bytes).await?;
    let operation = PreparedOperation::prepare(state, parameters)?.ok_or(NO_QUERY)?;
    let operation = operation.sent_in_url(head.method == Method::GET);
    match operation.kind {
        OperationType::Mutation if head.method == Method::GET => Err(ONLY_POST.into()),
        OperationType::Subscription if !accepts.has_event_stream => {
            let error = document_error(ErrorCode::BadRequest, ONLY_STREAMS, vec![]);
            Err(RefusedDocument { kind: Some(operation.kind), errors: vec![error] }.into())
        }
        OperationType::Query | OperationType::Mutation if !accepts.has_media_type => Err(NOT_ACCEPTABLE.into()),
        OperationType::Subscription | OperationType::Query | OperationType::Mutation => Ok(operation),
    }
}

async fn read_parameters(head: &Parts, body: Body, limit: usize) -> Result<GraphqlRequest, HttpRefusal> {
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

/// Reads a body of at most this many bytes.
///
/// # Errors
/// 413 for a larger one, 400 for one that breaks off.
pub async fn read_body(headers: &HeaderMap, body: Body, limit: usize) -> Result<bytes::Bytes, HttpRefusal> {
    // A body that announces too much is refused before it is read.
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limit) {
        return Err(TOO_LARGE);
    }
    to_bytes(body, limit).await.map_err(|error| {
        let is_limit = error.into_inner().is::<http_body_util::LengthLimitError>();
        if is_limit { TOO_LARGE } else { UNREADABLE }
    })
}
