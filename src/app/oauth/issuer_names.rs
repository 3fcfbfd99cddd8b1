//! By which names each issuer is known. They are compared character by character.

use url::Url;

use crate::config::MicrosoftTenant;
use crate::tools::oidc::{AcceptedIssuers, AcceptedTenants};

/// Google's two names: developers.google.com/identity/openid-connect/reference, "iss".
const GOOGLE: [&str; 2] = ["https://accounts.google.com", "accounts.google.com"];

/// Apple's two names. Since June 2025 its metadata sometimes has the second, while its tokens have the first.
const APPLE: [&str; 2] = ["https://appleid.apple.com", "https://account.apple.com"];

/// The tenant of personal accounts: learn.microsoft.com/entra/identity-platform/id-token-claims-reference, "tid".
const CONSUMERS: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

/// The end of every issuer of Microsoft.
const MICROSOFT_VERSION: &str = "v2.0";

/// The names of Google, or of an issuer that stands in for it.
pub(super) fn google(issuer: &Url) -> AcceptedIssuers {
    with_own_names(issuer, &GOOGLE)
}

/// The names of Apple, or of an issuer that stands in for it.
pub(super) fn apple(issuer: &Url) -> AcceptedIssuers {
    with_own_names(issuer, &APPLE)
}

/// Whom a client secret for Apple is for: the first name, whichever one the settings have
/// (developer.apple.com/documentation/accountorganizationaldatasharing/creating-a-client-secret).
pub(super) fn apple_audience(issuer: &Url) -> &str {
    let [audience, _] = APPLE;
    if APPLE.contains(&bare(issuer)) { audience } else { bare(issuer) }
}

/// The name of any other issuer.
pub(super) fn named(issuer: &Url) -> AcceptedIssuers {
    AcceptedIssuers::Named(spellings(issuer))
}

/// The names of Microsoft, which has one for each tenant. The one of the settings has the kind of accounts in that place:
/// `https://login.microsoftonline.com/common/v2.0`.
pub(super) fn microsoft(issuer: &Url, tenant: &MicrosoftTenant) -> AcceptedIssuers {
    let mut segments: Vec<&str> = issuer.path().split('/').filter(|segment| !segment.is_empty()).collect();
    if segments.last() == Some(&MICROSOFT_VERSION) {
        segments.truncate(segments.len().saturating_sub(2));
    }
    segments.extend(["{tid}", MICROSOFT_VERSION]);
    let template = format!("{}/{}", issuer.origin().ascii_serialization(), segments.join("/"));
    let tenants = match tenant {
        MicrosoftTenant::Common => AcceptedTenants::All,
        MicrosoftTenant::Organizations => AcceptedTenants::Except(vec![CONSUMERS.to_owned()]),
        MicrosoftTenant::Consumers => AcceptedTenants::Only(vec![CONSUMERS.to_owned()]),
        MicrosoftTenant::One(id) => AcceptedTenants::Only(vec![id.clone()]),
    };
    AcceptedIssuers::PerTenant { template, tenants }
}

/// The name without the slash that `Url` adds where there is no path.
fn bare(issuer: &Url) -> &str {
    if issuer.path() == "/" { issuer.as_str().trim_end_matches('/') } else { issuer.as_str() }
}

/// Every name of the same issuer, where it is one of them.
fn with_own_names(issuer: &Url, own: &[&str]) -> AcceptedIssuers {
    let is_own = own.contains(&bare(issuer));
    if is_own { AcceptedIssuers::Named(own.iter().map(ToString::to_string).collect()) } else { named(issuer) }
}

/// Without a path, the name may end with a slash, as those of Auth0 do, or not: a `Url` does not tell.
fn spellings(issuer: &Url) -> Vec<String> {
    let mut names = vec![bare(issuer).to_owned()];
    if bare(issuer) != issuer.as_str() {
        names.push(issuer.to_string());
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(issuer: &str) -> String {
        match microsoft(&issuer.parse().unwrap(), &MicrosoftTenant::Common) {
            AcceptedIssuers::PerTenant { template, .. } => template,
            AcceptedIssuers::Named(names) => panic!("{names:?}"),
        }
    }

    #[test]
    fn an_issuer_without_a_path_has_a_slash_or_not_and_any_other_has_its_name() {
        for (issuer, names) in [
            ("https://id.example", vec!["https://id.example", "https://id.example/"]),
            ("https://id.example/", vec!["https://id.example", "https://id.example/"]),
            ("https://id.example/a", vec!["https://id.example/a"]),
            ("https://id.example/a/", vec!["https://id.example/a/"]),
        ] {
            let names = names.into_iter().map(ToOwned::to_owned).collect();
            assert_eq!(named(&issuer.parse().unwrap()), AcceptedIssuers::Named(names), "{issuer}");
        }
    }

    #[test]
    fn google_and_apple_have_two_names_and_what_stands_in_for_them_has_its_own() {
        let names = |names: &[&str]| AcceptedIssuers::Named(names.iter().map(ToString::to_string).collect());

        assert_eq!(google(&"https://accounts.google.com".parse().unwrap()), names(&GOOGLE));
        assert_eq!(apple(&"https://appleid.apple.com".parse().unwrap()), names(&APPLE));
        assert_eq!(apple(&"https://account.apple.com".parse().unwrap()), names(&APPLE));
        assert_eq!(google(&"http://127.0.0.1:7/a".parse().unwrap()), names(&["http://127.0.0.1:7/a"]));
    }

    #[test]
    fn the_tenant_takes_its_place_in_the_issuer_of_microsoft() {
        for (issuer, expected) in [
            ("https://login.microsoftonline.com/common/v2.0", "https://login.microsoftonline.com/{tid}/v2.0"),
            ("https://login.microsoftonline.com/common/v2.0/", "https://login.microsoftonline.com/{tid}/v2.0"),
            ("http://127.0.0.1:7/entra/consumers/v2.0", "http://127.0.0.1:7/entra/{tid}/v2.0"),
            ("http://127.0.0.1:7", "http://127.0.0.1:7/{tid}/v2.0"),
        ] {
            assert_eq!(template(issuer), expected, "{issuer}");
        }
    }
}
