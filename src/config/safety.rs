//! Settings that are dangerous: development where others can reach the server, and what makes a production server weak.

use std::time::Duration;

use url::Url;

use super::read::{Read, list};
use super::{Config, Mode, RateLimit, addresses};
use crate::values::loopback::is_loopback;
use crate::values::smtp_server::SmtpServer;
use crate::values::trusted_proxies::TrustedProxies;

/// A setting whose value production refuses where it is weak.
struct Rule {
    name: &'static str,
    is_weak: fn(&Config) -> bool,
    /// What production wants instead, for messages and for `.env.example`.
    wants: &'static str,
}

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

const HTTPS: &str = "https:// (http:// for localhost alone)";
const A_LIMIT: &str = "a limit that is not 0";

/// What makes a production server weak (docs/adr/0021 has the sources). Each entry switches a defence off or as good as
/// off; sizes that depend on traffic and machine are not judged.
const RULES: &[Rule] = &[
    rule("PUBLIC_URL", |c| is_clear(&c.public_url), HTTPS),
    rule("FRONTEND_URL", |c| is_clear(&c.frontend_url), HTTPS),
    rule(
        "DATABASE_URL",
        |c| is_clear_database(c.database_url.expose(), &[]),
        "sslmode=require, verify-ca or verify-full for a PostgreSQL on another machine",
    ),
    rule(
        "REDIS_URL",
        |c| c.redis_url.as_ref().is_some_and(|url| is_clear_redis(url.expose())),
        "rediss:// with a checked certificate for a Redis on another machine",
    ),
    rule(
        "TRUSTED_PROXIES",
        |c| trusts_strangers(&c.trusted_proxies),
        "5 hops at most, or networks no wider than /8 (IPv6: /7)",
    ),
    rule("CORS_ORIGINS", |c| c.cors_origins.iter().any(|origin| is_clear_text(origin)), HTTPS),
    rule("REQUEST_TIMEOUT", |c| c.request_timeout > 5 * MINUTE, "5m or less"),
    rule("MAX_BODY_BYTES", |c| c.max_body_bytes > 1024 * 1024, "1048576 (1 MiB) or less"),
    rule("PASSWORD_MIN_LENGTH", |c| c.password_policy.min_length < 8, "8 or more"),
    rule(
        "ARGON2_MEMORY_KIB",
        |c| c.hash_cost.memory_kib < argon2_floor(c.hash_cost.iterations),
        "for 1 pass of ARGON2_ITERATIONS 47104, for 2 19456, for 3 12288, for 4 9216, for more 7168, or more",
    ),
    rule("LOCKOUT_ATTEMPTS", |c| !(1..=100).contains(&c.lockout_attempts), "1 to 100"),
    rule("LOCKOUT_DURATION", |c| c.lockout_duration < MINUTE, "1m or more"),
    rule("ACCESS_TOKEN_LIFETIME", |c| c.access_token_lifetime > HOUR, "1h or less"),
    rule("REFRESH_TOKEN_LIFETIME", |c| c.refresh_token_lifetime > 90 * DAY, "90d or less"),
    rule("REFRESH_REPLAY_WINDOW", |c| c.refresh_replay_window > 10 * MINUTE, "10m or less"),
    rule("REFRESH_RACE_WINDOW", |c| c.refresh_race_window > MINUTE, "1m or less"),
    rule(
        "SESSION_MAX_LIFETIME",
        |c| c.session_max_lifetime.is_zero() || c.session_max_lifetime > 400 * DAY,
        "400d or less, and not 0s",
    ),
    rule("REAUTHENTICATION_WINDOW", |c| c.reauthentication_window > HOUR, "1h or less"),
    rule("VERIFICATION_TOKEN_LIFETIME", |c| c.verification_token_lifetime > 7 * DAY, "7d or less"),
    rule("RESET_TOKEN_LIFETIME", |c| c.reset_token_lifetime > DAY, "24h or less"),
    rule("INVITATION_LIFETIME", |c| c.invitation_lifetime > 30 * DAY, "30d or less"),
    rule("EMAIL_UNDO_LIFETIME", |c| c.email_undo_lifetime < DAY, "24h or more"),
    rule(
        "SMTP_URL",
        |c| c.mail.server.as_ref().is_some_and(SmtpServer::is_clear),
        "smtps://… or smtp://…?tls=required: without it emails travel in clear",
    ),
    rule("RATE_LIMIT_REQUESTS", |c| is_off(c.rate_limit_requests), A_LIMIT),
    rule("RATE_LIMIT_BUDGET", |c| is_off(c.rate_limit_budget), A_LIMIT),
    rule("RATE_LIMIT_AUTH", |c| is_off(c.rate_limit_auth), A_LIMIT),
    rule("RATE_LIMIT_AUTH_NETWORK", |c| is_off(c.rate_limit_auth_network), A_LIMIT),
    rule("RATE_LIMIT_AUTH_ACCOUNT", |c| is_off(c.rate_limit_auth_account), A_LIMIT),
    rule("RATE_LIMIT_AUTH_PAIR", |c| is_off(c.rate_limit_auth_pair), A_LIMIT),
    rule("RATE_LIMIT_EMAIL", |c| is_off(c.rate_limit_email), A_LIMIT),
    rule("RATE_LIMIT_MFA", |c| is_off(c.rate_limit_mfa) || per_hour(c.rate_limit_mfa) > 100, "100/1h or less, not 0"),
    rule("MFA_CHALLENGE_ATTEMPTS", |c| c.mfa_challenge_attempts.is_none(), A_LIMIT),
    rule("USER_RETENTION", |c| is_brief(c.retention.users, DAY), "24h or more, or 0s"),
    rule("AUDIT_RETENTION", |c| is_brief(c.retention.audit, 30 * DAY), "30d or more, or 0s"),
];

