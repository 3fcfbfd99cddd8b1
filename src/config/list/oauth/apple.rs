//! Signing in with Apple.

use url::Url;

use super::provider::{AppleKey, ClientAuthenticationSetting, OpenIdSettings, ProviderProtocol, ProviderSettings};
use super::source::{Endpoints, ProviderUrl, require_all};
use crate::config::definition::{setting, settings};
use crate::config::parse::{optional, pem};
use crate::config::provider_values::{id, ids};
use crate::config::read::Read;
use crate::tools::oidc::{EndpointOverrides, SigningAlgorithm};
use crate::values::secret::Secret;

settings! {
    /// What is set for Apple.
    pub struct AppleValues {
        /// The identifier of your Services ID at Apple. It needs `APPLE_TEAM_ID`, `APPLE_KEY_ID` and `APPLE_PRIVATE_KEY`.
        client_id: Option<String> = setting("APPLE_CLIENT_ID", "", optional(id));
        /// The id of your team at Apple.
        team_id: Option<String> = setting("APPLE_TEAM_ID", "", optional(id));
        /// The id of the key in `APPLE_PRIVATE_KEY`.
        key_id: Option<String> = setting("APPLE_KEY_ID", "", optional(id));
        /// The key in PEM: the content of the file `AuthKey_….p8`. It may be in one line, with `\n` in place of line breaks.
        private_key: Option<Secret> = setting("APPLE_PRIVATE_KEY", "", optional(pem)).secret();
        /// The bundle ids of your apps, separated by commas. The server accepts ID tokens for them that the apps got from iOS
        /// or macOS.
        native_client_ids: Vec<String> = setting("APPLE_NATIVE_CLIENT_IDS", "", ids);
        /// The issuer below which the server reads the metadata.
        issuer: Option<Url> = ProviderUrl("APPLE_ISSUER", "https://appleid.apple.com");
        /// Endpoints in place of those in the metadata.
        endpoints: EndpointOverrides = Endpoints {
            authorization: "APPLE_AUTHORIZATION_ENDPOINT",
            token: "APPLE_TOKEN_ENDPOINT",
            user_info: "APPLE_USERINFO_ENDPOINT",
            keys: "APPLE_JWKS_URI",
        };
    }
}

impl AppleValues {
    /// The provider, if it is configured.
    pub fn provider(self, read: &mut Read<'_>) -> Option<ProviderSettings> {
        let required = ["APPLE_CLIENT_ID", "APPLE_TEAM_ID", "APPLE_KEY_ID", "APPLE_PRIVATE_KEY"];
        require_all(read, "APPLE_", &required);
        let key = AppleKey { team_id: self.team_id?, key_id: self.key_id?, key: self.private_key? };
        let openid = OpenIdSettings {
            issuer: self.issuer?,
            authentication: ClientAuthenticationSetting::Public,
            native_client_ids: self.native_client_ids,
            scopes: ["openid", "email", "name"].map(str::to_owned).to_vec(),
            algorithms: vec![SigningAlgorithm::RS256],
            endpoints: self.endpoints,
        };
        Some(ProviderSettings {
            name: "apple".to_owned(),
            display_name: "Apple".to_owned(),
            client_id: self.client_id?,
            protocol: ProviderProtocol::Apple(key, openid),
        })
    }
}
