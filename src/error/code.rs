//! Error codes, on which clients branch, and the HTTP status of each.

/// Every value that `errors[].extensions.code` can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::IntoStaticStr, strum::EnumString)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
#[allow(missing_docs, reason = "described once, for clients, in api/graphql/error.rs")]
pub enum ErrorCode {
    Unauthenticated,
    InvalidCredentials,
    InvalidMfaCode,
    InvalidToken,
    // The word is OAUTH_FAILED, and not O_AUTH_FAILED.
    #[strum(serialize = "OAUTH_FAILED")]
    OAuthFailed,
    SessionEnded,
    RefreshTokenReused,
    Forbidden,
    ReauthenticationRequired,
    AccountLocked,
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
    /// The code as clients read it: `INVALID_CREDENTIALS`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// The HTTP status of the code, also in `extensions.statusCode`.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            // Apollo's link expects 200, and then repeats the request with the document.
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
            | Self::OAuthFailed
            | Self::SessionEnded
            | Self::RefreshTokenReused => 401,
            Self::Forbidden | Self::ReauthenticationRequired => 403,
            Self::NotFound => 404,
            Self::EmailTaken | Self::Conflict => 409,
            Self::AccountLocked => 423,
            Self::RateLimited => 429,
            Self::Internal => 500,
            Self::Overloaded | Self::Unavailable => 503,
        }
    }
}
