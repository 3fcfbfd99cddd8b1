//! The codes that clients branch on, and the HTTP status that says the same.

/// Every value that `errors[].extensions.code` can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "described once, for clients, in api/graphql/error.rs")]
pub enum ErrorCode {
    Unauthenticated,
    InvalidCredentials,
    InvalidMfaCode,
    InvalidToken,
    SessionEnded,
    RefreshTokenReused,
    Forbidden,
    ReauthenticationRequired,
    AccountLocked,
    EmailNotVerified,
    EmailTaken,
    ValidationFailed,
    BadUserInput,
    GraphqlParseFailed,
    GraphqlValidationFailed,
    BadRequest,
    PersistedQueryNotFound,
    QueryTooComplex,
    NotFound,
    Conflict,
    RateLimited,
    Overloaded,
    Unavailable,
    Internal,
}

impl ErrorCode {
    /// The code as clients read it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::InvalidCredentials => "INVALID_CREDENTIALS",
            Self::InvalidMfaCode => "INVALID_MFA_CODE",
            Self::InvalidToken => "INVALID_TOKEN",
            Self::SessionEnded => "SESSION_ENDED",
            Self::RefreshTokenReused => "REFRESH_TOKEN_REUSED",
            Self::Forbidden => "FORBIDDEN",
            Self::ReauthenticationRequired => "REAUTHENTICATION_REQUIRED",
            Self::AccountLocked => "ACCOUNT_LOCKED",
            Self::EmailNotVerified => "EMAIL_NOT_VERIFIED",
            Self::EmailTaken => "EMAIL_TAKEN",
            Self::ValidationFailed => "VALIDATION_FAILED",
            Self::BadUserInput => "BAD_USER_INPUT",
            Self::GraphqlParseFailed => "GRAPHQL_PARSE_FAILED",
            Self::GraphqlValidationFailed => "GRAPHQL_VALIDATION_FAILED",
            Self::BadRequest => "BAD_REQUEST",
            Self::PersistedQueryNotFound => "PERSISTED_QUERY_NOT_FOUND",
            Self::QueryTooComplex => "QUERY_TOO_COMPLEX",
            Self::NotFound => "NOT_FOUND",
            Self::Conflict => "CONFLICT",
            Self::RateLimited => "RATE_LIMITED",
            Self::Overloaded => "OVERLOADED",
            Self::Unavailable => "UNAVAILABLE",
            Self::Internal => "INTERNAL",
        }
    }

    /// The HTTP status that says the same, as `extensions.statusCode` carries it.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            // As Apollo's link expects: it asks again with the document.
            Self::PersistedQueryNotFound => 200,
            Self::InvalidToken
            | Self::ValidationFailed
            | Self::BadUserInput
            | Self::GraphqlParseFailed
            | Self::GraphqlValidationFailed
            | Self::BadRequest
            | Self::QueryTooComplex => 400,
            Self::Unauthenticated
            | Self::InvalidCredentials
            | Self::InvalidMfaCode
            | Self::SessionEnded
            | Self::RefreshTokenReused => 401,
            Self::Forbidden | Self::ReauthenticationRequired | Self::EmailNotVerified => 403,
            Self::NotFound => 404,
            Self::EmailTaken | Self::Conflict => 409,
            Self::AccountLocked => 423,
            Self::RateLimited => 429,
            Self::Internal => 500,
            Self::Overloaded | Self::Unavailable => 503,
        }
    }
}
