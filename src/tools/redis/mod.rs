//! Redis: one connection that all callers share, behind a circuit breaker, so that no request waits long for a dead server.
//!
//! Nothing in Redis may be the only copy. Each tool that uses it says what it does while Redis is away.

mod call;
mod circuit_breaker;
mod connection;
mod sentinels;
#[cfg(test)]
pub(crate) mod testing;
mod topology;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use deadpool_redis::redis::aio::PubSub;
use deadpool_redis::redis::{Cmd, FromRedisValue, RedisError, RedisResult, cmd};
use tracing::Instrument;

pub use self::call::{BACKGROUND_TIMEOUT, RedisCall, in_time};
use self::circuit_breaker::CircuitBreaker;
use self::connection::SharedConnection;
use self::topology::Topology;
use crate::error::Result;
use crate::tools::metrics::Durations;
use crate::tools::spans;
use crate::values::redis_url::RedisUrl;
use crate::values::secret::Secret;

/// The most connections that one instance keeps open to one server: one for commands, and one on which instances wake each
/// other. In a cluster the first leads to every node and the second to one of them; sentinels are asked and left again.
pub const CONNECTIONS_PER_SERVER: u32 = 2;

/// How long a connection that only listens may take to make: there may be nodes or sentinels that do not answer before one
/// that does.
const LISTENING_TIMEOUT: Duration = Duration::from_secs(5);

/// How to reach Redis.
#[derive(Debug, Clone)]
pub struct RedisSettings {
    /// Where it is, and its user and password; `None` where there is no Redis.
    pub url: Option<RedisUrl>,
    /// What the addresses of the URL are.
    pub mode: RedisMode,
    /// The name under which sentinels know the master.
    pub sentinel_master: String,
    /// The user of the sentinels, where they have one.
    pub sentinel_username: Option<String>,
    /// The password of the sentinels, where they have one.
    pub sentinel_password: Option<Secret>,
    /// A file with the certificates of the authorities that may vouch for Redis, in place of those of the system.
    pub ca_file: Option<PathBuf>,
    /// Stands before every key. One script touches several keys, which a cluster allows only within one slot, so a prefix
    /// without a hash tag becomes one: `{authgraph:}`. Channels have the prefix as it is.
    pub key_prefix: String,
    /// The longest that a request waits for Redis.
    pub timeout: Duration,
}

/// What the addresses of `REDIS_URL` are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RedisMode {
    /// One server.
    Single,
    /// Nodes of a Redis Cluster, which name the others.
    Cluster,
    /// Sentinels, which name the server that is the master.
    Sentinel,
}

/// Redis did not answer in time, answered with an error, or was not asked because the circuit breaker is open.
#[derive(Debug)]
pub struct RedisUnavailable;

/// The connection to Redis. Clones share it.
#[derive(Clone)]
pub struct Redis(Arc<RedisServer>);

struct RedisServer {
    connection: SharedConnection,
    circuit_breaker: CircuitBreaker,
    fallbacks: AtomicU64,
    calls: Durations,
    timeout: Duration,
    key_prefix: String,
    channel_prefix: String,
}

impl Redis {
    /// Prepares the connection, `None` where the settings name no Redis. Redis need not be up: the first call connects.
    ///
    /// # Errors
    /// A fault where the URL or the file of certificates cannot be read.
    pub fn open(settings: &RedisSettings) -> Result<Option<Self>> {
        let Some(url) = &settings.url else { return Ok(None) };
        Ok(Some(Self(Arc::new(RedisServer {
            connection: SharedConnection::new(Topology::open(url, settings)?),
            circuit_breaker: CircuitBreaker::default(),
            fallbacks: AtomicU64::new(0),
            calls: call_durations()?,
            timeout: settings.timeout,
            key_prefix: with_hash_tag(&settings.key_prefix),
            channel_prefix: settings.key_prefix.clone(),
        }))))
    }

    /// The key of this name. `kind` keeps the keys of different tools apart.
    #[must_use]
    pub fn key(&self, kind: &str, name: &str) -> String {
        format!("{}{kind}:{name}", self.0.key_prefix)
    }

    /// The channel of this name.
    #[must_use]
    pub fn channel(&self, name: &str) -> String {
        format!("{}{name}", self.0.channel_prefix)
    }

    /// Runs a command or a script within the timeout of the settings. A failure is counted, opens the circuit breaker, and
    /// is logged once in a while.
    ///
    /// # Errors
    /// The caller has to go on without Redis.
    pub async fn run<T: FromRedisValue>(&self, call: RedisCall<'_>) -> Result<T, RedisUnavailable> {
        let server = &self.0;
        let answer = if server.circuit_breaker.lets_through(Instant::now()) {
            let (began, span) = (Instant::now(), call.span());
            let answer = server.connection.call(server.timeout, &call).instrument(span.clone()).await;
            server.calls.observe(began.elapsed());
            match &answer {
                Ok(_) if server.circuit_breaker.succeeded() => tracing::info!("Redis is back"),
                Ok(_) => {}
                Err(cause) => {
                    spans::fail(&span, "no answer");
                    self.warn(cause);
                }
            }
            answer.map_err(|_| RedisUnavailable)
        } else {
            Err(RedisUnavailable)
        };
        if answer.is_err() {
            server.fallbacks.fetch_add(1, Ordering::Relaxed);
        }
        answer
    }

