//! Two caches: values that instances share and may lose, and values that one process keeps within a bound of bytes.

mod memory;

use std::time::{Duration, Instant};

use deadpool_redis::redis::{Cmd, cmd};

pub use self::memory::MemoryCache;
use crate::tools::redis::{Redis, RedisCall, RedisUnavailable};

/// What the values of this process take together, in bytes, with their keys.
const MAX_BYTES: u64 = 32 * 1024 * 1024;

/// Short-lived values by key: in Redis where there is one, in this process otherwise and while Redis is away.
pub struct SharedCache {
    redis: Option<Redis>,
    memory: MemoryCache<MemoryValue>,
}

#[derive(Clone)]
struct MemoryValue {
    bytes: Vec<u8>,
    /// `None` for a lifetime past the end of time.
    expires_at: Option<Instant>,
}

impl SharedCache {
    /// Keeps values in this Redis, or in this process.
    #[must_use]
    pub fn new(redis: Option<Redis>) -> Self {
        Self { redis, memory: MemoryCache::with_capacity(MAX_BYTES) }
    }

    /// The value that was last put under this key, unless it has expired. While Redis is away, only what this instance has
    /// put meanwhile.
    pub async fn get(&self, key: &str) -> Option<Vec<u8>> {
        if let Some(redis) = &self.redis
            && let Ok(found) = redis.run(RedisCall::Command(Cmd::get(redis.key("value", key)))).await
        {
            return found;
        }
        let value = self.memory.get(key.as_bytes())?;
        value.expires_at.is_none_or(|expires_at| expires_at > Instant::now()).then_some(value.bytes)
    }

    /// Keeps a value for `lifetime`, in place of any former one.
    pub async fn put(&self, key: &str, value: &[u8], lifetime: Duration) {
        if let Some(redis) = &self.redis
            && put_in_redis(redis, key, value, lifetime).await.is_ok()
        {
            // A value from the time when Redis was away must not come back the next time it is.
            self.memory.remove(key.as_bytes());
            return;
        }
        let expires_at = Instant::now().checked_add(lifetime);
        self.memory.put(key.as_bytes(), MemoryValue { bytes: value.to_vec(), expires_at }, value.len());
    }
}

async fn put_in_redis(redis: &Redis, key: &str, value: &[u8], lifetime: Duration) -> Result<(), RedisUnavailable> {
    let milliseconds = u64::try_from(lifetime.as_millis()).unwrap_or(u64::MAX).max(1);
    let mut set = cmd("SET");
    set.arg(redis.key("value", key)).arg(value).arg("PX").arg(milliseconds);
    redis.run(RedisCall::Command(set)).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::redis::testing;

    #[tokio::test]
    async fn a_value_is_kept_for_its_lifetime() {
        let redis = testing::redis_url().map(|url| testing::open(url, Duration::from_secs(20)));
        let minute = Duration::from_mins(1);
        for cache in [Some(SharedCache::new(None)), redis.map(|redis| SharedCache::new(Some(redis)))] {
            let Some(cache) = cache else { continue };
            cache.put("long", b"one", minute).await;
            cache.put("long", b"two", minute).await;
            cache.put("short", b"one", Duration::from_millis(1)).await;
            tokio::time::sleep(Duration::from_millis(20)).await;

            assert_eq!(cache.get("long").await.as_deref(), Some(b"two".as_slice()));
            assert_eq!(cache.get("short").await, None);
        }
    }

    #[tokio::test]
    async fn values_are_kept_here_while_redis_is_away() {
        let away = testing::open("redis://127.0.0.1:1".to_owned(), Duration::from_millis(50));
        let cache = SharedCache::new(Some(away));

        cache.put("here", b"one", Duration::from_mins(1)).await;

        assert_eq!(cache.get("here").await.as_deref(), Some(b"one".as_slice()));
    }
}
