//! Signing in with GitHub.

use url::Url;

use super::provider::{GitHubSettings, ProviderProtocol, ProviderSettings};
use super::source::{ProviderUrl, require_all};
use crate::config::definition::{setting, settings};
use crate::config::parse::optional;
use crate::config::provider_values::{client_secret, id};
use crate::config::read::Read;
use crate::values::secret::Secret;

settings! {
    /// What is set for GitHub.
    pub struct GitHubValues {
        /// The client id of your OAuth app at GitHub. It needs `GITHUB_CLIENT_SECRET`.
        client_id: Option<String> = setting("GITHUB_CLIENT_ID", "", optional(id));
        /// The client secret of the OAuth app.
        client_secret: Option<Secret> = setting("GITHUB_CLIENT_SECRET", "", optional(client_secret)).secret();
        /// The URL to which browsers are sent. Change it and the next two for GitHub Enterprise Server.
        authorization_endpoint: Option<Url> =
            ProviderUrl("GITHUB_AUTHORIZATION_ENDPOINT", "https://github.com/login/oauth/authorize");
        /// The URL at which the server exchanges codes.
        token_endpoint: Option<Url> =
            ProviderUrl("GITHUB_TOKEN_ENDPOINT", "https://github.com/login/oauth/access_token");
        /// The URL of GitHub's API, like `https://github.example.com/api/v3`.
        api: Option<Url> = ProviderUrl("GITHUB_API_URL", "https://api.github.com");
    }
}

impl GitHubValues {
    /// The provider, if it is configured.
    pub fn provider(self, read: &mut Read<'_>) -> Option<ProviderSettings> {
        require_all(read, "GITHUB_", &["GITHUB_CLIENT_ID", "GITHUB_CLIENT_SECRET"]);
        let github = GitHubSettings {
            client_secret: self.client_secret?,
            authorization_endpoint: self.authorization_endpoint?,
            token_endpoint: self.token_endpoint?,
            api: self.api?,
        };
        Some(ProviderSettings {
            name: "github".to_owned(),
            display_name: "GitHub".to_owned(),
            client_id: self.client_id?,
            protocol: ProviderProtocol::GitHub(github),
        })
    }
}
