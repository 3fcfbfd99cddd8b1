//! The live feed: every event of the audit trail soon after its commit, whichever instance wrote it.
//!
//! The table is the only source. Each instance reads the events after the last one it has seen, chain by chain, so no
//! committed event is lost, even if a process dies between the commit and the wake-up. Wake-ups only say when to read.

mod listener;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, broadcast, watch};
use tokio::time::sleep;

pub use self::listener::Listener;
use crate::error::{Refusal, Result};
use crate::records::audit_log::{self, AuditEvent, ChainHead};
use crate::tools::background::Background;
use crate::tools::db::Db;
use crate::tools::event_bus::EventBus;

/// How often the table is read without a wake-up. Without Redis, events of other instances come this late.
const POLL_INTERVAL: Duration = Duration::from_millis(500);
/// The pause between two reads, and between two wake-ups: one can serve many commits.
const PAUSE: Duration = Duration::from_millis(10);
/// Events of one chain that are read at once.
const BATCH: u32 = 100;
/// How long a burst waits at most for listeners that have not received what was sent.
const LONGEST_WAIT: Duration = Duration::from_millis(100);

/// The feed of this instance. Clones are the same. It reads only while there are listeners.
#[derive(Clone)]
pub struct AuditFeed(Arc<Inner>);

struct Inner {
    db: Db,
    bus: EventBus,
    background: Background,
    backlog: usize,
    reader: Mutex<Option<Reader>>,
    starting: tokio::sync::Mutex<()>,
}

/// How far the trail was read, and the channel to the listeners. Both are dropped together, so that no listener waits for a
/// reader that has ended.
struct Reader {
    heads: Vec<ChainHead>,
    listeners: broadcast::Sender<Arc<AuditEvent>>,
}

impl AuditFeed {
    /// The feed of a process. It also wakes the other instances whenever an event is committed here. `backlog` is how many
    /// events a listener may be behind.
    #[must_use]
    pub fn new(db: Db, bus: EventBus, background: Background, backlog: usize) -> Self {
        let is_shared = bus.is_shared();
        let (reader, starting) = (Mutex::new(None), tokio::sync::Mutex::new(()));
        let feed = Self(Arc::new(Inner { db, bus, background, backlog, reader, starting }));
        if is_shared {
            let this = feed.clone();
            let stopping = feed.0.background.stopping();
            feed.0.background.spawn("wake other instances", async move {
                stopping.run_until_cancelled(this.wake_other_instances()).await;
            });
        }
        feed
    }

    /// Listens from now on.
    ///
    /// # Errors
    /// `UNAVAILABLE` where the database cannot say how far the trail has come.
    pub async fn listen(&self) -> Result<Listener> {
        let events = match self.subscribe() {
            Some(events) => events,
            None => self.start_reader().await?,
        };
        // The reader may be a little behind what is committed by now.
        Ok(Listener::new(audit_log::heads(&self.0.db).await?, events))
    }

    /// Whether Redis refuses the channel on which instances wake each other.
    #[must_use]
    pub fn is_channel_refused(&self) -> bool {
        self.0.bus.is_refused()
    }

    /// How many events of the trail, which has come so far, were not sent to the listeners yet; none without listeners.
    #[must_use]
    pub fn backlog(&self, heads: &[ChainHead]) -> i64 {
        let reader = self.reader();
        let Some(reader) = reader.as_ref() else { return 0 };
        let sent = |shard| reader.heads.iter().find(|head| head.shard == shard).map_or(0, |head| head.sequence);
        heads.iter().map(|head| (head.sequence - sent(head.shard)).max(0)).sum()
    }

    fn subscribe(&self) -> Option<broadcast::Receiver<Arc<AuditEvent>>> {
        self.reader().as_ref().map(|reader| reader.listeners.subscribe())
    }

    async fn start_reader(&self) -> Result<broadcast::Receiver<Arc<AuditEvent>>> {
        let _only_one_starts = self.0.starting.lock().await;
        if let Some(events) = self.subscribe() {
            return Ok(events);
        }
        if self.0.background.is_stopping() {
            return Err(Refusal::Unavailable.into());
        }
        let heads = audit_log::heads(&self.0.db).await?;
        let (listeners, events) = broadcast::channel(self.0.backlog);
        *self.reader() = Some(Reader { heads, listeners });
        self.0.background.spawn("read the audit trail", self.clone().run_reader());
        Ok(events)
    }

