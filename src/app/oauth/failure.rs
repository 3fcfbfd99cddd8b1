//! Why a provider did not say who the user is.

use crate::error::{ErrorReason, Refusal};

/// Why a provider did not say who the user is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderFailure {
    /// What the client learns.
    pub reason: ErrorReason,
    /// What the audit trail holds beside it: a stable word of ours (`WRONG_AUDIENCE`), or the provider's error code.
    pub detail: String,
}

impl ProviderFailure {
    /// The error that the client gets.
    #[must_use]
    pub const fn refusal(&self) -> Refusal {
        match self.reason {
            ErrorReason::ProviderUnavailable => Refusal::ProviderUnavailable,
            reason => Refusal::OAuthFailed { reason },
        }
    }
}
