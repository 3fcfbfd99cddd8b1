//! Every setting, read once at start. All faults are reported together.
//!
//! [`list`] holds the settings themselves: everything about one setting stands there, in one place.

mod addresses;
mod definition;
mod effective;
mod environment;
pub mod list;
mod names;
mod parse;
mod production;
mod provider_values;
mod read;
pub mod reference;
mod renamed;
mod setting;

use std::collections::BTreeMap;
use std::time::Duration;

pub use effective::EffectiveSetting;
pub use list::{
    AppleKey, AuthenticationMethod, ClientAuthenticationSetting, Config, GitHubSettings, MicrosoftTenant,
    OAuthSettings, OpenIdSettings, ProviderProtocol, ProviderSettings,
};
pub use read::{Section, SettingFault};
pub use renamed::RENAMED;
pub use setting::{InProduction, Setting};

use url::Url;

use crate::values::redirect_uris::RedirectUris;
use crate::values::smtp_server;
use definition::SettingsGroup;
use read::Read;

/// Where the process runs. It decides what the server makes itself and what it requires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// A developer's machine: the server makes keys, database and mailbox on first start.
    Development,
    /// Real users: the server requires keys, addresses and a mail server, and refuses insecure settings.
    Production,
}

/// When an email address has to be verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmailVerification {
    /// Users are asked to verify their address, and may sign in without.
    Optional,
    /// Users cannot sign in before they have verified their address.
    Required,
}

/// How often something may happen. `attempts` 0 is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    /// How many attempts are allowed within the period.
    pub attempts: u32,
    /// The length of the sliding window.
    pub period: Duration,
}

impl Config {
    /// Reads all settings from values by name.
    ///
    /// # Errors
    /// All faults, and not only the first.
    pub fn read(values: &BTreeMap<String, String>) -> Result<Self, Vec<SettingFault>> {
        let mut read = Read::new(values);
        renamed::refuse(&mut read);
        let mut config = <Self as SettingsGroup>::read(&mut read);
        production::require_mode(&mut read);
        if let Some(config) = &mut config {
            config.derive_defaults();
            production::check_together(&mut read, config);
            production::refuse_insecure(&mut read, &config.server.allowed_insecure);
        }
        read.finish(config)
    }

    /// Reads the process environment, and the file `.env` in the working directory for what the environment does not set.
    /// Also returns a sentence for each name that looks like a setting and is none.
    ///
    /// # Errors
    /// All faults, and not only the first.
    pub fn from_environment() -> Result<(Self, Vec<String>), Vec<SettingFault>> {
        let environment::EnvironmentValues { values, mut faults, unknown_names } = environment::read()?;
        match Self::read(&values) {
            Ok(config) if faults.is_empty() => Ok((config, unknown_names)),
            Ok(_) => Err(faults),
            Err(mut others) => {
                // A setting that could not be read is not reported as missing, too.
                others.retain(|other| faults.iter().all(|fault| fault.name != other.name));
                faults.append(&mut others);
                Err(faults)
            }
        }
    }

    /// Fills what is not set and whose default depends on other settings.
    fn derive_defaults(&mut self) {
        let (frontend_url, own_pages) = (self.frontend_url(), self.pages_with_login());
        let Self { server, database, access_tokens, signing_keys, mfa, mail, oauth, .. } = self;
        if database.url.expose().is_empty() {
            database.url = addresses::sqlite_url(&server.data_dir.join("authgraph.db")).into();
        }
        // In production a new, empty database would hide that the disk with the real one is not mounted.
        database.makes_file = server.mode == Mode::Development;
        if signing_keys.dir.as_os_str().is_empty() {
            signing_keys.dir = server.data_dir.join("keys");
        }
        if access_tokens.issuer.is_empty() {
            server.public_url.as_str().trim_end_matches('/').clone_into(&mut access_tokens.issuer);
        }
        let is_development = server.mode == Mode::Development;
        // The name localhost is for development.
        let safe =
            |uris: RedirectUris| if is_development || !uris.name_localhost() { uris } else { RedirectUris::default() };
        if oauth.redirect_uris.is_empty() {
            oauth.redirect_uris = safe(RedirectUris::of_frontend(&frontend_url));
        }
        for page in own_pages {
            oauth.redirect_uris.add(safe(RedirectUris::of_frontend(&page)));
        }
        if mfa.issuer.is_empty() {
            mfa.issuer.clone_from(&server.product_name);
        }
        // The public name is known where the machine's own name may not be.
        let public_name = || server.public_url.host_str().and_then(smtp_server::helo_name);
        mail.helo_name = mail.helo_name.take().or_else(public_name);
    }

    /// The path at which clients reach the server, like `/auth`. Empty where the server has a host of its own.
    #[must_use]
    pub fn public_path(&self) -> &str {
        self.server.public_url.path().trim_end_matches('/')
    }

    /// Where OAuth providers that answer with a form send the browser.
    #[must_use]
    pub fn form_post_uri(&self) -> Url {
        self.url_of("oauth/form_post")
    }

    /// The web application whose pages emails link to: that of the operator, or the pages of this server.
    #[must_use]
    pub fn frontend_url(&self) -> Url {
        self.server.frontend_url.clone().unwrap_or_else(|| self.url_of("account"))
    }

    /// Whether this server has the pages that emails link to.
    #[must_use]
    pub fn has_account_pages(&self) -> bool {
        self.pages.account.unwrap_or(self.server.frontend_url.is_none())
    }

    /// The pages of this server where people sign in, so that providers may send them back there.
    fn pages_with_login(&self) -> Vec<Url> {
        let pages = [
            ("playground", self.pages.playground),
            ("console", self.pages.console),
            ("demo", self.pages.demo),
            ("account", self.has_account_pages()),
        ];
        pages.iter().filter(|(_, is_enabled)| *is_enabled).map(|(page, _)| self.url_of(page)).collect()
    }

    fn url_of(&self, page: &str) -> Url {
        let mut url = self.server.public_url.clone();
        url.set_path(&format!("{}/{page}", self.public_path()));
        url
    }

    /// Whether users cannot sign in with an unverified address. Hiding who has an account includes this: a registration
    /// that signs in at once would show that the address was free.
    #[must_use]
    pub fn requires_verified_email(&self) -> bool {
        let registration = &self.registration;
        registration.email_verification == EmailVerification::Required || registration.hide_account_existence
    }

    /// How long an account is kept whose address was never verified. `None`: without end.
    #[must_use]
    pub fn unverified_retention(&self) -> Option<Duration> {
        let default = || self.requires_verified_email().then_some(Duration::from_hours(7 * 24));
        self.retention.unverified_users.or_else(default).filter(|retention| !retention.is_zero())
    }

    /// Whether the server makes its keys, its mailbox and a first administrator itself.
    #[must_use]
    pub fn is_development(&self) -> bool {
        self.server.mode == Mode::Development
    }
}
