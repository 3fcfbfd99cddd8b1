//! The words about sessions: how one was opened, where it stands, why it ended.

/// How somebody proved who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, sqlx::Type)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[sqlx(type_name = "text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AuthMethod {
    /// The account's password.
    Password,
    /// A code of an authenticator app.
    Totp,
    /// A code that was shown once.
    BackupCode,
}

impl AuthMethod {
    /// The word in the audit trail.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Password => "PASSWORD",
            Self::Totp => "TOTP",
            Self::BackupCode => "BACKUP_CODE",
        }
    }
}

/// Where a session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SessionStatus {
    /// Its tokens work.
    Active,
    /// Nobody refreshed it in time.
    Expired,
    /// Somebody ended it.
    Revoked,
    /// A spent refresh token was used again, so it was ended.
    Compromised,
}

/// Why a session ended. A refused refresh carries the same reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(missing_docs, reason = "described once, for clients, in api/graphql/session.rs")]
pub enum SessionEndReason {
    Logout,
    RevokedByUser,
    RevokedByAdmin,
    PasswordChanged,
    PasswordReset,
    EmailChangeUndone,
    TokenReused,
    AccountLocked,
    AccountDeleted,
    Expired,
}

impl SessionEndReason {
    /// The reason as clients read it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Logout => "LOGOUT",
            Self::RevokedByUser => "REVOKED_BY_USER",
            Self::RevokedByAdmin => "REVOKED_BY_ADMIN",
            Self::PasswordChanged => "PASSWORD_CHANGED",
            Self::PasswordReset => "PASSWORD_RESET",
            Self::EmailChangeUndone => "EMAIL_CHANGE_UNDONE",
            Self::TokenReused => "TOKEN_REUSED",
            Self::AccountLocked => "ACCOUNT_LOCKED",
            Self::AccountDeleted => "ACCOUNT_DELETED",
            Self::Expired => "EXPIRED",
        }
    }
}

/// What to call a device in an email: the name its user gave it, else what its agent says.
#[must_use]
pub fn device_label(name: Option<&str>, browser: Option<&str>, os: Option<&str>) -> String {
    match (name, browser, os) {
        (Some(name), _, _) => name.to_owned(),
        (None, Some(browser), Some(os)) => format!("{browser} on {os}"),
        (None, Some(one), None) | (None, None, Some(one)) => one.to_owned(),
        (None, None, None) => "an unknown device".to_owned(),
    }
}
