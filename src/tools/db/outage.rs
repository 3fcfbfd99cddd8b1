//! An outage in the log: its beginning and its end, at most once a minute.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

const BETWEEN_WARNINGS: Duration = Duration::from_mins(1);

/// Whether a server is away, as far as its answers tell.
#[derive(Debug, Default)]
pub(super) struct Outage {
    /// Asked with every answer, so it is apart from the rest.
    is_on: AtomicBool,
    log: Mutex<OutageLog>,
}

#[derive(Debug, Default)]
struct OutageLog {
    warned_at: Option<Instant>,
    end_is_awaited: bool,
}

impl Outage {
    /// Notes a failure. Whether it is time to warn.
    pub(super) fn failed(&self, now: Instant) -> bool {
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        self.is_on.store(true, Ordering::Relaxed);
        if log.warned_at.is_some_and(|warned_at| now < warned_at + BETWEEN_WARNINGS) {
            return false;
        }
        *log = OutageLog { warned_at: Some(now), end_is_awaited: true };
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
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        self.is_on.store(false, Ordering::Relaxed);
        std::mem::take(&mut log.end_is_awaited)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_is_logged_once_a_minute_and_so_is_its_end() {
        let (outage, start) = (Outage::default(), Instant::now());
        assert!(!outage.answered());

        assert!(outage.failed(start));
        assert!(!outage.failed(start + BETWEEN_WARNINGS / 2));
        assert!(outage.answered());
        assert!(!outage.answered(), "the end was logged twice");
        assert!(!outage.failed(start + BETWEEN_WARNINGS / 2));
        assert!(!outage.answered(), "the end of what was not logged");
        assert!(outage.failed(start + BETWEEN_WARNINGS));
    }
}
