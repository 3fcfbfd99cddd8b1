//! What time it is: the machine's clock in production, one that stands still in tests.

use std::sync::Arc;
use std::time::Duration;

use chrono::{SubsecRound, Utc};
use tokio::sync::watch;

use crate::values::time::Time;

/// How often a task that waits for a time reads the machine's clock, which may be set meanwhile.
const RECHECK_INTERVAL: Duration = Duration::from_secs(10);

/// Read once per flow; the result is passed down as `now`.
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

    /// Waits until it is `time`.
    pub async fn reached(&self, time: Time) {
        match self {
            Self::System => {
                while let Ok(rest) = (time - machine_time()).to_std() {
                    tokio::time::sleep(rest.min(RECHECK_INTERVAL)).await;
                }
            }
            Self::Manual(clock) => clock.reached(time).await,
        }
    }
}

/// A clock that stands still until it is moved. Clones share the time.
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<watch::Sender<Time>>);

impl ManualClock {
    /// A clock that stands at `time`.
    #[must_use]
    pub fn standing_at(time: Time) -> Self {
        Self(Arc::new(watch::Sender::new(time)))
    }

    /// Moves the clock forward, for everyone who holds a clone.
    pub fn advance(&self, by: Duration) {
        self.0.send_modify(|time| *time += by);
    }

    /// Sets the clock back, as an operator or a time server may do.
    pub fn set_back(&self, by: Duration) {
        self.0.send_modify(|time| *time -= by);
    }

    fn now(&self) -> Time {
        *self.0.borrow()
    }

    async fn reached(&self, time: Time) {
        // The sender lives in `self`, so this cannot fail.
        let _ = self.0.subscribe().wait_for(|now| *now >= time).await;
    }
}

#[allow(clippy::disallowed_methods, reason = "the one place that looks at the machine's clock")]
fn machine_time() -> Time {
    Utc::now()
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn a_manual_clock_moves_for_all_its_clones() {
        let hands = ManualClock::standing_at(Time::UNIX_EPOCH);
        let clock = Clock::Manual(hands.clone());

        hands.advance(Duration::from_secs(90));

        assert_eq!(clock.now().timestamp(), 90);
    }

    #[tokio::test]
    async fn a_task_that_waits_for_a_time_is_woken_when_the_clock_reaches_it() {
        let hands = ManualClock::standing_at(Time::UNIX_EPOCH);
        let clock = Clock::Manual(hands.clone());
        let mut waiting = Box::pin(clock.reached(Time::UNIX_EPOCH + Duration::from_secs(2)));

        hands.advance(Duration::from_secs(1));
        assert!((&mut waiting).now_or_never().is_none());

        hands.advance(Duration::from_secs(1));
        waiting.await;
        Clock::System.reached(Time::UNIX_EPOCH).await;
    }

    #[test]
    fn time_is_cut_to_whole_microseconds() {
        let hands = ManualClock::standing_at(Time::UNIX_EPOCH);
        hands.advance(Duration::from_nanos(1_999));

        assert_eq!(Clock::Manual(hands).now().timestamp_subsec_nanos(), 1_000);
        assert_eq!(Clock::System.now().timestamp_subsec_nanos() % 1_000, 0);
    }
}
