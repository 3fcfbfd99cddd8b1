//! What committed transactions announce to the rest of this process.

use std::sync::Arc;

use tokio::sync::{Notify, watch};

/// The two announcements. Clones are the same.
#[derive(Debug, Clone, Default)]
pub(super) struct Announcements {
    /// For any number of tasks. It counts, and the number means nothing.
    events: watch::Sender<u64>,
    /// For one task. An announcement without a waiting task is kept for the next wait.
    mail: Arc<Notify>,
}

impl Announcements {
    pub(super) fn events(&self) -> watch::Receiver<u64> {
        self.events.subscribe()
    }

    pub(super) fn mail(&self) -> Arc<Notify> {
        Arc::clone(&self.mail)
    }

    /// Announces what a transaction that is committed by now was told to announce.
    pub(super) fn send(&self, event: bool, mail: bool) {
        if event {
            self.events.send_modify(|count| *count = count.wrapping_add(1));
        }
        if mail {
            self.mail.notify_one();
        }
    }
}
