//! Why a provider did not say who the user is.

use crate::error::{ErrorReason, Refusal};
use crate::tools::http_client::{HttpError, ServerAway};
use crate::tools::oauth::OAuthError;
use crate::tools::oidc::OidcError;

/// Codes of a token endpoint that mean a mistake in the settings here or at the provider: that no sign-in will succeed
/// (RFC 6749, section 5.2, and the names of GitHub and Google for the same).
const MISTAKES_OF_THE_OPERATOR: [&str; 7] = [
    "invalid_client",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope",
    "incorrect_client_credentials",
    "redirect_uri_mismatch",
    "deleted_client",
];

/// Why a provider did not say who the user is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderFailure {
    /// What the client learns.
    pub reason: ErrorReason,
    /// What the audit trail holds beside it: a stable word of ours (`WRONG_AUDIENCE`), or the provider's error code.
    pub detail: String,
}

impl ProviderFailure {
    pub(super) fn new(reason: ErrorReason, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into() }
    }

    /// The error that the client gets.
    #[must_use]
    pub const fn refusal(&self) -> Refusal {
        match self.reason {
            ErrorReason::ProviderUnavailable => Refusal::ProviderUnavailable,
            reason => Refusal::OAuthFailed { reason },
        }
    }

    /// Logs the failure. The detail is all that there is of the provider's answer.
    pub(super) fn log(&self, provider: &str) {
        let (reason, detail) = (self.reason.as_str(), self.detail.as_str());
        if self.reason == ErrorReason::CodeRefused && MISTAKES_OF_THE_OPERATOR.contains(&detail) {
            tracing::warn!(provider, code = detail, "a provider refuses this server: its settings are wrong");
        } else {
            tracing::info!(provider, reason, detail, "a provider did not say who the user is");
        }
    }
}

impl From<HttpError> for ProviderFailure {
    fn from(error: HttpError) -> Self {
        match error {
            HttpError::Away(away) => Self::new(ErrorReason::ProviderUnavailable, away_detail(away)),
            HttpError::Refused(_) => Self::new(ErrorReason::InvalidResponse, "REFUSED_URL"),
            HttpError::TooLarge => Self::new(ErrorReason::InvalidResponse, "TOO_LARGE"),
            HttpError::NotUnderstood => Self::new(ErrorReason::InvalidResponse, "NOT_UNDERSTOOD"),
        }
    }
}

impl From<OidcError> for ProviderFailure {
    fn from(error: OidcError) -> Self {
        match error {
            OidcError::Http(error) => error.into(),
            OidcError::Metadata(refusal) => {
                Self::new(ErrorReason::InvalidResponse, format!("METADATA_{}", refusal.as_str()))
            }
            OidcError::IdToken(refusal) => Self::new(ErrorReason::InvalidIdToken, refusal.as_str()),
        }
    }
}

impl From<OAuthError> for ProviderFailure {
    fn from(error: OAuthError) -> Self {
        match error {
            OAuthError::Denied(code) => Self::new(ErrorReason::CodeRefused, code.as_str()),
            OAuthError::Http(error) => error.into(),
            OAuthError::WrongSubject => Self::new(ErrorReason::InvalidResponse, "WRONG_SUBJECT"),
            OAuthError::RedirectUri => Self::new(ErrorReason::InvalidResponse, "REDIRECT_URI"),
        }
    }
}

fn away_detail(away: ServerAway) -> String {
    match away {
        ServerAway::Connection => "NO_CONNECTION".to_owned(),
        ServerAway::Timeout => "TIMEOUT".to_owned(),
        ServerAway::Broken => "CONNECTION_BROKEN".to_owned(),
        ServerAway::Status(status) => format!("STATUS_{status}"),
    }
}
