//! Signing in with Google.

use url::Url;

use super::provider::{ClientAuthenticationSetting, OpenIdSettings, ProviderProtocol, ProviderSettings};
use super::source::{Endpoints, ProviderUrl, require_all};
use crate::config::definition::{setting, settings};
use crate::config::parse::optional;
use crate::config::provider_values::{client_secret, id, ids};
use crate::config::read::Read;
use crate::tools::oidc::{EndpointOverrides, SigningAlgorithm};
use crate::values::secret::Secret;

settings! {
    /// What is set for Google.
    pub struct GoogleValues {
        /// The client id of your web application at Google. It needs `GOOGLE_CLIENT_SECRET`.
        client_id: Option<String> = setting("GOOGLE_CLIENT_ID", "", optional(id));
        /// The client secret that belongs to `GOOGLE_CLIENT_ID`.
        client_secret: Option<Secret> = setting("GOOGLE_CLIENT_SECRET", "", optional(client_secret)).secret();
        /// The client ids of your Android and iOS apps, separated by commas. The server accepts ID tokens for them that the apps
        /// got from Google's own library.
        native_client_ids: Vec<String> = setting("GOOGLE_NATIVE_CLIENT_IDS", "", ids);
        /// The issuer below which the server reads the metadata. In production all URLs of providers are `https://`.
        issuer: Option<Url> = ProviderUrl("GOOGLE_ISSUER", "https://accounts.google.com");
        /// Endpoints in place of those in the metadata.
        endpoints: EndpointOverrides = Endpoints {
            authorization: "GOOGLE_AUTHORIZATION_ENDPOINT",
            token: "GOOGLE_TOKEN_ENDPOINT",
            user_info: "GOOGLE_USERINFO_ENDPOINT",
            keys: "GOOGLE_JWKS_URI",
        };
    }
}

impl GoogleValues {
    /// The provider, if it is configured.
    pub fn provider(self, read: &mut Read<'_>) -> Option<ProviderSettings> {
        require_all(read, "GOOGLE_", &["GOOGLE_CLIENT_ID", "GOOGLE_CLIENT_SECRET"]);
        let openid = OpenIdSettings {
            issuer: self.issuer?,
            authentication: ClientAuthenticationSetting::Post(self.client_secret?),
            native_client_ids: self.native_client_ids,
            scopes: ["openid", "email", "profile"].map(str::to_owned).to_vec(),
            algorithms: vec![SigningAlgorithm::RS256],
            endpoints: self.endpoints,
        };
        Some(ProviderSettings {
            name: "google".to_owned(),
            display_name: "Google".to_owned(),
            client_id: self.client_id?,
            protocol: ProviderProtocol::Google(openid),
        })
    }
}
