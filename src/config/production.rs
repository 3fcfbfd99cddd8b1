//! What production requires and refuses, and how a deployment is told from a developer's machine.
//!
//! docs/adr/0021 has the sources of the limits. Each limit keeps a defence on; sizes that depend on traffic and machine have
//! no limit here.

use std::time::Duration;

use ipnet::IpNet;
use url::Url;

use super::read::Read;
use super::{Config, Mode, RateLimit, addresses};
use crate::tools::redis::{RedisMode, RedisSettings};
use crate::values::loopback::is_loopback;
use crate::values::redis_url::RedisUrl;
use crate::values::smtp_server::SmtpServer;
use crate::values::trusted_proxies::TrustedProxies;

pub const MINUTE: Duration = Duration::from_mins(1);
pub const HOUR: Duration = Duration::from_hours(1);
pub const DAY: Duration = Duration::from_hours(24);

pub const HTTPS: &str = "https://, or http:// on localhost";
pub const A_LIMIT: &str = "a limit other than 0";

/// Refuses what depends on several settings.
pub fn check_together(read: &mut Read<'_>, config: &Config) {
    let hash = &config.hash;
    if hash.memory_kib / 8 < hash.lanes {
        let least = "at least 8 KiB for each lane (RFC 9106, section 3.1)";
        read.fault("ARGON2_MEMORY_KIB", format!("got {}; expected {least}", hash.memory_kib));
    }
    let has_keys = read.given("JWT_KEYS_DIR").is_some() || config.signing_keys.pem.is_some();
    if read.mode == Mode::Production && !has_keys {
        let way_out =
            "not set; production requires it (a folder that `authgraph keys rotate` makes), or JWT_PRIVATE_KEYS";
        read.fault("JWT_KEYS_DIR", way_out.to_owned());
    }
    if hash.memory_kib < argon2_floor(hash.iterations) {
        read.insecure.extend(read.find("ARGON2_MEMORY_KIB"));
    }
    if !config.oauth.providers.is_empty() && config.oauth.redirect_uris.is_empty() {
        let way_out = "not set; FRONTEND_URL, or PUBLIC_URL in its absence, gives no default, because it has a # or is \
                       neither https:// nor on localhost (in production, on 127.0.0.1 or [::1])";
        read.fault("OAUTH_REDIRECT_URIS", way_out.to_owned());
    }
    if config.server.frontend_url.is_none() && !config.has_account_pages() {
        let problem = "got false; emails have to link to these pages, or to those of FRONTEND_URL".to_owned();
        read.fault("ACCOUNT_PAGES", problem);
    }
    check_redis(read, &config.redis);
    // The driver reads these variables where the URL names no host.
    let hosts: Vec<String> = DATABASE_HOSTS.iter().filter_map(|name| read.given(name)).collect();
    if is_clear_database(config.database.url.expose(), &hosts) {
        read.insecure.extend(read.find("DATABASE_URL"));
    }
    let migration_url = config.database.migration_url.as_ref();
    if migration_url.is_some_and(|url| is_clear_database(url.expose(), &hosts)) {
        read.insecure.extend(read.find("DATABASE_MIGRATION_URL"));
    }
}

/// Variables of libpq that name the host of a PostgreSQL URL without one.
pub const DATABASE_HOSTS: [&str; 2] = ["PGHOST", "PGHOSTADDR"];

/// Refuses insecure settings in production, except those that `ALLOW_INSECURE` names. An exception that nothing needs is
/// refused too: it would hide the day on which something does need it.
pub fn refuse_insecure(read: &mut Read<'_>, allowed: &[String]) {
    let insecure = std::mem::take(&mut read.insecure);
    let is_production = read.mode == Mode::Production;
    for setting in insecure.iter().filter(|setting| is_production && !allowed.iter().any(|name| name == setting.name)) {
        let accepted = setting.production_accepts.unwrap_or_default();
        let got = read.given(setting.name).unwrap_or_default();
        read.wrong_value(setting, &got, &format!("{accepted} (or add {} to ALLOW_INSECURE)", setting.name));
    }
    for name in allowed {
        if read.find(name).is_none_or(|setting| setting.production_accepts.is_none()) {
            let all = read.sections.iter().flat_map(|section| &section.settings);
            let known: Vec<_> = all.filter(|s| s.production_accepts.is_some()).map(|s| s.name).collect();
            let expected = format!("names of settings, separated by commas, among {}", known.join(", "));
            read.fault("ALLOW_INSECURE", format!("got {name}; expected {expected}"));
        } else if is_production && !insecure.iter().any(|setting| setting.name == name) {
            read.fault("ALLOW_INSECURE", format!("production accepts the value of {name}; remove the name"));
        }
    }
}

/// Refuses to guess the mode of a server that looks like a deployment: development makes keys itself and shows emails.
pub fn require_mode(read: &mut Read<'_>) {
    if read.given("AUTHGRAPH_ENV").is_none() && !read.deployment_signs.is_empty() {
        let problem = format!(
            "not set; set it to production, or to development where only this machine reaches the server. \
             This looks like a deployment because of {}",
            read.deployment_signs.join(", ")
        );
        read.fault("AUTHGRAPH_ENV", problem);
    }
}

