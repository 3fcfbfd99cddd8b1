//! Connections to `PostgreSQL`: opened, asked before they are used, and lent one at a time.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use deadpool::managed::{self, Manager, Metrics, PoolError, QueueMode, RecycleError, RecycleResult};
use sqlx::Connection;
use tokio::time::{sleep, timeout};

use super::lent::Lent;
use super::server::{Backend, NoConnection, Server};
use crate::error::{OrFault, Result};

/// A connection used within this time is taken for alive; one that rested longer is asked first.
pub(super) const TRUSTED_FOR: Duration = Duration::from_secs(1);
pub(super) const PING_TIMEOUT: Duration = Duration::from_secs(1);
/// NATs and balancers forget a quiet connection after some minutes (AWS NLB: 350 seconds), and do not say so.
const LONGEST_REST: Duration = Duration::from_mins(5);
const LONGEST_LIFE: Duration = Duration::from_mins(30);
/// How long to wait before a server that is starting is tried again: at first, and at most.
const PAUSES: [Duration; 2] = [Duration::from_millis(10), Duration::from_millis(500)];
/// How long a connection may take to say goodbye.
const CLOSING: Duration = Duration::from_secs(1);

/// Some connections to one server. Clones are the same ones.
#[derive(Clone)]
pub(super) struct Connections {
    pool: managed::Pool<Connector>,
    server: Arc<Server>,
}

pub(super) struct Connector(Arc<Server>);

impl Connections {
    pub(super) fn to(server: &Arc<Server>, most: usize) -> Result<Self> {
        let pool = managed::Pool::builder(Connector(Arc::clone(server)))
            .max_size(most)
            // The last one used comes first, so that a quiet time needs few, and those need not be asked.
            .queue_mode(QueueMode::Lifo)
            .build()
            .or_fault("preparing the connections of the database")?;
        Ok(Self { pool, server: Arc::clone(server) })
    }

    /// Lends a connection that lives and can write.
    ///
    /// # Errors
    /// `PoolTimedOut` where there is none in time; why is in the log.
    pub(super) async fn lend(&self) -> sqlx::Result<Lent> {
        let patience = self.server.patience;
        // Behind others who are served it is worth waiting longer than for a server that is away.
        let longest = if self.server.outage.is_on() { patience } else { patience * 2 };
        match timeout(longest, self.pool.get()).await {
            Ok(Ok(object)) => Ok(Lent::new(object, Arc::clone(&self.server))),
            Ok(Err(PoolError::Closed)) => Err(sqlx::Error::PoolClosed),
            Ok(Err(_told)) => Err(sqlx::Error::PoolTimedOut),
            Err(_elapsed) => {
                self.server.failed(&"no connection was free in time");
                Err(sqlx::Error::PoolTimedOut)
            }
        }
    }

    /// Lends no more, and says goodbye over those that rest.
    pub(super) async fn close(&self) {
        let resting = self.pool.retain(|_, _| false).removed;
        self.pool.close();
        let goodbyes = resting.into_iter().map(|backend| timeout(CLOSING, backend.connection.close()));
        futures_util::future::join_all(goodbyes).await;
    }

    pub(super) fn open(&self) -> usize {
        self.pool.status().size
    }

    pub(super) fn idle(&self) -> usize {
        self.pool.status().available
    }
}

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
            if !error.is_brief() || began.elapsed() > self.0.patience {
                return Err(error);
            }
            sleep(pause).await;
            pause = (pause * 2).min(longest);
        }
    }

    async fn recycle(&self, backend: &mut Backend, metrics: &Metrics) -> RecycleResult<NoConnection> {
        let rest = backend.rests_since.elapsed();
        if metrics.age() > LONGEST_LIFE || rest > LONGEST_REST || self.0.suspects(backend) {
            return Err(RecycleError::message("it is not asked any more"));
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

impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connections").field("open", &self.open()).field("idle", &self.idle()).finish_non_exhaustive()
    }
}
