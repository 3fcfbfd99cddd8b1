//! Beginning a sign-in at a provider: the URL to send the browser to, or the nonce for an app's own library.

use url::Url;

use crate::app::App;
use crate::app::oauth::{Provider, ProviderRequest};
use crate::app::sign_in::oauth_flow::{self, FlowSecrets, FlowToOpen};
use crate::app::viewer::Viewer;
use crate::error::{Error, FieldErrorCode, FieldFault, Refusal, Result};
use crate::tools::oauth::random_value;
use crate::values::ids::SessionId;
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
/// `UNAUTHENTICATED` for a linking without a viewer; `OAUTH_FAILED` and `UNAVAILABLE` where the provider does not say where
/// to send the browser.
pub async fn start_oauth(app: &App, viewer: Option<&Viewer>, start: OAuthStart) -> Result<OAuthRedirect> {
    let now = app.clock.now();
    let session = session_of(viewer, start.purpose)?;
    let provider = find_provider(app, &start.provider)?;
    if !app.config.oauth.redirect_uris.accept(&start.redirect_uri) {
        let message = "This redirect URI is not allowed. Please ask the operator to add it to OAUTH_REDIRECT_URIS.";
        return Err(FieldFault::new(FieldErrorCode::Invalid, message).at("input.redirectUri").into());
    }
    let (secrets, state) = (FlowSecrets::random()?, random_value()?);
    let request = ProviderRequest {
        callback_uri: provider.callback_uri(&start.redirect_uri),
        state: &state,
        nonce: &secrets.nonce,
        verifier: &secrets.verifier,
        login_hint: start.login_hint.as_deref(),
        purpose: start.purpose,
    };
    // Before anything is stored: a provider that is away leaves no row.
    let url = provider.authorization_url(&request, now).await.map_err(|failure| {
        app.metrics.oauth(provider.name(), failure.reason.as_str());
        Error::from(failure.refusal())
    })?;
    let new = FlowToOpen {
        provider,
        purpose: start.purpose,
        redirect: Some((&start.redirect_uri, &state)),
        session,
        secrets: &secrets,
    };
    let (flow, expires_at) = oauth_flow::open(app, new, now).await?;
    app.metrics.oauth(provider.name(), "STARTED");
    Ok(OAuthRedirect { url, flow, expires_at })
}

/// Begins a sign-in with the provider's library in an app.
///
/// # Errors
/// `VALIDATION_FAILED` for a provider that is not configured or has no ID tokens; `UNAUTHENTICATED` as [`start_oauth`].
pub async fn start_id_token_login(
    app: &App,
    viewer: Option<&Viewer>,
    provider: &str,
    purpose: OAuthPurpose,
) -> Result<IdTokenRequest> {
    let now = app.clock.now();
    let session = session_of(viewer, purpose)?;
    let provider = find_provider(app, provider)?;
    if !provider.has_id_tokens() {
        let message = "This provider has no ID tokens. Please use startOAuth.";
        return Err(FieldFault::new(FieldErrorCode::Invalid, message).at("input.provider").into());
    }
    let secrets = FlowSecrets::random()?;
    let new = FlowToOpen { provider, purpose, redirect: None, session, secrets: &secrets };
    let (flow, expires_at) = oauth_flow::open(app, new, now).await?;
    app.metrics.oauth(provider.name(), "STARTED");
    Ok(IdTokenRequest { nonce: secrets.nonce, flow, expires_at })
}

/// The session that a flow belongs to: that of the viewer, except for a login.
fn session_of(viewer: Option<&Viewer>, purpose: OAuthPurpose) -> Result<Option<SessionId>> {
    match (purpose, viewer) {
        (OAuthPurpose::Login, _) => Ok(None),
        (_, Some(viewer)) => Ok(Some(viewer.session().id)),
        (_, None) => Err(Refusal::Unauthenticated.into()),
    }
}

fn find_provider<'a>(app: &'a App, name: &str) -> Result<&'a Provider> {
    let unknown = || FieldFault::new(FieldErrorCode::Invalid, "This provider is not configured.").at("input.provider");
    app.oauth.find(name).ok_or_else(|| unknown().into())
}
