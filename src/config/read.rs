//! Reads settings one by one and collects every fault on the way.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use super::table::{self, InProduction, Setting};
use super::{EmailVerification, Mode, RateLimit, Secret};
use crate::values::mail_sender;
use crate::values::smtp_server::{self, SmtpServer};
use crate::values::trusted_proxies::{InvalidTrustedProxies, TrustedProxies};

/// A setting that is wrong or missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingFault {
    /// Its name.
    pub name: &'static str,
    /// What it got, masked where it is a secret; empty where it is missing.
    pub got: String,
    /// What it wants.
    pub wants: String,
}

impl fmt::Display for SettingFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let got = if self.got.is_empty() { "nothing" } else { &self.got };
        write!(f, "{}: got {got}; wants {}", self.name, self.wants)
    }
}

/// What a parser of one value answers: the value, or what it wants instead.
pub type Parsed<T> = Result<T, String>;

/// One pass over all settings.
pub struct Read<'a> {
    lookup: &'a dyn Fn(&str) -> Option<String>,
    faults: Vec<SettingFault>,
    /// Decides which defaults hold; read first.
    pub mode: Mode,
}

impl<'a> Read<'a> {
    pub fn new(lookup: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { lookup, faults: Vec::new(), mode: Mode::Development }
    }

    /// The value of a setting that always has one. After a fault its default stands in, so that the reading goes on;
    /// `None` only where the table's own default does not parse.
    pub fn required<T>(&mut self, name: &'static str, parse: impl Fn(&str) -> Parsed<T>) -> Option<T> {
        let setting = table::find(name)?;
        let given = self.given(name);
        let value = match (&given, setting.production) {
            (Some(value), _) => value.as_str(),
            (None, InProduction::Default(default)) if self.mode == Mode::Production => default,
            (None, InProduction::Demanded) if self.mode == Mode::Production => {
                self.fault(name, "", &demanded(setting));
                setting.default
            }
            (None, _) => setting.default,
        };
        match parse(value) {
            Ok(parsed) => Some(parsed),
            Err(wants) => {
                self.fault(name, value, &wants);
                parse(setting.default).ok()
            }
        }
    }

    /// The value of a setting that may be empty.
    pub fn optional<T>(&mut self, name: &'static str, parse: impl Fn(&str) -> Parsed<T>) -> Option<T> {
        let setting = table::find(name)?;
        let value = self.given(name).or_else(|| match (setting.production, self.mode) {
            (InProduction::Default(default), Mode::Production) => Some(default.to_owned()),
            (InProduction::Demanded, Mode::Production) => {
                self.fault(name, "", &demanded(setting));
                None
            }
            (_, Mode::Development | Mode::Production) => Some(setting.default.to_owned()),
        })?;
        if value.is_empty() {
            return None;
        }
        parse(&value).map_err(|wants| self.fault(name, &value, &wants)).ok()
    }

    /// Notes a fault.
    pub fn fault(&mut self, name: &'static str, got: &str, wants: &str) {
        let is_secret = table::find(name).is_none_or(|setting| setting.is_secret);
        let got = if is_secret && !got.is_empty() {
            format!("*** ({} characters)", got.chars().count())
        } else {
            got.to_owned()
        };
        self.faults.push(SettingFault { name, got, wants: wants.to_owned() });
    }

    /// The configuration, if nothing was wrong.
    pub fn finish<T>(mut self, config: Option<T>) -> Result<T, Vec<SettingFault>> {
        match config {
            Some(config) if self.faults.is_empty() => Ok(config),
            Some(_) => Err(self.faults),
            None => {
                self.fault("AUTHGRAPH_ENV", "", "a table of settings whose defaults parse: please report this");
                Err(self.faults)
            }
        }
    }

    /// What is set; an empty value counts as not set.
    pub fn given(&self, name: &str) -> Option<String> {
        (self.lookup)(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }
}

/// What is wanted where nothing is set that production demands.
fn demanded(setting: &Setting) -> String {
    format!("a value, which production demands. It is for: {}", setting.meaning)
}

#[allow(clippy::unnecessary_wraps, reason = "a parser like its neighbours")]
pub fn text(value: &str) -> Parsed<String> {
    Ok(value.to_owned())
}

#[allow(clippy::unnecessary_wraps, reason = "a parser like its neighbours")]
pub fn path(value: &str) -> Parsed<PathBuf> {
    Ok(PathBuf::from(value))
}

pub fn number<T: FromStr + PartialOrd + From<u8>>(value: &str) -> Parsed<T> {
    at_least(0, value)
}

pub fn at_least_one<T: FromStr + PartialOrd + From<u8>>(value: &str) -> Parsed<T> {
    at_least(1, value)
}

fn at_least<T: FromStr + PartialOrd + From<u8>>(least: u8, value: &str) -> Parsed<T> {
    let most = u64::MAX >> (64 - 8 * size_of::<T>().min(8));
    let wants = || format!("a whole number from {least} to {most}");
    value.parse().ok().filter(|number| *number >= T::from(least)).ok_or_else(wants)
}

pub fn trusted_proxies(value: &str) -> Parsed<TrustedProxies> {
    value.parse().map_err(|error: InvalidTrustedProxies| error.to_string())
}

pub fn switch(value: &str) -> Parsed<bool> {
    match value {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err("true or false".to_owned()),
    }
}

pub fn mode(value: &str) -> Parsed<Mode> {
    match value {
        "development" => Ok(Mode::Development),
        "production" => Ok(Mode::Production),
        _ => Err("development or production".to_owned()),
    }
}

pub fn email_verification(value: &str) -> Parsed<EmailVerification> {
    match value {
        "optional" => Ok(EmailVerification::Optional),
        "required" => Ok(EmailVerification::Required),
        _ => Err("optional or required".to_owned()),
    }
}

pub fn one_of(words: &'static [&'static str]) -> impl Fn(&str) -> Parsed<String> {
    move |value| {
        if words.contains(&value) { Ok(value.to_owned()) } else { Err(format!("one of {}", words.join(", "))) }
    }
}

