//! The only source of API errors: a refusal with its code, or a fault that reveals nothing.

use async_graphql::{Enum, ErrorExtensionValues, ServerError, Value, value};

use crate::error::{Error, ErrorCode, Fault, FieldFault, OrFault, Refusal};

/// What resolvers return.
pub type ApiResult<T> = Result<T, ApiError>;

/// Can only be built from our own `Error`, and is not `Display`: `?` on a foreign error in a resolver does not compile.
#[derive(Clone)]
pub struct ApiError(async_graphql::Error);

impl<E: Into<Error>> From<E> for ApiError {
    fn from(error: E) -> Self {
        match error.into() {
            Error::Refused(refusal) => Self(refusal_error(&refusal)),
            Error::Fault(fault) => Self(fault_error(&fault)),
        }
    }
}

impl From<ApiError> for async_graphql::Error {
    fn from(error: ApiError) -> Self {
        error.0
    }
}

/// Value of `errors[].extensions.code`. Every error also has `extensions.statusCode` and `extensions.correlationId`.
/// The latter identifies the request in the response header `x-request-id` and in the server's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(name = "ErrorCode", remote = "ErrorCode")]
pub enum Code {
    /// Status 401. The access token is missing, malformed or expired, or its session has ended.
    Unauthenticated,
    /// Status 401. The email address or the password is wrong. The error does not tell which.
    InvalidCredentials,
    /// Status 401. The code of the second factor is wrong or was used before. While signing in, `extensions.attemptsLeft` is
    /// the number of attempts left.
    InvalidMfaCode,
    /// Status 400. The token of an email or a challenge is unknown, used or expired.
    InvalidToken,
    /// Status 401. The session of the refresh token has ended. `extensions.reason` is a `SessionEndReason`.
    SessionEnded,
    /// Status 401. The refresh token was used before, so the session was ended.
    RefreshTokenReused,
    /// Status 403. The role of the user, or a setting of the server, does not allow it.
    Forbidden,
    /// Status 403. Call `reauthenticate` first.
    ReauthenticationRequired,
    /// Status 423. The account is locked. Returned only to clients that gave the right password or email token.
    /// `extensions.retryAfter` is the number of seconds until the lock ends; it is missing if the lock does not end by
    /// itself.
    AccountLocked,
    /// Status 403. The email address must be verified before the first sign-in.
    EmailNotVerified,
    /// Status 409. The email address belongs to another account.
    EmailTaken,
    /// Status 400. Input values are invalid. `extensions.fields` lists all of them as `{ path, code, message }`.
    ValidationFailed,
    /// Status 400. A variable or an argument does not match its type.
    BadUserInput,
    /// Status 400. The document is not valid GraphQL syntax.
    GraphqlParseFailed,
    /// Status 400. The document does not match the schema.
    GraphqlValidationFailed,
    /// 200. The server does not know a document with this hash. Send the document as well.
    PersistedQueryNotFound,
    /// Status 400. The document asks for too much. `extensions.cost` and `extensions.limit` say how much, if it was counted.
    QueryTooComplex,
    /// 400, 405, 406, 413 or 415. The HTTP request is invalid.
    BadRequest,
    /// Status 404. The object does not exist, or you may not see it.
    NotFound,
    /// Status 409. The current state does not allow it; the message says why.
    Conflict,
    /// Status 429. A rate limit is exhausted. `extensions.retryAfter` is the number of seconds to wait.
    RateLimited,
    /// Status 503. The server has too much to do. `extensions.retryAfter` is the number of seconds to wait.
    Overloaded,
    /// Status 503. The database is not available.
    Unavailable,
    /// Status 500. An unexpected error. The server's log has the details under `extensions.correlationId`.
    Internal,
}

/// Turns the library's error for missing request data into a fault.
#[must_use]
pub fn missing_data(error: async_graphql::Error) -> Error {
    match Err::<(), _>(error.message).or_fault("finding the data of a request") {
        Ok(()) => Fault::new("finding the data of a request").into(),
        Err(fault) => fault,
    }
}

/// The error of a request that was refused before anything ran.
#[must_use]
pub fn request_error(error: impl Into<Error>) -> ServerError {
    let async_graphql::Error { message, extensions, .. } = ApiError::from(error).0;
    ServerError { extensions, ..ServerError::new(message, None) }
}

fn refusal_error(refusal: &Refusal) -> async_graphql::Error {
    let mut extensions = code_extensions(refusal.code());
    match refusal {
        Refusal::SessionEnded { reason } => extensions.set("reason", *reason),
        Refusal::InvalidMfaCode { attempts_left } => {
            if let Some(left) = attempts_left {
                extensions.set("attemptsLeft", *left);
            }
        }
        Refusal::RateLimited { retry_after }
        | Refusal::Overloaded { retry_after }
        | Refusal::AccountLocked { retry_after: Some(retry_after) } => {
            // Rounded up, so that a client that waits this long is not refused again.
            let seconds = retry_after.as_secs() + u64::from(retry_after.subsec_nanos() > 0);
            extensions.set("retryAfter", seconds);
        }
        Refusal::ValidationFailed { fields } => {
            extensions.set("fields", Value::List(fields.iter().map(field_value).collect()));
        }
        Refusal::Unauthenticated
        | Refusal::InvalidCredentials
        | Refusal::InvalidToken
        | Refusal::RefreshTokenReused
        | Refusal::AccountLocked { retry_after: None }
        | Refusal::Forbidden
        | Refusal::ReauthenticationRequired
        | Refusal::EmailNotVerified
        | Refusal::EmailTaken
        | Refusal::NotFound
        | Refusal::Conflict(_)
        | Refusal::Unavailable => {}
    }
    graphql_error(refusal.to_string(), extensions)
}

fn field_value(fault: &FieldFault) -> Value {
    value!({ "path": fault.path, "code": fault.code, "message": fault.message.clone() })
}

/// Logs the fault in the span of the request, which holds its correlation id. The client learns nothing else.
fn fault_error(fault: &Fault) -> async_graphql::Error {
    tracing::error!(?fault, "a field failed");
    graphql_error("Something went wrong on our side.".to_owned(), code_extensions(ErrorCode::Internal))
}

fn code_extensions(code: ErrorCode) -> ErrorExtensionValues {
    let mut extensions = ErrorExtensionValues::default();
    extensions.set("code", code.as_str());
    extensions.set("statusCode", code.status());
    extensions
}

fn graphql_error(message: String, extensions: ErrorExtensionValues) -> async_graphql::Error {
    async_graphql::Error { message, source: None, extensions: Some(extensions) }
}
