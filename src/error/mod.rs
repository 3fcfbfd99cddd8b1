//! The two kinds of error: a `Refusal` is expected and public, a `Fault` is an internal error that clients do not see.

mod code;
mod field_fault;
mod reason;

use std::fmt;
use std::time::Duration;

pub use code::ErrorCode;
pub use field_fault::{FieldErrorCode, FieldFault};
pub use reason::ErrorReason;

/// The result of every function of authgraph that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a request failed.
#[derive(Debug)]
pub enum Error {
    /// Expected and public: the client reads its message and code.
    Refused(Refusal),
    /// Internal: logged once where the request ends. The client reads only a correlation id.
    Fault(Fault),
}

/// Every reason for which a request is refused. Messages are public, and clients depend on the codes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The access token is missing, expired, malformed, or belongs to an ended session.
    #[error("You are not signed in. Please sign in.")]
    Unauthenticated,
    /// One error for an unknown address and a wrong password, so that it does not reveal whether an account exists.
    #[error("The email address or the password is wrong.")]
    InvalidCredentials,
    /// A code of the second factor is wrong or was used before.
    #[error("The code is wrong or was used before.")]
    InvalidMfaCode {
        /// How many attempts this sign-in has left; `None` outside a sign-in.
        attempts_left: Option<i32>,
    },
    /// A token of an email, or of a login that waits for its second factor, is unknown, used or expired.
    #[error("{}", invalid_token(*.reason))]
    InvalidToken {
        /// `EXPIRED`, `USED` or `UNKNOWN`.
        reason: ErrorReason,
    },
    /// The refresh token belongs to a session that has ended.
    #[error("This session has ended. Please sign in again.")]
    SessionEnded {
        /// Why it ended: a word of `SessionEndReason`.
        reason: &'static str,
    },
    /// A used refresh token was presented again, so someone else may have a copy (RFC 9700, section 4.14.2).
    #[error("The refresh token was used before. The session was ended to protect the account.")]
    RefreshTokenReused,
    /// The user's role, or a setting of the server, does not allow the action.
    #[error("You are not allowed to do this.")]
    Forbidden {
        /// `ROLE_TOO_LOW` or `REGISTRATION_CLOSED`.
        reason: ErrorReason,
    },
    /// The action needs a proof of identity from the last ten minutes.
    #[error("Please confirm your identity first.")]
    ReauthenticationRequired,
    /// Only a request with the right password gets this error.
    #[error("This account is locked. Please try again later.")]
    AccountLocked {
        /// The rest of the lock; `None` for a lock without an end.
        retry_after: Option<Duration>,
    },
    /// The address belongs to another account.
    #[error("This email address is taken.")]
    EmailTaken,
    /// Arguments that break rules, all of them at once.
    #[error("Some fields are not valid.")]
    ValidationFailed {
        /// One entry per broken rule.
        fields: Vec<FieldFault>,
    },
    /// The object does not exist, or the caller may not see it.
    #[error("The requested object does not exist.")]
    NotFound,
    /// The present state of the account does not allow the action.
    #[error("{message}")]
    Conflict {
        /// Why, for programs.
        reason: ErrorReason,
        /// Why, for people.
        message: &'static str,
    },
    /// A rate limit of the caller, the account or the recipient is used up.
    #[error("Too many attempts. Please wait and try again.")]
    RateLimited {
        /// The time until the next attempt is allowed.
        retry_after: Duration,
    },
    /// More work is queued than the server can do in time.
    #[error("The server is busy. Please try again in a moment.")]
    Overloaded {
        /// The time after which a client should try again.
        retry_after: Duration,
    },
    /// The database is not reachable.
    #[error("The service is not available at the moment. Please try again soon.")]
    Unavailable,
    /// A sign-in at a provider did not succeed.
    #[error("{}", oauth_failed(*.reason))]
    OAuthFailed {
        /// Why, for programs.
        reason: ErrorReason,
    },
    /// A provider is not reachable, or did not answer in time.
    #[error("The provider is not available at the moment. Please try again soon.")]
    ProviderUnavailable,
}

impl Refusal {
    /// A token that has expired, or that something has made void since it was made.
    pub const EXPIRED_TOKEN: Self = Self::InvalidToken { reason: ErrorReason::Expired };

