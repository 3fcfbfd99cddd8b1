//! The circuit breaker: after a failure no caller waits for Redis, except one from time to time that tries again.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::tools::jitter::jittered;

const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
const BETWEEN_WARNINGS: Duration = Duration::from_mins(1);

#[derive(Default)]
pub(super) struct CircuitBreaker(Mutex<CircuitState>);

#[derive(Default)]
struct CircuitState {
    open: Option<OpenCircuit>,
    warned_at: Option<Instant>,
}

/// An outage.
struct OpenCircuit {
    pause: Duration,
    next_try_at: Instant,
    warned: bool,
}

impl CircuitBreaker {
    /// Whether the caller may try. During an outage each try postpones the next one, so there is one at a time even where a
    /// caller gives up and never reports back.
    pub(super) fn lets_through(&self, now: Instant) -> bool {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(outage) = &mut state.open else { return true };
        if now < outage.next_try_at {
            return false;
        }
        outage.pause = (outage.pause * 2).min(LONGEST_PAUSE);
        outage.next_try_at = now + jittered(outage.pause);
        true
    }

    /// Reports a failure. True when it is time to log it: at most once a minute, however often Redis comes and goes.
    pub(super) fn failed(&self, now: Instant) -> bool {
        let mut guard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let state = &mut *guard;
        let outage = state.open.get_or_insert_with(|| OpenCircuit {
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

    /// Reports a success. True when it ends an outage that was logged.
    pub(super) fn succeeded(&self) -> bool {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.open.take().is_some_and(|outage| outage.warned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_keeps_callers_away_until_one_may_try_again() {
        let (circuit, start) = (CircuitBreaker::default(), Instant::now());
        assert!(circuit.lets_through(start));

        circuit.failed(start);

        assert!(!circuit.lets_through(start));
        assert!(circuit.lets_through(start + FIRST_PAUSE));
        assert!(!circuit.lets_through(start + FIRST_PAUSE), "a second caller tried at the same time");
    }

    #[test]
    fn pauses_grow_to_a_second_and_no_further() {
        let (circuit, mut now) = (CircuitBreaker::default(), Instant::now());
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
        let (circuit, start) = (CircuitBreaker::default(), Instant::now());
        circuit.failed(start);

        assert!(circuit.succeeded());

        assert!(circuit.lets_through(start));
        assert!(!circuit.succeeded(), "the end was logged twice");
    }

    #[test]
    fn an_outage_is_logged_once_a_minute() {
        let (circuit, start) = (CircuitBreaker::default(), Instant::now());

        assert!(circuit.failed(start));
        assert!(!circuit.failed(start + BETWEEN_WARNINGS / 2));
        assert!(circuit.failed(start + BETWEEN_WARNINGS));
    }
}
