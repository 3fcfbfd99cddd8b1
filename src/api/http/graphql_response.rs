//! The HTTP answer to a GraphQL request: status, headers and body.

use std::collections::BTreeMap;

use async_graphql::{ServerError, Value};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::media_type::MediaType;
use crate::api::graphql::pipeline::error_masking::GraphqlErrorKind;

/// The status of the answer to a well-formed GraphQL request (GraphQL over HTTP, section 6.4). Where its newest draft
/// (422) and the audits of `graphql-http` (400) differ, this follows the audits.
#[must_use]
pub const fn status(media_type: MediaType, stage: GraphqlErrorKind) -> StatusCode {
    match (media_type, stage) {
        (MediaType::GraphqlResponse, GraphqlErrorKind::Request) => StatusCode::BAD_REQUEST,
        (MediaType::GraphqlResponse, GraphqlErrorKind::Execution)
        | (MediaType::Json, GraphqlErrorKind::Request | GraphqlErrorKind::Execution) => StatusCode::OK,
    }
}

/// The status of a request that is correct and yet does not run: a limit is used up, the server is overloaded, the
/// persisted document is not known yet, or the operation needs POST. It is the same under both media types, because proxies and client libraries
/// understand it.
struct NotRunStatus {
    status: StatusCode,
    retry_after: Option<HeaderValue>,
}

impl NotRunStatus {
    fn from_errors(errors: &[ServerError]) -> Option<Self> {
        let extensions = errors.first()?.extensions.as_ref()?;
        let number = |name| match extensions.get(name) {
            Some(Value::Number(number)) => number.as_u64(),
            _ => None,
        };
        let status = number("statusCode").and_then(|status| StatusCode::from_u16(u16::try_from(status).ok()?).ok())?;
        let is_ours = [
            StatusCode::OK,
            StatusCode::METHOD_NOT_ALLOWED,
            StatusCode::TOO_MANY_REQUESTS,
            StatusCode::SERVICE_UNAVAILABLE,
        ]
        .contains(&status);
        is_ours.then(|| Self { status, retry_after: number("retryAfter").map(HeaderValue::from) })
    }
}

/// The body. It is not built as `serde_json::Value`, which would lose the order of the keys of `data`.
#[derive(Serialize)]
struct Body<'a> {
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [ServerError],
    /// Absent where nothing ran; null where everything failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a Value>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    extensions: &'a BTreeMap<String, Value>,
}

/// Writes the body of an answer as JSON.
///
/// # Errors
/// A value that JSON cannot express.
pub fn body(graphql: &async_graphql::Response, stage: GraphqlErrorKind) -> serde_json::Result<String> {
    serde_json::to_string(&Body {
        errors: &graphql.errors,
        data: (stage == GraphqlErrorKind::Execution).then_some(&graphql.data),
        extensions: &graphql.extensions,
    })
}

/// Makes the whole answer, with the headers (cookies, limits) that resolvers have set.
#[must_use]
pub fn answer(graphql: async_graphql::Response, media_type: MediaType, stage: GraphqlErrorKind) -> Response {
    let Ok(body) = body(&graphql, stage) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let not_run = NotRunStatus::from_errors(&graphql.errors).filter(|_| stage == GraphqlErrorKind::Request);
    let status = not_run.as_ref().map_or_else(|| status(media_type, stage), |not_run| not_run.status);
    let mut response = (status, body).into_response();
    if status == StatusCode::METHOD_NOT_ALLOWED {
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
    }
    if let Some(retry_after) = not_run.and_then(|not_run| not_run.retry_after) {
        response.headers_mut().insert(header::RETRY_AFTER, retry_after);
    }
    response.headers_mut().extend(graphql.http_headers);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type.content_type()));
    response
}

#[cfg(test)]
mod tests {
    use async_graphql::value;
    use axum::body::to_bytes;

    use super::*;
    use crate::api::graphql::pipeline::error_masking::{document_error, with_status};
    use crate::error::ErrorCode;

    async fn answered(graphql: async_graphql::Response, stage: GraphqlErrorKind) -> String {
        let response = answer(graphql, MediaType::Json, stage);
        String::from_utf8(to_bytes(response.into_body(), 1_000).await.unwrap().to_vec()).unwrap()
    }

    #[tokio::test]
    async fn data_is_absent_where_nothing_ran() {
        let refused = || async_graphql::Response::from_errors(vec![ServerError::new("no", None)]);
        assert_eq!(answered(refused(), GraphqlErrorKind::Request).await, r#"{"errors":[{"message":"no"}]}"#);
        assert_eq!(
            answered(refused(), GraphqlErrorKind::Execution).await,
            r#"{"errors":[{"message":"no"}],"data":null}"#
        );
    }

    #[tokio::test]
    async fn keys_keep_their_order() {
        let sorted = async_graphql::Response::new(value!({ "b": 1, "a": { "d": 1, "c": 2 } }));
        assert_eq!(answered(sorted, GraphqlErrorKind::Execution).await, r#"{"data":{"b":1,"a":{"d":1,"c":2}}}"#);
    }

    #[test]
    fn an_operation_that_needs_post_is_405_under_both_types() {
        for media_type in [MediaType::Json, MediaType::GraphqlResponse] {
            let error = with_status(405, document_error(ErrorCode::BadRequest, "needs POST", vec![]));
            let refused = async_graphql::Response::from_errors(vec![error]);
            let response = answer(refused, media_type, GraphqlErrorKind::Request);
            assert_eq!(
                (response.status().as_u16(), &response.headers()["allow"]),
                (405, &HeaderValue::from_static("POST"))
            );
        }
    }

    #[test]
    fn only_the_newer_type_has_another_status_for_a_wrong_request() {
        assert_eq!(status(MediaType::GraphqlResponse, GraphqlErrorKind::Request), 400);
        assert_eq!(status(MediaType::GraphqlResponse, GraphqlErrorKind::Execution), 200);
        assert_eq!(status(MediaType::Json, GraphqlErrorKind::Request), 200);
    }
}
