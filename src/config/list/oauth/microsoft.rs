//! Signing in with Microsoft.

use url::Url;

use super::provider::{
    ClientAuthenticationSetting, MicrosoftTenant, OpenIdSettings, ProviderProtocol, ProviderSettings,
};
use super::source::{Endpoints, ProviderUrl, require_all};
use crate::config::definition::{setting, settings};
use crate::config::parse::optional;
use crate::config::provider_values::{client_secret, id, ids, microsoft_tenant};
use crate::config::read::Read;
use crate::tools::oidc::{EndpointOverrides, SigningAlgorithm};
use crate::values::secret::Secret;

settings! {
    /// What is set for Microsoft.
    pub struct MicrosoftValues {
        /// The application (client) id of your application in Microsoft Entra. It needs `MICROSOFT_CLIENT_SECRET`.
        client_id: Option<String> = setting("MICROSOFT_CLIENT_ID", "", optional(id));
        /// A client secret of the application: its value, and not its id.
        client_secret: Option<Secret> = setting("MICROSOFT_CLIENT_SECRET", "", optional(client_secret)).secret();
        /// Whose accounts may sign in: `common` for all, `organizations` for those of schools and companies, `consumers` for
        /// personal ones, or the id (GUID) of one tenant.
        tenant: MicrosoftTenant = setting("MICROSOFT_TENANT", "common", microsoft_tenant);
        /// The client ids of your apps, separated by commas. The server accepts ID tokens for them that the apps got from
        /// Microsoft's own library.
        native_client_ids: Vec<String> = setting("MICROSOFT_NATIVE_CLIENT_IDS", "", ids);
        /// The issuer below which the server reads the metadata. Empty: `https://login.microsoftonline.com/<tenant>/v2.0`, with
        /// the value of `MICROSOFT_TENANT`.
        issuer: Option<Url> = ProviderUrl("MICROSOFT_ISSUER", "");
        /// Endpoints in place of those in the metadata.
        endpoints: EndpointOverrides = Endpoints {
            authorization: "MICROSOFT_AUTHORIZATION_ENDPOINT",
            token: "MICROSOFT_TOKEN_ENDPOINT",
            user_info: "MICROSOFT_USERINFO_ENDPOINT",
            keys: "MICROSOFT_JWKS_URI",
        };
    }
}

impl MicrosoftValues {
    /// The provider, if it is configured.
    pub fn provider(self, read: &mut Read<'_>) -> Option<ProviderSettings> {
        require_all(read, "MICROSOFT_", &["MICROSOFT_CLIENT_ID", "MICROSOFT_CLIENT_SECRET"]);
        let default_issuer =
            || Url::parse(&format!("https://login.microsoftonline.com/{}/v2.0", self.tenant.as_str())).ok();
        let openid = OpenIdSettings {
            issuer: self.issuer.or_else(default_issuer)?,
            authentication: ClientAuthenticationSetting::Post(self.client_secret?),
            native_client_ids: self.native_client_ids,
            scopes: ["openid", "email", "profile"].map(str::to_owned).to_vec(),
            algorithms: vec![SigningAlgorithm::RS256],
            endpoints: self.endpoints,
        };
        Some(ProviderSettings {
            name: "microsoft".to_owned(),
            display_name: "Microsoft".to_owned(),
            client_id: self.client_id?,
            protocol: ProviderProtocol::Microsoft(self.tenant, openid),
        })
    }
}
