//! What time it is: the machine's clock in production, one that stands still in tests.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{SubsecRound, Utc};

use crate::values::time::Time;

/// Asked once per deed; the answer travels down as `now`.
#[derive(Debug, Clone)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// A clock that moves only when told to.
    Manual(ManualClock),
}

impl Clock {
    /// The time, cut to whole microseconds: a time must still equal itself when it comes back
    /// from the database.
    #[must_use]
    pub fn now(&self) -> Time {
        let now = match self {
            Self::System => machine_time(),
            Self::Manual(clock) => clock.now(),
        };
        now.trunc_subsecs(6)
    }
}

/// The hands of a clock that stands still. Clones show, and move, the same time.
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<Mutex<Time>>);

impl ManualClock {
    /// A clock that stands at `time`.
    #[must_use]
    pub fn standing_at(time: Time) -> Self {
        Self(Arc::new(Mutex::new(time)))
    }

    /// Moves the clock forward, for everyone who holds a clone.
    pub fn advance(&self, by: Duration) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += by;
    }

    fn now(&self) -> Time {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[allow(clippy::disallowed_methods, reason = "the one place that looks at the machine's clock")]
fn machine_time() -> Time {
    Utc::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_for_all_its_clones() {
        let hands = ManualClock::standing_at(Time::UNIX_EPOCH);
        let clock = Clock::Manual(hands.clone());

        hands.advance(Duration::from_secs(90));

        assert_eq!(clock.now().timestamp(), 90);
    }

    #[test]
    fn time_is_cut_to_whole_microseconds() {
        let hands = ManualClock::standing_at(Time::UNIX_EPOCH);
        hands.advance(Duration::from_nanos(1_999));

        assert_eq!(Clock::Manual(hands).now().timestamp_subsec_nanos(), 1_000);
        assert_eq!(Clock::System.now().timestamp_subsec_nanos() % 1_000, 0);
    }
}
