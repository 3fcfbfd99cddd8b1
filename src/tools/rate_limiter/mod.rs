//! Sliding windows: so many attempts in any stretch of so long, exact at their edge. Counted in Redis for all instances
//! where there is one, in this process otherwise and while Redis is away.

mod memory;
#[cfg(test)]
mod model_tests;
mod redis;
#[cfg(test)]
mod tests;
mod ttl_map;
mod window;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use self::memory::MemoryWindows;
use self::redis::RedisWindows;
pub use self::window::{Decision, ReservationId, Window, WindowFull, WindowUsage};
use crate::tools::redis::Redis;
use crate::values::time::Time;

/// How many windows this process keeps: one of a few attempts takes about 300 bytes, so a flood of names fills 30 MB.
const CAPACITY: usize = 100_000;
/// How far ahead of its successor an attempt may be dated: callers read the clock before they get here, and may overtake
/// each other. An attempt that is dated further ahead was counted before the clock was set back.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(1);

/// Whose clock windows go by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WindowClock {
    /// That of the store. Redis has one for all instances, whose own clocks differ; this process counts from its start, with
    /// a clock that cannot be set.
    Store,
    /// The time that each caller gives, so that tests can move it.
    Caller,
}

/// Grants attempts while their windows have room.
pub struct RateLimiter {
    redis: Option<RedisWindows>,
    memory: Mutex<MemoryWindows>,
    clock: WindowClock,
    started_at: Instant,
}

impl RateLimiter {
    /// Counts across all instances with Redis, for this one without.
    #[must_use]
    pub fn new(redis: Option<Redis>, clock: WindowClock) -> Self {
        Self {
            redis: redis.map(|redis| RedisWindows::new(redis, clock)),
            memory: Mutex::new(MemoryWindows::with_capacity(CAPACITY)),
            clock,
            started_at: Instant::now(),
        }
    }

    /// Records one attempt in all windows, or in none where any of them is full: atomic, in one round trip to Redis. The
    /// decision has a usage for every window.
    pub async fn attempt(&self, windows: &[Window<'_>], now: Time) -> Decision {
        for_all(windows, self.attempt_enabled(&enabled(windows), now).await)
    }

    /// Records one attempt in this process alone: without a round trip, and not for other instances.
    #[must_use]
    pub fn attempt_locally(&self, window: Window<'_>, now: Time) -> Decision {
        let reservation = ReservationId { name: String::new(), at: self.window_time(now) };
        for_all(&[window], self.memory().attempt(&enabled(&[window]), &reservation).decision)
    }

    /// The refusal of the next attempt, where this process knows without a round trip that the window is full. Records
    /// nothing.
    #[must_use]
    pub fn known_refusal(&self, window: Window<'_>, now: Time) -> Option<Decision> {
        if window.limit == 0 { None } else { self.memory().refusal(&window, self.window_time(now)) }
    }

    /// Gives back a part of what a granted attempt took of each window, as if it had asked for less: each window as it was
    /// attempted, and the weight to give back.
    pub async fn give_back(&self, parts: &[(Window<'_>, u32)], reservation: &ReservationId) {
        let within = parts.iter().map(|(window, part)| (window.within_limit(), *part));
        let parts: Vec<_> =
            within.map(|(window, part)| (window, part.min(window.weight))).filter(|(_, part)| *part > 0).collect();
        if parts.is_empty() {
            return;
        }
        self.memory().give_back(&parts, reservation.at);
        if let Some(redis) = &self.redis {
            // Redis has counted and logged its absence. What is not given back is free again a period later.
            let _ = redis.give_back(&parts, reservation).await;
        }
    }

    /// Forgets what windows have counted. While Redis is away only this instance forgets.
    pub async fn clear(&self, names: &[&str]) {
        for name in names {
            self.memory().clear(name);
        }
        if let Some(redis) = self.redis.as_ref().filter(|_| !names.is_empty()) {
            // Redis has counted and logged its absence. Its windows are empty a period later.
            let _ = redis.clear(names).await;
        }
    }

    async fn attempt_enabled(&self, windows: &[Window<'_>], now: Time) -> Decision {
        let redis = self.redis.as_ref().filter(|_| !windows.is_empty());
        let name = redis.map(RedisWindows::new_attempt_name).unwrap_or_default();
        let reservation = ReservationId { name, at: self.window_time(now) };
        // Counted here too, and first: an instance that loses Redis, perhaps because an attacker keeps it busy, must not
        // begin to count at zero.
        let local = self.memory().attempt(windows, &reservation);
        let Some(redis) = redis else { return local.decision };
        // Refused here: a window that is full here is full everywhere, so Redis is not asked. Only a window that names
        // share for want of memory says nothing about this name: then Redis decides.
        if local.is_final() {
            return local.decision;
        }
        match redis.attempt(windows, &reservation).await {
            // Granted here, and Redis is away: this instance decides alone.
            Err(_) => local.decision,
            // Granted here and refused there: nothing may stay recorded here, or the attempt would count on this instance
            // and nowhere else.
            Ok(remote) if local.decision.is_granted() && !remote.is_granted() => {
                let whole: Vec<_> = windows.iter().map(|window| (*window, window.weight)).collect();
                self.memory().give_back(&whole, reservation.at);
                remote
            }
            // Granted both here and there, or decided by Redis alone.
            Ok(remote) => remote,
        }
    }

    /// The time that windows in this process go by, in microseconds.
    fn window_time(&self, now: Time) -> i64 {
        match self.clock {
            WindowClock::Store => microseconds(self.started_at.elapsed()),
            WindowClock::Caller => now.timestamp_micros(),
        }
    }

    fn memory(&self) -> MutexGuard<'_, MemoryWindows> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The windows that are not turned off.
fn enabled<'a>(windows: &[Window<'a>]) -> Vec<Window<'a>> {
    windows.iter().filter(|window| window.limit > 0).map(|window| window.within_limit()).collect()
}

/// The decision about the enabled windows as one about all of them: a window that is turned off is empty.
fn for_all(windows: &[Window<'_>], decision: Decision) -> Decision {
    let mut usages = decision.usages.into_iter();
    let mut usage_of = |window: &Window<'_>| if window.limit > 0 { usages.next() } else { None };
    let indexes = windows.iter().enumerate().filter(|(_, window)| window.limit > 0).map(|(index, _)| index);
    let outcome = decision
        .outcome
        .map_err(|full| WindowFull { window: indexes.clone().nth(full.window).unwrap_or_default(), ..full });
    Decision { outcome, usages: windows.iter().map(|window| usage_of(window).unwrap_or_default()).collect() }
}

/// Whole microseconds, the unit of all arithmetic on windows.
fn microseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}
