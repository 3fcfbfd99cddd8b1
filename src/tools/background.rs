//! Tasks that run beside the requests, and that a shutdown waits for.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::Notify;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use crate::error::{Error, Refusal, Result};
use crate::tools::jitter::jittered;

/// All background tasks of the process. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Background {
    tasks: TaskTracker,
    stopping: CancellationToken,
}

impl Background {
    /// No task yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Runs a task that shutdown waits for. It should end soon after [`Self::stopping`]; a panic in it is logged.
    pub fn spawn(&self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        let watched = async move {
            if let Err(panic) = AssertUnwindSafe(task).catch_unwind().await {
                log_panic(panic.as_ref());
            }
        };
        self.tasks.spawn(watched.instrument(tracing::info_span!("background", task = name)));
    }

    /// Runs an action at once and then again after every `period` (up to a quarter sooner, so that instances spread) or
    /// whenever `wake` is notified, until shutdown. It never overlaps itself; one that fails or panics is logged and
    /// tried again next time. A long action should check the token it is given and stop early.
    pub fn every<Action, Running>(
        &self,
        name: &'static str,
        period: Duration,
        wake: Option<Arc<Notify>>,
        mut action: Action,
    ) where
        Action: FnMut(CancellationToken) -> Running + Send + 'static,
        Running: Future<Output = Result<()>> + Send + 'static,
    {
        let stopping = self.stopping();
        self.spawn(name, async move {
            while !stopping.is_cancelled() {
                match AssertUnwindSafe(async { action(stopping.clone()).await }).catch_unwind().await {
                    Ok(Ok(())) => {}
                    Ok(Err(error)) => tracing::error!(?error, "a background task failed and will be tried again"),
                    Err(panic) => log_panic(panic.as_ref()),
                }
                tokio::select! {
                    () = stopping.cancelled() => {}
                    () = woken(wake.as_deref()) => {}
                    () = sleep(jittered(period)) => {}
                }
            }
        });
    }

    /// Cancelled as soon as shutdown begins.
    #[must_use]
    pub fn stopping(&self) -> CancellationToken {
        self.stopping.clone()
    }

    /// Whether shutdown has begun.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.stopping.is_cancelled()
    }

    /// Tells every task to stop and waits for them, at most `timeout`. Whether all of them ended.
    pub async fn shutdown(&self, timeout: Duration) -> bool {
        self.stopping.cancel();
        self.tasks.close();
        tokio::time::timeout(timeout, self.tasks.wait()).await.is_ok()
    }
}

/// What one part of a task did, where the other parts do not wait for it: a failure is logged and nothing was done. That
/// the database is away concerns them all, so it is passed on.
///
/// # Errors
/// `UNAVAILABLE`.
pub fn one_of_many<T: Default>(part: &str, result: Result<T>) -> Result<T> {
    match result {
        Ok(done) => Ok(done),
        Err(away @ Error::Refused(Refusal::Unavailable)) => Err(away),
        Err(error) => {
            tracing::error!(
                part,
                ?error,
                "a part of a background task failed and will be tried again; the others go on"
            );
            Ok(T::default())
        }
    }
}

async fn woken(wake: Option<&Notify>) {
    match wake {
        Some(wake) => wake.notified().await,
        None => std::future::pending().await,
    }
}

fn log_panic(panic: &(dyn Any + Send)) {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    tracing::error!(panic = text.unwrap_or("without a text"), "a background task panicked");
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use tokio::time::timeout;

    use crate::error::Fault;

    const LONG: Duration = Duration::from_secs(30);

    #[tokio::test]
    async fn shutdown_waits_for_a_task_that_cleans_up() {
        let background = Background::new();
        let stopping = background.stopping();
        background.spawn("slow to leave", async move {
            stopping.cancelled().await;
            sleep(Duration::from_millis(20)).await;
        });

        assert!(background.shutdown(LONG).await);
        assert!(background.is_stopping());
    }

    #[tokio::test]
    async fn shutdown_does_not_wait_for_ever() {
        let background = Background::new();
        background.spawn("does not stop", sleep(LONG));

        assert!(!background.shutdown(Duration::from_millis(10)).await);
    }

    #[tokio::test]
    async fn a_panic_does_not_hold_up_shutdown() {
        let background = Background::new();
        background.spawn("clumsy", async { panic!("oops") });

        assert!(background.shutdown(LONG).await);
    }

    #[tokio::test]
    async fn an_action_that_fails_or_panics_is_tried_again() {
        let background = Background::new();
        let (tries, succeeded) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
        let (counted, success) = (tries.clone(), succeeded.clone());
        background.every("stubborn", Duration::from_millis(1), None, move |_stopping| {
            let (counted, success) = (counted.clone(), success.clone());
            async move {
                match counted.fetch_add(1, Ordering::Relaxed) {
                    0 => Err(Fault::new("trying").into()),
                    1 => panic!("oops"),
                    _ => {
                        success.notify_one();
                        Ok(())
                    }
                }
            }
        });

        timeout(LONG, succeeded.notified()).await.unwrap();

        assert!(background.shutdown(LONG).await);
    }

    #[tokio::test]
    async fn an_action_is_woken_before_its_period_is_over() {
        let background = Background::new();
        let (wake, done) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let action_done = done.clone();
        background.every("sleepy", LONG * 100, Some(wake.clone()), move |_stopping| {
            action_done.notify_one();
            std::future::ready(Ok(()))
        });
        timeout(LONG, done.notified()).await.unwrap();

        wake.notify_one();

        assert!(timeout(LONG, done.notified()).await.is_ok());
        assert!(background.shutdown(LONG).await);
    }
}
