//! Exchanges an authorization code for tokens.

use std::borrow::Cow;
use std::pin::Pin;
use std::time::Duration;

use oauth2::basic::{
    BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse, BasicTokenType,
};
use oauth2::http::StatusCode;
use oauth2::{
    AccessToken, AsyncHttpClient, AuthType, AuthorizationCode, Client, ClientId, ClientSecret, HttpRequest,
    HttpResponse, RedirectUrl, RefreshToken, RequestTokenError, Scope, StandardRevocableToken, TokenResponse, TokenUrl,
};
use serde::{Deserialize, Serialize};

use super::{ClientAuthentication, CodeVerifier, OAuthClient, OAuthError, ProviderErrorCode};
use crate::tools::http_client::{HttpClient, HttpError, OutboundRequest, OutboundUrl};
use crate::values::secret::Secret;

/// A code to exchange.
#[derive(Debug, Clone, Copy)]
pub struct CodeExchange<'a> {
    /// What the browser brought back. It is good for one exchange.
    pub code: &'a Secret,
    /// The same text as in the authorization request, character by character.
    pub redirect_uri: &'a str,
    /// The one whose challenge was in the authorization request.
    pub verifier: &'a CodeVerifier,
}

/// The tokens of a provider, for asking it who the user is.
#[derive(Debug, Clone)]
pub struct ProviderTokens {
    /// For the provider's API.
    pub access_token: Secret,
    /// Who the user is. Not verified yet. GitHub has none.
    pub id_token: Option<Secret>,
}

/// What the token endpoint answers. Lifetime and refresh token are not read, because nothing is kept; some providers
/// write the lifetime as a text, at which the struct of the library would fail.
#[derive(Debug, Serialize, Deserialize)]
struct TokenAnswer {
    access_token: AccessToken,
    token_type: BasicTokenType,
    /// Read into a type that does not show in logs.
    id_token: Option<AccessToken>,
}

impl TokenResponse for TokenAnswer {
    type TokenType = BasicTokenType;

    fn access_token(&self) -> &AccessToken {
        &self.access_token
    }

    fn token_type(&self) -> &BasicTokenType {
        &self.token_type
    }

    fn expires_in(&self) -> Option<Duration> {
        None
    }

    fn refresh_token(&self) -> Option<&RefreshToken> {
        None
    }

    fn scopes(&self) -> Option<&Vec<Scope>> {
        None
    }
}

type LibraryClient = Client<
    BasicErrorResponse,
    TokenAnswer,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
>;

/// An error in an answer that is no error response: GitHub sends it with status 200 and without the content type.
#[derive(Deserialize)]
struct BareError {
    error: String,
}

impl OAuthClient {
    /// Exchanges a code. The provider ends the code with the first attempt, so this is never repeated.
    ///
    /// # Errors
    /// [`OAuthError::Denied`] where the provider refuses, also with status 200; [`OAuthError::Http`] where it is away or its
    /// answer is not understood.
    pub async fn exchange(&self, http: &HttpClient, exchange: CodeExchange<'_>) -> Result<ProviderTokens, OAuthError> {
        let redirect_uri = RedirectUrl::new(exchange.redirect_uri.to_owned()).map_err(|_| OAuthError::RedirectUri)?;
        let mut client = LibraryClient::new(ClientId::new(self.client_id.clone()));
        client = match &self.authentication {
            ClientAuthentication::Basic(secret) => client
                .set_client_secret(ClientSecret::new(secret.expose().to_owned()))
                .set_auth_type(AuthType::BasicAuth),
            ClientAuthentication::Post(secret) => client
                .set_client_secret(ClientSecret::new(secret.expose().to_owned()))
                .set_auth_type(AuthType::RequestBody),
            ClientAuthentication::Public => client.set_auth_type(AuthType::RequestBody),
        };
        let client = client.set_token_uri(TokenUrl::from_url(self.token_endpoint.url().clone()));

        let endpoint = TokenEndpoint { http, url: &self.token_endpoint };
        let answer = client
            .exchange_code(AuthorizationCode::new(exchange.code.expose().to_owned()))
            .set_redirect_uri(Cow::Owned(redirect_uri))
            .set_pkce_verifier(exchange.verifier.for_exchange())
            .request_async(&endpoint)
            .await
            .map_err(read_error)?;

        // RFC 6749, section 7.1: a token of a type that we do not know must not be used.
        if !answer.token_type.as_ref().eq_ignore_ascii_case("bearer") {
            return Err(HttpError::NotUnderstood.into());
        }
        let access_token = answer.access_token.into_secret().into();
        Ok(ProviderTokens { access_token, id_token: answer.id_token.map(|token| token.into_secret().into()) })
    }
}

/// The guarded client, as the library wants it. It is a type, and the future is boxed, because the future of a closure
/// could not move between threads.
struct TokenEndpoint<'a> {
    http: &'a HttpClient,
    /// The URL is ours, with the word on who wrote it.
    url: &'a OutboundUrl,
}

impl<'c> AsyncHttpClient<'c> for TokenEndpoint<'_> {
    type Error = HttpError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let answer = self.http.send(OutboundRequest::post(self.url.clone(), parts.headers, body)).await?;
            let mut response = HttpResponse::new(answer.body);
            *response.status_mut() = StatusCode::from_u16(answer.status).map_err(|_| HttpError::NotUnderstood)?;
            Ok(response)
        })
    }
}

/// Keeps the error code, and drops everything else that the provider wrote.
fn read_error(error: RequestTokenError<HttpError, BasicErrorResponse>) -> OAuthError {
    match error {
        RequestTokenError::ServerResponse(response) => {
            OAuthError::Denied(ProviderErrorCode::read(response.error().as_ref()))
        }
        RequestTokenError::Request(error) => OAuthError::Http(error),
        RequestTokenError::Parse(_, body) => match serde_json::from_slice::<BareError>(&body) {
            Ok(bare) => OAuthError::Denied(ProviderErrorCode::read(&bare.error)),
            Err(_) => HttpError::NotUnderstood.into(),
        },
        RequestTokenError::Other(_) => HttpError::NotUnderstood.into(),
    }
}
