//! The words of errors, as the schema publishes them: codes, reasons, and the shape of `errors[].extensions`.

use async_graphql::Enum;

use crate::error::{ErrorCode, ErrorReason, FieldErrorCode};

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
    /// the number of attempts left. If it is 0, the user must log in again.
    InvalidMfaCode,
    /// Status 400. The token of an email or a challenge is not accepted. `extensions.reason` says why: EXPIRED, USED or
    /// UNKNOWN.
    InvalidToken,
    /// Status 401. A sign-in at an OAuth provider did not succeed. `extensions.reason` says why. Start again: an answer of a
    /// provider works once.
    #[graphql(name = "OAUTH_FAILED")]
    OAuthFailed,
    /// Status 401. The session of the refresh token has ended. `extensions.sessionEndReason` says why.
    SessionEnded,
    /// Status 401. The refresh token was used before, so the session was ended.
    RefreshTokenReused,
    /// Status 403. The role of the user, or a setting of the server, does not allow it. `extensions.reason` says which.
    Forbidden,
    /// Status 403. Call `reauthenticate` first.
    ReauthenticationRequired,
    /// Status 423. The account is locked. Returned only to clients that gave the right password or email token.
    /// `extensions.retryAfter` is the number of seconds until the lock ends; it is missing if the lock does not end by
    /// itself.
    AccountLocked,
    /// Status 409. The email address belongs to another account.
    EmailTaken,
    /// Status 400. Input values are invalid. `extensions.fields` lists all of them as `{ path, code, message }`.
    ValidationFailed,
    /// Status 400. A variable or an argument does not match its type. The message names its path. Nothing was executed.
    BadUserInput,
    /// Status 400. The document is not valid GraphQL syntax.
    GraphqlParseFailed,
    /// Status 400. The document does not match the schema.
    GraphqlValidationFailed,
    /// Status 200. The server does not know a document with this hash. Send the document as well.
    PersistedQueryNotFound,
    /// Status 400. The document asks for too much. `extensions.cost` and `extensions.limit` say how much, if it was counted.
    QueryTooComplex,
    /// Status 400, 405, 406, 413 or 415. The HTTP request is invalid. A request by GET gets 405 if its operation is a mutation
    /// or takes a secret.
    BadRequest,
    /// Status 404. The object does not exist, or you may not see it.
    NotFound,
    /// Status 409. The current state does not allow it. `extensions.reason` says why.
    Conflict,
    /// Status 429. A rate limit is exhausted. `extensions.retryAfter` is the number of seconds to wait.
    RateLimited,
    /// Status 503. The server has too much to do. `extensions.retryAfter` is the number of seconds to wait.
    Overloaded,
    /// Status 503. The database, or the OAuth provider (`extensions.reason` is `PROVIDER_UNAVAILABLE`), is not available.
    Unavailable,
    /// Status 500. An unexpected error. The server's log has the details under `extensions.correlationId`.
    Internal,
}

/// Value of `errors[].extensions.reason`: tells the causes of one `ErrorCode` apart. Newer servers may add values:
/// clients must accept values they do not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(name = "ErrorReason", remote = "ErrorReason")]
pub enum ErrorReasonEnum {
    /// FORBIDDEN: registration is closed (`authConfig.registrationOpen`).
    RegistrationClosed,
    /// FORBIDDEN: the field is for administrators.
    RoleTooLow,
    /// CONFLICT: one administrator must remain.
    LastAdmin,
    /// CONFLICT: administrators cannot do this to their own account.
    OwnAccount,
    /// CONFLICT: the second factor is already on.
    MfaOn,
    /// CONFLICT: the second factor is off.
    MfaOff,
    /// CONFLICT: no enrollment of a second factor is waiting.
    NoEnrollment,
    /// CONFLICT: the account has no password and no second factor to prove an identity with. Sign in again.
    NoProof,
    /// CONFLICT: a former address can still undo an email change.
    EmailChangeUndoable,
    /// CONFLICT and `OAUTH_FAILED`: the account is deleted. It can be restored.
    Deleted,
    /// CONFLICT: the account is not deleted.
    NotDeleted,
    /// CONFLICT: the personal data of the deleted account was erased. It cannot be restored.
    Erased,
    /// CONFLICT: another request changed the same at the same time. Try again.
    Race,
    /// `OAUTH_FAILED`: the user, or the provider on their behalf, said no.
    AccessDenied,
    /// `OAUTH_FAILED`: `state` is not the one of this sign-in.
    StateMismatch,
    /// `OAUTH_FAILED`: `iss` is missing, or names another issuer (RFC 9207).
    IssuerMismatch,
    /// `OAUTH_FAILED`: the provider did not accept the code, or this server as its client.
    CodeRefused,
    /// `OAUTH_FAILED`: the ID token is not acceptable. The audit trail says why.
    InvalidIdToken,
    /// `OAUTH_FAILED`: the server did not understand what the provider answered.
    InvalidResponse,
    /// `OAUTH_FAILED`: the provider sent an error other than `access_denied`.
    ProviderError,
    /// UNAVAILABLE: the provider is not reachable or did not answer in time.
    ProviderUnavailable,
    /// `OAUTH_FAILED`: no account is linked, and the provider does not confirm an email address to find or open one by.
    EmailUnverified,
    /// `OAUTH_FAILED`: the provider account is not one of the user's.
    WrongAccount,
    /// CONFLICT: the provider account is linked to another user.
    LinkedElsewhere,
    /// CONFLICT: the user could not sign in any more. Set a password or link another provider first.
    LastLoginMethod,
    /// CONFLICT: the account has a password. Call `changePassword`.
    HasPassword,
    /// `INVALID_TOKEN`: the token has expired, was replaced by a newer one, or is no longer valid for the account. A user
    /// needs a new email, or must log in again.
    Expired,
    /// `INVALID_TOKEN`: the token was used before, or too many wrong codes were given for the challenge.
    Used,
    /// `INVALID_TOKEN`: the server does not know the token. It also forgets tokens some days after they have expired.
    Unknown,
}

/// What is wrong with an input value. Newer servers may add values: clients must accept values they do not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(name = "FieldErrorCode", remote = "FieldErrorCode")]
pub enum FieldErrorCodeEnum {
    /// It is malformed, or not allowed here.
    Invalid,
    /// It is required here.
    Required,
    /// It does not match the value it must be equal to.
    Mismatch,
    /// It is too small, too large, too early or too late.
    OutOfRange,
    /// It has too few characters.
    TooShort,
    /// It has too many characters.
    TooLong,
    /// The password has no upper-case letter.
    NoUppercase,
    /// The password has no lower-case letter.
    NoLowercase,
    /// The password has no digit.
    NoDigit,
    /// The password has no symbol.
    NoSymbol,
    /// The password is one of the most common ones.
    TooCommon,
    /// The password contains the email address or the name.
    ContainsIdentity,
    /// The server does not know, or no longer keeps, an event with this id.
    UnknownEvent,
}