/// Whether other machines reach a server that listens there.
pub fn is_reachable(listen: &str) -> bool {
    addresses::listen(listen).is_ok_and(|address| !address.ip().is_loopback())
}

/// Whether a URL names another machine, or promises TLS, which a developer's machine does not need.
pub fn is_remote(value: &str) -> bool {
    Url::parse(value).is_ok_and(|url| url.scheme() == "https" || !url.host_str().is_some_and(is_loopback))
}

pub fn is_remote_list(urls: &str) -> bool {
    urls.split(',').any(|url| is_remote(url.trim()))
}

/// Whether the network cannot read what is sent to a web address.
pub fn is_encrypted(url: &Url) -> bool {
    url.scheme() != "http" || url.host_str().is_some_and(is_loopback)
}

#[allow(clippy::ptr_arg, reason = "the value of a setting is a Vec")]
pub fn are_encrypted(urls: &Vec<String>) -> bool {
    urls.iter().all(|url| Url::parse(url).map_or(true, |url| is_encrypted(&url)))
}

/// Whether a network may carry a PostgreSQL connection without TLS. Below `sslmode=require`, and by default, an attacker on
/// the network decides about TLS. `default_hosts` count where the URL names no host.
fn is_clear_database(url: &str, default_hosts: &[String]) -> bool {
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
        hosts.extend(default_hosts.iter().map(|host| host.to_ascii_lowercase()));
    }
    // A path is a socket on this machine.
    !hosts.iter().all(|host| host.starts_with('/') || host.starts_with("%2f") || is_loopback(host))
}

#[allow(clippy::ref_option, reason = "the value of a setting")]
pub fn is_encrypted_redis(url: &Option<RedisUrl>) -> bool {
    url.as_ref().is_none_or(|url| url.has_verified_tls() || url.is_on_this_machine())
}

/// Refuses settings of Redis that contradict each other.
fn check_redis(read: &mut Read<'_>, redis: &RedisSettings) {
    let Some(url) = &redis.url else { return };
    if redis.mode == RedisMode::Single && url.names_several() {
        let problem = "got several addresses; they need REDIS_MODE=cluster or REDIS_MODE=sentinel";
        read.fault("REDIS_URL", problem.to_owned());
    }
    // Nodes and sentinels on this machine lead to others, over the same scheme.
    if redis.mode != RedisMode::Single && url.is_on_this_machine() && !url.has_verified_tls() {
        read.insecure.extend(read.find("REDIS_URL"));
    }
    for name in ["REDIS_SENTINEL_MASTER", "REDIS_SENTINEL_USERNAME", "REDIS_SENTINEL_PASSWORD"] {
        if redis.mode != RedisMode::Sentinel && read.given(name).is_some() {
            read.fault(name, "set, and REDIS_MODE is not sentinel; set REDIS_MODE=sentinel, or remove it".to_owned());
        }
    }
    if redis.ca_file.is_some() && !url.has_verified_tls() {
        read.fault("REDIS_CA_FILE", "set, and REDIS_URL does not begin with rediss://".to_owned());
    }
}

#[allow(clippy::ref_option, reason = "the value of a setting")]
pub fn is_encrypted_mail(server: &Option<SmtpServer>) -> bool {
    !server.as_ref().is_some_and(SmtpServer::is_clear)
}

/// Whether clients cannot choose their own address. Larger values are mistakes: no deployment has so many proxies, or so
/// large a network of them.
pub fn trusts_only_proxies(proxies: &TrustedProxies) -> bool {
    match proxies {
        TrustedProxies::None => true,
        TrustedProxies::Hops(hops) => *hops <= 5,
        TrustedProxies::Networks(networks) => are_private_networks(networks),
    }
}

/// Whether no network is wider than the widest private ones.
#[allow(clippy::ptr_arg, reason = "the value of a setting is a Vec")]
pub fn are_private_networks(networks: &Vec<IpNet>) -> bool {
    // fc00::/7 are the private addresses of IPv6.
    networks.iter().all(|network| network.prefix_len() >= if network.addr().is_ipv4() { 8 } else { 7 })
}

/// The least memory for these passes, in KiB (OWASP Password Storage Cheat Sheet; lanes do not count).
fn argon2_floor(iterations: u32) -> u32 {
    match iterations {
        0 | 1 => 47104,
        2 => 19456,
        3 => 12288,
        4 => 9216,
        _ => 7168,
    }
}

pub fn is_on(limit: &RateLimit) -> bool {
    limit.attempts > 0
}

pub fn per_hour(limit: RateLimit) -> u128 {
    u128::from(limit.attempts) * HOUR.as_millis() / limit.period.as_millis().max(1)
}

/// Whether a retention is long enough that a mistake does not erase what is needed. 0 keeps without end.
pub fn is_long_or_zero(retention: Duration, floor: Duration) -> bool {
    retention.is_zero() || retention >= floor
}
