//! Wakes other instances: a bell that rings over Redis, and carries no news itself. Whoever hears it looks for what is
//! new where the news is kept; a ring that is lost costs nothing but time.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use deadpool_redis::redis::aio::MultiplexedConnection;
use deadpool_redis::redis::{AsyncConnectionConfig, Client, RedisError, RedisResult, cmd};
use futures_util::StreamExt;
use tokio::sync::{Mutex, Notify};
use tokio::time::{sleep, timeout};

use crate::error::{OrFault, Result};
use crate::tools::jitter::jittered;
use crate::values::secret::Secret;

/// How long Redis may take to answer.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long a silent line is trusted: a connection that died without a word would stay silent for ever.
const TRUSTED_FOR: Duration = Duration::from_secs(30);
/// How long to wait before Redis is called again.
const PAUSE: Duration = Duration::from_secs(1);
/// The same where it does not allow this user the channel, which takes an operator to mend.
const LONG_PAUSE: Duration = Duration::from_secs(30);

/// Where the bell hangs.
#[derive(Clone)]
pub struct EventBusSettings {
    /// `redis://` or `rediss://`; without one there is nobody else to wake. May carry a password.
    pub redis_url: Option<Secret>,
    /// The channel, which all instances share.
    pub channel: String,
}

/// The bell of all instances.
pub struct EventBus(Option<Bell>);

struct Bell {
    redis: Client,
    channel: String,
    line: Mutex<Option<MultiplexedConnection>>,
    is_refused: AtomicBool,
}

impl EventBus {
    /// Prepares the bell. Redis need not be up.
    ///
    /// # Errors
    /// A fault where the URL cannot be read.
    pub fn open(settings: &EventBusSettings) -> Result<Self> {
        let Some(url) = &settings.redis_url else { return Ok(Self(None)) };
        let redis = Client::open(url.expose()).or_fault("reading the Redis URL")?;
        Ok(Self(Some(Bell {
            redis,
            channel: settings.channel.clone(),
            line: Mutex::new(None),
            is_refused: AtomicBool::new(false),
        })))
    }

    /// Whether there may be others to wake.
    #[must_use]
    pub const fn is_shared(&self) -> bool {
        self.0.is_some()
    }

    /// Whether Redis has refused this user the channel (a user of an access control list has none by default).
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.0.as_ref().is_some_and(|bell| bell.is_refused.load(Ordering::Relaxed))
    }

    /// Rings once. Where Redis is away, nobody hears it.
    pub async fn ring(&self) {
        let Some(bell) = &self.0 else { return };
        match bell.ring().await {
            Ok(()) => bell.is_refused.store(false, Ordering::Relaxed),
            Err(error) => bell.failed(&error, "other instances were not woken"),
        }
    }

    /// Notifies whenever the bell rings, wherever somebody rang it; does not return.
    pub async fn listen(&self, heard: &Notify) {
        let Some(bell) = &self.0 else { return std::future::pending().await };
        loop {
            if let Err(error) = bell.listen(heard).await {
                bell.failed(&error, "the bell of the other instances is not heard");
            }
            sleep(jittered(if self.is_refused() { LONG_PAUSE } else { PAUSE })).await;
        }
    }
}

impl Bell {
    async fn ring(&self) -> RedisResult<()> {
        let mut held = self.line.lock().await;
        let mut line = match held.take() {
            Some(line) => line,
            None => in_time(self.redis.get_multiplexed_async_connection_with_config(&patient())).await?,
        };
        let mut publish = cmd("PUBLISH");
        publish.arg(&self.channel).arg("");
        let () = in_time(publish.query_async(&mut line)).await?;
        // A line that failed is not put back.
        *held = Some(line);
        Ok(())
    }

    /// Tells an operator once what only an operator can mend.
    fn failed(&self, error: &RedisError, what: &'static str) {
        let is_refused = error.code() == Some("NOPERM");
        if is_refused && !self.is_refused.swap(true, Ordering::Relaxed) {
            let channel = &self.channel;
            tracing::warn!(
                %error,
                "Redis does not allow its user the channel {channel}, so live events of other instances come half a second \
                 late. `ACL SETUSER … &{channel}` allows it"
            );
        }
        tracing::debug!(%error, "{what}");
    }

    /// Listens until the line fails.
    async fn listen(&self, heard: &Notify) -> RedisResult<()> {
        let mut line = in_time(self.redis.get_async_pubsub()).await?;
        in_time(line.subscribe(&self.channel)).await?;
        // What rang while nobody listened.
        heard.notify_one();
        loop {
            let rung = timeout(TRUSTED_FOR, line.on_message().next()).await;
            match rung {
                Ok(Some(_ring)) => heard.notify_one(),
                Ok(None) => return Err(io::Error::from(io::ErrorKind::ConnectionReset).into()),
                Err(_silence) => in_time(line.ping::<()>()).await?,
            }
        }
    }
}

/// Each call has a deadline of its own.
fn patient() -> AsyncConnectionConfig {
    AsyncConnectionConfig::new().set_connection_timeout(Some(PATIENCE)).set_response_timeout(None)
}

async fn in_time<T>(call: impl Future<Output = RedisResult<T>>) -> RedisResult<T> {
    timeout(PATIENCE, call).await.unwrap_or_else(|_elapsed| Err(io::Error::from(io::ErrorKind::TimedOut).into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn without_redis_nobody_is_woken_and_nothing_fails() {
        let bus = EventBus::open(&EventBusSettings { redis_url: None, channel: "news".to_owned() }).unwrap();

        bus.ring().await;

        assert!(!bus.is_shared());
        assert!(timeout(Duration::from_millis(5), bus.listen(&Notify::new())).await.is_err());
    }

    #[tokio::test]
    async fn a_redis_that_is_away_holds_up_nobody_for_long() {
        let settings =
            EventBusSettings { redis_url: Some("redis://127.0.0.1:1".to_owned().into()), channel: "news".to_owned() };
        let bus = EventBus::open(&settings).unwrap();

        timeout(PATIENCE * 3, bus.ring()).await.unwrap();

        assert!(timeout(Duration::from_millis(50), bus.listen(&Notify::new())).await.is_err());
    }

    #[test]
    fn a_url_that_cannot_be_read_is_a_fault() {
        let settings =
            EventBusSettings { redis_url: Some("http://127.0.0.1".to_owned().into()), channel: "news".to_owned() };

        assert!(EventBus::open(&settings).is_err());
    }
}
