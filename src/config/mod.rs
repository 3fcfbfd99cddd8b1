//! Every setting, read once at start; all faults are reported together.

mod addresses;
mod environment;
pub mod example;
mod groups;
mod names;
mod read;
mod safety;
pub mod table;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use url::Url;

pub use groups::{HashCost, LiveLimits, MailSettings, Retention, Shutdown};
pub use read::SettingFault;
use read::{Read, list, switch};

use crate::values::password::PasswordPolicy;
use crate::values::trusted_proxies::TrustedProxies;

/// Where the process runs, which decides what it makes by itself and what it demands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// A laptop: keys, database and mailbox are made on first start.
    Development,
    /// Real users: keys, addresses and a mail server are demanded.
    Production,
}

/// When an e-mail address has to be verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmailVerification {
    /// An email asks for it, nothing depends on it.
    Optional,
    /// Nobody signs in before.
    Required,
}

/// How often something may happen; `attempts` 0 is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    /// How many attempts are granted.
    pub attempts: u32,
    /// In how long a sliding window.
    pub period: Duration,
}

/// All settings. Each is described in [`table::SETTINGS`], under the name in capitals.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "config/table.rs describes every setting once, for operators and readers alike")]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Config {
    pub mode: Mode,
    /// What is weak in production and yet allowed, by name.
    pub allowed_insecure: Vec<&'static str>,
    /// What is set under names that look like settings and are none; each as a sentence for the log.
    pub unknown_names: Vec<String>,
    pub listen: SocketAddr,
    pub public_url: Url,
    pub frontend_url: Url,
    pub product_name: String,
    pub data_dir: PathBuf,

    pub database_url: Secret,
    pub database_max_connections: u32,
    pub database_migrate: bool,
    pub redis_url: Option<Secret>,
    pub redis_key_prefix: String,
    pub redis_timeout: Duration,

    pub trusted_proxies: TrustedProxies,
    pub cors_origins: Vec<String>,
    pub cors_headers: Vec<String>,
    pub request_timeout: Duration,
    pub keep_alive_timeout: Duration,
    pub shutdown: Shutdown,
    pub max_body_bytes: usize,
    pub introspection: bool,
    pub live: LiveLimits,
    pub max_complexity: u32,
    pub cost_in_answers: bool,
    pub max_operations: usize,
    pub operation_deadline: Duration,
    pub persisted_queries: bool,
    pub trusted_documents: Option<PathBuf>,
    pub trusted_documents_enforced: bool,

    pub registration_open: bool,
    pub email_verification: EmailVerification,
    pub hide_account_existence: bool,
    pub password_policy: PasswordPolicy,
    pub hash_cost: HashCost,
    pub lockout_attempts: i32,
    pub lockout_duration: Duration,

    pub jwt_algorithm: String,
    pub jwt_issuer: String,
    pub jwt_audience: String,
    pub jwt_client_id: String,
    pub jwt_keys_dir: PathBuf,
    pub jwt_private_keys: Option<Secret>,
    pub access_token_lifetime: Duration,
    pub refresh_token_lifetime: Duration,
    pub refresh_replay_window: Duration,
    pub refresh_race_window: Duration,
    pub session_max_lifetime: Duration,
    pub reauthentication_window: Duration,

    pub mfa_issuer: String,
    pub mfa_encryption_keys: Option<Secret>,

    pub verification_token_lifetime: Duration,
    pub reset_token_lifetime: Duration,
    pub invitation_lifetime: Duration,
    pub email_undo_lifetime: Duration,

    pub mail: MailSettings,

    pub rate_limit_requests: RateLimit,
    pub rate_limit_budget: RateLimit,
    pub rate_limit_auth: RateLimit,
    pub rate_limit_auth_network: RateLimit,
    pub rate_limit_auth_pair: RateLimit,
    pub rate_limit_auth_account: RateLimit,
    pub rate_limit_email: RateLimit,
    pub rate_limit_mfa: RateLimit,
    /// Codes that are judged for one challenge; none is as many as its account allows.
    pub mfa_challenge_attempts: Option<i32>,

    pub retention: Retention,

    pub log: String,
    pub log_json: bool,
    pub metrics_auth_token: Option<Secret>,
}

/// A setting that never shows in a log.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The value, for whoever connects or signs with it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether it is this text. How long the answer takes says nothing of how much of a guess was right.
    #[must_use]
    pub fn equals(&self, presented: &str) -> bool {
        // Of hashes, so that not even the length is told.
        let hash = |text: &str| digest(&SHA256, text.as_bytes());
        verify_slices_are_equal(hash(&self.0).as_ref(), hash(presented).as_ref()).is_ok()
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(redacted)")
    }
}

