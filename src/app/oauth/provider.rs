//! One provider: where to send a browser, and who the user is that comes back.

use url::Url;

use super::ProviderFailure;
use crate::error::ErrorReason;
use crate::tools::oauth::CodeVerifier;
use crate::values::oauth::{OAuthPurpose, ProviderIdentity, ProviderKind};
use crate::values::secret::Secret;
use crate::values::time::Time;

/// One provider.
pub struct Provider {
    name: String,
    display_name: String,
    kind: ProviderKind,
}

/// What a browser is sent to a provider for.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs, reason = "the words of OAuth")]
pub struct ProviderRequest<'a> {
    /// As [`Provider::callback_uri`] answers it.
    pub callback_uri: &'a str,
    pub state: &'a Secret,
    pub nonce: &'a Secret,
    pub verifier: &'a CodeVerifier,
    /// The address that the provider should suggest.
    pub login_hint: Option<&'a str>,
    /// To confirm an identity, providers that can are asked to let the user prove it anew.
    pub purpose: OAuthPurpose,
}

/// What a browser brought back from a provider.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs, reason = "the words of OAuth")]
pub struct ProviderAnswer<'a> {
    pub code: &'a Secret,
    /// The name of the issuer (RFC 9207).
    pub iss: Option<&'a str>,
    /// The same as in the request.
    pub callback_uri: &'a str,
    pub nonce: &'a Secret,
    pub verifier: &'a CodeVerifier,
    pub purpose: OAuthPurpose,
}

impl Provider {
    /// The name in the API, the database and the metrics.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name that users read.
    #[must_use]
    pub fn display_name(&self) -> &str {
        &self.display_name
    }

    /// The kind.
    #[must_use]
    pub const fn kind(&self) -> ProviderKind {
        self.kind
    }

    /// Whether apps can bring ID tokens of this provider. GitHub has none.
    #[must_use]
    pub fn has_id_tokens(&self) -> bool {
        self.kind != ProviderKind::GitHub
    }

    /// Where the provider itself sends the browser, for a client that waits at `redirect_uri`. Apple posts a form, which
    /// only this server can receive.
    #[must_use]
    pub fn callback_uri<'a>(&'a self, redirect_uri: &'a str) -> &'a str {
        redirect_uri
    }

    /// The URL to send a browser to.
    ///
    /// # Errors
    /// The provider is away, or its metadata is not acceptable.
    pub async fn authorization_url(&self, _request: &ProviderRequest<'_>, _now: Time) -> Result<Url, ProviderFailure> {
        Err(ProviderFailure { reason: ErrorReason::ProviderUnavailable, detail: "NOT_BUILT".to_owned() })
    }

    /// Exchanges a code and answers who the user is, within ten seconds.
    ///
    /// # Errors
    /// Every way in which a provider or its answer can be wrong.
    pub async fn identify(
        &self,
        _answer: &ProviderAnswer<'_>,
        _now: Time,
    ) -> Result<ProviderIdentity, ProviderFailure> {
        Err(ProviderFailure { reason: ErrorReason::ProviderUnavailable, detail: "NOT_BUILT".to_owned() })
    }

    /// Answers whose an ID token is that an app brought, within ten seconds. The nonce in it may be the SHA-256 of the one
    /// that the app got.
    ///
    /// # Errors
    /// As [`Self::identify`].
    pub async fn identify_by_id_token(
        &self,
        _id_token: &Secret,
        _nonce: &Secret,
        _purpose: OAuthPurpose,
        _now: Time,
    ) -> Result<ProviderIdentity, ProviderFailure> {
        Err(ProviderFailure { reason: ErrorReason::ProviderUnavailable, detail: "NOT_BUILT".to_owned() })
    }
}
