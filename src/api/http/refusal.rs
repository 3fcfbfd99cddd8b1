//! Answers to requests that do not get as far as GraphQL, in the shape of a GraphQL answer.

use async_graphql::Response as SchemaResponse;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::graphql_response;
use super::media_type::MediaType;
use super::request::CorrelationId;
use crate::api::graphql::pipeline::error_masking::{self, GraphqlErrorKind};
use crate::error::ErrorCode;

/// Why a request is refused before GraphQL reads it.
#[derive(Debug, Clone, Copy)]
pub struct HttpRefusal {
    /// The status of the answer.
    pub status: StatusCode,
    /// The code in the body.
    pub code: ErrorCode,
    /// The public text in the body.
    pub message: &'static str,
    /// For a 405: the methods that the route serves.
    pub allow: Option<&'static str>,
}

/// The refusal of one socket or event stream more than an address or a user may have.
pub const TOO_MANY_STREAMS: HttpRefusal = HttpRefusal {
    code: ErrorCode::RateLimited,
    ..HttpRefusal::new(StatusCode::TOO_MANY_REQUESTS, "Too many connections are open. Please close one first.")
};

impl HttpRefusal {
    /// A refusal with this status and the code `BAD_REQUEST`.
    #[must_use]
    pub const fn new(status: StatusCode, message: &'static str) -> Self {
        Self { status, code: ErrorCode::BadRequest, message, allow: None }
    }

    /// A 405, with the methods that the route serves.
    #[must_use]
    pub const fn method(message: &'static str, allow: &'static str) -> Self {
        Self { allow: Some(allow), ..Self::new(StatusCode::METHOD_NOT_ALLOWED, message) }
    }

    /// Makes the whole answer.
    #[must_use]
    pub fn answer(self, media_type: MediaType, correlation_id: &CorrelationId) -> Response {
        let mut response = refusal(self.status, self.code, self.message, correlation_id);
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type.content_type()));
        if let Some(allow) = self.allow {
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allow));
        }
        response
    }
}

/// Makes the answer to a client whose address has reached its request limit.
#[must_use]
pub fn rate_limited(mut refused: SchemaResponse, correlation_id: &CorrelationId) -> Response {
    error_masking::mask_errors(&mut refused.errors, GraphqlErrorKind::Request, &correlation_id.0);
    graphql_response::answer(refused, MediaType::Json, GraphqlErrorKind::Request)
}

/// Makes an answer with one error. `statusCode` repeats this status, whichever status the code has elsewhere.
#[must_use]
pub fn refusal(status: StatusCode, code: ErrorCode, message: &str, correlation_id: &CorrelationId) -> Response {
    let extensions = json!({ "code": code.as_str(), "statusCode": status.as_u16(), "correlationId": correlation_id.0 });
    let body = json!({ "errors": [{ "message": message, "extensions": extensions }] });
    let content_type = (header::CONTENT_TYPE, MediaType::Json.content_type());
    (status, [content_type], body.to_string()).into_response()
}
