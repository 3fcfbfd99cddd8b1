//! The circuit breaker: after a failure nobody waits for Redis, except one caller now and then who tries again.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::tools::jitter::jittered;

const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
const BETWEEN_WARNINGS: Duration = Duration::from_mins(1);

#[derive(Default)]
pub(super) struct Circuit(Mutex<State>);

#[derive(Default)]
struct State {
    outage: Option<Outage>,
    warned_at: Option<Instant>,
}

struct Outage {
    pause: Duration,
    next_try_at: Instant,
    warned: bool,
}

impl Circuit {
    /// Whether the caller may try. Who is let through during an outage moves the next try away, so there is one at a
    /// time even if that caller gives up and never reports back.
    pub(super) fn lets_through(&self, now: Instant) -> bool {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(outage) = &mut state.outage else { return true };
        if now < outage.next_try_at {
            return false;
        }
        outage.pause = (outage.pause * 2).min(LONGEST_PAUSE);
        outage.next_try_at = now + jittered(outage.pause);
        true
    }

    /// Reports a failure. Whether it is time to warn: at most once a minute, however often Redis comes and goes.
    pub(super) fn failed(&self, now: Instant) -> bool {
        let mut guard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let state = &mut *guard;
        let outage = state.outage.get_or_insert_with(|| Outage {
            pause: FIRST_PAUSE,
            next_try_at: now + jittered(FIRST_PAUSE),
            warned: false,
        });
        if state.warned_at.is_some_and(|warned_at| now < warned_at + BETWEEN_WARNINGS) {
            return false;
        }
        state.warned_at = Some(now);
        outage.warned = true;
        true
    }

    /// Reports a success. Whether it ends an outage that was warned about.
    pub(super) fn succeeded(&self) -> bool {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.outage.take().is_some_and(|outage| outage.warned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_keeps_callers_away_until_one_may_try_again() {
        let (circuit, start) = (Circuit::default(), Instant::now());
        assert!(circuit.lets_through(start));

        circuit.failed(start);

        assert!(!circuit.lets_through(start));
        assert!(circuit.lets_through(start + FIRST_PAUSE));
        assert!(!circuit.lets_through(start + FIRST_PAUSE), "a second caller tried at the same time");
    }

    #[test]
    fn pauses_grow_to_a_second_and_no_further() {
        let (circuit, mut now) = (Circuit::default(), Instant::now());
        circuit.failed(now);
        for _ in 0..20 {
            now += LONGEST_PAUSE;
            assert!(circuit.lets_through(now));
        }

        assert!(!circuit.lets_through(now + LONGEST_PAUSE / 2));
        assert!(circuit.lets_through(now + LONGEST_PAUSE));
    }

    #[test]
    fn a_success_ends_the_outage() {
        let (circuit, start) = (Circuit::default(), Instant::now());
        circuit.failed(start);

        assert!(circuit.succeeded());

        assert!(circuit.lets_through(start));
        assert!(!circuit.succeeded(), "the end was told twice");
    }

    #[test]
    fn an_outage_is_told_once_a_minute() {
        let (circuit, start) = (Circuit::default(), Instant::now());

        assert!(circuit.failed(start));
        assert!(!circuit.failed(start + BETWEEN_WARNINGS / 2));
        assert!(circuit.failed(start + BETWEEN_WARNINGS));
    }
}
