//! Parses the values of settings: words, numbers, lengths of time, lists, secrets. An error says what is expected instead.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use ipnet::IpNet;

use super::{EmailVerification, Mode, RateLimit};
use crate::tools::access_token::Algorithm;
use crate::tools::redis::RedisMode;
use crate::tools::telemetry::LogFormat;
use crate::values::mail_sender;
use crate::values::redis_url::RedisUrl;
use crate::values::secret::Secret;
use crate::values::smtp_server::{self, SmtpServer};
use crate::values::trusted_proxies::{self, InvalidTrustedProxies, TrustedProxies};

/// The value, or what is expected instead. The text goes on after "expected" and never repeats the value.
pub type ParsedSetting<T> = Result<T, String>;

/// `None` for an empty default. A value that is set is never empty.
pub fn optional<T>(parse: impl Fn(&str) -> ParsedSetting<T>) -> impl Fn(&str) -> ParsedSetting<Option<T>> {
    move |value| if value.is_empty() { Ok(None) } else { parse(value).map(Some) }
}

#[allow(clippy::unnecessary_wraps, reason = "a parser like its neighbours")]
pub fn text(value: &str) -> ParsedSetting<String> {
    Ok(value.to_owned())
}

#[allow(clippy::unnecessary_wraps, reason = "a parser like its neighbours")]
pub fn secret_text(value: &str) -> ParsedSetting<Secret> {
    Ok(value.to_owned().into())
}

#[allow(clippy::unnecessary_wraps, reason = "a parser like its neighbours")]
pub fn path(value: &str) -> ParsedSetting<PathBuf> {
    Ok(PathBuf::from(value))
}

pub fn number<T: FromStr + PartialOrd + From<u8>>(value: &str) -> ParsedSetting<T> {
    at_least(0, value)
}

pub fn at_least_one<T: FromStr + PartialOrd + From<u8>>(value: &str) -> ParsedSetting<T> {
    at_least(1, value)
}

/// A number that no computation overflows with: at most 65,535.
pub fn small_number<T: From<u16>>(value: &str) -> ParsedSetting<T> {
    at_least::<u16>(0, value).map(T::from)
}

/// A number from 1 to 65,535.
pub fn small_at_least_one<T: From<u16>>(value: &str) -> ParsedSetting<T> {
    at_least::<u16>(1, value).map(T::from)
}

fn at_least<T: FromStr + PartialOrd + From<u8>>(least: u8, value: &str) -> ParsedSetting<T> {
    let most = u64::MAX >> (64 - 8 * size_of::<T>().min(8));
    let expected = || format!("a whole number from {least} to {most}");
    value.parse().ok().filter(|number| *number >= T::from(least)).ok_or_else(expected)
}

/// The longest password that is allowed. A lower limit would refuse passphrases.
pub fn password_max_length(value: &str) -> ParsedSetting<usize> {
    number(value).and_then(|most| if most >= 128 { Ok(most) } else { Err("128 or more".to_owned()) })
}

/// Threads; 0 is one for each core.
pub fn threads(value: &str) -> ParsedSetting<usize> {
    let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    number(value).map(|threads| if threads == 0 { cores() } else { threads })
}

/// Attempts; 0 is no limit.
pub fn attempts(value: &str) -> ParsedSetting<Option<i32>> {
    small_number::<i32>(value).map(|most| (most > 0).then_some(most))
}

pub fn trusted_proxies(value: &str) -> ParsedSetting<TrustedProxies> {
    value.parse().map_err(|error: InvalidTrustedProxies| error.to_string())
}

pub fn network(value: &str) -> ParsedSetting<IpNet> {
    trusted_proxies::parse_network(value).ok_or_else(|| "networks like 10.0.0.0/8 or addresses like ::1".to_owned())
}

/// One of a few words, each with its meaning.
pub fn one_of<T: Copy>(value: &str, words: &[(&str, T)]) -> ParsedSetting<T> {
    let found = words.iter().find(|(word, _)| *word == value).map(|(_, meaning)| *meaning);
    found.ok_or_else(|| words.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(" or "))
}

pub fn boolean(value: &str) -> ParsedSetting<bool> {
    one_of(value, &[("true", true), ("false", false)])
}

pub fn mode(value: &str) -> ParsedSetting<Mode> {
    one_of(value, &[("development", Mode::Development), ("production", Mode::Production)])
}

pub fn email_verification(value: &str) -> ParsedSetting<EmailVerification> {
    one_of(value, &[("optional", EmailVerification::Optional), ("required", EmailVerification::Required)])
}

pub fn log_format(value: &str) -> ParsedSetting<LogFormat> {
    one_of(value, &[("pretty", LogFormat::Pretty), ("json", LogFormat::Json)])
}

/// Whether documents that are not in the manifest are refused.
pub fn trusted_documents_mode(value: &str) -> ParsedSetting<bool> {
    one_of(value, &[("enforce", true), ("report", false)])
}

pub fn algorithm(value: &str) -> ParsedSetting<Algorithm> {
    one_of(value, &[Algorithm::Rs256, Algorithm::Es256, Algorithm::EdDsa].map(|one| (one.as_str(), one)))
}

pub fn list<T>(item: impl Fn(&str) -> ParsedSetting<T>) -> impl Fn(&str) -> ParsedSetting<Vec<T>> {
    move |value| value.split(',').map(str::trim).filter(|part| !part.is_empty()).map(&item).collect()
}

