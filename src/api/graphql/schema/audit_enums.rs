//! The words of the audit trail, as the schema tells them to a stranger.

use async_graphql::Enum;

use crate::values::audit;

/// What was done. Where `outcome` is FAILURE it was tried and refused, and `metadata.reason` says why. Newer servers may
/// know more words: treat one you do not know as any other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "audit::AuditAction")]
pub enum AuditAction {
    /// Somebody opened an account.
    UserRegistered,
    /// Somebody tried to open an account with an address that is taken. The subject is whose address it is.
    RegistrationRefused,
    /// The user proved to read the mailbox of their address.
    EmailVerified,
    /// A new email with a link to verify an address was asked for.
    VerificationRequested,
    /// A sign-in. Refused ones have no actor, since nobody has proved who they are; the subject is whose account it was
    /// about, if there is one.
    Login,
    /// Wrong passwords in a row locked the account for a while.
    AccountLocked,
    /// A session went on with a new refresh token.
    SessionRefreshed,
    /// A refresh token was used a second time, so somebody had a copy. The session was ended for everyone.
    RefreshTokenReused,
    /// The user proved once more who they are, for a sensitive deed.
    Reauthenticated,
    /// The user left.
    Logout,
    /// One session was ended from another place.
    SessionRevoked,
    /// Several sessions were ended at once: the others, or all.
    SessionsRevoked,
    /// An email with a link to set a new password was asked for, by whoever knows the address.
    PasswordResetRequested,
    /// A new password was set with the link of an email. Every session ended.
    PasswordReset,
    /// The user set a new password. The other sessions ended.
    PasswordChanged,
    /// The user asked to move the account to another address, which has to confirm.
    EmailChangeRequested,
    /// The new address confirmed, and the account moved to it.
    EmailChanged,
    /// The former address took the account back. Every session ended.
    EmailChangeUndone,
    /// The user changed their name or language.
    ProfileUpdated,
    /// The user deleted their own account.
    AccountDeleted,
    /// The operator of the server opened an administrator's account at the command line.
    AdminCreated,
    /// A first factor was right, and the second is awaited.
    MfaChallenged,
    /// The user was shown the secret of a new authenticator.
    MfaEnrollmentStarted,
    /// A code of the new authenticator turned the second factor on.
    MfaEnabled,
    /// The user turned the second factor off.
    MfaDisabled,
    /// One of the backup codes was used up.
    BackupCodeUsed,
    /// New backup codes took the place of all older ones.
    BackupCodesRegenerated,
    /// Whoever got the email about a new device said that it was not theirs. The session ended.
    SessionDisowned,
    /// An administrator opened an account and invited its user.
    UserInvited,
    /// An administrator changed an account.
    UserUpdated,
    /// An administrator changed what a user may do.
    RoleChanged,
    /// An administrator locked an account. Its sessions ended.
    UserLocked,
    /// An administrator lifted the lock of an account.
    UserUnlocked,
    /// An administrator deleted an account. Its sessions ended; it can be restored.
    UserDeleted,
    /// An administrator restored a deleted account.
    UserRestored,
    /// The personal data of a deleted account were erased for good, as the settings demand.
    UserErased,
    /// An administrator took the second factor off an account.
    MfaReset,
    /// Events older than the settings keep them were removed from the audit trail. `metadata.removed` says how many,
    /// `metadata.before` from before which time.
    AuditEventsRemoved,
    /// Something that a newer server did than the one that answers. Not for filters.
    Unknown,
}

/// How something ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "audit::AuditOutcome")]
pub enum AuditOutcome {
    /// It was done.
    Success,
    /// It was refused.
    Failure,
    /// A newer server knows another end than the one that answers. Not for filters.
    Unknown,
}
