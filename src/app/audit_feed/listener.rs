//! One listener of the audit feed.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use crate::error::{Refusal, Result};
use crate::records::audit_log::{AuditEvent, ChainHead};

/// Receives every event that is committed after the listening began, and none from before.
pub struct Listener {
    /// How far every chain had come when the listening began.
    heads: Vec<ChainHead>,
    events: broadcast::Receiver<Arc<AuditEvent>>,
    received: u64,
}

impl Listener {
    pub(super) const fn new(heads: Vec<ChainHead>, events: broadcast::Receiver<Arc<AuditEvent>>) -> Self {
        Self { heads, events, received: 0 }
    }

    /// The next event.
    ///
    /// # Errors
    /// `OVERLOADED` for a listener that has fallen too far behind, `UNAVAILABLE` when the reader has ended. In both cases
    /// some events will never arrive.
    pub async fn next(&mut self) -> Result<Arc<AuditEvent>> {
        loop {
            let received = self.events.recv().await;
            self.received += 1;
            match received {
                Ok(event) if self.was_before(&event) => {}
                Ok(event) => return Ok(event),
                Err(RecvError::Lagged(_)) => {
                    return Err(Refusal::Overloaded { retry_after: Duration::from_secs(1) }.into());
                }
                Err(RecvError::Closed) => return Err(Refusal::Unavailable.into()),
            }
        }
    }

    /// How many events were received.
    #[must_use]
    pub const fn received(&self) -> u64 {
        self.received
    }

    /// How many events have arrived, including those that wait to be received.
    #[must_use]
    pub fn arrived(&self) -> u64 {
        self.received + self.events.len() as u64
    }

    /// Whether the event was committed before the listening began.
    #[must_use]
    pub fn was_before(&self, event: &AuditEvent) -> bool {
        let (Some(shard), Some(sequence)) = (event.shard, event.sequence) else { return true };
        self.heads.iter().any(|head| head.shard == shard && sequence <= head.sequence)
    }
}