const fn rule(name: &'static str, is_weak: fn(&Config) -> bool, wants: &'static str) -> Rule {
    Rule { name, is_weak, wants }
}

/// What production wants of the setting of this name, where it refuses anything.
pub(super) fn wants(name: &str) -> Option<&'static str> {
    RULES.iter().find(|rule| rule.name == name).map(|rule| rule.wants)
}

/// Refuses what makes a production server weak. Answers what is weak and named by `ALLOW_INSECURE`.
pub(super) fn refuse_weakness(read: &mut Read<'_>, config: &Config) -> Vec<&'static str> {
    let named = read.optional("ALLOW_INSECURE", list(exception)).unwrap_or_default();
    if config.mode == Mode::Development {
        return Vec::new();
    }
    // The driver reads these where the URL names no host.
    let beside: Vec<String> = ["PGHOST", "PGHOSTADDR"].iter().filter_map(|name| read.given(name)).collect();
    let is_elsewhere =
        |rule: &Rule| rule.name == "DATABASE_URL" && is_clear_database(config.database_url.expose(), &beside);
    let weak: Vec<&Rule> = RULES.iter().filter(|rule| (rule.is_weak)(config) || is_elsewhere(rule)).collect();
    for Rule { name, wants, .. } in weak.iter().filter(|rule| !named.contains(&rule.name)) {
        let got = read.given(name).unwrap_or_default();
        read.fault(name, &got, &format!("{wants}; or {name} in ALLOW_INSECURE"));
    }
    // An exception that nothing needs would hide the day on which something does.
    for name in named.iter().filter(|name| !weak.iter().any(|rule| rule.name == **name)) {
        read.fault("ALLOW_INSECURE", name, "only settings that production would refuse: take this one out");
    }
    weak.iter().map(|rule| rule.name).collect()
}

fn exception(name: &str) -> Result<&'static str, String> {
    let known = || RULES.iter().map(|rule| rule.name);
    let wants = || format!("names of settings, comma-separated, among {}", known().collect::<Vec<_>>().join(", "));
    known().find(|known| *known == name).ok_or_else(wants)
}

