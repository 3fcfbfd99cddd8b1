//! The only source of API errors: a refusal with its code, or a fault that reveals nothing.

use async_graphql::{ErrorExtensionValues, ServerError, Value, value};

pub use super::error_types::Code;
use crate::error::{Error, ErrorCode, ErrorReason, Fault, FieldFault, OrFault, Refusal};

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
        Refusal::SessionEnded { reason } => extensions.set("sessionEndReason", *reason),
        Refusal::InvalidToken { reason }
        | Refusal::Forbidden { reason }
        | Refusal::Conflict { reason, .. }
        | Refusal::OAuthFailed { reason } => {
            extensions.set("reason", reason.as_str());
        }
        Refusal::ProviderUnavailable => extensions.set("reason", ErrorReason::ProviderUnavailable.as_str()),
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
        | Refusal::RefreshTokenReused
        | Refusal::AccountLocked { retry_after: None }
        | Refusal::ReauthenticationRequired
        | Refusal::EmailTaken
        | Refusal::NotFound
        | Refusal::Unavailable => {}
    }
    graphql_error(refusal.to_string(), extensions)
}

fn field_value(fault: &FieldFault) -> Value {
    value!({ "path": fault.path, "code": fault.code.as_str(), "message": fault.message.clone() })
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
