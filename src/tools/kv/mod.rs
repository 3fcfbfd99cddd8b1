//! What instances share and may lose: in Redis where there is one, in this process otherwise and while Redis is away.

mod circuit;
#[cfg(test)]
mod histories;
mod memory;
mod redis;
mod shelf;
#[cfg(test)]
mod tests;
mod window;
mod windows;

use std::sync::Arc;
use std::time::{Duration, Instant};

use self::memory::Memory;
use self::redis::Redis;
pub use self::window::{Fill, Outcome, Receipt, Taken, Window};
use crate::error::Result;
use crate::values::time::Time;

/// Where to keep things.
#[derive(Clone)]
pub struct Settings {
    /// `redis://` or `rediss://`; none keeps everything in this process. May carry a password.
    pub redis_url: Option<String>,
    /// Stands before every key in Redis. One attempt touches several keys, which a cluster allows only within one slot:
    /// a prefix without a hash tag becomes one, `{authgraph:}`.
    pub key_prefix: String,
    /// The longest that a caller waits for Redis.
    pub timeout: Duration,
    /// Whose clock windows in Redis go by.
    pub window_clock: WindowClock,
}

/// Whose clock windows in Redis go by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WindowClock {
    /// That of Redis: one for all instances, whose own clocks differ.
    Redis,
    /// The time each caller gives, so that tests can move it.
    Caller,
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
        let is_on = |window: &Window<'_>| window.limit > 0;
        let places: Vec<usize> =
            (0..).zip(windows).filter(|(_, window)| is_on(window)).map(|(place, _)| place).collect();
        let active: Vec<Window<'_>> = windows.iter().filter(|window| is_on(window)).map(|w| w.within_limit()).collect();
        let mut fills = vec![Fill::default(); windows.len()];
        if active.is_empty() {
            return Taken { outcome: Outcome::Granted(Receipt::default()), fills };
        }
        let mut taken = self.take_active(&active, now).await;
        for (place, fill) in places.iter().zip(taken.fills) {
            if let Some(former) = fills.get_mut(*place) {
                *former = fill;
            }
        }
        if let Outcome::Refused { window, .. } = &mut taken.outcome {
            *window = places.get(*window).copied().unwrap_or_default();
        }
        Taken { fills, ..taken }
    }

    async fn take_active(&self, windows: &[Window<'_>], now: Time) -> Taken {
        let Some(redis) = &self.0.redis else { return self.0.memory.take(windows, String::new(), now).taken };
        let name = redis.new_attempt();
        // Counted here too, and first: whoever has to do without Redis from one moment to the next, perhaps because an
        // attacker keeps it busy, must not begin to count at nothing. What is full here is full everywhere.
        let here = self.0.memory.take(windows, name.clone(), now);
        if !here.taken.is_granted() && !here.is_shared {
            return here.taken;
        }
        let receipt = Receipt { name, at: now.timestamp_micros() };
        let Ok(there) = redis.take(windows, &receipt).await else { return here.taken };
        if here.taken.is_granted() && !there.is_granted() {
            self.0.memory.give_back(windows.iter().map(|window| (*window, window.weight)), &receipt);
        }
        there
    }

    /// Gives back a part of what a granted attempt took of a window, as if it had asked for less.
    pub async fn give_back(&self, window: Window<'_>, part: u32, receipt: &Receipt) {
        let window = window.within_limit();
        let part = part.min(window.weight);
        if part == 0 || window.limit == 0 {
            return;
        }
        self.0.memory.give_back(std::iter::once((window, part)), receipt);
        if let Some(redis) = &self.0.redis {
            // Redis has counted and logged its absence; what is not given back is free again a period later.
            let _ = redis.give_back(&window, part, receipt).await;
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