/// The name of a setting, and whether a value of it is of no use to a server for one laptop.
type Sign = (&'static str, fn(&str) -> bool);

/// Settings that look like a deployment.
const DEPLOYED: &[Sign] = &[
    ("LISTEN", |listen| addresses::listen(listen).is_ok_and(|address| !address.ip().is_loopback())),
    ("PUBLIC_URL", is_elsewhere),
    ("FRONTEND_URL", is_elsewhere),
    ("CORS_ORIGINS", |origins| origins.split(',').any(|origin| is_elsewhere(origin.trim()))),
    ("DATABASE_URL", |url| url.starts_with("postgres")),
    ("REDIS_URL", always),
    ("TRUSTED_PROXIES", always),
    ("SMTP_URL", always),
    ("MAIL_FROM", always),
    ("JWT_ISSUER", is_elsewhere),
    ("JWT_KEYS_DIR", always),
    ("JWT_PRIVATE_KEYS", always),
    ("MFA_ENCRYPTION_KEYS", always),
    ("METRICS_AUTH_TOKEN", always),
    ("ALLOW_INSECURE", always),
];

/// What looks like a deployment has to say what it is: development makes keys by itself and shows emails.
pub(super) fn require_mode(read: &mut Read<'_>) {
    if read.given("AUTHGRAPH_ENV").is_some() {
        return;
    }
    let is_sign = |(name, says_so): &&Sign| read.given(name).is_some_and(|value| says_so(&value));
    let signs: Vec<&str> = DEPLOYED.iter().filter(is_sign).map(|(name, _)| *name).collect();
    if !signs.is_empty() {
        let wants = format!(
            "AUTHGRAPH_ENV=production, or AUTHGRAPH_ENV=development where only this machine is to reach the server; \
             this looks like a deployment because of {}",
            signs.join(", ")
        );
        read.fault("AUTHGRAPH_ENV", "", &wants);
    }
}

fn always(_: &str) -> bool {
    true
}

/// Whether a web address is not one of this machine, or promises TLS, which no laptop needs.
fn is_elsewhere(value: &str) -> bool {
    Url::parse(value).is_ok_and(|url| url.scheme() == "https" || !url.host_str().is_some_and(is_loopback))
}

/// Whether what is sent to a web address can be read on the way.
fn is_clear(url: &Url) -> bool {
    url.scheme() == "http" && !url.host_str().is_some_and(is_loopback)
}

fn is_clear_text(url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| is_clear(&url))
}

/// PostgreSQL without TLS over a network: below `require`, and by default, the network decides about TLS. `beside` are
/// the hosts that count where the URL has none.
fn is_clear_database(url: &str, beside: &[String]) -> bool {
    if url.starts_with("sqlite:") {
        return false;
    }
    let Ok(url) = Url::parse(url) else { return true };
    let given = |names: &[&str]| -> Vec<String> {
        let pairs = url.query_pairs().filter(|(name, _)| names.contains(&&**name));
        pairs.map(|(_, value)| value.to_ascii_lowercase()).collect()
    };
    let modes = given(&["sslmode", "ssl-mode"]);
    let is_private = |mode: &String| matches!(&**mode, "require" | "verify-ca" | "verify-full");
    if !modes.is_empty() && modes.iter().all(is_private) {
        return false;
    }
    let mut hosts = given(&["host", "hostaddr"]);
    hosts.extend(url.host_str().filter(|host| !host.is_empty()).map(str::to_ascii_lowercase));
    if hosts.is_empty() {
        hosts.extend(beside.iter().map(|host| host.to_ascii_lowercase()));
    }
    // A path is a socket on this machine.
    !hosts.iter().all(|host| host.starts_with('/') || host.starts_with("%2f") || is_loopback(host))
}

fn is_clear_redis(url: &str) -> bool {
    let Ok(url) = Url::parse(url) else { return true };
    // `#insecure` takes any certificate.
    let is_private = url.scheme() == "rediss" && url.fragment() != Some("insecure");
    !is_private && !url.host_str().is_some_and(is_loopback)
}

/// Whether clients choose their own address. Nobody has so many proxies, or so large a network of them.
fn trusts_strangers(proxies: &TrustedProxies) -> bool {
    match proxies {
        TrustedProxies::None => false,
        TrustedProxies::Hops(hops) => *hops > 5,
        // fc00::/7 are the private addresses of IPv6.
        TrustedProxies::Networks(networks) => networks.iter().any(|network| {
            let widest = if network.addr().is_ipv4() { 8 } else { 7 };
            network.prefix_len() < widest
        }),
    }
}

/// The least memory for so many passes, in KiB (OWASP Password Storage Cheat Sheet; lanes do not count).
fn argon2_floor(iterations: u32) -> u32 {
    match iterations {
        0 | 1 => 47104,
        2 => 19456,
        3 => 12288,
        4 => 9216,
        _ => 7168,
    }
}

fn is_off(limit: RateLimit) -> bool {
    limit.attempts == 0
}

fn per_hour(limit: RateLimit) -> u128 {
    u128::from(limit.attempts) * HOUR.as_millis() / limit.period.as_millis().max(1)
}

/// Whether so little time is kept that a slip of the pen erases what is needed; 0 is for ever.
fn is_brief(retention: Duration, floor: Duration) -> bool {
    !retention.is_zero() && retention < floor
}
