//! A limit, an attempt at it, and the decision about it.

use std::time::Duration;

use crate::error::Refusal;

/// A limit: so much in any stretch of `period`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window<'a> {
    /// What is counted, and for whom: `auth:address:203.0.113.7`. Unique among the windows of one attempt.
    pub name: &'a str,
    /// How much; 0 turns the window off.
    pub limit: u32,
    /// How long an attempt counts: exactly so long, to the microsecond.
    pub period: Duration,
    /// How much of the limit this attempt takes; 0 only reads the usage. More than the limit counts as the limit, so that
    /// an attempt that waits long enough is granted.
    pub weight: u32,
}

impl<'a> Window<'a> {
    /// A window of which every attempt takes one place.
    #[must_use]
    pub const fn new(name: &'a str, limit: u32, period: Duration) -> Self {
        Self { name, limit, period, weight: 1 }
    }

    /// The same window, of which this attempt takes so much.
    #[must_use]
    pub const fn with_weight(self, weight: u32) -> Self {
        Self { weight, ..self }
    }

    pub(super) fn within_limit(self) -> Self {
        Self { weight: self.weight.min(self.limit), ..self }
    }
}

/// How full a window is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WindowUsage {
    /// What the attempts of the last period weigh, this one included where it was granted.
    pub used: u32,
    /// How long until nothing counts any more, if no further attempt is made.
    pub empty_in: Duration,
}

/// The decision about an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Every window had room and has recorded the attempt, or one was full and none has.
    pub outcome: Result<ReservationId, WindowFull>,
    /// How full each window is, in their order; a window that is turned off is empty.
    pub usages: Vec<WindowUsage>,
}

impl Decision {
    /// Whether the attempt was granted.
    #[must_use]
    pub const fn is_granted(&self) -> bool {
        self.outcome.is_ok()
    }
}

/// Identifies a recorded attempt, so that a part of it can be given back.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReservationId {
    pub(super) name: String,
    /// The time of this process's windows, in microseconds.
    pub(super) at: i64,
}

/// Why an attempt was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WindowFull {
    /// The wait until every window has room, exact to the microsecond.
    pub retry_after: Duration,
    /// The window with the longest wait, counted from 0.
    pub window: usize,
}

impl From<WindowFull> for Refusal {
    /// `RATE_LIMITED`, with the wait in whole seconds, rounded up.
    fn from(full: WindowFull) -> Self {
        let started = u64::from(full.retry_after.subsec_nanos() > 0);
        let seconds = full.retry_after.as_secs().saturating_add(started).max(1);
        Self::RateLimited { retry_after: Duration::from_secs(seconds) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_rounded_up_to_whole_seconds_and_never_zero() {
        for (wait, seconds) in [(59_001_000, 60), (1, 1), (2_000_000, 2), (0, 1)] {
            let full = WindowFull { retry_after: Duration::from_micros(wait), window: 0 };
            let rounded = Duration::from_secs(seconds);
            assert!(matches!(full.into(), Refusal::RateLimited { retry_after } if retry_after == rounded));
        }
    }
}