    /// A token that this server does not know, or text that is no token.
    pub const UNKNOWN_TOKEN: Self = Self::InvalidToken { reason: ErrorReason::Unknown };

    /// A `CONFLICT`, with its reason for programs and for people.
    #[must_use]
    pub const fn conflict(reason: ErrorReason, message: &'static str) -> Self {
        Self::Conflict { reason, message }
    }

    /// The code a client branches on.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Unauthenticated => ErrorCode::Unauthenticated,
            Self::InvalidCredentials => ErrorCode::InvalidCredentials,
            Self::InvalidMfaCode { .. } => ErrorCode::InvalidMfaCode,
            Self::InvalidToken { .. } => ErrorCode::InvalidToken,
            Self::SessionEnded { .. } => ErrorCode::SessionEnded,
            Self::RefreshTokenReused => ErrorCode::RefreshTokenReused,
            Self::Forbidden { .. } => ErrorCode::Forbidden,
            Self::ReauthenticationRequired => ErrorCode::ReauthenticationRequired,
            Self::AccountLocked { .. } => ErrorCode::AccountLocked,
            Self::EmailTaken => ErrorCode::EmailTaken,
            Self::ValidationFailed { .. } => ErrorCode::ValidationFailed,
            Self::NotFound => ErrorCode::NotFound,
            Self::Conflict { .. } => ErrorCode::Conflict,
            Self::RateLimited { .. } => ErrorCode::RateLimited,
            Self::Overloaded { .. } => ErrorCode::Overloaded,
            Self::Unavailable | Self::ProviderUnavailable => ErrorCode::Unavailable,
            Self::OAuthFailed { .. } => ErrorCode::OAuthFailed,
        }
    }
}

/// What happened to a token, for people.
const fn invalid_token(reason: ErrorReason) -> &'static str {
    match reason {
        ErrorReason::Used => "The link or token was used before.",
        ErrorReason::Expired => "The link or token has expired, or a newer one replaced it.",
        _ => "The link or token is unknown.",
    }
}

/// Why a sign-in at a provider did not succeed, for people.
const fn oauth_failed(reason: ErrorReason) -> &'static str {
    match reason {
        ErrorReason::AccessDenied => "The sign-in was cancelled at the provider.",
        ErrorReason::EmailUnverified => {
            "The provider does not confirm your email address. Please sign in another way, and link the provider in your \
             account."
        }
        ErrorReason::WrongAccount => "This provider account is not linked to your account.",
        ErrorReason::Deleted => "This account is deleted.",
        ErrorReason::StateMismatch | ErrorReason::IssuerMismatch => {
            "The answer does not belong to this sign-in. Please start again."
        }
        _ => "The provider did not confirm the sign-in. Please start again.",
    }
}

/// An internal error. Its text goes to the log and never to a client.
pub struct Fault {
    doing: &'static str,
    cause: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Fault {
    /// A fault without a cause.
    #[must_use]
    pub const fn new(doing: &'static str) -> Self {
        Self { doing, cause: None }
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.doing)?;
        let mut cause: Option<&dyn std::error::Error> = self.cause.as_ref().map(|cause| cause.as_ref() as _);
        let mut written = String::new();
        while let Some(error) = cause {
            let text = error.to_string();
            // Many errors repeat the text of their cause.
            if !written.contains(&text) {
                write!(f, ": {text}")?;
                written = text;
            }
            cause = error.source();
        }
        Ok(())
    }
}

/// Turns an error of a library into a fault that says what authgraph was doing.
pub trait OrFault<T> {
    /// Names the action that failed: `"signing an access token"`.
    fn or_fault(self, doing: &'static str) -> Result<T>;
}

impl<T, E: Into<Box<dyn std::error::Error + Send + Sync>>> OrFault<T> for std::result::Result<T, E> {
    fn or_fault(self, doing: &'static str) -> Result<T> {
        self.map_err(|cause| Error::Fault(Fault { doing, cause: Some(cause.into()) }))
    }
}

impl<T> OrFault<T> for Option<T> {
    fn or_fault(self, doing: &'static str) -> Result<T> {
        self.ok_or(Error::Fault(Fault::new(doing)))
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<FieldFault> for Error {
    fn from(field: FieldFault) -> Self {
        Self::Refused(Refusal::ValidationFailed { fields: vec![field] })
    }
}
