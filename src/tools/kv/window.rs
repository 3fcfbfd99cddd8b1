//! A limit and an attempt at it, as every store counts them.

use std::time::Duration;

/// A limit: so much in any stretch of `period`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window<'a> {
    /// What is counted, and for whom: `auth:address:203.0.113.7`. Unique among the windows of one attempt.
    pub name: &'a str,
    /// How much; 0 turns the window off.
    pub limit: u32,
    /// How long an attempt counts. Its place is free again exactly so long after it, not a microsecond before.
    pub period: Duration,
    /// How much of the limit this attempt takes; 0 only looks. More than the limit takes all of it: whoever waits long
    /// enough gets through.
    pub weight: u32,
}

impl<'a> Window<'a> {
    /// A window of which every attempt takes one place.
    #[must_use]
    pub const fn of(name: &'a str, limit: u32, period: Duration) -> Self {
        Self { name, limit, period, weight: 1 }
    }

    /// The same window, of which this attempt takes so much.
    #[must_use]
    pub const fn weighing(self, weight: u32) -> Self {
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
    /// How long until nothing counts any more, if nobody tries again.
    pub empty_in: Duration,
}

/// What became of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Every window had room and has recorded it, or one was full and none has.
    pub outcome: Outcome,
    /// How full each window is, in their order; a window that is off is empty.
    pub fills: Vec<WindowUsage>,
}

/// Whether there was room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// In every window; here is what the attempt is known by.
    Granted(ReservationId),
    /// Not in all of them.
    Refused {
        /// The wait until every window has room, exact to the microsecond.
        retry_after: Duration,
        /// The window that holds up longest, counted from 0.
        window: usize,
    },
}

/// What a recorded attempt is known by, so that a part of it can be given back.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReservationId {
    pub(super) name: String,
    /// The caller's time, in microseconds.
    pub(super) at: i64,
}

/// What became of two attempts, the second of which is made only where the first is granted.
pub type InTurn = (Decision, Option<Decision>);

impl Decision {
    pub(super) const fn new(outcome: Outcome, fills: Vec<WindowUsage>) -> Self {
        Self { outcome, fills }
    }

    /// Whether the attempt was granted.
    #[must_use]
    pub const fn is_granted(&self) -> bool {
        matches!(self.outcome, Outcome::Granted(_))
    }
}
