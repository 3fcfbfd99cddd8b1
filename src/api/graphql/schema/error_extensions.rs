//! The shape of `errors[].extensions`, which no field returns: code generators find it in the schema.

use async_graphql::SimpleObject;

use super::session::SessionEndReasonEnum;
use crate::api::graphql::error::Code;
use crate::api::graphql::error_types::{ErrorReasonEnum, FieldErrorCodeEnum};

/// The shape of `errors[].extensions`. No field returns it: it is part of the schema so that code generators emit
/// it, for example for the fragment `fragment Refusal on ErrorExtensions { code reason }`.
#[derive(SimpleObject)]
#[graphql(name = "ErrorExtensions")]
pub struct ErrorExtensionsView {
    /// What went wrong.
    code: Code,
    /// HTTP status of the code.
    status_code: i32,
    /// Identifies the request in the response header `x-request-id` and in the server's log.
    correlation_id: String,
    /// Which of several causes it was, with CONFLICT, FORBIDDEN, `INVALID_TOKEN`, `OAUTH_FAILED` and UNAVAILABLE.
    reason: Option<ErrorReasonEnum>,
    /// Seconds until it is worth trying again, with `RATE_LIMITED`, OVERLOADED and `ACCOUNT_LOCKED`.
    retry_after: Option<i32>,
    /// Attempts left for this login, with `INVALID_MFA_CODE`. If it is 0, the user must log in again.
    attempts_left: Option<i32>,
    /// Why the session ended, with `SESSION_ENDED`.
    session_end_reason: Option<SessionEndReasonEnum>,
    /// All invalid input values, with `VALIDATION_FAILED`.
    fields: Option<Vec<FieldErrorView>>,
    /// What the document costs or how large it is, with `QUERY_TOO_COMPLEX`.
    cost: Option<i32>,
    /// The limit that it exceeds, with `QUERY_TOO_COMPLEX`.
    limit: Option<i32>,
}

/// An invalid input value.
#[derive(SimpleObject)]
#[graphql(name = "FieldError")]
pub struct FieldErrorView {
    /// Path of the value, such as `input.email`.
    path: String,
    /// What is wrong, for programs.
    code: FieldErrorCodeEnum,
    /// What is wrong, for people.
    message: String,
}
