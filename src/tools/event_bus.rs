//! Wakes other instances: an empty message over Redis. An instance that receives it reads what is new where it is kept, so
//! a message that is lost costs nothing but time.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use deadpool_redis::redis::{RedisError, RedisResult};
use futures_util::StreamExt;
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

use crate::tools::jitter::jittered;
use crate::tools::redis::{BACKGROUND_TIMEOUT, Redis, in_time};

/// How long a silent connection is trusted: one that broke without a sign would stay silent for ever.
const PING_INTERVAL: Duration = Duration::from_secs(30);
/// How long to wait before the next attempt to subscribe.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);
/// The same where Redis does not allow its user the channel, which takes an operator to mend.
const REFUSED_RETRY_INTERVAL: Duration = Duration::from_secs(30);

/// The channel on which instances wake each other.
pub struct EventBus(Option<BusChannel>);

struct BusChannel {
    redis: Redis,
    channel: String,
    is_refused: AtomicBool,
}

impl EventBus {
    /// Uses the channel of this name; without Redis there is no other instance to wake.
    #[must_use]
    pub fn new(redis: Option<Redis>, channel: &str) -> Self {
        Self(redis.map(|redis| BusChannel {
            channel: redis.channel(channel),
            redis,
            is_refused: AtomicBool::new(false),
        }))
    }

    /// Whether there may be other instances to wake.
    #[must_use]
    pub const fn is_shared(&self) -> bool {
        self.0.is_some()
    }

    /// Whether Redis has refused its user the channel (a user of an access control list has none by default).
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.0.as_ref().is_some_and(|bus| bus.is_refused.load(Ordering::Relaxed))
    }

    /// Wakes all instances once. While Redis is away the message is lost.
    pub async fn publish(&self) {
        let Some(bus) = &self.0 else { return };
        match bus.redis.publish(&bus.channel).await {
            Ok(()) => bus.is_refused.store(false, Ordering::Relaxed),
            Err(error) => bus.log_failure(&error, "other instances were not woken"),
        }
    }

    /// Notifies whenever an instance has published; does not return.
    pub async fn listen(&self, wake: &Notify) {
        let Some(bus) = &self.0 else { return std::future::pending().await };
        loop {
            if let Err(error) = bus.listen(wake).await {
                bus.log_failure(&error, "wake-ups of other instances are not received");
            }
            sleep(jittered(if self.is_refused() { REFUSED_RETRY_INTERVAL } else { RETRY_INTERVAL })).await;
        }
    }
}

impl BusChannel {
    /// Warns once of a refusal, which takes an operator to mend.
    fn log_failure(&self, error: &RedisError, what: &'static str) {
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

    /// Listens until the connection fails.
    async fn listen(&self, wake: &Notify) -> RedisResult<()> {
        let mut subscription = self.redis.subscribe(&self.channel).await?;
        // For what was published before the subscription.
        wake.notify_one();
        loop {
            let message = timeout(PING_INTERVAL, subscription.on_message().next()).await;
            match message {
                Ok(Some(_message)) => wake.notify_one(),
                Ok(None) => return Err(io::Error::from(io::ErrorKind::ConnectionReset).into()),
                Err(_silence) => in_time(BACKGROUND_TIMEOUT, subscription.ping::<()>()).await?,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::redis::testing;

    #[tokio::test]
    async fn without_redis_no_instance_is_woken_and_nothing_fails() {
        let bus = EventBus::new(None, "news");

        bus.publish().await;

        assert!(!bus.is_shared());
        assert!(timeout(Duration::from_millis(5), bus.listen(&Notify::new())).await.is_err());
    }

    #[tokio::test]
    async fn a_redis_that_is_away_delays_a_publisher_only_for_a_moment() {
        let redis = testing::open("redis://127.0.0.1:1".to_owned(), Duration::from_secs(1));
        let bus = EventBus::new(Some(redis), "news");

        timeout(BACKGROUND_TIMEOUT * 3, bus.publish()).await.unwrap();

        assert!(timeout(Duration::from_millis(50), bus.listen(&Notify::new())).await.is_err());
    }
}