    async fn wake_other_instances(&self) {
        let mut announced = self.0.db.announcements();
        while announced.changed().await.is_ok() {
            self.0.bus.publish().await;
            sleep(PAUSE).await;
        }
    }

    /// Reads until there are no listeners any more, or the process stops.
    async fn run_reader(self) {
        let mut guard = ReaderGuard(Some(self.clone()));
        let wake = Notify::new();
        let stopping = self.0.background.stopping();
        tokio::select! {
            () = stopping.cancelled() => {}
            () = self.0.bus.listen(&wake) => {}
            () = wake_on_commits(self.0.db.announcements(), &wake) => {}
            // The reader was removed already, and a new listener may have started another: that one must stay.
            () = self.read_while_heard(&wake) => guard.0 = None,
        }
    }

    async fn read_while_heard(&self, wake: &Notify) {
        let mut was_unavailable = false;
        while self.keep_reader() {
            match self.catch_up().await {
                Ok(()) => was_unavailable = false,
                Err(error) if was_unavailable => tracing::debug!(?error, "the audit trail still cannot be read"),
                Err(error) => {
                    was_unavailable = true;
                    tracing::warn!(?error, "the audit trail cannot be read: live events come late");
                }
            }
            sleep(PAUSE).await;
            let _ = tokio::time::timeout(POLL_INTERVAL, wake.notified()).await;
        }
    }

    async fn catch_up(&self) -> Result<()> {
        loop {
            let Some(known) = self.reader().as_ref().map(|reader| reader.heads.clone()) else { return Ok(()) };
            let mut events = audit_log::list_behind(&self.0.db, &known, BATCH).await?;
            if events.is_empty() {
                return Ok(());
            }
            // In the order in which they were written, as far as it is known between chains.
            events.sort_by_key(|event| event.id);
            let mut events = events.into_iter().peekable();
            while events.peek().is_some() {
                self.send(events.by_ref().take(self.0.backlog.div_ceil(4)));
                self.wait_for_listeners().await;
            }
        }
    }

    fn send(&self, events: impl Iterator<Item = AuditEvent>) {
        let mut reader = self.reader();
        let Some(reader) = reader.as_mut() else { return events.for_each(drop) };
        for event in events {
            reader.advance(&event);
            // It fails without listeners, and then no listener has missed the event.
            let _ = reader.listeners.send(Arc::new(event));
        }
    }

    /// Waits until the slowest listener has received half of the backlog, so that a burst overruns no listener that keeps
    /// up; but not longer than `LONGEST_WAIT`, or one that does not keep up would delay the others.
    async fn wait_for_listeners(&self) {
        let started = Instant::now();
        let is_crowded = || self.reader().as_ref().is_some_and(|reader| reader.listeners.len() > self.0.backlog / 2);
        while is_crowded() && started.elapsed() < LONGEST_WAIT {
            sleep(PAUSE).await;
        }
    }

    /// Whether there are listeners. Without any the reader is removed under the same lock, and the next listener starts
    /// another.
    fn keep_reader(&self) -> bool {
        let mut reader = self.reader();
        let has_listeners = reader.as_ref().is_some_and(|reader| reader.listeners.receiver_count() > 0);
        if !has_listeners {
            *reader = None;
        }
        has_listeners
    }

    fn reader(&self) -> std::sync::MutexGuard<'_, Option<Reader>> {
        self.0.reader.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reader {
    fn advance(&mut self, event: &AuditEvent) {
        let (Some(shard), Some(sequence)) = (event.shard, event.sequence) else { return };
        match self.heads.iter_mut().find(|head| head.shard == shard) {
            Some(head) => head.sequence = head.sequence.max(sequence),
            None => self.heads.push(ChainHead { shard, sequence }),
        }
    }
}

/// Removes the reader when its task ends, also by a panic: its listeners then learn that nothing more will arrive.
struct ReaderGuard(Option<AuditFeed>);

impl Drop for ReaderGuard {
    fn drop(&mut self) {
        if let Some(feed) = &self.0 {
            *feed.reader() = None;
        }
    }
}

async fn wake_on_commits(mut announced: watch::Receiver<u64>, wake: &Notify) {
    while announced.changed().await.is_ok() {
        wake.notify_one();
    }
}
