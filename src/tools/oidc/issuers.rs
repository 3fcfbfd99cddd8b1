//! The names that an issuer may have. They are compared character by character (OpenID Connect Core 1.0, section 3.1.3.7).

/// The tenant's place in the name of an issuer, as the settings write it.
const PLACE: &str = "{tid}";
/// The same place, as the metadata of Microsoft writes it.
const PLACE_IN_METADATA: &str = "{tenantid}";

/// The names that an issuer may call itself by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AcceptedIssuers {
    /// One of these. Google and Apple have two each.
    Named(Vec<String>),
    /// One for each tenant, by the claim `tid` of the token.
    PerTenant {
        /// The name with `{tid}` in it: `https://login.microsoftonline.com/{tid}/v2.0`.
        template: String,
        /// Whose tokens are accepted.
        tenants: AcceptedTenants,
    },
}

/// The tenants whose tokens are accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AcceptedTenants {
    /// All of them.
    All,
    /// These.
    Only(Vec<String>),
    /// All but these.
    Except(Vec<String>),
}

impl AcceptedIssuers {
    /// Whether metadata with this name is that of the issuer.
    pub(super) fn accept_metadata(&self, name: &str) -> bool {
        match self {
            Self::Named(names) => names.iter().any(|accepted| accepted == name),
            // The metadata of one tenant has its id filled in.
            Self::PerTenant { template, .. } => {
                name == template || is_for_all_tenants(name, template) || self.accept_name(name)
            }
        }
    }

    /// Whether this is a name of the issuer, for one of the accepted tenants if there are tenants.
    pub(super) fn accept_name(&self, name: &str) -> bool {
        match self {
            Self::Named(names) => names.iter().any(|accepted| accepted == name),
            Self::PerTenant { template, tenants } => {
                let tenant = template
                    .split_once(PLACE)
                    .and_then(|(before, after)| name.strip_prefix(before)?.strip_suffix(after));
                tenant.is_some_and(|tenant| is_tenant(tenant) && tenants.accept(tenant))
            }
        }
    }

    /// Whether a token may be of this tenant. Without tenants it may.
    pub(super) fn accept_tenant(&self, tenant: Option<&str>) -> bool {
        match self {
            Self::Named(_) => true,
            Self::PerTenant { tenants, .. } => tenant.is_some_and(|tenant| is_tenant(tenant) && tenants.accept(tenant)),
        }
    }

    /// Whether a token of this tenant may have this claim `iss`.
    pub(super) fn accept_claim(&self, iss: &str, tenant: Option<&str>) -> bool {
        match self {
            Self::Named(_) => self.accept_name(iss),
            Self::PerTenant { template, .. } => {
                tenant.is_some_and(|tenant| is_tenant(tenant) && template.replace(PLACE, tenant) == iss)
            }
        }
    }

    /// Whether a key may sign for this claim `iss`, which is accepted. Microsoft publishes the keys of personal accounts
    /// together with those of organizations, and says of each for whose tokens it is.
    pub(super) fn accept_key(&self, key_issuer: Option<&str>, iss: &str) -> bool {
        match self {
            Self::Named(_) => true,
            Self::PerTenant { template, .. } => {
                key_issuer.is_none_or(|issuer| issuer == iss || is_for_all_tenants(issuer, template))
            }
        }
    }
}

impl AcceptedTenants {
    fn accept(&self, tenant: &str) -> bool {
        let is_among = |tenants: &[String]| tenants.iter().any(|listed| listed.eq_ignore_ascii_case(tenant));
        match self {
            Self::All => true,
            Self::Only(tenants) => is_among(tenants),
            Self::Except(tenants) => !is_among(tenants),
        }
    }
}

/// Whether a name of Microsoft's documents leaves the tenant open.
fn is_for_all_tenants(name: &str, template: &str) -> bool {
    name == template.replace(PLACE, PLACE_IN_METADATA)
}

/// A tenant is a UUID. What has other characters in it could change the rest of a URL.
fn is_tenant(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONSUMERS: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

    fn microsoft(tenants: AcceptedTenants) -> AcceptedIssuers {
        AcceptedIssuers::PerTenant { template: "https://login.example/{tid}/v2.0".to_owned(), tenants }
    }

    #[test]
    fn the_issuer_of_a_tenant_is_that_of_the_tokens_tenant() {
        let issuers = microsoft(AcceptedTenants::All);

        assert!(issuers.accept_claim("https://login.example/abc-1/v2.0", Some("abc-1")));
        for (iss, tenant) in [
            ("https://login.example/abc-1/v2.0", Some("abc-2")),
            ("https://login.example/abc-1/v2.0", None),
            ("https://login.example/{tid}/v2.0", Some("{tid}")),
            ("https://login.example/a/b/v2.0", Some("a/b")),
            ("https://login.example//v2.0", Some("")),
            ("https://other.example/abc-1/v2.0", Some("abc-1")),
        ] {
            assert!(!issuers.accept_claim(iss, tenant), "{iss} {tenant:?}");
        }
    }

    #[test]
    fn a_list_of_tenants_is_kept_whatever_the_case_of_its_letters() {
        let except = microsoft(AcceptedTenants::Except(vec![CONSUMERS.to_owned()]));
        let only = microsoft(AcceptedTenants::Only(vec![CONSUMERS.to_owned()]));

        assert!(!except.accept_tenant(Some(&CONSUMERS.to_uppercase())) && except.accept_tenant(Some("abc-1")));
        assert!(only.accept_tenant(Some(CONSUMERS)) && !only.accept_tenant(Some("abc-1")) && !only.accept_tenant(None));
    }

    #[test]
    fn metadata_may_leave_the_place_of_the_tenant_open() {
        let issuers = microsoft(AcceptedTenants::All);

        for name in ["https://login.example/{tenantid}/v2.0", "https://login.example/abc-1/v2.0"] {
            assert!(issuers.accept_metadata(name), "{name}");
        }
        assert!(!issuers.accept_metadata("https://login.example/v2.0"));
        assert!(!issuers.accept_name("https://login.example/{tenantid}/v2.0"));
    }
}
