//! Names that look like settings and are none.

use super::table::{self, SETTINGS};

/// How names of settings begin, where they do not begin like those of many other programs.
const PREFIXES: [&str; 17] = [
    "ARGON2_",
    "AUTHGRAPH_",
    "AUDIT_",
    "CORS_",
    "EMAIL_",
    "HASH_",
    "JWT_",
    "LIVE_",
    "LOCKOUT_",
    "MAIL_",
    "METRICS_",
    "MFA_",
    "RATE_LIMIT_",
    "REFRESH_",
    "REGISTRATION_",
    "SMTP_",
    "TRUSTED_",
];

/// The setting whose name this nearly is: a character or two are wrong, missing, too many or in the wrong order. The shorter the
/// name, the less may differ. `None` for a setting, and for a name that is like none.
pub fn nearest(name: &str) -> Option<&'static str> {
    if table::find(name).is_some() {
        return None;
    }
    let names = SETTINGS.iter().flat_map(|group| group.settings).map(|setting| setting.name);
    let near = names.map(|known| (strsim::osa_distance(known, &name.to_ascii_uppercase()), known));
    let near = near.filter(|(distance, known)| *distance <= (known.len() / 5).min(2));
    near.min().map(|(_, known)| known)
}

/// What to say of a variable of the environment that may be meant for us; `None` for settings and for the variables of
/// others, also those that Kubernetes sets for every service (`AUTHGRAPH_SERVICE_HOST`, `AUTHGRAPH_PORT_8080_TCP`).
pub fn doubt(name: &str) -> Option<String> {
    if let Some(near) = nearest(name) {
        return Some(format!("{name} in the environment is no setting of authgraph. Is {near} meant?"));
    }
    let is_of_cluster = name.contains("_SERVICE_") || name.ends_with("_PORT") || name.contains("_PORT_");
    let is_like_ours = PREFIXES.iter().any(|prefix| name.starts_with(prefix));
    (is_like_ours && !is_of_cluster && table::find(name).is_none()).then(|| told(name, "the environment"))
}

/// What to say of a name that is no setting.
pub fn told(name: &str, place: &str) -> String {
    format!("{name} in {place} is no setting of authgraph, and is ignored.")
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
        ] {
            assert_eq!(nearest(typed), Some(meant));
        }
        for other in ["RATE_LIMIT_AUTH", "LANG", "PATH", "LOGNAME", "HOME", "DATABASE", "POSTGRES_PASSWORD"] {
            assert_eq!(nearest(other), None, "{other}");
        }
    }

    #[test]
    fn what_looks_like_ours_is_told_and_what_clusters_set_is_not() {
        assert!(doubt("RATE_LIMIT_LOGIN").is_some() && doubt("METRICS_TOKEN").is_some());
        for other in ["AUTHGRAPH_SERVICE_HOST", "AUTHGRAPH_PORT_8080_TCP", "AUTHGRAPH_PORT", "LOG", "PATH", "SMTP_URL"]
        {
            assert_eq!(doubt(other), None, "{other}");
        }
    }
}
