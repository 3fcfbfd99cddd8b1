//! Redis: one connection that all callers share, behind a circuit breaker, so that no request waits long for a dead server.
//!
//! Nothing in Redis may be the only copy. Each tool that uses it says what it does while Redis is away.

mod circuit_breaker;
mod connection;
#[cfg(test)]
pub(crate) mod testing;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use deadpool_redis::redis::aio::PubSub;
use deadpool_redis::redis::{Cmd, FromRedisValue, RedisError, RedisResult, cmd};
use tracing::Instrument;

use self::circuit_breaker::CircuitBreaker;
use self::connection::SharedConnection;
pub use self::connection::{BACKGROUND_TIMEOUT, RedisCall, in_time};
use crate::error::Result;
use crate::tools::metrics::Durations;
use crate::tools::spans;
use crate::values::secret::Secret;

/// How to reach Redis.
#[derive(Debug, Clone)]
pub struct RedisSettings {
    /// `redis://` or `rediss://`, which may carry a password; `None` where there is no Redis.
    pub url: Option<Secret>,
    /// Stands before every key. One script touches several keys, which a cluster allows only within one slot, so a prefix
    /// without a hash tag becomes one: `{authgraph:}`. Channels have the prefix as it is.
    pub key_prefix: String,
    /// The longest that a request waits for Redis.
    pub timeout: Duration,
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
    /// A fault where the URL cannot be read.
    pub fn open(settings: &RedisSettings) -> Result<Option<Self>> {
        let Some(url) = &settings.url else { return Ok(None) };
        Ok(Some(Self(Arc::new(RedisServer {
            connection: SharedConnection::open(url.expose())?,
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
        self.0.connection.call(BACKGROUND_TIMEOUT, &RedisCall::Command(publish)).await
    }

    /// Subscribes to a channel, on a connection of its own, as the protocol demands.
    ///
    /// # Errors
    /// The server's error, `NOPERM` where its user may not use the channel; a timeout.
    pub async fn subscribe(&self, channel: &str) -> RedisResult<PubSub> {
        let mut subscription = in_time(BACKGROUND_TIMEOUT, self.0.connection.client().get_async_pubsub()).await?;
        in_time(BACKGROUND_TIMEOUT, subscription.subscribe(channel)).await?;
        Ok(subscription)
    }

    /// Whether Redis answers a request for a key with our prefix. A user who may not read such keys counts as no answer.
    pub async fn is_up(&self) -> bool {
        self.run::<Option<Vec<u8>>>(RedisCall::Command(Cmd::get(self.key("value", "ping")))).await.is_ok()
    }

    /// Connects ahead of the first request, and warns where that fails: a wrong address shows at the start.
    pub async fn connect(&self) {
        let ping = RedisCall::Command(cmd("PING"));
        if let Err(cause) = self.0.connection.call::<()>(BACKGROUND_TIMEOUT, &ping).await {
            self.warn(&cause);
        }
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
        if self.0.circuit_breaker.failed(Instant::now()) {
            let address = self.0.connection.address();
            tracing::warn!(%cause, address, "Redis is away: each instance goes by its own store until it is back");
        }
    }
}

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
    fn a_url_that_cannot_be_read_is_a_fault() {
        for url in ["localhost", "http://127.0.0.1"] {
            assert!(Redis::open(&testing::settings(Some(url.to_owned()), Duration::from_secs(1))).is_err());
        }
    }
}