impl Config {
    /// Reads all settings through `lookup`, which answers the value of a name.
    ///
    /// # Errors
    /// Every fault there is, not only the first.
    pub fn read(lookup: &dyn Fn(&str) -> Option<String>) -> Result<Self, Vec<SettingFault>> {
        let mut read = Read::new(lookup);
        let mut config = Self::read_all(&mut read);
        safety::require_mode(&mut read);
        if let Some(config) = &mut config {
            config.allowed_insecure = safety::refuse_weakness(&mut read, config);
        }
        read.finish(config)
    }

    /// Reads the process environment, and below it the file `.env` of the working directory.
    ///
    /// # Errors
    /// Every fault there is, not only the first.
    pub fn from_environment() -> Result<Self, Vec<SettingFault>> {
        let environment::Given { values: given, mut faults, unknown_names } = environment::read()?;
        match Self::read(&|name| given.get(name).cloned()) {
            Ok(config) if faults.is_empty() => Ok(Self { unknown_names, ..config }),
            Ok(_) => Err(faults),
            Err(others) => {
                // A setting that could not be read is not missing, too.
                let is_new = |other: &SettingFault| faults.iter().all(|fault| fault.name != other.name);
                let others: Vec<_> = others.into_iter().filter(is_new).collect();
                faults.extend(others);
                Err(faults)
            }
        }
    }

    /// What stands in front of every path where clients reach the server, `/auth`; empty for a host of its own.
    #[must_use]
    pub fn public_path(&self) -> &str {
        self.public_url.path().trim_end_matches('/')
    }

    /// Whether nobody signs in with an unverified address. Hiding who has an account includes it: a registration
    /// that signs in at once tells that the address was free.
    #[must_use]
    pub fn requires_verified_email(&self) -> bool {
        self.email_verification == EmailVerification::Required || self.hide_account_existence
    }

    /// How long an account is kept whose address was never verified; `None` keeps it.
    #[must_use]
    pub fn unverified_retention(&self) -> Option<Duration> {
        let default = || self.requires_verified_email().then_some(Duration::from_hours(7 * 24));
        self.retention.unverified_users.or_else(default).filter(|retention| !retention.is_zero())
    }

    /// Whether keys, mailbox and first administrator are made without being asked for.
    #[must_use]
    pub fn is_development(&self) -> bool {
        self.mode == Mode::Development
    }

