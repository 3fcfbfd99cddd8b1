//! The words of the audit trail: what was done, and how it ended.

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(missing_docs, reason = "the names are the words of the product")]
pub enum AuditAction {
    UserRegistered,
    RegistrationRefused,
    EmailVerified,
    VerificationRequested,
    Login,
    AccountLocked,
    SessionRefreshed,
    RefreshTokenReused,
    Reauthenticated,
    Logout,
    SessionRevoked,
    SessionsRevoked,
    PasswordResetRequested,
    PasswordReset,
    PasswordChanged,
    EmailChangeRequested,
    EmailChanged,
    EmailChangeUndone,
    ProfileUpdated,
    AccountDeleted,
    AdminCreated,
    MfaChallenged,
    MfaEnrollmentStarted,
    MfaEnabled,
    MfaDisabled,
    BackupCodeUsed,
    BackupCodesRegenerated,
    SessionDisowned,
    UserInvited,
    UserUpdated,
    RoleChanged,
    UserLocked,
    UserUnlocked,
    UserDeleted,
    UserRestored,
    UserErased,
    MfaReset,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AuditOutcome {
    /// It was done.
    Success,
    /// It was refused.
    Failure,
}