    /// Publishes an empty message. No request waits for it, so it has more time than a request and goes around the circuit
    /// breaker: a Redis that refuses the channel still counts attempts.
    ///
    /// # Errors
    /// The server's error, `NOPERM` where its user may not use the channel; a timeout.
    pub async fn publish(&self, channel: &str) -> RedisResult<()> {
        let mut publish = cmd("PUBLISH");
        publish.arg(channel).arg("");
        self.0.connection.call(BACKGROUND_TIMEOUT, &RedisCall::Publish(publish)).await
    }

    /// Subscribes to a channel, on a connection of its own, as the protocol demands.
    ///
    /// # Errors
    /// The server's error, `NOPERM` where its user may not use the channel; a timeout.
    pub async fn subscribe(&self, channel: &str) -> RedisResult<PubSub> {
        let mut subscription = in_time(LISTENING_TIMEOUT, self.0.connection.topology().listen()).await?;
        in_time(BACKGROUND_TIMEOUT, subscription.subscribe(channel)).await?;
        Ok(subscription)
    }

    /// Whether Redis answers a request for a key with our prefix. A user who may not read such keys counts as no answer.
    pub async fn is_up(&self) -> bool {
        self.run::<Option<Vec<u8>>>(self.ping()).await.is_ok()
    }

    /// Connects ahead of the first request, and warns where that fails: a wrong address shows at the start.
    pub async fn connect(&self) {
        let connection = &self.0.connection;
        if let Err(cause) = connection.call::<Option<Vec<u8>>>(BACKGROUND_TIMEOUT, &self.ping()).await {
            return self.warn(&cause);
        }
        if !connection.topology().is_single() {
            return;
        }
        // The node that has our slot answers until the slot moves, so that a wrong mode would show only then. A user who may
        // not ask gets an error.
        let mut question = cmd("INFO");
        question.arg("cluster");
        let answer = connection.call::<String>(BACKGROUND_TIMEOUT, &RedisCall::Command(question)).await;
        if answer.is_ok_and(|answer| answer.contains("cluster_enabled:1")) {
            let address = connection.topology().addresses();
            tracing::warn!(address, "REDIS_URL leads to one node of a Redis Cluster. {SET_THE_MODE}");
        }
    }

    /// Reads a key, in a cluster from the node that has ours.
    fn ping(&self) -> RedisCall<'static> {
        RedisCall::Command(Cmd::get(self.key("value", "ping")))
    }

    /// How often Redis should have answered and did not, since the start.
    #[must_use]
    pub fn fallbacks(&self) -> u64 {
        self.0.fallbacks.load(Ordering::Relaxed)
    }

    /// How long calls took that a request waited for, also those that failed.
    #[must_use]
    pub fn calls(&self) -> &Durations {
        &self.0.calls
    }

    /// Opens the circuit breaker, and logs the outage unless that was done within the last minute.
    fn warn(&self, cause: &RedisError) {
        if !self.0.circuit_breaker.failed(Instant::now()) {
            return;
        }
        let topology = self.0.connection.topology();
        let address = topology.addresses();
        if topology.is_single() && matches!(cause.code(), Some("MOVED" | "ASK")) {
            tracing::error!(
                %cause,
                address,
                "REDIS_URL leads to one node of a Redis Cluster, and our keys are on another: each instance goes by its \
                 own store. {SET_THE_MODE}"
            );
        } else {
            tracing::warn!(%cause, address, "Redis is away: each instance goes by its own store until it is back");
        }
    }
}

const SET_THE_MODE: &str = "Set REDIS_MODE=cluster, so that authgraph follows keys that move";

/// The histogram of the calls, which is empty where there is no Redis.
///
/// # Errors
/// A fault of its name.
pub fn call_durations() -> Result<Durations> {
    Durations::new("auth_redis_duration_seconds", "How long calls of Redis took that requests waited for.")
}

/// Puts all keys into one slot of a cluster: a script may touch no other. One Redis decides far more attempts in a second
/// than a server verifies passwords in a day, so one slot is enough.
fn with_hash_tag(prefix: &str) -> String {
    let has_tag = prefix.split_once('{').is_some_and(|(_, rest)| rest.find('}').is_some_and(|length| length > 0));
    if has_tag || prefix.is_empty() { prefix.to_owned() } else { format!("{{{prefix}}}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_puts_all_keys_into_one_slot() {
        for (prefix, key) in [("authgraph:", "{authgraph:}"), ("{a}:b:", "{a}:b:"), ("{}a:", "{{}a:}"), ("", "")] {
            assert_eq!(with_hash_tag(prefix), key);
        }
    }

    #[test]
    fn a_file_without_an_authority_is_a_fault() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for mode in [RedisMode::Single, RedisMode::Cluster, RedisMode::Sentinel] {
            let settings = testing::settings(Some("rediss://127.0.0.1:1".to_owned()), Duration::from_secs(1));
            assert!(Redis::open(&RedisSettings { mode, ..settings.clone() }).is_ok());
            assert!(Redis::open(&RedisSettings { mode, ca_file: Some(file.path().into()), ..settings }).is_err());
        }
    }
}
