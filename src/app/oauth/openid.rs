//! A provider that speaks OpenID Connect: a code is exchanged for an ID token, which says who the user is.

use std::slice;
use std::time::Duration;

use url::Url;

use super::{ProviderAnswer, ProviderFailure, ProviderRequest, identity, parameters};
use crate::config::OpenIdSettings;
use crate::error::ErrorReason;
use crate::tools::http_client::{HttpClient, OutboundUrl};
use crate::tools::oauth::{
    AuthorizationRequest, ClientAuthentication, ClientSecretSigner, CodeExchange, OAuthClient, ProviderTokens,
    fetch_user_info,
};
use crate::tools::oidc::{
    AcceptedIssuers, ExpectedIdToken, ExpectedNonce, IssuerMetadata, IssuerSettings, OpenIdIssuer, VerifiedIdToken,
};
use crate::values::claims::ClaimSet;
use crate::values::oauth::{OAuthPurpose, ProviderIdentity, ProviderKind};
use crate::values::secret::Secret;
use crate::values::time::Time;

/// To confirm an identity, how long ago the user may have proved it to the provider.
const LOGIN_MAX_AGE: Duration = Duration::from_mins(10);

/// How this server authenticates at the token endpoint.
pub(super) enum TokenEndpointLogin {
    /// Always in the same way.
    Fixed(ClientAuthentication),
    /// With a secret that is made for each exchange, as Apple wants it.
    Signed(Box<ClientSecretSigner>),
}

/// An ID token that an app brought.
#[derive(Clone, Copy)]
pub(super) struct IdTokenOfApp<'a> {
    pub(super) id_token: &'a Secret,
    /// The one that the app got, raw.
    pub(super) nonce: &'a Secret,
    pub(super) purpose: OAuthPurpose,
}

/// This server as a client of an OpenID provider.
pub(super) struct OpenIdClient {
    kind: ProviderKind,
    client_id: String,
    /// Whose ID tokens apps may bring: the client ids of the apps, and the one of this server.
    app_client_ids: Vec<String>,
    scopes: Vec<String>,
    login: TokenEndpointLogin,
    issuer: OpenIdIssuer,
}

impl OpenIdClient {
    pub(super) fn new(
        kind: ProviderKind,
        client_id: &str,
        settings: &OpenIdSettings,
        names: AcceptedIssuers,
        login: TokenEndpointLogin,
    ) -> Self {
        let location = OutboundUrl::of_operator(settings.issuer.clone());
        let issuer = OpenIdIssuer::new(IssuerSettings {
            overrides: settings.endpoints.clone(),
            algorithms: settings.algorithms.clone(),
            ..IssuerSettings::new(location, names)
        });
        let mut app_client_ids = vec![client_id.to_owned()];
        app_client_ids.extend_from_slice(&settings.native_client_ids);
        Self { kind, client_id: client_id.to_owned(), app_client_ids, scopes: settings.scopes.clone(), login, issuer }
    }

    pub(super) async fn authorization_url(
        &self,
        http: &HttpClient,
        request: &ProviderRequest<'_>,
        now: Time,
    ) -> Result<Url, ProviderFailure> {
        let metadata = self.issuer.metadata(http, now).await?;
        let client = self.oauth_client(&metadata, now)?;
        let scopes: Vec<&str> = self.scopes.iter().map(String::as_str).collect();
        Ok(client.authorization_url(&AuthorizationRequest {
            redirect_uri: request.callback_uri,
            scopes: &scopes,
            state: request.state,
            nonce: Some(request.nonce),
            verifier: request.verifier,
            extra: &parameters::for_request(self.kind, request),
        })?)
    }

