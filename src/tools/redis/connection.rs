//! The connection that all callers share.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use deadpool_redis::redis::{Arg, Cmd, FromRedisValue, RedisError, RedisResult, ScriptInvocation};
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use tokio::time::{Instant, timeout, timeout_at};
use tracing::{Span, field};

use super::topology::{Link, Topology};
use crate::tools::spans;

/// How long work that no request waits for may wait for Redis; also how long a connection may take to make, across all
/// callers who wait for it in turn.
pub const BACKGROUND_TIMEOUT: Duration = Duration::from_secs(2);

/// What Redis is asked to do.
pub enum RedisCall<'a> {
    /// A command.
    Command(Cmd),
    /// A script, sent by its hash; a server that does not know the hash is sent the text, and asked again.
    Script(ScriptInvocation<'a>),
    /// A command that publishes a message. Any node of a cluster takes it.
    Publish(Cmd),
}

impl RedisCall<'_> {
    /// The span of the call. It names the command, and no key.
    pub(super) fn span(&self) -> Span {
        let span = |name: &str| {
            tracing::info_span!(
                target: spans::STEP,
                "redis",
                otel.kind = "client",
                otel.name = name,
                otel.status_code = field::Empty,
                db.system.name = "redis",
                db.operation.name = name,
                "error.type" = field::Empty,
            )
        };
        match self {
            Self::Command(command) | Self::Publish(command) => match command.args_iter().next() {
                Some(Arg::Simple(name)) => span(std::str::from_utf8(name).unwrap_or_default()),
                _ => Span::none(),
            },
            Self::Script(_) => span("EVALSHA"),
        }
    }
}

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

/// Waits for an answer, and fails as a connection does where it does not come in time.
pub async fn in_time<T>(limit: Duration, answer: impl Future<Output = RedisResult<T>>) -> RedisResult<T> {
    timeout(limit, answer).await.unwrap_or_else(|_elapsed| Err(timed_out()))
}

fn timed_out() -> RedisError {
    io::Error::from(io::ErrorKind::TimedOut).into()
}
