//! Lets so many through at once and so many wait for so long; everybody else is sent away before any work is done.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::{Refusal, Result};

/// How many may wait for each that is inside.
const WAITING: usize = 4;
/// When to come back: a crowd that is told the same second comes back as a crowd, but one that is gone by then.
const COME_BACK: Duration = Duration::from_secs(1);

/// A way in. Clones are the same one.
#[derive(Clone)]
pub struct ConcurrencyLimiter(Arc<Gate>);

struct Gate {
    places: Arc<Semaphore>,
    waiting: AtomicUsize,
    most_waiting: usize,
    patience: Duration,
}

/// A place inside, free again when this is dropped.
#[derive(Debug)]
#[must_use = "the place is free again at once"]
pub struct ConcurrencyPermit(#[allow(dead_code, reason = "held for its drop")] OwnedSemaphorePermit);

/// One who waits; also one who gives up.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl ConcurrencyLimiter {
    /// Lets `places` in at once; who waits longer than `patience` is sent away.
    #[must_use]
    pub fn new(places: usize, patience: Duration) -> Self {
        let places = places.min(Semaphore::MAX_PERMITS);
        Self(Arc::new(Gate {
            places: Arc::new(Semaphore::new(places)),
            waiting: AtomicUsize::new(0),
            most_waiting: places.saturating_mul(WAITING),
            patience,
        }))
    }

    /// Takes a place, waiting for one if need be.
    ///
    /// # Errors
    /// `OVERLOADED`, at once where too many wait already, else when the patience ends.
    pub async fn enter(&self) -> Result<ConcurrencyPermit> {
        let Gate { places, waiting, most_waiting, patience } = &*self.0;
        if let Ok(permit) = Arc::clone(places).try_acquire_owned() {
            return Ok(ConcurrencyPermit(permit));
        }
        let overloaded = Refusal::Overloaded { retry_after: COME_BACK };
        let ahead = waiting.fetch_add(1, Ordering::Relaxed);
        let _waiting = Waiting(waiting);
        if ahead >= *most_waiting {
            return Err(overloaded.into());
        }
        match tokio::time::timeout(*patience, Arc::clone(places).acquire_owned()).await {
            Ok(Ok(permit)) => Ok(ConcurrencyPermit(permit)),
            Ok(Err(_)) | Err(_) => Err(overloaded.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use futures_util::future::join_all;

    use super::*;
    use crate::error::Error;

    fn is_sent_away(entered: &Result<ConcurrencyPermit>) -> bool {
        matches!(entered, Err(Error::Refused(Refusal::Overloaded { .. })))
    }

    const PATIENCE: Duration = Duration::from_millis(20);

    #[tokio::test]
    async fn who_waits_too_long_is_sent_away() {
        let concurrency_limiter = ConcurrencyLimiter::new(1, PATIENCE);
        let inside = concurrency_limiter.enter().await.unwrap();
        let began = Instant::now();

        assert!(is_sent_away(&concurrency_limiter.enter().await));
        assert!(began.elapsed() >= PATIENCE);

        drop(inside);
        assert!(concurrency_limiter.enter().await.is_ok());
    }

    #[tokio::test]
    async fn who_waits_gets_the_next_free_place() {
        let concurrency_limiter = ConcurrencyLimiter::new(1, Duration::from_mins(1));
        let inside = concurrency_limiter.enter().await.unwrap();

        let (entered, ()) = tokio::join!(concurrency_limiter.enter(), async { drop(inside) });

        assert!(entered.is_ok());
    }

    #[tokio::test]
    async fn a_long_queue_sends_away_at_once() {
        let concurrency_limiter = ConcurrencyLimiter::new(1, Duration::from_mins(1));
        let inside = concurrency_limiter.enter().await.unwrap();

        let crowd = join_all((0..4).map(|_| async { concurrency_limiter.enter().await.map(drop) }));
        let late = async {
            let sent_away = is_sent_away(&concurrency_limiter.enter().await);
            drop(inside);
            sent_away
        };
        let (crowd, late) = tokio::join!(crowd, late);

        assert!(late && crowd.iter().all(Result::is_ok));
        assert_eq!(concurrency_limiter.0.waiting.load(Ordering::Relaxed), 0);
    }
}