    pub(super) async fn identify(
        &self,
        http: &HttpClient,
        answer: &ProviderAnswer<'_>,
        now: Time,
    ) -> Result<ProviderIdentity, ProviderFailure> {
        // Before the exchange: the code of another issuer must not reach this one, nor the reverse (RFC 9207, section 2.4).
        if !self.issuer.sent_answer(http, answer.iss, now).await? {
            let detail = if answer.iss.is_some() { "WRONG_ISS" } else { "MISSING_ISS" };
            return Err(ProviderFailure::new(ErrorReason::IssuerMismatch, detail));
        }
        let metadata = self.issuer.metadata(http, now).await?;
        let ProviderAnswer { code, callback_uri: redirect_uri, verifier, .. } = *answer;
        let client = self.oauth_client(&metadata, now)?;
        let tokens = client.exchange(http, CodeExchange { code, redirect_uri, verifier }).await?;
        let id_token = tokens
            .id_token
            .as_ref()
            .ok_or_else(|| ProviderFailure::new(ErrorReason::InvalidResponse, "NO_ID_TOKEN"))?;

        let expected = ExpectedIdToken {
            client_ids: slice::from_ref(&self.client_id),
            nonce: ExpectedNonce::Exactly(answer.nonce.expose()),
            access_token: Some(tokens.access_token.expose()),
        };
        let token = self.verify(http, id_token, &expected, answer.purpose, now).await?;
        let info = self.ask_about_user(http, &metadata, &tokens, &token).await?;
        identity::of_token(self.kind, &token, info.as_ref())
    }

    pub(super) async fn identify_by_id_token(
        &self,
        http: &HttpClient,
        app: IdTokenOfApp<'_>,
        now: Time,
    ) -> Result<ProviderIdentity, ProviderFailure> {
        let expected = ExpectedIdToken {
            client_ids: &self.app_client_ids,
            nonce: ExpectedNonce::ExactlyOrSha256(app.nonce.expose()),
            access_token: None,
        };
        let token = self.verify(http, app.id_token, &expected, app.purpose, now).await?;
        identity::of_token(self.kind, &token, None)
    }

    async fn verify(
        &self,
        http: &HttpClient,
        id_token: &Secret,
        expected: &ExpectedIdToken<'_>,
        purpose: OAuthPurpose,
        now: Time,
    ) -> Result<VerifiedIdToken, ProviderFailure> {
        let token = self.issuer.verify(http, id_token.expose(), expected, now).await?;
        // The provider may have overlooked that the user should prove the identity anew.
        if purpose == OAuthPurpose::Reauthenticate && self.issuer.is_login_older(&token, LOGIN_MAX_AGE, now) {
            return Err(ProviderFailure::new(ErrorReason::InvalidIdToken, "STALE_LOGIN"));
        }
        Ok(token)
    }

    /// Asks about the user, where the ID token does not say which address the user has and whether it is verified.
    async fn ask_about_user(
        &self,
        http: &HttpClient,
        metadata: &IssuerMetadata,
        tokens: &ProviderTokens,
        token: &VerifiedIdToken,
    ) -> Result<Option<ClaimSet>, ProviderFailure> {
        let says_all = token.claims.text("email").is_some() && token.claims.get("email_verified").is_some();
        // Microsoft's answer has nothing that the token has not, and no word on the address.
        let endpoint = metadata.userinfo_endpoint.as_ref().filter(|_| self.kind != ProviderKind::Microsoft);
        match endpoint {
            Some(endpoint) if !says_all => {
                Ok(Some(fetch_user_info(http, endpoint, &tokens.access_token, &token.subject).await?))
            }
            _ => Ok(None),
        }
    }

    fn oauth_client(&self, metadata: &IssuerMetadata, now: Time) -> Result<OAuthClient, ProviderFailure> {
        let authentication = match &self.login {
            TokenEndpointLogin::Fixed(authentication) => authentication.clone(),
            TokenEndpointLogin::Signed(signer) => ClientAuthentication::Post(signer.make(now).map_err(|error| {
                tracing::error!(?error, "a client secret was not signed");
                ProviderFailure::new(ErrorReason::ProviderUnavailable, "CLIENT_SECRET")
            })?),
        };
        Ok(OAuthClient {
            client_id: self.client_id.clone(),
            authentication,
            authorization_endpoint: metadata.authorization_endpoint.clone(),
            token_endpoint: metadata.token_endpoint.clone(),
        })
    }
}
