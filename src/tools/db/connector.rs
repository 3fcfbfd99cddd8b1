//! How a connection to `PostgreSQL` is opened, and asked before it is used again.

use std::sync::Arc;
use std::time::{Duration, Instant};

use deadpool::managed::{Manager, Metrics, RecycleError, RecycleResult};
use sqlx::Connection;
use tokio::time::{sleep, timeout};

use super::server::{Backend, NoConnection, Server};

/// A connection used within this time is taken for alive; one that rested longer is asked first.
pub(super) const TRUSTED_FOR: Duration = Duration::from_secs(1);
pub(super) const PING_TIMEOUT: Duration = Duration::from_secs(1);
/// NATs and balancers forget a quiet connection after some minutes (AWS NLB: 350 seconds), and do not say so.
const MAX_IDLE: Duration = Duration::from_mins(5);
const MAX_AGE: Duration = Duration::from_mins(30);
/// How long to wait before a server that is starting is tried again: at first, and at most.
const PAUSES: [Duration; 2] = [Duration::from_millis(10), Duration::from_millis(500)];
/// Opens and checks connections for deadpool.
pub(super) struct Connector(pub(super) Arc<Server>);

impl Manager for Connector {
    type Type = Backend;
    type Error = NoConnection;

    async fn create(&self) -> Result<Backend, NoConnection> {
        let (began, [mut pause, longest]) = (Instant::now(), PAUSES);
        loop {
            // Boxed, because it is large and rare: every statement would carry its room.
            let error = match Box::pin(self.0.connect()).await {
                Ok(backend) => return Ok(backend),
                Err(error) => error,
            };
            self.0.failed(&error);
            self.0.doubt();
            if !error.is_brief() || began.elapsed() > self.0.acquire_timeout {
                return Err(error);
            }
            sleep(pause).await;
            pause = (pause * 2).min(longest);
        }
    }

    async fn recycle(&self, backend: &mut Backend, metrics: &Metrics) -> RecycleResult<NoConnection> {
        let rest = backend.rests_since.elapsed();
        if metrics.age() > MAX_AGE || rest > MAX_IDLE || self.0.suspects(backend) {
            return Err(RecycleError::message("too old, idle for too long, or suspected"));
        }
        if rest < TRUSTED_FOR && !self.0.doubts(backend) {
            return Ok(());
        }
        if matches!(timeout(PING_TIMEOUT, backend.connection.ping()).await, Ok(Ok(()))) {
            return Ok(());
        }
        self.0.suspect();
        Err(NoConnection::Silent.into())
    }
}
