//! What every flow may use: the tools, the configuration, and modules of functions that several flows share.

pub mod admin_actions;
pub mod audit_feed;
pub mod charges;
pub mod gauges;
pub mod guesses;
pub mod known_devices;
pub mod limits;
pub mod lockout;
pub mod mail;
pub mod new_password;
pub mod password_confirmation;
pub mod revocation;
pub mod sign_in;
pub mod viewer;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use self::audit_feed::AuditFeed;
use self::gauges::OutboxGauges;
use crate::config::Config;
use crate::error::Result;
use crate::tools::access_token::{self, AccessTokens, KeySource};
use crate::tools::background::Background;
use crate::tools::clock::Clock;
use crate::tools::concurrency_limiter::ConcurrencyLimiter;
use crate::tools::db::{self, Db};
use crate::tools::event_bus::{self, EventBus};
use crate::tools::kv::{self, Kv, WindowClock};
use crate::tools::mail_templates::MailTemplates;
use crate::tools::mailer::{Mailer, smtp};
use crate::tools::metrics::Metrics;
use crate::tools::password_hasher::{self, PasswordHasher};
use crate::tools::rate_limiter::RateLimiter;
use crate::tools::sealer::{self, Sealer};
use crate::tools::trusted_documents::TrustedDocuments;

/// How long a step without a request may take: one of a background task, or of a command.
const LONGEST_TASK: Duration = Duration::from_secs(30);
/// How far the clocks of two instances may be apart.
const CLOCKS_APART: Duration = Duration::from_secs(5);

/// One authgraph, the same in tests as in production.
#[allow(missing_docs, reason = "each field is a tool that describes itself")]
pub struct App {
    pub config: Config,
    pub clock: Clock,
    pub db: Db,
    pub kv: Kv,
    pub rate_limiter: RateLimiter,
    /// The documents that frontends use, where a manifest names them.
    pub trusted_documents: Option<TrustedDocuments>,
    /// Limits how many operations run at once.
    pub operations: ConcurrencyLimiter,
    pub password_hasher: PasswordHasher,
    pub access_tokens: AccessTokens,
    pub sealer: Sealer,
    pub mail_templates: MailTemplates,
    pub mailer: Mailer,
    pub background: Background,
    /// Cancelled when the server is told to stop: `/ready` says so from then on.
    pub stopping: CancellationToken,
    pub metrics: Metrics,
    pub feed: AuditFeed,
    /// How the outbox stood when it was last counted.
    pub outbox_gauges: Arc<OutboxGauges>,
}

impl App {
    /// Opens every tool. Nothing is served yet and no table is read; a database that is away is no error here.
    ///
    /// # Errors
    /// A fault where a setting that parsed does not work: an unreadable key, a broken template.
    pub async fn open(config: Config, clock: Clock) -> Result<Self> {
        let kv = Kv::open(&kv::RedisSettings {
            redis_url: config.redis_url.as_ref().map(|url| url.expose().to_owned()),
            key_prefix: config.redis_key_prefix.clone(),
            timeout: config.redis_timeout,
            window_clock: match clock {
                Clock::System => WindowClock::Store,
                Clock::Manual(_) => WindowClock::Caller,
            },
        })?;
        let bus = EventBus::open(&event_bus::EventBusSettings {
            redis_url: config.redis_url.as_ref().map(|url| url.expose().to_owned()),
            channel: format!("{}audit", config.redis_key_prefix),
        })?;
        let (db, background) = (Db::open(&database_settings(&config)).await?, Background::new());
        let password_hasher = PasswordHasher::start(&hasher_settings(&config))?;
        let outbox_gauges = Arc::new(OutboxGauges::default());
        Ok(Self {
            metrics: Metrics::open(gauges::list(&db, &kv, &password_hasher, &outbox_gauges))?,
            outbox_gauges,
            feed: AuditFeed::new(db.clone(), bus, background.clone(), config.live.backlog),
            db,
            rate_limiter: RateLimiter::new(kv.clone()),
            trusted_documents: config.trusted_documents.as_deref().map(TrustedDocuments::open).transpose()?,
            operations: ConcurrencyLimiter::new(config.max_operations, config.operation_deadline),
            kv,
            password_hasher,
            access_tokens: AccessTokens::open(token_settings(&config)?, key_source(&config, &clock)?)?,
            sealer: open_sealer(&config)?,
            mail_templates: MailTemplates::open(config.mail.templates_dir.as_deref(), &config.product_name)?,
            mailer: open_mailer(&config)?,
            background,
            stopping: CancellationToken::new(),
            clock,
            config,
        })
    }

