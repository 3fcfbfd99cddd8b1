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
pub use self::window::{Decision, InTurn, Outcome, ReservationId, Window, WindowUsage};
use self::windows::Counted;
use crate::error::Result;
use crate::values::secret::Secret;
use crate::values::time::Time;

/// Where to keep things.
#[derive(Debug, Clone)]
pub struct RedisSettings {
    /// `redis://` or `rediss://`; none keeps everything in this process. May carry a password.
    pub redis_url: Option<Secret>,
    /// Stands before every key in Redis. One attempt touches several keys, which a cluster allows only within one slot:
    /// a prefix without a hash tag becomes one, `{authgraph:}`.
    pub key_prefix: String,
    /// The longest that a caller waits for Redis.
    pub timeout: Duration,
    /// Whose clock windows go by.
    pub window_clock: WindowClock,
}

/// Whose clock windows go by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WindowClock {
    /// That of the store. Redis has one for all instances, whose own clocks differ; this process counts from its start, with
    /// a clock that nobody can set.
    Store,
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
    clock: WindowClock,
    begun: Instant,
}

impl Kv {
    /// Prepares the stores. Redis need not be up: it is called when it is first needed.
    ///
    /// # Errors
    /// A fault where the URL cannot be read.
    pub fn open(settings: &RedisSettings) -> Result<Self> {
        let redis = settings.redis_url.as_ref().map(|url| Redis::open(url.expose(), settings)).transpose()?;
        let (clock, begun) = (settings.window_clock, Instant::now());
        Ok(Self(Arc::new(Stores { redis, memory: Memory::new(), clock, begun })))
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
    pub async fn take(&self, windows: &[Window<'_>], now: Time) -> Decision {
        self.take_in_turn([windows, &[]], now).await.0
    }

    /// Records one attempt in this process alone: at once, and not for other instances.
    #[must_use]
    pub fn take_here(&self, window: Window<'_>, now: Time) -> Decision {
        let active = Active::of(&[window]);
        let receipt = ReservationId { name: String::new(), at: self.window_time(now) };
        active.told_of_all(self.0.memory.take_in_turn([&active.windows, &[]], &receipt).0.taken)
    }

    /// Records two attempts in one round trip, the second only where the first is granted. Their windows differ.
    pub async fn take_in_turn(&self, attempts: [&[Window<'_>]; 2], now: Time) -> InTurn {
        let active = attempts.map(Active::of);
        let [first, second] = &active;
        let (one, other) = self.take_active([&first.windows, &second.windows], now).await;
        (first.told_of_all(one), other.map(|other| second.told_of_all(other)))
    }

    async fn take_active(&self, attempts: [&[Window<'_>]; 2], now: Time) -> InTurn {
        let [first, second] = attempts;
        let redis = self.0.redis.as_ref().filter(|_| !first.is_empty() || !second.is_empty());
        let name = redis.map(Redis::new_attempt).unwrap_or_default();
        let receipt = ReservationId { name, at: self.window_time(now) };
        // Counted here too, and first: whoever has to do without Redis from one moment to the next, perhaps because an
        // attacker keeps it busy, must not begin to count at nothing. What is full here is full everywhere.
        let (one, other) = self.0.memory.take_in_turn(attempts, &receipt);
        let is_refused = other.as_ref().is_some_and(Counted::is_final);
        let redis = redis.filter(|_| !one.is_final());
        let here = (one.taken, other.map(|other| other.taken));
        let Some(redis) = redis else { return here };
        let asked = if is_refused { [first, &[]] } else { attempts };
        let Ok(mut there) = redis.take_in_turn(asked, &receipt).await else { return here };
        if is_refused && there.0.is_granted() {
            there.1.clone_from(&here.1);
        }
        let granted_there = [Some(&there.0), there.1.as_ref()];
        for ((windows, here), there) in attempts.into_iter().zip([Some(&here.0), here.1.as_ref()]).zip(granted_there) {
            if here.is_some_and(Decision::is_granted) && !there.is_some_and(Decision::is_granted) {
                let whole: Vec<_> = windows.iter().map(|window| (*window, window.weight)).collect();
                self.0.memory.give_back(&whole, &receipt);
            }
        }
        there
    }

    /// The refusal of the next attempt at a window, if it is known here to be full. ContextExt nobody and records nothing.
    #[must_use]
    pub fn known_refusal(&self, window: Window<'_>, now: Time) -> Option<Decision> {
        if window.limit == 0 { None } else { self.0.memory.full(&window, self.window_time(now)) }
    }

    /// The time that windows in this process go by, in microseconds.
    fn window_time(&self, now: Time) -> i64 {
        match self.0.clock {
            WindowClock::Store => microseconds(self.0.begun.elapsed()),
            WindowClock::Caller => now.timestamp_micros(),
        }
    }

    /// Gives back a part of what a granted attempt took of each window, as if it had asked for less.
    pub async fn give_back(&self, parts: &[(Window<'_>, u32)], receipt: &ReservationId) {
        let within = parts.iter().map(|(window, part)| (window.within_limit(), *part));
        let parts: Vec<_> =
            within.map(|(window, part)| (window, part.min(window.weight))).filter(|(_, part)| *part > 0).collect();
        if parts.is_empty() {
            return;
        }
        self.0.memory.give_back(&parts, receipt);
        if let Some(redis) = &self.0.redis {
            // Redis has counted and logged its absence; what is not given back is free again a period later.
            let _ = redis.give_back(&parts, receipt).await;
        }
    }

    /// Forgets what windows have counted. While Redis is away only this instance forgets.
    pub async fn clear(&self, names: &[&str]) {
        self.0.memory.clear(names);
        if let Some(redis) = self.0.redis.as_ref().filter(|_| !names.is_empty()) {
            // Redis has counted and logged its absence; its windows are empty a period later.
            let _ = redis.clear(names).await;
        }
    }

    /// ContextExt Redis for a sign of life.
    pub async fn ping(&self) -> Health {
        match &self.0.redis {
            None => Health::InProcess,
            Some(redis) if redis.ping().await.is_ok() => Health::Redis,
            Some(_) => Health::RedisAway,
        }
    }

    /// Connects to Redis ahead of the first caller, and warns where that cannot be done.
    pub async fn reach(&self) {
        if let Some(redis) = &self.0.redis {
            redis.reach().await;
        }
    }

    /// How often Redis should have answered and did not, since the start.
    #[must_use]
    pub fn fallbacks(&self) -> u64 {
        self.0.redis.as_ref().map_or(0, Redis::fallbacks)
    }
}

/// The windows of an attempt that are not off.
struct Active<'a> {
    windows: Vec<Window<'a>>,
    /// Where each stands among all of them.
    places: Vec<usize>,
    all: usize,
}

impl<'a> Active<'a> {
    fn of(windows: &[Window<'a>]) -> Self {
        let active = windows.iter().enumerate().filter(|(_, window)| window.limit > 0);
        let (places, active) = active.map(|(place, window)| (place, window.within_limit())).unzip();
        Self { windows: active, places, all: windows.len() }
    }

    /// The same outcome, told of all windows: those that are off are empty.
    fn told_of_all(&self, taken: Decision) -> Decision {
        let mut fills = vec![WindowUsage::default(); self.all];
        for (place, fill) in self.places.iter().zip(taken.fills) {
            if let Some(former) = fills.get_mut(*place) {
                *former = fill;
            }
        }
        let outcome = match taken.outcome {
            Outcome::Refused { retry_after, window } => {
                Outcome::Refused { retry_after, window: self.places.get(window).copied().unwrap_or_default() }
            }
            granted @ Outcome::Granted(_) => granted,
        };
        Decision { outcome, fills }
    }
}

/// How far ahead of its successor an attempt may be dated: callers read the clock before they get here, and may overtake each
/// other. What is dated further ahead was counted before the clock was set back.
const OVERTAKING: Duration = Duration::from_secs(1);

/// Whole microseconds, the unit of all arithmetic on windows.
fn microseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}
