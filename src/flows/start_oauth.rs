//! Beginning a sign-in at a provider: the URL to send the browser to, or the nonce for an app's own library.

use url::Url;

use crate::app::App;
use crate::app::viewer::Viewer;
use crate::error::{Refusal, Result};
use crate::values::caller::Caller;
use crate::values::oauth::OAuthPurpose;
use crate::values::secret::Secret;
use crate::values::secret_token::OAuthFlowToken;
use crate::values::time::Time;

/// What a client asks for.
#[derive(Debug)]
#[allow(missing_docs, reason = "the words of StartOAuthInput")]
pub struct OAuthStart {
    pub provider: String,
    pub redirect_uri: String,
    pub purpose: OAuthPurpose,
    pub login_hint: Option<String>,
    pub device_name: Option<String>,
}

/// A sign-in that waits for the browser to come back.
#[derive(Debug)]
pub struct OAuthRedirect {
    /// Where to send the browser.
    pub url: Url,
    /// Held by this client alone.
    pub flow: OAuthFlowToken,
    /// How long the sign-in waits.
    pub expires_at: Time,
}

/// A sign-in that waits for the ID token of an app.
#[derive(Debug)]
pub struct IdTokenRequest {
    /// Goes into the ID token, as it is or as its SHA-256 in hexadecimal.
    pub nonce: Secret,
    /// Held by this client alone.
    pub flow: OAuthFlowToken,
    /// How long the sign-in waits.
    pub expires_at: Time,
}

/// Begins a sign-in in a browser. A linking and a confirmation belong to the session of the viewer.
///
/// # Errors
/// `VALIDATION_FAILED` for a provider that is not configured, and for a redirect URI that is not on the list;
/// `UNAUTHENTICATED` for a linking without a viewer; `UNAVAILABLE` where the provider is away.
pub async fn start_oauth(
    _app: &App,
    _caller: &Caller,
    _viewer: Option<&Viewer>,
    _start: OAuthStart,
) -> Result<OAuthRedirect> {
    Err(Refusal::NotFound.into())
}

/// Begins a sign-in with the provider's library in an app.
///
/// # Errors
/// As [`start_oauth`].
pub async fn start_id_token_login(
    _app: &App,
    _viewer: Option<&Viewer>,
    _provider: &str,
    _purpose: OAuthPurpose,
) -> Result<IdTokenRequest> {
    Err(Refusal::NotFound.into())
}
