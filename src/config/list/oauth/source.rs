//! Settings that several providers have: addresses, and which settings one provider needs.

use url::Url;

use crate::config::definition::{Source, setting};
use crate::config::parse::optional;
use crate::config::provider_values::provider_url;
use crate::config::read::Read;
use crate::tools::oidc::EndpointOverrides;

/// GitHub Actions sets it in every job, where it says nothing about this server.
const SET_BY_OTHERS: &str = "GITHUB_API_URL";

/// The address of a provider: its setting, and the default.
pub struct ProviderUrl(pub &'static str, pub &'static str);

impl Source<Option<Url>> for ProviderUrl {
    fn read(self, meaning: &'static str, read: &mut Read<'_>) -> Option<Option<Url>> {
        setting(self.0, self.1, optional(provider_url(read.mode))).read(meaning, read)
    }
}

/// The settings that take the place of endpoints in the metadata of an issuer.
pub struct Endpoints {
    pub authorization: &'static str,
    pub token: &'static str,
    pub user_info: &'static str,
    pub keys: &'static str,
}

impl Source<EndpointOverrides> for Endpoints {
    fn read(self, _meaning: &'static str, read: &mut Read<'_>) -> Option<EndpointOverrides> {
        let mut url = |name, meaning| ProviderUrl(name, "").read(meaning, read);
        Some(EndpointOverrides {
            authorization_endpoint: url(
                self.authorization,
                "The URL to which browsers are sent. Empty: as the metadata of the issuer says.",
            )?,
            token_endpoint: url(
                self.token,
                "The URL at which the server exchanges codes. Empty: as the metadata of the issuer says.",
            )?,
            userinfo_endpoint: url(
                self.user_info,
                "The URL at which the server asks about a user. Empty: as the metadata of the issuer says.",
            )?,
            jwks_uri: url(
                self.keys,
                "The URL of the keys that sign ID tokens. Empty: as the metadata of the issuer says.",
            )?,
        })
    }
}

/// Notes what a provider lacks of which a setting is set. A value that is the default sets nothing.
pub fn require_all(read: &mut Read<'_>, prefix: &str, required: &[&'static str]) {
    let of_provider: Vec<_> = read.sections.iter().flat_map(|section| &section.settings).copied().collect();
    let of_provider =
        of_provider.iter().filter(|setting| setting.name.starts_with(prefix) && setting.name != SET_BY_OTHERS);
    let is_set = |name| read.given(&read.name_of(name));
    let Some(begun) = of_provider.clone().find(|one| is_set(one.name).is_some_and(|value| value != one.default)) else {
        return;
    };
    let missing: Vec<_> = required.iter().filter(|name| is_set(name).is_none()).collect();
    for name in missing {
        let problem = format!("not set; the provider needs it, because {} is set", read.name_of(begun.name));
        read.fault(read.name_of(name), problem);
    }
}
