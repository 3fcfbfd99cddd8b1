//! The two ways to fail: a `Refusal` is expected and public, a `Fault` is ours and says nothing outside.

mod code;

use std::fmt;
use std::time::Duration;

pub use code::ErrorCode;

/// What every fallible function of authgraph answers.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a deed was not done.
#[derive(Debug)]
pub enum Error {
    /// Expected, and public: its text and code reach the client.
    Refused(Refusal),
    /// Ours: logged once at the edge, and the client learns only a correlation id.
    Fault(Fault),
}

/// Every reason for a no. Names and messages are public: clients depend on them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no access token, or one that is expired, malformed or of an ended session.
    #[error("Please sign in.")]
    Unauthenticated,
    /// Unknown address and wrong password are never told apart.
    #[error("The e-mail address or the password is wrong.")]
    InvalidCredentials,
    /// A code of the second factor that is wrong, or was used before.
    #[error("This code is wrong, or was used before.")]
    InvalidMfaCode {
        /// How many attempts the sign-in has left; `None` where it is no sign-in.
        attempts_left: Option<i32>,
    },
    /// A verification, reset or confirmation token that is unknown, used or expired.
    #[error("This link or token is unknown, already used, or has expired.")]
    InvalidToken,
    /// The refresh token belongs to a session that is over.
    #[error("This session has ended. Please sign in again.")]
    SessionEnded {
        /// Why it is over, so that a client can tell its user: a word of `SessionEndReason`.
        reason: &'static str,
    },
    /// A spent refresh token came again: somebody has a copy.
    #[error("This refresh token was used before. The session has been ended to keep the account safe.")]
    RefreshTokenReused,
    /// The role does not allow it.
    #[error("You are not allowed to do this.")]
    Forbidden,
    /// The deed needs a proof of identity from the last ten minutes.
    #[error("Please confirm that it is you first.")]
    ReauthenticationRequired,
    /// Told only to whoever gave the right password.
    #[error("This account is locked. Please try again later.")]
    AccountLocked {
        /// How long the lock holds; `None` where it has no end.
        retry_after: Option<Duration>,
    },
    /// The server demands a verified address before the first sign-in.
    #[error("Please verify your e-mail address first.")]
    EmailNotVerified,
    /// Somebody has registered this address already.
    #[error("This e-mail address is taken.")]
    EmailTaken,
    /// Fields that do not keep a rule, all of them at once.
    #[error("Some fields are not valid.")]
    ValidationFailed {
        /// One entry per broken rule.
        fields: Vec<FieldFault>,
    },
    /// No such object, or none the caller may see.
    #[error("There is no such thing.")]
    NotFound,
    /// The state of things does not allow it.
    #[error("{0}")]
    Conflict(&'static str),
    /// A limit of the caller, the account or the recipient is used up.
    #[error("Too many attempts. Please wait.")]
    RateLimited {
        /// When the next attempt is free.
        retry_after: Duration,
    },
    /// More work is queued than can be done in time.
    #[error("The server is busy. Please try again in a moment.")]
    Overloaded {
        /// When to come back.
        retry_after: Duration,
    },
    /// A dependency (the database) is away.
    #[error("The service is not available right now. Please try again in a moment.")]
    Unavailable,
}

/// One field that does not keep a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldFault {
    /// Where it stands among the arguments: `input.email`.
    pub path: &'static str,
    /// The broken rule, for programs: `TOO_SHORT`.
    pub code: &'static str,
    /// The broken rule, for people.
    pub message: String,
}

impl FieldFault {
    /// A broken rule of a field whose path is set by whoever knows it.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { path: "", code, message: message.into() }
    }

    /// The same rule, of this field.
    #[must_use]
    pub fn at(self, path: &'static str) -> Self {
        Self { path, ..self }
    }
}

impl Refusal {
    /// The code a client branches on.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Unauthenticated => ErrorCode::Unauthenticated,
            Self::InvalidCredentials => ErrorCode::InvalidCredentials,
            Self::InvalidMfaCode { .. } => ErrorCode::InvalidMfaCode,
            Self::InvalidToken => ErrorCode::InvalidToken,
            Self::SessionEnded { .. } => ErrorCode::SessionEnded,
            Self::RefreshTokenReused => ErrorCode::RefreshTokenReused,
            Self::Forbidden => ErrorCode::Forbidden,
            Self::ReauthenticationRequired => ErrorCode::ReauthenticationRequired,
            Self::AccountLocked { .. } => ErrorCode::AccountLocked,
            Self::EmailNotVerified => ErrorCode::EmailNotVerified,
            Self::EmailTaken => ErrorCode::EmailTaken,
            Self::ValidationFailed { .. } => ErrorCode::ValidationFailed,
            Self::NotFound => ErrorCode::NotFound,
            Self::Conflict(_) => ErrorCode::Conflict,
            Self::RateLimited { .. } => ErrorCode::RateLimited,
            Self::Overloaded { .. } => ErrorCode::Overloaded,
            Self::Unavailable => ErrorCode::Unavailable,
        }
    }
}

/// Something of ours that went wrong. Its text is for the log and never for a client.
pub struct Fault {
    doing: &'static str,
    cause: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Fault {
    /// A fault with nothing underneath.
    #[must_use]
    pub const fn new(doing: &'static str) -> Self {
        Self { doing, cause: None }
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.doing)?;
        let mut cause: Option<&dyn std::error::Error> = self.cause.as_ref().map(|cause| cause.as_ref() as _);
        let mut told = String::new();
        while let Some(error) = cause {
            let text = error.to_string();
            // Many errors repeat the one underneath in their own text.
            if !told.contains(&text) {
                write!(f, ": {text}")?;
                told = text;
            }
            cause = error.source();
        }
        Ok(())
    }
}

/// Turns a foreign error into a fault that says what we were doing.
pub trait OrFault<T> {
    /// Names the deed that failed, as a present participle: `"signing an access token"`.
    ///
    /// # Errors
    /// The foreign error, as a [`Fault`].
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
