//! One provider: where to send a browser, and who the user is that comes back.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use url::Url;

use super::ProviderFailure;
use super::client::ProviderClient;
use super::openid::IdTokenOfApp;
use crate::config::ProviderSettings;
use crate::error::{ErrorReason, Result};
use crate::tools::http_client::HttpClient;
use crate::tools::oauth::CodeVerifier;
use crate::values::oauth::{OAuthPurpose, ProviderIdentity, ProviderKind};
use crate::values::secret::Secret;
use crate::values::time::Time;

/// How many requests of clients may wait for one provider at the same time. A provider that hangs would otherwise take every
/// operation that `MAX_CONCURRENT_OPERATIONS` allows, of users who have nothing to do with it.
const MAX_WAITING: usize = 32;

/// What all providers have in common.
#[derive(Clone)]
pub(super) struct ProviderContext {
    pub(super) http: Arc<HttpClient>,
    /// Where providers that answer with a form send the browser.
    pub(super) form_post_uri: String,
    /// How long a provider may take, all requests together.
    pub(super) time_limit: Duration,
}

/// One provider.
pub struct Provider {
    name: String,
    display_name: String,
    kind: ProviderKind,
    client: ProviderClient,
    context: ProviderContext,
    waiting: Semaphore,
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
    /// Asks the provider nothing.
    ///
    /// # Errors
    /// A fault where the key of a client secret cannot be read.
    pub(super) fn open(settings: &ProviderSettings, context: ProviderContext) -> Result<Self> {
        let (kind, client) = ProviderClient::open(&settings.client_id, &settings.protocol)?;
        let (name, display_name) = (settings.name.clone(), settings.display_name.clone());
        Ok(Self { name, display_name, kind, client, context, waiting: Semaphore::new(MAX_WAITING) })
    }

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
    pub const fn has_id_tokens(&self) -> bool {
        matches!(self.client, ProviderClient::OpenId(_))
    }

    /// Where the provider itself sends the browser, for a client that waits at `redirect_uri`. Apple posts a form, which
    /// only this server can receive.
    #[must_use]
    pub fn callback_uri<'a>(&'a self, redirect_uri: &'a str) -> &'a str {
        match self.kind {
            ProviderKind::Apple => &self.context.form_post_uri,
            _ => redirect_uri,
        }
    }

    /// The URL to send a browser to, within ten seconds.
    ///
    /// # Errors
    /// The provider is away, or its metadata is not acceptable.
    pub async fn authorization_url(&self, request: &ProviderRequest<'_>, now: Time) -> Result<Url, ProviderFailure> {
        let work = Box::pin(async {
            match &self.client {
                ProviderClient::OpenId(client) => client.authorization_url(&self.context.http, request, now).await,
                ProviderClient::GitHub(client) => client.authorization_url(request),
            }
        });
        self.in_time(work).await
    }

    /// Exchanges a code and answers who the user is, within ten seconds.
    ///
    /// # Errors
    /// Every way in which a provider or its answer can be wrong.
    pub async fn identify(&self, answer: &ProviderAnswer<'_>, now: Time) -> Result<ProviderIdentity, ProviderFailure> {
        let http = &self.context.http;
        let work = Box::pin(async {
            match &self.client {
                ProviderClient::OpenId(client) => client.identify(http, answer, now).await,
                ProviderClient::GitHub(client) => client.identify(http, answer).await,
            }
        });
        self.in_time(work).await
    }

    /// Answers whose an ID token is that an app brought, within ten seconds. The nonce in it may be the SHA-256 of the one
    /// that the app got.
    ///
    /// # Errors
    /// As [`Self::identify`].
    pub async fn identify_by_id_token(
        &self,
        id_token: &Secret,
        nonce: &Secret,
        purpose: OAuthPurpose,
        now: Time,
    ) -> Result<ProviderIdentity, ProviderFailure> {
        let work = Box::pin(async {
            match &self.client {
                ProviderClient::OpenId(client) => {
                    client
                        .identify_by_id_token(&self.context.http, IdTokenOfApp { id_token, nonce, purpose }, now)
                        .await
                }
                ProviderClient::GitHub(_) => {
                    Err(ProviderFailure::new(ErrorReason::InvalidIdToken, "PROVIDER_WITHOUT_ID_TOKENS"))
                }
            }
        });
        self.in_time(work).await
    }

    /// Waits for a provider as long as it may take, and logs why there is no answer.
    async fn in_time<T, W>(&self, work: Pin<Box<W>>) -> Result<T, ProviderFailure>
    where
        W: Future<Output = Result<T, ProviderFailure>>,
    {
        // Not one more in a queue: who waits longer is only refused later.
        let Ok(_place) = self.waiting.try_acquire() else {
            let failure = ProviderFailure::new(ErrorReason::ProviderUnavailable, "TOO_MANY_WAITING");
            failure.log(&self.name);
            return Err(failure);
        };
        let late = |_| Err(ProviderFailure::new(ErrorReason::ProviderUnavailable, "TIMEOUT"));
        let outcome = tokio::time::timeout(self.context.time_limit, work).await.unwrap_or_else(late);
        if let Err(failure) = &outcome {
            failure.log(&self.name);
        }
        outcome
    }
}
