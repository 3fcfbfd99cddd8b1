//! GitHub, or a GitHub Enterprise server: OAuth, and an API of its own.

use url::Url;

use super::{ProviderAnswer, ProviderFailure, ProviderRequest, identity, parameters};
use crate::config::GitHubSettings;
use crate::error::ErrorReason;
use crate::tools::http_client::{HttpClient, OutboundUrl};
use crate::tools::oauth::{AuthorizationRequest, ClientAuthentication, CodeExchange, OAuthClient, fetch_github_user};
use crate::values::oauth::{ProviderIdentity, ProviderKind};

/// The profile and the list of addresses, to be read.
const SCOPES: [&str; 2] = ["read:user", "user:email"];

/// This server as a client of GitHub.
pub(super) struct GitHubClient {
    oauth: OAuthClient,
    api: OutboundUrl,
}

impl GitHubClient {
    pub(super) fn new(client_id: &str, settings: &GitHubSettings) -> Self {
        let oauth = OAuthClient {
            client_id: client_id.to_owned(),
            authentication: ClientAuthentication::Post(settings.client_secret.clone()),
            authorization_endpoint: settings.authorization_endpoint.clone(),
            token_endpoint: OutboundUrl::of_operator(settings.token_endpoint.clone()),
        };
        Self { oauth, api: OutboundUrl::of_operator(settings.api.clone()) }
    }

    pub(super) fn authorization_url(&self, request: &ProviderRequest<'_>) -> Result<Url, ProviderFailure> {
        Ok(self.oauth.authorization_url(&AuthorizationRequest {
            redirect_uri: request.callback_uri,
            scopes: &SCOPES,
            state: request.state,
            nonce: None,
            verifier: request.verifier,
            extra: &parameters::for_request(ProviderKind::GitHub, request),
        })?)
    }

    pub(super) async fn identify(
        &self,
        http: &HttpClient,
        answer: &ProviderAnswer<'_>,
    ) -> Result<ProviderIdentity, ProviderFailure> {
        if !answer.iss.is_none_or(|iss| self.is_own(iss)) {
            return Err(ProviderFailure::new(ErrorReason::IssuerMismatch, "WRONG_ISS"));
        }
        let ProviderAnswer { code, callback_uri: redirect_uri, verifier, .. } = *answer;
        let tokens = self.oauth.exchange(http, CodeExchange { code, redirect_uri, verifier }).await?;
        let user = fetch_github_user(http, &self.api, &tokens.access_token).await?;
        Ok(identity::of_github(&user))
    }

    /// Whether the name of an issuer is one of this GitHub (RFC 9207). GitHub announces no name, so the server must fit.
    fn is_own(&self, iss: &str) -> bool {
        Url::parse(iss).is_ok_and(|iss| iss.origin() == self.oauth.authorization_endpoint.origin())
    }
}