pub fn list<T>(item: fn(&str) -> Parsed<T>) -> impl Fn(&str) -> Parsed<Vec<T>> {
    move |value| value.split(',').map(str::trim).filter(|part| !part.is_empty()).map(item).collect()
}

/// The longest length of time a setting can have: far enough, and safe to add to any date.
const LONGEST: Duration = Duration::from_hours(100 * 365 * 24);

pub fn duration(value: &str) -> Parsed<Duration> {
    let parsed = humantime::parse_duration(value).ok().filter(|length| *length <= LONGEST);
    parsed.ok_or_else(|| "a length of time like 90s, 15m, 24h or 7d, at most 100 years".to_owned())
}

/// For what is over in less than a second.
pub fn moment(value: &str) -> Parsed<Duration> {
    duration(value)
        .ok()
        .filter(|time| *time >= Duration::from_millis(1))
        .ok_or_else(|| "a millisecond or more".to_owned())
}

/// For what must not be over before it begins.
pub fn some_time(value: &str) -> Parsed<Duration> {
    duration(value)?;
    duration(value).ok().filter(|length| *length >= Duration::from_secs(1)).ok_or_else(|| "a second or more".to_owned())
}

pub fn rate_limit(value: &str) -> Parsed<RateLimit> {
    let wants = || "attempts/period like 5/1m, or 0 for no limit".to_owned();
    if value == "0" {
        return Ok(RateLimit { attempts: 0, period: Duration::from_mins(1) });
    }
    let (attempts, period) = value.split_once('/').ok_or_else(wants)?;
    let period = duration(period.trim()).ok().filter(|period| *period >= Duration::from_millis(1)).ok_or_else(wants)?;
    // "None allowed" would be read as "no limit".
    let attempts = attempts.trim().parse().ok().filter(|attempts| *attempts > 0).ok_or_else(wants)?;
    Ok(RateLimit { attempts, period })
}

pub fn database_url(value: &str) -> Parsed<Secret> {
    if value.starts_with("sqlite:") {
        return Ok(value.to_owned().into());
    }
    let rest = ["postgres://", "postgresql://"].iter().find_map(|scheme| value.strip_prefix(scheme));
    let rest = rest.ok_or("sqlite://path or postgres://user:password@host/name")?;
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let hosts = authority.rsplit('@').next().unwrap_or_default();
    if hosts.contains(',') {
        return Err(
            "one host: give the database an address that follows its primary (DNS, a virtual IP, a proxy)".to_owned()
        );
    }
    Ok(value.to_owned().into())
}

pub fn redis_url(value: &str) -> Parsed<Secret> {
    let is_known = ["redis://", "rediss://"].iter().any(|scheme| value.starts_with(scheme));
    if is_known { Ok(value.to_owned().into()) } else { Err("redis://host:6379 or rediss://…".to_owned()) }
}

pub fn smtp_url(value: &str) -> Parsed<SmtpServer> {
    SmtpServer::parse(value).map_err(str::to_owned)
}

pub fn helo_name(value: &str) -> Parsed<String> {
    let wants = "a domain name like auth.example.com, or an address like [192.0.2.1] or [IPv6:2001:db8::1]";
    smtp_server::helo_name(value).ok_or_else(|| wants.to_owned())
}

pub fn pem(value: &str) -> Parsed<Secret> {
    // A variable often carries the line breaks of a PEM file as the two characters \n.
    let pem = value.replace("\\n", "\n");
    if pem.contains("-----BEGIN PRIVATE KEY-----") {
        Ok(pem.into())
    } else {
        Err("private keys as PEM (PKCS #8)".to_owned())
    }
}

/// What is guessed online, and travels in a header.
pub fn bearer_token(value: &str) -> Parsed<Secret> {
    let is_token = value.len() >= 16 && value.bytes().all(|byte| byte.is_ascii_graphic());
    let wants = "16 or more letters, digits and signs, without spaces (openssl rand -hex 32)";
    if is_token { Ok(value.to_owned().into()) } else { Err(wants.to_owned()) }
}

/// As the sealer reads them; that the bytes are good it says itself.
pub fn encryption_keys(value: &str) -> Parsed<Secret> {
    use base64::Engine;
    let is_key = |key: &str| base64::prelude::BASE64_STANDARD.decode(key).is_ok_and(|bytes| bytes.len() == 32);
    let wants = "keys of 32 bytes in base64 (openssl rand -base64 32), comma-separated";
    if value.split(',').all(|key| is_key(key.trim())) { Ok(value.to_owned().into()) } else { Err(wants.to_owned()) }
}

pub fn mailbox(value: &str) -> Parsed<String> {
    mail_sender::parse(value).map(|_| value.to_owned()).map_err(str::to_owned)
}
