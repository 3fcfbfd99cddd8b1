//! The connection that all callers share.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use deadpool_redis::redis::{FromRedisValue, RedisError, RedisResult};
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use tokio::time::{Instant, timeout_at};

use super::call::{RedisCall, timed_out};
use super::topology::{Link, Topology};

/// One connection for all callers: a checkout for every call would double the work of Redis.
pub(super) struct SharedConnection {
    topology: Arc<Topology>,
    current: Mutex<Option<Connecting>>,
}

/// A connection, perhaps still in the making: that goes on only while a caller waits for it.
type Connecting = Shared<BoxFuture<'static, RedisResult<Link>>>;

impl SharedConnection {
    pub(super) fn new(topology: Topology) -> Self {
        Self { topology: Arc::new(topology), current: Mutex::new(None) }
    }

    /// What the connection leads to.
    pub(super) fn topology(&self) -> &Topology {
        &self.topology
    }

    /// Makes a call, a second time where the connection turns out to be closed: a server that has restarted, or has closed
    /// an idle connection, is not away. The same where a script was forgotten between its loading and its use.
    pub(super) async fn call<T: FromRedisValue>(&self, timeout: Duration, call: &RedisCall<'_>) -> RedisResult<T> {
        let deadline = Instant::now() + timeout;
        let answer = self.call_until(deadline, call).await;
        if answer.as_ref().is_err_and(|error| error.is_connection_dropped() || error.code() == Some("NOSCRIPT")) {
            return self.call_until(deadline, call).await;
        }
        answer
    }

    async fn call_until<T: FromRedisValue>(&self, deadline: Instant, call: &RedisCall<'_>) -> RedisResult<T> {
        let connecting = self.current();
        let mut is_connected = false;
        let answer = timeout_at(deadline, async {
            let link = connecting.clone().await?;
            is_connected = true;
            link.send(call).await
        });
        let answer = answer.await.unwrap_or_else(|_elapsed| Err(timed_out()));
        // A connection over which Redis refuses a permission, or does not know a script, works.
        let works = |error: &RedisError| is_connected && matches!(error.code(), Some("NOPERM" | "NOSCRIPT"));
        if answer.as_ref().is_err_and(|error| !works(error)) {
            self.drop_failed(&connecting);
        }
        answer
    }

    fn current(&self) -> Connecting {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        current.get_or_insert_with(|| connect(Arc::clone(&self.topology)).boxed().shared()).clone()
    }

    /// Drops a connection that failed, so that the next call makes a new one. One that is still in the making stays: to a
    /// server far away that takes longer than one caller waits, and the next caller goes on with it.
    fn drop_failed(&self, failed: &Connecting) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        current.take_if(|current| current.ptr_eq(failed) && current.peek().is_some());
    }
}

async fn connect(topology: Arc<Topology>) -> RedisResult<Link> {
    topology.connect().await
}