    /// How long after its time an event may still appear in the audit trail. An event is dated when its flow began; the flow
    /// may take until `REQUEST_TIMEOUT`, on an instance whose clock differs.
    #[must_use]
    pub fn longest_flow(&self) -> Duration {
        self.config.request_timeout.max(LONGEST_TASK) + CLOCKS_APART
    }
}

/// How the database is opened; also for the commands that need nothing else.
#[must_use]
pub fn database_settings(config: &Config) -> db::DbSettings {
    db::DbSettings {
        url: config.database_url.expose().to_owned(),
        max_connections: config.database_max_connections,
        acquire_timeout: Duration::from_secs(3),
        // In production an empty database would hide that the disk with the real one is not mounted.
        makes_file: config.is_development(),
    }
}

/// Where the signing keys are.
///
/// # Errors
/// A fault where the first key of a laptop cannot be written.
pub fn key_source(config: &Config, clock: &Clock) -> Result<KeySource> {
    if let Some(pem) = &config.jwt_private_keys {
        return Ok(KeySource::Pem(pem.expose().to_owned()));
    }
    if config.is_development() {
        access_token::ensure_key(&config.jwt_keys_dir, algorithm(config)?, clock.now())?;
    }
    Ok(KeySource::Folder(config.jwt_keys_dir.clone()))
}

/// The folder of the development mailbox.
#[must_use]
pub fn mailbox_dir(config: &Config) -> PathBuf {
    config.data_dir.join("mailbox")
}

/// The algorithm of the configuration.
///
/// # Errors
/// A fault for a word that the table of settings lets through and the signer does not know.
pub fn algorithm(config: &Config) -> Result<access_token::Algorithm> {
    use crate::error::OrFault;
    config.jwt_algorithm.parse::<access_token::Algorithm>().ok().or_fault("reading JWT_ALGORITHM")
}

fn token_settings(config: &Config) -> Result<access_token::AccessTokenSettings> {
    Ok(access_token::AccessTokenSettings {
        algorithm: algorithm(config)?,
        issuer: config.jwt_issuer.clone(),
        audience: config.jwt_audience.clone(),
        client_id: config.jwt_client_id.clone(),
        lifetime: config.access_token_lifetime,
        leeway: Duration::ZERO,
    })
}

fn hasher_settings(config: &Config) -> password_hasher::PasswordHasherSettings {
    let cost = config.hash_cost;
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    password_hasher::PasswordHasherSettings {
        memory_kib: cost.memory_kib,
        iterations: cost.iterations,
        lanes: cost.lanes,
        threads: if cost.threads == 0 { cores } else { cost.threads },
        queue: cost.queue,
        deadline: cost.deadline,
    }
}

fn open_sealer(config: &Config) -> Result<Sealer> {
    match &config.mfa_encryption_keys {
        Some(keys) => Sealer::open(keys.expose()),
        None => Sealer::open(&sealer::ensure_key(&config.data_dir.join("mfa.key"))?),
    }
}

fn open_mailer(config: &Config) -> Result<Mailer> {
    let mail = &config.mail;
    let Some(server) = &mail.server else { return Mailer::files(mailbox_dir(config), &mail.from) };
    let settings = smtp::SmtpSettings {
        server: server.clone(),
        helo_name: mail.helo_name.clone(),
        ca_file: mail.ca_file.clone(),
        timeouts: smtp::Timeouts::RFC_5321,
    };
    Mailer::smtp(settings, &mail.from)
}
