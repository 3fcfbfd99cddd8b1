//! Connections to `PostgreSQL`, lent one at a time.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use deadpool::managed::{self, PoolError, QueueMode};
use sqlx::Connection;
use tokio::time::timeout;

use super::connector::Connector;
use super::lent::Lent;
use super::server::Server;
use crate::error::{OrFault, Result};

/// How long a connection may take to close.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// Some connections to one server. Clones are the same ones.
#[derive(Clone)]
pub(super) struct PgConnections {
    pool: managed::Pool<Connector>,
    server: Arc<Server>,
}

impl PgConnections {
    pub(super) fn new(server: &Arc<Server>, most: usize) -> Result<Self> {
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
        let acquire_timeout = self.server.acquire_timeout;
        // A server that answers others is worth a longer wait than one that is away.
        let longest = if self.server.outage.is_on() { acquire_timeout } else { acquire_timeout * 2 };
        match timeout(longest, self.pool.get()).await {
            Ok(Ok(object)) => Ok(Lent::new(object, Arc::clone(&self.server))),
            Ok(Err(PoolError::Closed)) => Err(sqlx::Error::PoolClosed),
            Ok(Err(_logged)) => Err(sqlx::Error::PoolTimedOut),
            Err(_elapsed) => {
                self.server.failed(&"no connection was free in time");
                Err(sqlx::Error::PoolTimedOut)
            }
        }
    }

    /// Lends no more, and closes the idle ones.
    pub(super) async fn close(&self) {
        let idle = self.pool.retain(|_, _| false).removed;
        self.pool.close();
        let closing = idle.into_iter().map(|backend| timeout(CLOSE_TIMEOUT, backend.connection.close()));
        futures_util::future::join_all(closing).await;
    }

    pub(super) fn open(&self) -> usize {
        self.pool.status().size
    }

    pub(super) fn idle(&self) -> usize {
        self.pool.status().available
    }
}

impl fmt::Debug for PgConnections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PgConnections").field("open", &self.open()).field("idle", &self.idle()).finish_non_exhaustive()
    }
}
