//! Actions and outcomes of the audit trail.

use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::{Database, Decode, Encode, Type};

/// Makes an enum of words. A word that this version does not know is read as `Unknown`: a newer version wrote it, which
/// runs beside this one while instances are updated one by one. The words are stored, so they never change.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$about:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[allow(missing_docs, reason = "described once, for clients, in api/graphql/audit.rs")]
        pub enum $name {
            $($(#[$about])* $variant,)+
            Unknown,
        }

        impl $name {
            /// All words that this version writes.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The word in the database, in exports and in the schema.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                    Self::Unknown => "UNKNOWN",
                }
            }

            /// Reads a word.
            #[must_use]
            pub fn parse(word: &str) -> Self {
                match word {
                    $($word => Self::$variant,)+
                    _ => Self::Unknown,
                }
            }
        }

        impl<D: Database> Type<D> for $name
        where
            str: Type<D>,
        {
            fn type_info() -> D::TypeInfo {
                <str as Type<D>>::type_info()
            }

            fn compatible(ty: &D::TypeInfo) -> bool {
                <str as Type<D>>::compatible(ty)
            }
        }

        impl<'q, D: Database> Encode<'q, D> for $name
        where
            &'q str: Encode<'q, D>,
        {
            fn encode_by_ref(&self, buffer: &mut D::ArgumentBuffer) -> Result<IsNull, BoxDynError> {
                <&str as Encode<'q, D>>::encode(self.as_str(), buffer)
            }
        }

        impl<'r, D: Database> Decode<'r, D> for $name
        where
            &'r str: Decode<'r, D>,
        {
            fn decode(value: D::ValueRef<'r>) -> Result<Self, BoxDynError> {
                <&str as Decode<'r, D>>::decode(value).map(Self::parse)
            }
        }
    };
}

words! {
    /// What was done.
    AuditAction {
        UserRegistered = "USER_REGISTERED",
        RegistrationRefused = "REGISTRATION_REFUSED",
        EmailVerified = "EMAIL_VERIFIED",
        VerificationRequested = "VERIFICATION_REQUESTED",
        Login = "LOGIN",
        AccountLocked = "ACCOUNT_LOCKED",
        SessionRefreshed = "SESSION_REFRESHED",
        RefreshTokenReused = "REFRESH_TOKEN_REUSED",
        Reauthenticated = "REAUTHENTICATED",
        Logout = "LOGOUT",
        SessionUpdated = "SESSION_UPDATED",
        SessionRevoked = "SESSION_REVOKED",
        SessionsRevoked = "SESSIONS_REVOKED",
        PasswordResetRequested = "PASSWORD_RESET_REQUESTED",
        PasswordReset = "PASSWORD_RESET",
        PasswordChanged = "PASSWORD_CHANGED",
        EmailChangeRequested = "EMAIL_CHANGE_REQUESTED",
        EmailChanged = "EMAIL_CHANGED",
        EmailChangeUndone = "EMAIL_CHANGE_UNDONE",
        ProfileUpdated = "PROFILE_UPDATED",
        AccountDeleted = "ACCOUNT_DELETED",
        AdminCreated = "ADMIN_CREATED",
        UserImported = "USER_IMPORTED",
        MfaChallenged = "MFA_CHALLENGED",
        EmailVerificationRequired = "EMAIL_VERIFICATION_REQUIRED",
        MfaEnrollmentStarted = "MFA_ENROLLMENT_STARTED",
        MfaEnabled = "MFA_ENABLED",
        MfaDisabled = "MFA_DISABLED",
        BackupCodeUsed = "BACKUP_CODE_USED",
        BackupCodesRegenerated = "BACKUP_CODES_REGENERATED",
        SessionDisowned = "SESSION_DISOWNED",
        UserInvited = "USER_INVITED",
        UserUpdated = "USER_UPDATED",
        RoleChanged = "ROLE_CHANGED",
        UserLocked = "USER_LOCKED",
        UserUnlocked = "USER_UNLOCKED",
        UserDeleted = "USER_DELETED",
        UserRestored = "USER_RESTORED",
        UserErased = "USER_ERASED",
        OAuthAccountLinked = "OAUTH_ACCOUNT_LINKED",
        OAuthAccountUnlinked = "OAUTH_ACCOUNT_UNLINKED",
        MfaReset = "MFA_RESET",
        AuditEventsRemoved = "AUDIT_EVENTS_REMOVED",
    }
}

words! {
    /// How it ended.
    AuditOutcome {
        /// It was done.
        Success = "SUCCESS",
        /// It was refused.
        Failure = "FAILURE",
    }
}
