//! An outage in the log: told when it begins and when it is over, at most once a minute.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

const BETWEEN_WARNINGS: Duration = Duration::from_mins(1);

/// Whether a server is away, as far as its answers tell.
#[derive(Debug, Default)]
pub(super) struct Outage {
    /// Asked with every answer, so it is apart from the rest.
    is_on: AtomicBool,
    told: Mutex<Told>,
}

#[derive(Debug, Default)]
struct Told {
    warned_at: Option<Instant>,
    end_is_awaited: bool,
}

impl Outage {
    /// Notes a failure. Whether it is time to warn.
    pub(super) fn failed(&self, now: Instant) -> bool {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        self.is_on.store(true, Ordering::Relaxed);
        if told.warned_at.is_some_and(|warned_at| now < warned_at + BETWEEN_WARNINGS) {
            return false;
        }
        *told = Told { warned_at: Some(now), end_is_awaited: true };
        true
    }

    pub(super) fn is_on(&self) -> bool {
        self.is_on.load(Ordering::Relaxed)
    }

    /// Notes an answer. Whether it ends an outage that was warned of.
    pub(super) fn answered(&self) -> bool {
        if !self.is_on() {
            return false;
        }
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        self.is_on.store(false, Ordering::Relaxed);
        std::mem::take(&mut told.end_is_awaited)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_is_told_once_a_minute_and_so_is_its_end() {
        let (outage, start) = (Outage::default(), Instant::now());
        assert!(!outage.answered());

        assert!(outage.failed(start));
        assert!(!outage.failed(start + BETWEEN_WARNINGS / 2));
        assert!(outage.answered());
        assert!(!outage.answered(), "the end was told twice");
        assert!(!outage.failed(start + BETWEEN_WARNINGS / 2));
        assert!(!outage.answered(), "the end of what was not told");
        assert!(outage.failed(start + BETWEEN_WARNINGS));
    }
}
