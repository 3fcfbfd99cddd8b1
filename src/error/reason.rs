//! Why, where one error code has several causes.

/// Every value that `errors[].extensions.reason` can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::IntoStaticStr)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
#[allow(missing_docs, reason = "described once, for clients, in api/graphql/error_types.rs")]
pub enum ErrorReason {
    RegistrationClosed,
    RoleTooLow,
    LastAdmin,
    OwnAccount,
    MfaOn,
    MfaOff,
    NoEnrollment,
    NoProof,
    EmailChangeUndoable,
    Deleted,
    NotDeleted,
    Erased,
    Race,
    AccessDenied,
    StateMismatch,
    IssuerMismatch,
    CodeRefused,
    InvalidIdToken,
    InvalidResponse,
    ProviderError,
    ProviderUnavailable,
    EmailUnverified,
    WrongAccount,
    LinkedElsewhere,
    LastLoginMethod,
    HasPassword,
    Expired,
    Used,
    Unknown,
}

impl ErrorReason {
    /// The reason as clients read it: `LAST_ADMIN`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}
