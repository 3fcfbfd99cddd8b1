//! Limits how much runs at once: so many run, so many wait for so long, and the rest is refused before any work is done.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::{Refusal, Result};

/// How many may wait for each permit.
const WAITING: usize = 4;
/// `Retry-After`. Clients may return together; the queue has drained by then.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// A limit of concurrency. Clones share it.
#[derive(Clone)]
pub struct ConcurrencyLimiter(Arc<LimiterState>);

struct LimiterState {
    permits: Arc<Semaphore>,
    waiting: AtomicUsize,
    max_waiting: usize,
    queue_timeout: Duration,
}

/// The permission to run, given back when this is dropped.
#[derive(Debug)]
#[must_use = "the permit is given back at once"]
pub struct ConcurrencyPermit(#[allow(dead_code, reason = "held for its drop")] OwnedSemaphorePermit);

/// Counts a waiting task down, also when it is cancelled.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl ConcurrencyLimiter {
    /// Gives out `permits` at once; a task that waits longer than `queue_timeout` is refused.
    #[must_use]
    pub fn new(permits: usize, queue_timeout: Duration) -> Self {
        let permits = permits.min(Semaphore::MAX_PERMITS);
        Self(Arc::new(LimiterState {
            permits: Arc::new(Semaphore::new(permits)),
            waiting: AtomicUsize::new(0),
            max_waiting: permits.saturating_mul(WAITING),
            queue_timeout,
        }))
    }

    /// Takes a permit, waiting for one if need be.
    ///
    /// # Errors
    /// `OVERLOADED`, at once where too many wait already, else when the timeout ends.
    pub async fn enter(&self) -> Result<ConcurrencyPermit> {
        let LimiterState { permits, waiting, max_waiting, queue_timeout } = &*self.0;
        if let Ok(permit) = Arc::clone(permits).try_acquire_owned() {
            return Ok(ConcurrencyPermit(permit));
        }
        let overloaded = Refusal::Overloaded { retry_after: RETRY_AFTER };
        let ahead = waiting.fetch_add(1, Ordering::Relaxed);
        let _waiting = Waiting(waiting);
        if ahead >= *max_waiting {
            return Err(overloaded.into());
        }
        match tokio::time::timeout(*queue_timeout, Arc::clone(permits).acquire_owned()).await {
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

    fn is_refused(entered: &Result<ConcurrencyPermit>) -> bool {
        matches!(entered, Err(Error::Refused(Refusal::Overloaded { .. })))
    }

    const QUEUE_TIMEOUT: Duration = Duration::from_millis(20);

    #[tokio::test]
    async fn a_task_that_waits_too_long_is_refused() {
        let concurrency_limiter = ConcurrencyLimiter::new(1, QUEUE_TIMEOUT);
        let inside = concurrency_limiter.enter().await.unwrap();
        let began = Instant::now();

        assert!(is_refused(&concurrency_limiter.enter().await));
        assert!(began.elapsed() >= QUEUE_TIMEOUT);

        drop(inside);
        assert!(concurrency_limiter.enter().await.is_ok());
    }

    #[tokio::test]
    async fn a_task_that_waits_gets_the_next_permit() {
        let concurrency_limiter = ConcurrencyLimiter::new(1, Duration::from_mins(1));
        let inside = concurrency_limiter.enter().await.unwrap();

        let (entered, ()) = tokio::join!(concurrency_limiter.enter(), async { drop(inside) });

        assert!(entered.is_ok());
    }

    #[tokio::test]
    async fn a_long_queue_refuses_at_once() {
        let concurrency_limiter = ConcurrencyLimiter::new(1, Duration::from_mins(1));
        let inside = concurrency_limiter.enter().await.unwrap();

        let crowd = join_all((0..4).map(|_| async { concurrency_limiter.enter().await.map(drop) }));
        let late = async {
            let is_late_refused = is_refused(&concurrency_limiter.enter().await);
            drop(inside);
            is_late_refused
        };
        let (crowd, late) = tokio::join!(crowd, late);

        assert!(late && crowd.iter().all(Result::is_ok));
        assert_eq!(concurrency_limiter.0.waiting.load(Ordering::Relaxed), 0);
    }
}
