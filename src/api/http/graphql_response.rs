//! A GraphQL answer as HTTP: its status, its headers and its body.

use std::collections::BTreeMap;

use async_graphql::{ServerError, Value};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::media_type::MediaType;
use crate::api::graphql::pipeline::error_masking::GraphqlErrorKind;

/// The status of a well-formed GraphQL request's answer.
///
/// GraphQL over HTTP, section 6.4; where its newest draft (422) and the audits of `graphql-http` (400) differ, the audits.
#[must_use]
pub const fn status(media_type: MediaType, stage: GraphqlErrorKind) -> StatusCode {
    match (media_type, stage) {
        (MediaType::GraphqlResponse, GraphqlErrorKind::Request) => StatusCode::BAD_REQUEST,
        (MediaType::GraphqlResponse, GraphqlErrorKind::Execution)
        | (MediaType::Json, GraphqlErrorKind::Request | GraphqlErrorKind::Execution) => StatusCode::OK,
    }
}

/// A request that was right and yet not run: a limit is used up, there is too much to do, or the document that it names is
/// not known yet. Its status says so under
/// either media type, because whatever stands between client and server understands it.
struct TurnedAway {
    status: StatusCode,
    retry_after: Option<HeaderValue>,
}

impl TurnedAway {
    fn of(errors: &[ServerError]) -> Option<Self> {
        let extensions = errors.first()?.extensions.as_ref()?;
        let number = |name| match extensions.get(name) {
            Some(Value::Number(number)) => number.as_u64(),
            _ => None,
        };
        let status = number("statusCode").and_then(|status| StatusCode::from_u16(u16::try_from(status).ok()?).ok())?;
        let is_ours =
            [StatusCode::OK, StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE].contains(&status);
        is_ours.then(|| Self { status, retry_after: number("retryAfter").map(HeaderValue::from) })
    }
}

/// The body, written straight out: by way of `serde_json::Value` the keys of `data` would lose their order.
#[derive(Serialize)]
struct Body<'a> {
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [ServerError],
    /// Absent where nothing ran, and null where everything failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a Value>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    extensions: &'a BTreeMap<String, Value>,
}

/// The body of an answer, as JSON.
///
/// # Errors
/// A value that JSON cannot say.
pub fn body(graphql: &async_graphql::Response, stage: GraphqlErrorKind) -> serde_json::Result<String> {
    serde_json::to_string(&Body {
        errors: &graphql.errors,
        data: (stage == GraphqlErrorKind::Execution).then_some(&graphql.data),
        extensions: &graphql.extensions,
    })
}

/// The whole answer, with the headers (cookies, limits) that resolvers have set.
#[must_use]
pub fn answer(graphql: async_graphql::Response, media_type: MediaType, stage: GraphqlErrorKind) -> Response {
    let Ok(body) = body(&graphql, stage) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let turned_away = TurnedAway::of(&graphql.errors).filter(|_| stage == GraphqlErrorKind::Request);
    let status = turned_away.as_ref().map_or_else(|| status(media_type, stage), |turned_away| turned_away.status);
    let mut response = (status, body).into_response();
    if let Some(retry_after) = turned_away.and_then(|turned_away| turned_away.retry_after) {
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
    fn only_the_newer_type_tells_a_wrong_request_by_its_status() {
        assert_eq!(status(MediaType::GraphqlResponse, GraphqlErrorKind::Request), 400);
        assert_eq!(status(MediaType::GraphqlResponse, GraphqlErrorKind::Execution), 200);
        assert_eq!(status(MediaType::Json, GraphqlErrorKind::Request), 200);
    }
}
