//! What is known of one provider.

use url::Url;

use crate::tools::oidc::{EndpointOverrides, SigningAlgorithm};
use crate::values::secret::Secret;

/// One provider.
#[derive(Debug, Clone)]
pub struct ProviderSettings {
    /// The name in the API, the database and the metrics: `google`, or the name in `OIDC_<NAME>_…` in lower case.
    pub name: String,
    /// The name that users read.
    pub display_name: String,
    /// The client id that the provider gave to this server.
    pub client_id: String,
    /// How the provider is spoken to.
    pub protocol: ProviderProtocol,
}

/// How a provider is spoken to.
#[derive(Debug, Clone)]
pub enum ProviderProtocol {
    /// Google.
    Google(OpenIdSettings),
    /// Microsoft, with the accounts of these tenants.
    Microsoft(MicrosoftTenant, OpenIdSettings),
    /// Apple, whose client secret is signed with a key.
    Apple(AppleKey, OpenIdSettings),
    /// Another issuer that speaks OpenID Connect.
    Oidc(OpenIdSettings),
    /// GitHub, which has OAuth and an API of its own.
    GitHub(GitHubSettings),
}

/// An issuer that speaks OpenID Connect.
#[derive(Debug, Clone)]
pub struct OpenIdSettings {
    /// The issuer, below which its metadata is.
    pub issuer: Url,
    /// How this server authenticates at the token endpoint. Apple has no secret here.
    pub authentication: ClientAuthenticationSetting,
    /// The client ids of apps, whose ID tokens are accepted beside those for this server.
    pub native_client_ids: Vec<String>,
    /// What users are asked for.
    pub scopes: Vec<String>,
    /// The algorithms that ID tokens may be signed with.
    pub algorithms: Vec<SigningAlgorithm>,
    /// Endpoints in place of those in the metadata.
    pub endpoints: EndpointOverrides,
}

/// How this server authenticates at the token endpoint.
#[derive(Debug, Clone)]
pub enum ClientAuthenticationSetting {
    /// `client_secret_basic`.
    Basic(Secret),
    /// `client_secret_post`.
    Post(Secret),
    /// `none`: a public client. Apple also has this: its secret is made for each exchange.
    Public,
}

/// Whose accounts may sign in with Microsoft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MicrosoftTenant {
    /// `common`: all.
    Common,
    /// `organizations`: those of schools and companies.
    Organizations,
    /// `consumers`: personal ones.
    Consumers,
    /// Those of one organization, by its id.
    One(String),
}

impl MicrosoftTenant {
    /// The tenant in the URLs of Microsoft.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Common => "common",
            Self::Organizations => "organizations",
            Self::Consumers => "consumers",
            Self::One(id) => id,
        }
    }
}

/// The key with which the client secret of Apple is signed.
#[derive(Debug, Clone)]
pub struct AppleKey {
    /// The team id.
    pub team_id: String,
    /// The key id.
    pub key_id: String,
    /// The key in PEM: the file `AuthKey_….p8`.
    pub key: Secret,
}

/// GitHub, or a GitHub Enterprise server.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the words of GitHub")]
pub struct GitHubSettings {
    pub client_secret: Secret,
    pub authorization_endpoint: Url,
    pub token_endpoint: Url,
    pub api: Url,
}
