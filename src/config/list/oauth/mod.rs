//! OAuth providers, where they may send browsers, and which other servers may be asked.

mod apple;
mod github;
mod google;
mod microsoft;
mod open_id;
mod provider;
mod source;

use ipnet::IpNet;

use self::apple::AppleValues;
use self::github::GitHubValues;
use self::google::GoogleValues;
use self::microsoft::MicrosoftValues;
pub use self::open_id::AuthenticationMethod;
pub use self::provider::{
    AppleKey, ClientAuthenticationSetting, GitHubSettings, MicrosoftTenant, OpenIdSettings, ProviderProtocol,
    ProviderSettings,
};
use crate::config::definition::{Heading, SettingsGroup, Source, setting, settings};
use crate::config::production::are_private_networks;
use crate::config::provider_values::{networks, redirect_uris};
use crate::config::read::Read;
use crate::values::redirect_uris::RedirectUris;

/// More would not fit on a page of a client.
const MOST_PROVIDERS: usize = 20;

/// With which providers users can sign in.
#[derive(Debug, Clone, Default)]
pub struct OAuthSettings {
    /// Where providers may send a browser back to.
    pub redirect_uris: RedirectUris,
    /// Networks that are not public and in which providers may be.
    pub allowed_networks: Vec<IpNet>,
    /// The providers, in the order in which clients show them.
    pub providers: Vec<ProviderSettings>,
}

settings! {
    /// Where providers may send a browser back to.
    pub struct OAuthRedirects {
        /// The URIs to which providers may send a browser back, separated by commas: pages of your web application and deep links
        /// of your apps. A client names one of them, exactly as it stands here. Allowed are `https://`, a scheme that contains a
        /// dot (`com.example.app:/oauth`), and `http://` on 127.0.0.1, `[::1]` and localhost. For 127.0.0.1 and `[::1]` an app may
        /// choose any port (RFC 8252). Empty: the page /oauth/callback of `FRONTEND_URL`; if `FRONTEND_URL` has a `#`, there is
        /// no default, because a redirect URI has none. The pages of this server (`ACCOUNT_PAGES`, `CONSOLE`, `PLAYGROUND`,
        /// `DEMO`) are allowed besides.
        uris: RedirectUris = setting("OAUTH_REDIRECT_URIS", "", redirect_uris).production_accepts(
            "https://, http:// on 127.0.0.1 and [::1] (not on localhost), and the schemes of apps",
            |uris: &RedirectUris| !uris.name_localhost(),
        );
    }
}

settings! {
    /// Which other servers may be asked.
    pub struct OutboundSettings {
        /// Networks that are not public, separated by commas, which requests of this server may reach: `10.0.0.0/8,fc00::/7`.
        /// Set it if a provider of your own is inside your network. It applies to the URLs in these settings alone; a URL from
        /// anywhere else reaches public addresses only.
        allowed_networks: Vec<IpNet> = setting("OUTBOUND_ALLOW_NETWORKS", "127.0.0.0/8,::1/128", networks)
            .in_production("")
            .production_accepts("networks no wider than /8 (IPv6: /7)", are_private_networks);
    }
}

impl SettingsGroup for OAuthSettings {
    fn read(read: &mut Read<'_>) -> Option<Self> {
        let redirects: OAuthRedirects = SettingsGroup::read(read)?;
        let google: GoogleValues =
            Heading("Google").read("Users sign in with Google. It is off until it is configured.", read)?;
        let google = google.provider(read);
        let apple: AppleValues =
            Heading("Apple").read("Users sign in with Apple. It is off until it is configured.", read)?;
        let apple = apple.provider(read);
        let microsoft: MicrosoftValues =
            Heading("Microsoft").read("Users sign in with Microsoft. It is off until it is configured.", read)?;
        let microsoft = microsoft.provider(read);
        let github: GitHubValues =
            Heading("GitHub").read("Users sign in with GitHub. It is off until it is configured.", read)?;
        let github = github.provider(read);
        let others = open_id::read_providers(read)?;
        let outbound: OutboundSettings =
            Heading("Requests to other servers").read("Where this server may send requests of its own.", read)?;

        let providers: Vec<_> = [google, apple, microsoft, github].into_iter().flatten().chain(others).collect();
        if providers.len() > MOST_PROVIDERS {
            let problem = format!("got {} OAuth providers; expected at most {MOST_PROVIDERS}", providers.len());
            read.fault("OIDC_<NAME>_ISSUER", problem);
        }
        Some(Self { redirect_uris: redirects.uris, allowed_networks: outbound.allowed_networks, providers })
    }
}
