//! Actions and outcomes of the audit trail, described for clients.

use async_graphql::Enum;

use crate::values::audit;

/// What was done or attempted. If `outcome` is FAILURE, `reason` says why it was refused. Newer servers may add values:
/// clients must accept values they do not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(name = "AuditAction", remote = "audit::AuditAction")]
pub enum AuditActionEnum {
    /// A user registered.
    UserRegistered,
    /// Someone tried to register an address that is taken. The subject is the user who has the address.
    RegistrationRefused,
    /// A user verified their email address.
    EmailVerified,
    /// Someone requested another verification email.
    VerificationRequested,
    /// A user signed in. A refused attempt has no actor; its subject is the account that was tried, if it exists.
    Login,
    /// Too many wrong passwords locked an account for a while.
    AccountLocked,
    /// A client exchanged a refresh token for new tokens.
    SessionRefreshed,
    /// A refresh token was used a second time. It may have been stolen, so the session was ended.
    RefreshTokenReused,
    /// A user confirmed their identity for a sensitive action.
    Reauthenticated,
    /// A user signed out.
    Logout,
    /// A user renamed the device of one of their sessions.
    SessionUpdated,
    /// A user ended one of their sessions, or an administrator one of a user.
    SessionRevoked,
    /// A user or an administrator ended several sessions at once. `metadata.endedSessionIds` names them, at most 1,000.
    SessionsRevoked,
    /// Someone requested an email to reset a password.
    PasswordResetRequested,
    /// A user set a new password with the link of an email. All sessions ended.
    PasswordReset,
    /// A user changed the password. All other sessions ended.
    PasswordChanged,
    /// A user asked to change the email address. The new address has to confirm.
    EmailChangeRequested,
    /// The new address was confirmed and replaced the old one.
    EmailChanged,
    /// An email change was undone from the former address. All sessions ended.
    EmailChangeUndone,
    /// A user changed their name or language.
    ProfileUpdated,
    /// A user deleted their own account.
    AccountDeleted,
    /// The operator created an administrator on the command line.
    AdminCreated,
    /// The operator imported an account of another system on the command line.
    UserImported,
    /// A sign-in passed the first factor; the second is required.
    MfaChallenged,
    /// A login passed the first factor; the email address must be verified first.
    EmailVerificationRequired,
    /// A user started to set up an authenticator app.
    MfaEnrollmentStarted,
    /// A user turned the second factor on.
    MfaEnabled,
    /// A user turned the second factor off.
    MfaDisabled,
    /// A user used one of their backup codes.
    BackupCodeUsed,
    /// A user replaced their backup codes.
    BackupCodesRegenerated,
    /// The recipient of an email about a new sign-in said that it was not theirs. All sessions ended.
    SessionDisowned,
    /// An administrator created an account and invited its user.
    UserInvited,
    /// An administrator changed an account.
    UserUpdated,
    /// An administrator changed a user's role.
    RoleChanged,
    /// An administrator locked an account. Its sessions ended.
    UserLocked,
    /// An administrator unlocked an account.
    UserUnlocked,
    /// An administrator deleted an account. Its sessions ended. It can be restored until its data is erased.
    UserDeleted,
    /// An administrator restored a deleted account.
    UserRestored,
    /// The server erased the personal data of a deleted account.
    UserErased,
    /// An account at an OAuth provider was linked to a user, so that it can sign in as this user. `metadata.provider` names
    /// the provider. A refused attempt has the user who tried as its actor.
    #[graphql(name = "OAUTH_ACCOUNT_LINKED")]
    OAuthAccountLinked,
    /// A provider account was unlinked from a user. `metadata.provider` names the provider.
    #[graphql(name = "OAUTH_ACCOUNT_UNLINKED")]
    OAuthAccountUnlinked,
    /// An administrator turned off a user's second factor.
    MfaReset,
    /// The server removed events older than `AUDIT_RETENTION`. `metadata.removed` is their number, `metadata.before`
    /// the time before which they happened.
    AuditEventsRemoved,
    /// An action of a newer server version. Filters refuse it.
    Unknown,
}

/// Whether an action succeeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(name = "AuditOutcome", remote = "audit::AuditOutcome")]
pub enum AuditOutcomeEnum {
    /// It was done.
    Success,
    /// It was refused.
    Failure,
    /// An outcome of a newer server version. Filters refuse it.
    Unknown,
}
