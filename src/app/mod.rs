//! What every flow may use: the tools, the configuration, and modules of functions that several flows share.

pub mod admin_actions;
pub mod audit_feed;
pub mod charges;
pub mod counters;
pub mod described_user;
pub mod gauges;
pub mod guesses;
pub mod known_devices;
pub mod limits;
pub mod lockout;
pub mod mail;
pub mod new_password;
pub mod oauth;
pub mod password_confirmation;
pub mod revocation;
pub mod sign_in;
pub mod viewer;

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use self::audit_feed::AuditFeed;
use self::gauges::{MeasuredTools, StoredGauges};
use self::oauth::OAuthProviders;
use crate::config::Config;
use crate::error::Result;
use crate::tools::access_token::{self, AccessTokens, KeySource};
use crate::tools::background::Background;
use crate::tools::cache::SharedCache;
use crate::tools::clock::Clock;
use crate::tools::concurrency_limiter::ConcurrencyLimiter;
use crate::tools::db::Db;
use crate::tools::event_bus::EventBus;
use crate::tools::mail_templates::MailTemplates;
use crate::tools::mailer::{Mailer, smtp};
use crate::tools::metrics::Metrics;
use crate::tools::password_hasher::PasswordHasher;
use crate::tools::rate_limiter::{RateLimiter, WindowClock};
use crate::tools::redis::Redis;
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
    /// Where the settings name one.
    pub redis: Option<Redis>,
    pub cache: SharedCache,
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
    pub oauth: OAuthProviders,
    pub background: Background,
    /// Cancelled when the server is told to stop: `/ready` says so from then on.
    pub stopping: CancellationToken,
    pub metrics: Metrics,
    pub feed: AuditFeed,
    /// What the database held when it was last counted.
    pub stored_gauges: Arc<StoredGauges>,
}

impl App {
    /// Opens every tool. Nothing is served yet and no table is read; a database that is away is no error here.
    ///
    /// # Errors
    /// A fault where a setting that parsed does not work: an unreadable key, a broken template.
    pub async fn open(config: Config, clock: Clock) -> Result<Self> {
        let redis = Redis::open(&config.redis)?;
        let window_clock = match clock {
            Clock::System => WindowClock::Store,
            Clock::Manual(_) => WindowClock::Caller,
        };
        let bus = EventBus::new(redis.clone(), "audit");
        let (db, background) = (Db::open(&config.database).await?, Background::new());
        let password_hasher = PasswordHasher::start(&config.hash)?;
        let stored_gauges = Arc::new(StoredGauges::default());
        let tools = MeasuredTools { db: &db, redis: redis.as_ref(), hasher: &password_hasher };
        let metrics = gauges::open_metrics(tools, &stored_gauges, config.is_development())?;
        let oauth = OAuthProviders::open(&config.oauth, &config.form_post_uri(), config.is_development())?;
        oauth.iter().for_each(|provider| metrics.begin_provider(provider.name()));
        Ok(Self {
            metrics,
            stored_gauges,
            feed: AuditFeed::new(db.clone(), bus, background.clone(), config.subscriptions.backlog),
            db,
            rate_limiter: RateLimiter::new(redis.clone(), window_clock),
            cache: SharedCache::new(redis.clone()),
            redis,
            trusted_documents: config.graphql.trusted_documents.as_deref().map(TrustedDocuments::open).transpose()?,
            operations: ConcurrencyLimiter::new(
                config.graphql.max_concurrent_operations,
                config.graphql.operation_queue_timeout,
            ),
            password_hasher,
            access_tokens: AccessTokens::open(config.access_tokens.clone(), key_source(&config, &clock)?)?,
            sealer: open_sealer(&config)?,
            mail_templates: MailTemplates::open(config.mail.templates_dir.as_deref(), &config.server.product_name)?,
            mailer: open_mailer(&config)?,
            oauth,
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
        self.config.http.request_timeout.max(LONGEST_TASK) + CLOCKS_APART
    }
}

/// Where the signing keys are. A developer's machine gets its first key here.
fn key_source(config: &Config, clock: &Clock) -> Result<KeySource> {
    let keys = &config.signing_keys;
    if let Some(pem) = &keys.pem {
        return Ok(KeySource::Pem(pem.expose().to_owned()));
    }
    if config.is_development() {
        access_token::ensure_key(&keys.dir, config.access_tokens.algorithm, clock.now())?;
    }
    Ok(KeySource::Folder(keys.dir.clone()))
}

fn open_sealer(config: &Config) -> Result<Sealer> {
    match &config.mfa.encryption_keys {
        Some(keys) => Sealer::open(keys.expose()),
        None => Sealer::open(&sealer::ensure_key(&config.server.data_dir.join("mfa.key"))?),
    }
}

/// Without a mail server emails become files, which the development mailbox shows.
fn open_mailer(config: &Config) -> Result<Mailer> {
    let mail = &config.mail;
    let Some(server) = &mail.server else {
        return Mailer::files(config.server.data_dir.join("mailbox"), &mail.from);
    };
    let settings = smtp::SmtpSettings {
        server: server.clone(),
        helo_name: mail.helo_name.clone(),
        ca_file: mail.ca_file.clone(),
        timeouts: smtp::Timeouts::RFC_5321,
    };
    Mailer::smtp(settings, &mail.from)
}
