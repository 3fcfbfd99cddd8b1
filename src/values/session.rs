//! Values of a session: how the user signed in, its status, why it ended.

/// How a user proved their identity.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, sqlx::Type, strum::IntoStaticStr,
)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[sqlx(type_name = "text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AuthMethod {
    /// The account's password.
    Password,
    /// A code of an authenticator app.
    Totp,
    /// A backup code.
    BackupCode,
    /// An account at an OAuth provider.
    // Not `OAuth`, whose word would be `O_AUTH`.
    Oauth,
}

impl AuthMethod {
    /// The word in the audit trail.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// How a client wants its refresh token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TokenDelivery {
    /// In the answer, for clients that can store it safely.
    #[default]
    Body,
    /// In a cookie that scripts cannot read.
    Cookie,
}

/// What a client tells about itself with the first step of a login. The challenge of a second factor remembers it.
#[derive(Debug, Clone, Default)]
pub struct LoginClient {
    /// What it calls its device, if it says.
    pub device_name: Option<String>,
    /// How it wants its refresh token.
    pub token_delivery: TokenDelivery,
}

/// The status of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SessionStatus {
    /// Its tokens work.
    Active,
    /// It was not refreshed in time.
    Expired,
    /// It was ended.
    Revoked,
    /// It was ended because a used refresh token was presented again.
    Compromised,
}

/// Why a session ended. A refused refresh carries the same reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, sqlx::Type, strum::IntoStaticStr)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
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
    EmailClaimed,
    Expired,
}

impl SessionEndReason {
    /// The word that clients read and that the database stores.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// The name of a device in an email: the one its user chose, or browser and system of its user agent.
#[must_use]
pub fn device_label(name: Option<&str>, browser: Option<&str>, os: Option<&str>) -> String {
    match (name, browser, os) {
        (Some(name), _, _) => name.to_owned(),
        (None, Some(browser), Some(os)) => format!("{browser} on {os}"),
        (None, Some(one), None) | (None, None, Some(one)) => one.to_owned(),
        (None, None, None) => "an unknown device".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The database and clients hold these words.
    #[test]
    fn words_are_those_of_the_database() {
        assert_eq!(AuthMethod::BackupCode.as_str(), "BACKUP_CODE");
        assert_eq!(AuthMethod::Oauth.as_str(), "OAUTH");
        assert_eq!(SessionEndReason::RevokedByAdmin.as_str(), "REVOKED_BY_ADMIN");
        assert_eq!(SessionEndReason::EmailChangeUndone.as_str(), "EMAIL_CHANGE_UNDONE");
    }
}
