//! OAuth providers: what each is asked, and whom it says the user to be.
//!
//! `openid` speaks OpenID Connect and `github` GitHub's own API. `issuer_names` says by which names each issuer is known,
//! `parameters` what each is asked beyond OAuth, and `identity` and `email` read who the user is.

mod client;
mod email;
mod failure;
mod github;
mod identity;
mod issuer_names;
mod openid;
mod parameters;
mod provider;

use std::sync::Arc;
use std::time::Duration;

use url::Url;

pub use self::failure::ProviderFailure;
use self::provider::ProviderContext;
pub use self::provider::{Provider, ProviderAnswer, ProviderRequest};
use crate::config::OAuthSettings;
use crate::error::Result;
use crate::tools::http_client::{HttpClient, HttpClientSettings};

/// How long a provider may take for one sign-in, all requests together.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// The providers of the settings, in their order.
#[derive(Default)]
pub struct OAuthProviders(Vec<Provider>);

impl OAuthProviders {
    /// Prepares the providers. None is asked anything yet: a provider that is away does not keep a server from starting.
    ///
    /// `form_post_uri` is where providers that answer with a form send the browser. `is_development` permits `http://`.
    ///
    /// # Errors
    /// A fault where a key cannot be read, or the system trusts no certificate authority.
    pub fn open(settings: &OAuthSettings, form_post_uri: &Url, is_development: bool) -> Result<Self> {
        Self::open_with_limit(settings, form_post_uri, is_development, TIME_LIMIT)
    }

    /// As [`Self::open`], with another time that a provider may take: for tests.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_with_limit(
        settings: &OAuthSettings,
        form_post_uri: &Url,
        is_development: bool,
        time_limit: Duration,
    ) -> Result<Self> {
        // A server without providers needs no certificate authorities.
        if settings.providers.is_empty() {
            return Ok(Self::default());
        }
        let http = HttpClient::open(&HttpClientSettings {
            allowed_networks: settings.allowed_networks.clone(),
            plain_http: is_development,
            ..HttpClientSettings::default()
        })?;
        let context = ProviderContext { http: Arc::new(http), form_post_uri: form_post_uri.to_string(), time_limit };
        let open = |provider| Provider::open(provider, context.clone());
        settings.providers.iter().map(open).collect::<Result<_>>().map(Self)
    }

    /// All providers, in the order in which clients show them.
    pub fn iter(&self) -> impl Iterator<Item = &Provider> {
        self.0.iter()
    }

    /// The provider of this name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Provider> {
        self.iter().find(|provider| provider.name() == name)
    }
}
