//! Signing in with any issuer that speaks OpenID Connect. Its settings have its name in theirs.

use url::Url;

use super::provider::{ClientAuthenticationSetting, OpenIdSettings, ProviderProtocol, ProviderSettings};
use super::source::{Endpoints, ProviderUrl, require_all};
use crate::config::definition::{Heading, SettingsGroup, Source, setting, settings};
use crate::config::parse::optional;
use crate::config::provider_values::{algorithms, authentication_method, client_secret, display_name, id, ids, scopes};
use crate::config::read::Read;
use crate::tools::oidc::{EndpointOverrides, SigningAlgorithm};
use crate::values::secret::Secret;

/// Names of the providers that have settings of their own.
const TAKEN: [&str; 4] = ["GOOGLE", "GITHUB", "APPLE", "MICROSOFT"];
/// The longest name of a provider. It is a label of metrics, and in a column of the database.
const LONGEST_NAME: usize = 32;

/// How a client authenticates at the token endpoint (OpenID Connect Core 1.0, section 9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthenticationMethod {
    /// `client_secret_basic`.
    Basic,
    /// `client_secret_post`.
    Post,
    /// `none`.
    None,
}

settings! {
    /// What is set for one issuer.
    pub struct OpenIdValues {
        /// The issuer: the URL below which /.well-known/openid-configuration is. `<NAME>` is a name that you choose, in upper-case
        /// letters, digits and underscores: with `OIDC_MY_IDP_ISSUER` clients know the provider as `my_idp`. Accounts are linked
        /// by this name, so keep it. Each provider needs `OIDC_<NAME>_ISSUER`, `OIDC_<NAME>_CLIENT_ID` and
        /// `OIDC_<NAME>_CLIENT_SECRET`. In production all URLs of providers are `https://`.
        issuer: Option<Url> = ProviderUrl("OIDC_<NAME>_ISSUER", "");
        /// The client id that the issuer gave to this server.
        client_id: Option<String> = setting("OIDC_<NAME>_CLIENT_ID", "", optional(id));
        /// The client secret. A public client has none; set `OIDC_<NAME>_CLIENT_AUTHENTICATION=none` for it.
        client_secret: Option<Secret> = setting("OIDC_<NAME>_CLIENT_SECRET", "", optional(client_secret)).secret();
        /// How the server authenticates at the token endpoint: `client_secret_basic`, `client_secret_post` or `none`.
        method: AuthenticationMethod =
            setting("OIDC_<NAME>_CLIENT_AUTHENTICATION", "client_secret_basic", authentication_method);
        /// What users are asked for, separated by spaces. `openid` has to be among it.
        scopes: Vec<String> = setting("OIDC_<NAME>_SCOPES", "openid email profile", scopes);
        /// The name that users read. Empty: the name of the provider.
        display_name: Option<String> = setting("OIDC_<NAME>_DISPLAY_NAME", "", optional(display_name));
        /// The algorithms with which the issuer may sign ID tokens, separated by commas: RS256, RS384, RS512, PS256, PS384, PS512,
        /// ES256, ES384 and `EdDSA`.
        algorithms: Vec<SigningAlgorithm> = setting("OIDC_<NAME>_ID_TOKEN_ALGORITHMS", "RS256", algorithms);
        /// The client ids of your apps, separated by commas. The server accepts ID tokens for them that the apps got themselves.
        native_client_ids: Vec<String> = setting("OIDC_<NAME>_NATIVE_CLIENT_IDS", "", ids);
        /// Endpoints in place of those in the metadata.
        endpoints: EndpointOverrides = Endpoints {
            authorization: "OIDC_<NAME>_AUTHORIZATION_ENDPOINT",
            token: "OIDC_<NAME>_TOKEN_ENDPOINT",
            user_info: "OIDC_<NAME>_USERINFO_ENDPOINT",
            keys: "OIDC_<NAME>_JWKS_URI",
        };
    }
}

/// Reads the issuers in the order of their names.
pub fn read_providers(read: &mut Read<'_>) -> Option<Vec<ProviderSettings>> {
    let about = "Users sign in with any issuer that speaks OpenID Connect. There may be several: each has a name, which \
                 takes the place of `<NAME>`.";
    // Once without a name: this lists the settings, and all other names are found by them.
    let _: OpenIdValues = Heading("OpenID Connect").read(about, read)?;
    let mut providers = Vec::new();
    for name in read.provider_names() {
        match check_name(&name) {
            Ok(()) => providers.extend(read.for_provider(&name, |read| read_provider(&name, read))),
            Err(expected) => read.fault("OIDC_<NAME>_ISSUER", format!("got the name {name}; expected {expected}")),
        }
    }
    Some(providers)
}

fn check_name(name: &str) -> Result<(), String> {
    let is_plain = name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
    if TAKEN.contains(&name) {
        return Err(format!("another name, because {name} has settings of its own, like {name}_CLIENT_ID"));
    }
    if is_plain && name.len() <= LONGEST_NAME && !name.starts_with('_') && !name.ends_with('_') {
        return Ok(());
    }
    Err(format!("at most {LONGEST_NAME} upper-case letters, digits and underscores between them, like MY_IDP"))
}

fn read_provider(name: &str, read: &mut Read<'_>) -> Option<ProviderSettings> {
    let values: OpenIdValues = SettingsGroup::read(read)?;
    let is_public = values.method == AuthenticationMethod::None;
    let mut required = vec!["OIDC_<NAME>_ISSUER", "OIDC_<NAME>_CLIENT_ID"];
    if !is_public {
        required.push("OIDC_<NAME>_CLIENT_SECRET");
    }
    require_all(read, "OIDC_<NAME>_", &required);
    if is_public && values.client_secret.is_some() {
        let secret = read.name_of("OIDC_<NAME>_CLIENT_SECRET");
        let problem = format!("got none; expected a method with a secret, because {secret} is set");
        read.fault(read.name_of("OIDC_<NAME>_CLIENT_AUTHENTICATION"), problem);
    }
    values.provider(name.to_ascii_lowercase())
}

impl OpenIdValues {
    fn provider(self, name: String) -> Option<ProviderSettings> {
        let authentication = match self.method {
            AuthenticationMethod::Basic => ClientAuthenticationSetting::Basic(self.client_secret?),
            AuthenticationMethod::Post => ClientAuthenticationSetting::Post(self.client_secret?),
            AuthenticationMethod::None => ClientAuthenticationSetting::Public,
        };
        let openid = OpenIdSettings {
            issuer: self.issuer?,
            authentication,
            native_client_ids: self.native_client_ids,
            scopes: self.scopes,
            algorithms: self.algorithms,
            endpoints: self.endpoints,
        };
        Some(ProviderSettings {
            display_name: self.display_name.unwrap_or_else(|| name.clone()),
            name,
            client_id: self.client_id?,
            protocol: ProviderProtocol::Oidc(openid),
        })
    }
}
