//! Names that look like settings and are none.

use super::RENAMED;
use super::list::{find, settings};
use super::setting::PROVIDER;

/// How names of settings begin, except beginnings that many other programs use.
const PREFIXES: [&str; 20] = [
    "ARGON2_",
    "AUTHGRAPH_",
    "AUDIT_",
    "CORS_",
    "EMAIL_",
    "HASH_",
    "JWT_",
    "LOCKOUT_",
    "MAIL_",
    "METRICS_",
    "MFA_",
    "OAUTH_",
    "OIDC_",
    "OUTBOUND_",
    "RATE_LIMIT_",
    "REFRESH_",
    "REGISTRATION_",
    "SMTP_",
    "SUBSCRIPTION_",
    "TRUSTED_",
];

/// The setting whose name is nearly this one: one or two characters are wrong, missing, too many or in the wrong order. In a
/// shorter name fewer may differ. `None` for a setting and its old name, and for a name that is like none.
pub fn nearest(name: &str) -> Option<String> {
    if is_known(name) {
        return None;
    }
    let name = name.to_ascii_uppercase();
    let near = settings().flat_map(|setting| match setting.name.split_once(PROVIDER) {
        Some((before, after)) => near_pattern(before, after, &name),
        None => {
            near_name(setting.name, &name).map(|distance| (distance, setting.name.to_owned())).into_iter().collect()
        }
    });
    near.min().map(|(_, known)| known)
}

/// How far a name is from another, if that is near.
fn near_name(known: &str, name: &str) -> Option<usize> {
    Some(strsim::osa_distance(known, name)).filter(|distance| *distance <= (known.len() / 5).min(2))
}

/// The names of one pattern that are near: each `_` may be where its end begins.
fn near_pattern(before: &str, after: &str, name: &str) -> Vec<(usize, String)> {
    let Some(rest) = name.strip_prefix(before) else { return Vec::new() };
    let ends =
        rest.match_indices('_').map(|(place, _)| rest.split_at(place)).filter(|(provider, _)| !provider.is_empty());
    ends.filter_map(|(provider, end)| Some((near_name(after, end)?, format!("{before}{provider}{after}")))).collect()
}

/// The warning about a variable of the environment that may be meant for authgraph. `None` for settings, and for the
/// variables of other programs; Kubernetes sets some for every service (`AUTHGRAPH_SERVICE_HOST`, `AUTHGRAPH_PORT_8080_TCP`).
pub fn warning(name: &str) -> Option<String> {
    if let Some(near) = nearest(name) {
        return Some(format!("{name} in the environment is not a setting of authgraph. Did you mean {near}?"));
    }
    let is_of_cluster = name.contains("_SERVICE_") || name.ends_with("_PORT") || name.contains("_PORT_");
    let is_like_ours = PREFIXES.iter().any(|prefix| name.starts_with(prefix));
    (is_like_ours && !is_of_cluster && !is_known(name)).then(|| ignored(name, "the environment"))
}

/// The warning about a name that is not a setting.
pub fn ignored(name: &str, place: &str) -> String {
    format!("{name} in {place} is not a setting of authgraph and is ignored.")
}

fn is_known(name: &str) -> bool {
    find(name).is_some() || RENAMED.iter().any(|(old, _)| *old == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_name_is_known_by_its_neighbour() {
        for (typed, meant) in [
            ("RATE_LIMIT_AUHT", "RATE_LIMIT_AUTH"),
            ("REGISTRATION_OPENED", "REGISTRATION_OPEN"),
            ("CORS_ORIGIN", "CORS_ORIGINS"),
            ("smtp_url", "SMTP_URL"),
            ("OIDC_FOO_ISUER", "OIDC_FOO_ISSUER"),
            ("OIDC_MY_IDP_CLEINT_ID", "OIDC_MY_IDP_CLIENT_ID"),
            ("OIDC_FOO_CLIENT_SECRETS", "OIDC_FOO_CLIENT_SECRET"),
        ] {
            assert_eq!(nearest(typed).as_deref(), Some(meant));
        }
        for other in [
            "RATE_LIMIT_AUTH",
            "LANG",
            "PATH",
            "LOGNAME",
            "HOME",
            "DATABASE",
            "POSTGRES_PASSWORD",
            "OIDC_FOO_ISSUER",
            "OIDC_USER",
        ] {
            assert_eq!(nearest(other), None, "{other}");
        }
    }

    #[test]
    fn a_name_like_ours_is_warned_of_and_names_that_clusters_set_are_not() {
        assert!(warning("RATE_LIMIT_LOGIN").is_some() && warning("METRICS_TOKEN").is_some());
        for other in ["AUTHGRAPH_SERVICE_HOST", "AUTHGRAPH_PORT_8080_TCP", "AUTHGRAPH_PORT", "LOG", "PATH", "SMTP_URL"]
        {
            assert_eq!(warning(other), None, "{other}");
        }
    }
}