/// The longest length of time a setting can have: long enough, and safe to add to any date.
const LONGEST: Duration = Duration::from_hours(100 * 365 * 24);

pub fn duration(value: &str) -> ParsedSetting<Duration> {
    let parsed = humantime::parse_duration(value).ok().filter(|length| *length <= LONGEST);
    parsed.ok_or_else(|| "a length of time like 90s, 15m, 24h or 7d, at most 100 years".to_owned())
}

pub fn at_least_a_millisecond(value: &str) -> ParsedSetting<Duration> {
    let length = duration(value)?;
    if length >= Duration::from_millis(1) { Ok(length) } else { Err("1 millisecond (1ms) or more".to_owned()) }
}

pub fn at_least_a_second(value: &str) -> ParsedSetting<Duration> {
    let length = duration(value)?;
    if length >= Duration::from_secs(1) { Ok(length) } else { Err("1 second (1s) or more".to_owned()) }
}

pub fn rate_limit(value: &str) -> ParsedSetting<RateLimit> {
    let expected = || "attempts/period like 5/1m, or 0 for no limit".to_owned();
    if value == "0" {
        return Ok(RateLimit { attempts: 0, period: Duration::from_mins(1) });
    }
    let (attempts, period) = value.split_once('/').ok_or_else(expected)?;
    let period = at_least_a_millisecond(period.trim()).map_err(|_| expected())?;
    // 0/1m looks like "no attempt is allowed", but would be read as "no limit".
    let attempts = attempts.trim().parse().ok().filter(|attempts| *attempts > 0).ok_or_else(expected)?;
    Ok(RateLimit { attempts, period })
}

/// The empty text is the default, which depends on `DATA_DIR`.
pub fn database_url(value: &str) -> ParsedSetting<Secret> {
    if value.is_empty() || value.starts_with("sqlite:") {
        return Ok(value.to_owned().into());
    }
    let rest = ["postgres://", "postgresql://"].iter().find_map(|scheme| value.strip_prefix(scheme));
    let rest = rest.ok_or("sqlite://path or postgres://user:password@host/name")?;
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let hosts = authority.rsplit('@').next().unwrap_or_default();
    if hosts.contains(',') {
        let follows = "one host. Give the database an address that follows its primary (DNS, a virtual IP or a proxy)";
        return Err(follows.to_owned());
    }
    Ok(value.to_owned().into())
}

pub fn postgres_url(value: &str) -> ParsedSetting<Secret> {
    if value.starts_with("sqlite:") {
        return Err("postgres://user:password@host/name".to_owned());
    }
    database_url(value)
}

pub fn redis_url(value: &str) -> ParsedSetting<RedisUrl> {
    RedisUrl::parse(value).map_err(str::to_owned)
}

pub fn redis_mode(value: &str) -> ParsedSetting<RedisMode> {
    let words = [("single", RedisMode::Single), ("cluster", RedisMode::Cluster), ("sentinel", RedisMode::Sentinel)];
    one_of(value, &words)
}

pub fn smtp_url(value: &str) -> ParsedSetting<SmtpServer> {
    SmtpServer::parse(value).map_err(str::to_owned)
}

pub fn helo_name(value: &str) -> ParsedSetting<String> {
    let expected = "a domain name like auth.example.com, or an address like [192.0.2.1] or [IPv6:2001:db8::1]";
    smtp_server::helo_name(value).ok_or_else(|| expected.to_owned())
}

pub fn mail_sender(value: &str) -> ParsedSetting<String> {
    mail_sender::parse(value).map(|_| value.to_owned()).map_err(str::to_owned)
}

/// A part of the whole.
pub fn ratio(value: &str) -> ParsedSetting<f64> {
    let part = value.parse().ok().filter(|part| (0.0..=1.0).contains(part));
    part.ok_or_else(|| "a number from 0 to 1, like 0.1".to_owned())
}

/// Private keys in PEM.
pub fn pem(value: &str) -> ParsedSetting<Secret> {
    // A variable often carries the line breaks of a PEM file as the two characters \n.
    let pem = value.replace("\\n", "\n");
    if pem.contains("-----BEGIN PRIVATE KEY-----") {
        Ok(pem.into())
    } else {
        Err("private keys in PEM (PKCS #8)".to_owned())
    }
}

/// A token that attackers can guess online, and that travels in a header.
pub fn bearer_token(value: &str) -> ParsedSetting<Secret> {
    let is_token = value.len() >= 16 && value.bytes().all(|byte| byte.is_ascii_graphic());
    let expected = "16 or more ASCII letters, digits and symbols without spaces (openssl rand -hex 32)";
    if is_token { Ok(value.to_owned().into()) } else { Err(expected.to_owned()) }
}

/// Keys of 32 bytes. The sealer decodes them again when it opens.
pub fn encryption_keys(value: &str) -> ParsedSetting<Secret> {
    use base64::Engine;
    let is_key = |key: &str| base64::prelude::BASE64_STANDARD.decode(key).is_ok_and(|bytes| bytes.len() == 32);
    let expected = "keys of 32 bytes in base64 (openssl rand -base64 32), separated by commas";
    if value.split(',').all(|key| is_key(key.trim())) { Ok(value.to_owned().into()) } else { Err(expected.to_owned()) }
}
