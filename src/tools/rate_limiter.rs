//! Sliding windows, exact at their edge: so many attempts in any stretch of so long, whoever asks and wherever.

use std::time::Duration;

use crate::error::{Refusal, Result};
use crate::tools::kv::Kv;
use crate::values::time::Time;

pub use crate::tools::kv::{Decision, InTurn, Outcome, ReservationId, Window, WindowUsage};

/// Grants attempts while their windows have room.
#[derive(Clone)]
pub struct RateLimiter {
    kv: Kv,
}

impl RateLimiter {
    /// Counts in `kv`: across all instances with Redis, for this one without.
    #[must_use]
    pub const fn new(kv: Kv) -> Self {
        Self { kv }
    }

    /// Records one attempt in every window, or in none where any of them is full.
    ///
    /// # Errors
    /// [`Refusal::RateLimited`] with the wait until all of the windows have room, in whole seconds, rounded up.
    pub async fn take(&self, windows: &[Window<'_>], now: Time) -> Result<()> {
        refused(&self.attempt(windows, now).await).map_or(Ok(()), |refusal| Err(refusal.into()))
    }

    /// The same, telling how full the windows are and which of them refused.
    pub async fn attempt(&self, windows: &[Window<'_>], now: Time) -> Decision {
        self.kv.take(windows, now).await
    }

    /// Records one attempt on this instance alone, asking nobody.
    #[must_use]
    pub fn attempt_locally(&self, window: Window<'_>, now: Time) -> Decision {
        self.kv.take_here(window, now)
    }

    /// Records two attempts in one round trip, the second only where the first is granted, and tells how full the
    /// windows are.
    pub async fn take_in_turn(&self, attempts: [&[Window<'_>]; 2], now: Time) -> InTurn {
        self.kv.take_in_turn(attempts, now).await
    }

    /// The refusal of the next attempt, if this instance can tell by itself that the window is full.
    #[must_use]
    pub fn known_refusal(&self, window: Window<'_>, now: Time) -> Option<Decision> {
        self.kv.known_refusal(window, now)
    }

    /// Forgets what the windows of these names have counted.
    pub async fn clear(&self, names: &[&str]) {
        self.kv.clear(names).await;
    }

    /// Gives back a part of what a granted attempt took of each window.
    pub async fn give_back(&self, parts: &[(Window<'_>, u32)], receipt: &ReservationId) {
        self.kv.give_back(parts, receipt).await;
    }
}

/// What to tell whoever found a window full: the wait in whole seconds, rounded up.
#[must_use]
pub fn refused(taken: &Decision) -> Option<Refusal> {
    match taken.outcome {
        Outcome::Granted(_) => None,
        Outcome::Refused { retry_after, .. } => Some(Refusal::RateLimited { retry_after: whole_seconds(retry_after) }),
    }
}

fn whole_seconds(wait: Duration) -> Duration {
    let begun = u64::from(wait.subsec_nanos() > 0);
    Duration::from_secs(wait.as_secs().saturating_add(begun).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;
    use crate::tools::kv::{RedisSettings, WindowClock};

    #[tokio::test]
    async fn a_refusal_says_when_to_come_back_in_whole_seconds() {
        let settings = RedisSettings {
            redis_url: None,
            key_prefix: String::new(),
            timeout: Duration::from_millis(50),
            window_clock: WindowClock::Caller,
        };
        let limiter = RateLimiter::new(Kv::open(&settings).unwrap());
        let windows = [Window::of("emails", 1, Duration::from_millis(59_001))];
        limiter.take(&windows, Time::UNIX_EPOCH).await.unwrap();

        let refused = limiter.take(&windows, Time::UNIX_EPOCH).await.unwrap_err();

        let expected = Refusal::RateLimited { retry_after: Duration::from_mins(1) };
        assert!(matches!(refused, Error::Refused(refusal) if refusal == expected));
    }

    #[test]
    fn a_wait_is_rounded_up_and_never_nothing() {
        assert_eq!(whole_seconds(Duration::from_micros(1)), Duration::from_secs(1));
        assert_eq!(whole_seconds(Duration::from_secs(2)), Duration::from_secs(2));
        assert_eq!(whole_seconds(Duration::ZERO), Duration::from_secs(1));
    }
}
