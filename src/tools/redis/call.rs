//! What Redis is asked to do, and how long an answer may take.

use std::io;
use std::time::Duration;

use deadpool_redis::redis::{Arg, Cmd, RedisError, RedisResult, ScriptInvocation};
use tokio::time::timeout;
use tracing::{Span, field};

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

/// Waits for an answer, and fails as a connection does where it does not come in time.
pub async fn in_time<T>(limit: Duration, answer: impl Future<Output = RedisResult<T>>) -> RedisResult<T> {
    timeout(limit, answer).await.unwrap_or_else(|_elapsed| Err(timed_out()))
}

/// The error of a connection that took too long.
pub(super) fn timed_out() -> RedisError {
    io::Error::from(io::ErrorKind::TimedOut).into()
}
