//! What instances share and may lose: in Redis where there is one, in this process otherwise and while Redis is away.

mod circuit;
mod memory;
mod redis;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::{Duration, Instant};

use self::memory::Memory;
use self::redis::Redis;
use crate::error::Result;
use crate::values::time::Time;

/// Where to keep things.
#[derive(Clone)]
pub struct Settings {
    /// `redis://` or `rediss://`; none keeps everything in this process. May carry a password.
    pub redis_url: Option<String>,
    /// Stands before every key in Redis. One attempt touches several keys, so a cluster needs a hash tag: `{authgraph}:`.
    pub key_prefix: String,
    /// The longest that a caller waits for Redis.
    pub timeout: Duration,
}

/// A limit: so many attempts in any stretch of `period`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window<'a> {
    /// What is counted, and for whom: `auth:address:203.0.113.7`. Unique among the windows of one attempt.
    pub name: &'a str,
    /// How many attempts; 0 turns the window off.
    pub limit: u32,
    /// How long an attempt counts. Its place is free again exactly so long after it, not a microsecond before.
    pub period: Duration,
}

/// What became of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// Every window had room and has recorded it.
    Granted,
    /// A window was full, and none has recorded it.
    Refused {
        /// The wait until every window has room, exact to the microsecond.
        retry_after: Duration,
    },
}

/// Where things are kept right now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// In this process, as configured.
    InProcess,
    /// In Redis, which answers.
    Redis,
    /// In this process, because Redis does not answer.
    RedisAway,
}

/// The store. Clones share it.
///
/// Nothing here may be the only copy: Redis comes and goes, instances keep their own store meanwhile, and the
/// in-process store forgets what expires first when it is full.
#[derive(Clone)]
pub struct Kv(Arc<Stores>);

struct Stores {
    redis: Option<Redis>,
    memory: Memory,
}

impl Kv {
    /// Prepares the stores. Redis need not be up: it is called when it is first needed.
    ///
    /// # Errors
    /// A fault where the URL cannot be read.
    pub fn open(settings: &Settings) -> Result<Self> {
        let redis = settings.redis_url.as_deref().map(|url| Redis::open(url, settings)).transpose()?;
        Ok(Self(Arc::new(Stores { redis, memory: Memory::new() })))
    }

    /// The value that was last put here, unless it has expired. While Redis is away, only what this instance has put
    /// meanwhile.
    pub async fn get(&self, key: &str) -> Option<Vec<u8>> {
        if let Some(redis) = &self.0.redis
            && let Ok(found) = redis.get(key).await
        {
            return found;
        }
        self.0.memory.get(key, Instant::now())
    }

    /// Keeps a value for `lifetime`, in place of any former one.
    pub async fn put(&self, key: &str, value: &[u8], lifetime: Duration) {
        if let Some(redis) = &self.0.redis
            && redis.put(key, value, lifetime).await.is_ok()
        {
            // A value from the time when Redis was away must not come back the next time it is.
            self.0.memory.delete(key);
            return;
        }
        self.0.memory.put(key, value, lifetime, Instant::now());
    }

    /// Forgets a value. While Redis is away its copy stays, and may be seen again until it expires.
    pub async fn delete(&self, key: &str) {
        self.0.memory.delete(key);
        if let Some(redis) = &self.0.redis {
            // Redis has counted and logged its absence; there is nobody else to tell.
            let _ = redis.delete(key).await;
        }
    }

    /// Records one attempt in all windows, or in none where any of them is full: atomic, in one round trip.
    pub async fn take(&self, windows: &[Window<'_>], now: Time) -> Taken {
        let windows: Vec<_> = windows.iter().copied().filter(|window| window.limit > 0).collect();
        if windows.is_empty() {
            return Taken::Granted;
        }
        // Counted here too, and first: whoever has to do without Redis from one moment to the next, perhaps because an
        // attacker keeps it busy, must not begin to count at nothing. What is full here is full everywhere.
        let taken_here = self.0.memory.take(&windows, now);
        let (Taken::Granted, Some(redis)) = (taken_here, &self.0.redis) else { return taken_here };
        match redis.take(&windows, now).await {
            Ok(Taken::Granted) | Err(_) => Taken::Granted,
            Ok(refused) => {
                self.0.memory.give_back(&windows, now);
                refused
            }
        }
    }

    /// Asks Redis for a sign of life.
    pub async fn ping(&self) -> Health {
        match &self.0.redis {
            None => Health::InProcess,
            Some(redis) if redis.ping().await.is_ok() => Health::Redis,
            Some(_) => Health::RedisAway,
        }
    }

    /// How often Redis should have answered and did not, since the start.
    #[must_use]
    pub fn fallbacks(&self) -> u64 {
        self.0.redis.as_ref().map_or(0, Redis::fallbacks)
    }
}

/// Whole microseconds, the unit of all arithmetic on windows.
fn microseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}
