//! A `PostgreSQL` server: how it is reached, whether it takes writes, and whether it still answers.

use std::collections::HashSet;
use std::fmt;
use std::io;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Executor, FromRow, PgConnection};
use tokio::time::timeout;

use super::error::in_short;
use super::outage::Outage;
use crate::error::{OrFault, Result};

/// A statement that takes longer is a mistake or a runaway; it must not keep its connection. And starting workers for a
/// statement costs more than any page of ours.
pub(super) const OPTIONS: [(&str, &str); 3] = [
    ("statement_timeout", "10s"),
    ("idle_in_transaction_session_timeout", "10s"),
    ("max_parallel_workers_per_gather", "0"),
];
/// Prepared statements kept per connection: more than we have, so that each is prepared once.
const PREPARED_STATEMENTS: usize = 512;
/// The first question over each connection. Transactions see what others commit meanwhile, whatever the database's
/// default is. Where our options did not arrive, a pooler is between, and any session may answer the next question.
const GREETING: &str = "select case when (select source = 'client' from pg_settings where name = 'statement_timeout') \
                        then pid || ' ' || backend_start end, current_setting('transaction_read_only') = 'on', \
                        set_config('default_transaction_isolation', 'read committed', false) \
                        from pg_stat_activity where pid = pg_backend_pid()";

/// A server and what is known of it.
pub(super) struct Server {
    /// The setting that names it.
    pub(super) setting: &'static str,
    pub(super) options: PgConnectOptions,
    /// How long a connection may take, and how long to wait for one.
    pub(super) acquire_timeout: Duration,
    pub(super) outage: Outage,
    /// What rested at this time was to a server that is gone, or cannot write.
    suspected_at: Mutex<Option<Instant>>,
    /// What rested at this time has to be asked, however short its rest was: a new connection was refused.
    doubted_at: Mutex<Option<Instant>>,
    pub(super) last_probe: tokio::sync::Mutex<Option<Probe>>,
}

/// What the server said when it was asked for its work.
pub(super) struct Probe {
    pub(super) at: Instant,
    pub(super) work: Work,
}

pub(super) enum Work {
    /// For these sessions.
    For(HashSet<String>),
    /// It answers, and does not tell.
    Untold,
    /// It does not answer.
    Silent,
}

/// One connection.
pub(super) struct Backend {
    pub(super) connection: PgConnection,
    /// The server's session behind it: its process, and when that began, which no other server has in common with it.
    /// Behind a pooler there is none: each transaction may have another one.
    pub(super) session: Option<String>,
    pub(super) rests_since: Instant,
}

/// Why there is no connection.
#[derive(Debug)]
pub(super) enum NoConnection {
    Failed(sqlx::Error),
    Silent,
    ReadOnly,
}

impl Server {
    pub(super) fn new(setting: &'static str, url: &str, acquire_timeout: Duration) -> Result<Self> {
        let mut options = PgConnectOptions::from_str(url)
            .map_err(|error| format!("{setting}: {error}"))
            .or_fault("reading the URL of the database")?
            .options(OPTIONS)
            .statement_cache_capacity(PREPARED_STATEMENTS)
            // Numbers with digits behind the point are not kept; and poolers do not know this parameter.
            .extra_float_digits(None);
        if options.get_application_name().is_none() {
            options = options.application_name("authgraph");
        }
        Ok(Self {
            setting,
            options,
            acquire_timeout,
            outage: Outage::default(),
            suspected_at: Mutex::default(),
            doubted_at: Mutex::default(),
            last_probe: tokio::sync::Mutex::default(),
        })
    }

    /// Host and port, for the log.
    pub(super) fn address(&self) -> String {
        match self.options.get_socket() {
            Some(path) => path.display().to_string(),
            None => format!("{}:{}", self.options.get_host(), self.options.get_port()),
        }
    }

    pub(super) fn user(&self) -> &str {
        self.options.get_username()
    }

    pub(super) fn database(&self) -> &str {
        self.options.get_database().unwrap_or_else(|| self.options.get_username())
    }

    /// Opens a connection that can write.
    pub(super) async fn connect(&self) -> Result<Backend, NoConnection> {
        let greeted = async {
            let mut connection = self.options.connect().await?;
            // A text without values goes by the simple protocol: one round trip.
            let row = connection.fetch_one(GREETING).await?;
            let (session, is_read_only, _): (Option<String>, bool, String) = FromRow::from_row(&row)?;
            Ok::<_, sqlx::Error>((Backend { connection, session, rests_since: Instant::now() }, is_read_only))
        };
        match timeout(self.acquire_timeout, greeted).await {
            Ok(Ok((backend, false))) => Ok(backend),
            Ok(Ok((_, true))) => Err(NoConnection::ReadOnly),
            Ok(Err(error)) => Err(NoConnection::Failed(error)),
            Err(_elapsed) => Err(NoConnection::Silent),
        }
    }

    /// Gives up what rests, without asking each connection: one of them led nowhere, or to a server that cannot write.
    pub(super) fn suspect(&self) {
        *self.suspected_at.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    pub(super) fn suspects(&self, backend: &Backend) -> bool {
        rested_at(backend, &self.suspected_at)
    }

    /// Makes idle connections be asked before they are used.
    pub(super) fn doubt(&self) {
        *self.doubted_at.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    pub(super) fn doubts(&self, backend: &Backend) -> bool {
        rested_at(backend, &self.doubted_at)
    }

    pub(super) fn failed(&self, cause: &dyn fmt::Display) {
        if self.outage.failed(Instant::now()) {
            let address = self.address();
            tracing::warn!(%cause, address, "the database is away: requests are answered UNAVAILABLE until it is back");
        }
    }

    pub(super) fn answered(&self) {
        if self.outage.answered() {
            tracing::info!(address = self.address(), "the database is back");
        }
    }
}

fn rested_at(backend: &Backend, time: &Mutex<Option<Instant>>) -> bool {
    time.lock().unwrap_or_else(PoisonError::into_inner).is_some_and(|time| backend.rests_since <= time)
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("address", &self.address()).finish_non_exhaustive()
    }
}

impl NoConnection {
    /// Whether the server is only starting or full, so that it is worth waiting a moment for it.
    pub(super) fn is_brief(&self) -> bool {
        match self {
            Self::Failed(sqlx::Error::Io(error)) => error.kind() == io::ErrorKind::ConnectionRefused,
            Self::Failed(sqlx::Error::Database(error)) => matches!(error.code().as_deref(), Some("53300" | "57P03")),
            Self::Failed(_) | Self::Silent | Self::ReadOnly => false,
        }
    }
}

impl fmt::Display for NoConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(error) => f.write_str(&in_short(error)),
            Self::Silent => f.write_str("it does not answer"),
            Self::ReadOnly => f.write_str("it takes no writes: it is a standby, or was told to be read-only"),
        }
    }
}
