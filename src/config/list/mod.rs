//! Every setting: name, default, parser, what production does, and what it means. This is the only place that names one.

mod accounts;
mod delivery;
mod limits;
mod oauth;
mod server;
mod stores;
mod tokens;
mod traces;
mod web;

use std::collections::BTreeMap;
use std::sync::LazyLock;

pub use accounts::{LockoutSettings, MfaSettings, RegistrationSettings};
pub use delivery::{MailSettings, ObservabilitySettings, Retention};
pub use limits::RateLimits;
pub use oauth::{
    AppleKey, AuthenticationMethod, ClientAuthenticationSetting, GitHubSettings, MicrosoftTenant, OAuthSettings,
    OpenIdSettings, ProviderProtocol, ProviderSettings,
};
pub use server::ServerSettings;
pub use tokens::{LinkSettings, SessionSettings, SigningKeySettings};
pub use web::{GraphqlSettings, HttpSettings, PagesSettings, SubscriptionSettings};

use super::definition::{Heading, ReadBefore, SettingsGroup, settings};
use super::effective::EffectiveSetting;
use super::read::{Read, Section};
use super::setting::Setting;
use crate::tools::access_token::AccessTokenSettings;
use crate::tools::db::DbSettings;
use crate::tools::password_hasher::PasswordHasherSettings;
use crate::tools::redis::RedisSettings;
use crate::tools::telemetry::TraceSettings;
use crate::values::password::PasswordPolicy;

settings! {
    /// All settings, as the tools and the flows take them.
    pub struct Config {
        /// How this server runs, and at which addresses others reach it.
        server: ServerSettings = Heading("Server");
        /// The database holds everything that has to last.
        database: DbSettings = Heading("Database");
        /// Redis shares rate limits among the instances of the server. One instance alone needs no Redis.
        redis: RedisSettings = Heading("Redis");
        /// Connections, proxies, browsers, and how the server stops.
        http: HttpSettings = Heading("HTTP");
        /// Which operations the server runs, and how many at once.
        graphql: GraphqlSettings = Heading("GraphQL");
        /// Subscriptions over `WebSocket` and server-sent events.
        subscriptions: SubscriptionSettings = Heading("Subscriptions");
        /// Pages for users, for administrators, and for developers who build on the schema.
        pages: PagesSettings = Heading("Pages");
        /// Who may register, and whether an email address has to be verified.
        registration: RegistrationSettings = Heading("Registration");
        /// The rules for new passwords. Existing passwords stay valid.
        password_policy: PasswordPolicy = Heading("Passwords");
        /// How passwords are hashed with Argon2id, and how many hashes are computed at once.
        hash: PasswordHasherSettings = Heading("Password hashing");
        /// What happens after wrong passwords.
        lockout: LockoutSettings = Heading("Lockout");
        /// What access tokens say, and how long they are valid.
        access_tokens: AccessTokenSettings = Heading("Access tokens");
        /// The keys that sign access tokens.
        signing_keys: SigningKeySettings = Heading("Signing keys");
        /// How long sessions and refresh tokens last.
        sessions: SessionSettings = Heading("Sessions");
        /// How long the links in emails work.
        links: LinkSettings = Heading("Links in emails");
        /// Codes of authenticator apps.
        mfa: MfaSettings = Heading("Second factor");
        /// Where OAuth providers send browsers back to. The sections that follow configure the providers.
        oauth: OAuthSettings = Heading("OAuth redirects");
        /// How emails are sent.
        mail: MailSettings = Heading("Emails");
        /// Each limit is `attempts/period` over a sliding window: `5/1m` allows 5 attempts in any 60 seconds. `0` turns a
        /// limit off.
        rate_limits: RateLimits = Heading("Rate limits");
        /// How long the server keeps data that is no longer in use.
        retention: Retention = Heading("Retention");
        /// What operators see of a running server.
        observability: ObservabilitySettings = Heading("Logs and metrics");
        /// Traces for OpenTelemetry: how long the parts of a request took.
        traces: TraceSettings = Heading("Traces");
        /// All settings as administrators see them: the texts of their values, and of secrets only the names.
        effective: Vec<EffectiveSetting> = ReadBefore;
    }
}

/// Every setting below its heading, in the order in which they are read.
pub static SECTIONS: LazyLock<Vec<Section>> = LazyLock::new(|| {
    let nothing = BTreeMap::new();
    let mut read = Read::new(&nothing);
    let _ = <Config as SettingsGroup>::read(&mut read);
    read.sections
});

/// Every setting.
pub fn settings() -> impl Iterator<Item = &'static Setting> {
    SECTIONS.iter().flat_map(|section| &section.settings)
}

/// The setting of this name, or the one whose pattern the name has.
#[must_use]
pub fn find(name: &str) -> Option<&'static Setting> {
    settings().find(|setting| setting.is_named(name))
}
