//! The client of OAuth 2.0 (RFC 6749, RFC 9700): sends a browser to a provider, exchanges the code that comes back, and asks
//! who the user is. Tokens of providers are used once and kept nowhere.

mod authorization;
mod client_secret;
mod error;
mod exchange;
mod github;
mod user_info;

use url::Url;

pub use self::authorization::{AuthorizationRequest, CodeVerifier, random_value};
pub use self::client_secret::{ClientSecretSettings, ClientSecretSigner};
pub use self::error::{OAuthError, ProviderErrorCode};
pub use self::exchange::{CodeExchange, ProviderTokens};
pub use self::github::{GitHubUser, fetch_github_user};
pub use self::user_info::fetch_user_info;
use crate::tools::http_client::OutboundUrl;
use crate::values::secret::Secret;

/// This server as a client of one provider.
#[derive(Debug, Clone)]
pub struct OAuthClient {
    /// The name that the provider gave to this server.
    pub client_id: String,
    /// How the client shows at the token endpoint that it is itself.
    pub authentication: ClientAuthentication,
    /// Where to send the browser.
    pub authorization_endpoint: Url,
    /// Where to exchange a code.
    pub token_endpoint: OutboundUrl,
}

/// How a client authenticates at the token endpoint (RFC 6749, section 2.3.1).
#[derive(Debug, Clone)]
pub enum ClientAuthentication {
    /// `client_secret_basic`: in a header, id and secret form-encoded.
    Basic(Secret),
    /// `client_secret_post`: in the body. Apple's secret is made by [`ClientSecretSigner`] and goes here.
    Post(Secret),
    /// Not at all: a public client, protected by PKCE alone.
    Public,
}
