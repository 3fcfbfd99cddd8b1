//! The answer to a request that does not get as far as GraphQL, in the shape of a GraphQL answer.

use async_graphql::Response as SchemaResponse;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::graphql_response;
use super::media_type::MediaType;
use super::request::CorrelationId;
use crate::api::graphql::pipeline::error_masking::{self, GraphqlErrorKind};
use crate::error::ErrorCode;

/// Why a request is refused before GraphQL looks at it.
#[derive(Debug, Clone, Copy)]
pub struct HttpRefusal {
    /// The status of the answer.
    pub status: StatusCode,
    /// The code in the body.
    pub code: ErrorCode,
    /// The public text in the body.
    pub message: &'static str,
    /// The methods that would have been fine, for a 405.
    pub allow: Option<&'static str>,
}

impl HttpRefusal {
    /// A refusal with a status of HTTP's own, which is told as `BAD_REQUEST`.
    #[must_use]
    pub const fn new(status: StatusCode, message: &'static str) -> Self {
        Self { status, code: ErrorCode::BadRequest, message, allow: None }
    }

    /// A method this route does not know.
    #[must_use]
    pub const fn method(message: &'static str, allow: &'static str) -> Self {
        Self { allow: Some(allow), ..Self::new(StatusCode::METHOD_NOT_ALLOWED, message) }
    }

    /// The whole answer.
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

/// The answer to an address that has no place left.
#[must_use]
pub fn turned_away(mut full: SchemaResponse, correlation_id: &CorrelationId) -> Response {
    error_masking::mask_errors(&mut full.errors, GraphqlErrorKind::Request, &correlation_id.0);
    graphql_response::answer(full, MediaType::Json, GraphqlErrorKind::Request)
}

/// An answer with one error. `statusCode` repeats the status, whatever the code says elsewhere.
#[must_use]
pub fn refusal(status: StatusCode, code: ErrorCode, message: &str, correlation_id: &CorrelationId) -> Response {
    let extensions = json!({ "code": code.as_str(), "statusCode": status.as_u16(), "correlationId": correlation_id.0 });
    let body = json!({ "errors": [{ "message": message, "extensions": extensions }] });
    let content_type = (header::CONTENT_TYPE, MediaType::Json.content_type());
    (status, [content_type], body.to_string()).into_response()
}
