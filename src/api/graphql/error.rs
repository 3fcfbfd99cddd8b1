//! The only maker of API errors: a refusal with its code, or a fault that says nothing.

use async_graphql::{Enum, ErrorExtensionValues, ServerError, Value, value};

use crate::error::{Error, ErrorCode, Fault, FieldFault, OrFault, Refusal};

/// What resolvers answer.
pub type ApiResult<T> = Result<T, ApiError>;

/// Built only from our own `Error`, and not `Display`: a foreign error under `?` in a resolver does not compile.
#[derive(Clone)]
pub struct ApiError(async_graphql::Error);

impl<E: Into<Error>> From<E> for ApiError {
    fn from(error: E) -> Self {
        match error.into() {
            Error::Refused(refusal) => Self(public(&refusal)),
            Error::Fault(fault) => Self(internal(&fault)),
        }
    }
}

impl From<ApiError> for async_graphql::Error {
    fn from(error: ApiError) -> Self {
        error.0
    }
}

/// Every value that `errors[].extensions.code` can have. Every error also carries `extensions.statusCode` and
/// `extensions.correlationId`, which is in the answer's `x-request-id` and in the server's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(name = "ErrorCode", remote = "ErrorCode")]
pub enum Code {
    /// 401. There is no access token, or one that is expired, malformed or revoked.
    Unauthenticated,
    /// 401. Wrong e-mail address or password; the two are never told apart.
    InvalidCredentials,
    /// 401. A code that is wrong or was used before; while signing in, `extensions.attemptsLeft` counts down.
    InvalidMfaCode,
    /// 400. A verification, reset or confirmation token that is unknown, used or expired.
    InvalidToken,
    /// 401. A refresh was refused because the session is over; `extensions.reason` is a `SessionEndReason`.
    SessionEnded,
    /// 401. A spent refresh token was used again; the session has been ended for everyone.
    RefreshTokenReused,
    /// 403. The role, or a setting of the server, does not allow it.
    Forbidden,
    /// 403. Call `reauthenticate` first.
    ReauthenticationRequired,
    /// 423. Told only to whoever knows the password; `extensions.retryAfter` is in seconds; none where the lock has no end.
    AccountLocked,
    /// 403. The address has to be verified before the first sign-in.
    EmailNotVerified,
    /// 409. Somebody has registered this address already.
    EmailTaken,
    /// 400. `extensions.fields` lists every broken rule as `{ path, code, message }`.
    ValidationFailed,
    /// 400. Variables or arguments that do not fit their types.
    BadUserInput,
    /// 400. The document is not GraphQL.
    GraphqlParseFailed,
    /// 400. The document does not fit the schema.
    GraphqlValidationFailed,
    /// 200. Nobody has brought the document of this hash yet: send it along.
    PersistedQueryNotFound,
    /// 400. The document asks for too much at once; `extensions.cost` and `extensions.limit` say how much.
    QueryTooComplex,
    /// 400, 405, 406, 413 or 415. The HTTP request itself is wrong.
    BadRequest,
    /// 404. There is no such thing, or none you may see.
    NotFound,
    /// 409. The state of things does not allow it.
    Conflict,
    /// 429. A limit is used up; `extensions.retryAfter` is in seconds.
    RateLimited,
    /// 503. There is more to do, or more passwords wait to be hashed, than can be done in time; `extensions.retryAfter` is in seconds.
    Overloaded,
    /// 503. A dependency is down.
    Unavailable,
    /// 500. Says nothing; the server's log has it under `extensions.correlationId`.
    Internal,
}

/// Turns what the library answers for missing request data into a fault of ours.
#[must_use]
pub fn missing_data(error: async_graphql::Error) -> Error {
    match Err::<(), _>(error.message).or_fault("finding the data of a request") {
        Ok(()) => Fault::new("finding the data of a request").into(),
        Err(fault) => fault,
    }
}

/// The error of a request of which nothing runs.
#[must_use]
pub fn request_error(error: impl Into<Error>) -> ServerError {
    let async_graphql::Error { message, extensions, .. } = ApiError::from(error).0;
    ServerError { extensions, ..ServerError::new(message, None) }
}

fn public(refusal: &Refusal) -> async_graphql::Error {
    let mut extensions = coded(refusal.code());
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
            // Rounded up: a client that comes back at the second it was told must find the way free.
            let seconds = retry_after.as_secs() + u64::from(retry_after.subsec_nanos() > 0);
            extensions.set("retryAfter", seconds);
        }
        Refusal::ValidationFailed { fields } => {
            extensions.set("fields", Value::List(fields.iter().map(field).collect()));
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
    with(refusal.to_string(), extensions)
}

fn field(fault: &FieldFault) -> Value {
    value!({ "path": fault.path, "code": fault.code, "message": fault.message.clone() })
}

/// Logs the fault, inside the span of the request that holds its correlation id, and says nothing outside.
fn internal(fault: &Fault) -> async_graphql::Error {
    tracing::error!(?fault, "a field failed");
    with("Something went wrong on our side.".to_owned(), coded(ErrorCode::Internal))
}

fn coded(code: ErrorCode) -> ErrorExtensionValues {
    let mut extensions = ErrorExtensionValues::default();
    extensions.set("code", code.as_str());
    extensions.set("statusCode", code.status());
    extensions
}

fn with(message: String, extensions: ErrorExtensionValues) -> async_graphql::Error {
    async_graphql::Error { message, source: None, extensions: Some(extensions) }
}