    #[allow(clippy::too_many_lines, reason = "a line for each setting")]
    fn read_all(read: &mut Read<'_>) -> Option<Self> {
        let mode = read.required("AUTHGRAPH_ENV", read::mode);
        read.mode = mode.unwrap_or(Mode::Development);
        let passwords = groups::read_password_policy(read);
        let hashes = groups::read_hash_cost(read);
        let live = groups::read_live_limits(read);
        let retention = groups::read_retention(read);
        let shutdown = groups::read_shutdown(read);
        let public_url = read.required("PUBLIC_URL", addresses::public_url);
        let mail = groups::read_mail(read, public_url.as_ref());
        let issuer = read
            .optional("JWT_ISSUER", read::text)
            .or_else(|| public_url.as_ref().map(|url| url.as_str().trim_end_matches('/').to_owned()));
        let product_name = read.required("PRODUCT_NAME", read::text);
        let data_dir = read.required("DATA_DIR", read::path);
        let below = |name: &str| data_dir.clone().unwrap_or_default().join(name);
        let keys_dir = read.optional("JWT_KEYS_DIR", read::path);
        let private_keys = read.optional("JWT_PRIVATE_KEYS", read::pem);
        if read.mode == Mode::Production && keys_dir.is_none() && private_keys.is_none() {
            read.fault(
                "JWT_KEYS_DIR",
                "",
                "a folder made by `authgraph keys rotate`, or the keys themselves in JWT_PRIVATE_KEYS",
            );
        }
        let database_url = read.optional("DATABASE_URL", read::database_url);
        Some(Self {
            mode: read.mode,
            allowed_insecure: Vec::new(),
            unknown_names: Vec::new(),
            listen: read.required("LISTEN", addresses::listen)?,
            public_url: public_url?,
            frontend_url: read.required("FRONTEND_URL", addresses::frontend_url)?,
            product_name: product_name.clone()?,
            database_url: database_url.unwrap_or_else(|| addresses::sqlite_url(&below("authgraph.db")).into()),
            jwt_keys_dir: keys_dir.unwrap_or_else(|| below("keys")),
            jwt_private_keys: private_keys,
            jwt_issuer: issuer?,
            data_dir: data_dir?,
            database_max_connections: read.required("DATABASE_MAX_CONNECTIONS", read::at_least_one)?,
            database_migrate: read.required("DATABASE_MIGRATE", switch)?,
            redis_url: read.optional("REDIS_URL", read::redis_url),
            redis_key_prefix: read.required("REDIS_KEY_PREFIX", read::text)?,
            redis_timeout: read.required("REDIS_TIMEOUT", read::moment)?,
            trusted_proxies: read.optional("TRUSTED_PROXIES", read::trusted_proxies).unwrap_or_default(),
            cors_origins: read.optional("CORS_ORIGINS", list(addresses::origin)).unwrap_or_default(),
            cors_headers: read.optional("CORS_HEADERS", list(addresses::header_name)).unwrap_or_default(),
            request_timeout: read.required("REQUEST_TIMEOUT", read::some_time)?,
            keep_alive_timeout: read.required("KEEP_ALIVE_TIMEOUT", read::some_time)?,
            shutdown: shutdown?,
            max_body_bytes: read.required("MAX_BODY_BYTES", read::at_least_one)?,
            introspection: read.required("INTROSPECTION", switch)?,
            live: live?,
            max_complexity: read.required("MAX_COMPLEXITY", read::at_least_one)?,
            cost_in_answers: read.required("COST_IN_ANSWERS", switch)?,
            max_operations: read.required("MAX_OPERATIONS", read::at_least_one)?,
            operation_deadline: read.required("OPERATION_DEADLINE", read::duration)?,
            persisted_queries: read.required("PERSISTED_QUERIES", switch)?,
            trusted_documents: read.optional("TRUSTED_DOCUMENTS", read::path),
            trusted_documents_enforced: read
                .required("TRUSTED_DOCUMENTS_MODE", read::one_of(&["enforce", "report"]))
                .map(|mode| mode == "enforce")?,
            registration_open: read.required("REGISTRATION_OPEN", switch)?,
            email_verification: read.required("EMAIL_VERIFICATION", read::email_verification)?,
            hide_account_existence: read.required("HIDE_ACCOUNT_EXISTENCE", switch)?,
            password_policy: passwords?,
            hash_cost: hashes?,
            lockout_attempts: read.required("LOCKOUT_ATTEMPTS", read::number::<u16>).map(i32::from)?,
            lockout_duration: read.required("LOCKOUT_DURATION", read::duration)?,
            jwt_algorithm: read.required("JWT_ALGORITHM", read::one_of(&["RS256", "ES256", "EdDSA"]))?,
            jwt_audience: read.required("JWT_AUDIENCE", read::text)?,
            jwt_client_id: read.required("JWT_CLIENT_ID", read::text)?,
            access_token_lifetime: read.required("ACCESS_TOKEN_LIFETIME", read::some_time)?,
            refresh_token_lifetime: read.required("REFRESH_TOKEN_LIFETIME", read::some_time)?,
            refresh_replay_window: read.required("REFRESH_REPLAY_WINDOW", read::duration)?,
            refresh_race_window: read.required("REFRESH_RACE_WINDOW", read::duration)?,
            session_max_lifetime: read.required("SESSION_MAX_LIFETIME", read::duration)?,
            reauthentication_window: read.required("REAUTHENTICATION_WINDOW", read::duration)?,
            mfa_issuer: read.optional("MFA_ISSUER", read::text).or_else(|| product_name.clone())?,
            mfa_encryption_keys: read.optional("MFA_ENCRYPTION_KEYS", read::encryption_keys),
            verification_token_lifetime: read.required("VERIFICATION_TOKEN_LIFETIME", read::some_time)?,
            reset_token_lifetime: read.required("RESET_TOKEN_LIFETIME", read::some_time)?,
            invitation_lifetime: read.required("INVITATION_LIFETIME", read::some_time)?,
            email_undo_lifetime: read.required("EMAIL_UNDO_LIFETIME", read::duration)?,
            mail: mail?,
            rate_limit_requests: read.required("RATE_LIMIT_REQUESTS", read::rate_limit)?,
            rate_limit_budget: read.required("RATE_LIMIT_BUDGET", read::rate_limit)?,
            rate_limit_auth: read.required("RATE_LIMIT_AUTH", read::rate_limit)?,
            rate_limit_auth_network: read.required("RATE_LIMIT_AUTH_NETWORK", read::rate_limit)?,
            rate_limit_auth_pair: read.required("RATE_LIMIT_AUTH_PAIR", read::rate_limit)?,
            rate_limit_auth_account: read.required("RATE_LIMIT_AUTH_ACCOUNT", read::rate_limit)?,
            rate_limit_email: read.required("RATE_LIMIT_EMAIL", read::rate_limit)?,
            rate_limit_mfa: read.required("RATE_LIMIT_MFA", read::rate_limit)?,
            mfa_challenge_attempts: read
                .required("MFA_CHALLENGE_ATTEMPTS", read::number::<u16>)
                .map(|most| Some(i32::from(most)).filter(|most| *most > 0))?,
            retention: retention?,
            log: read.required("LOG", read::text)?,
            log_json: read.required("LOG_FORMAT", read::one_of(&["pretty", "json"])).map(|format| format == "json")?,
            metrics_auth_token: read.optional("METRICS_AUTH_TOKEN", read::bearer_token),
        })
    }
}
