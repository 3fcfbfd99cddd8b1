//! The live feed: every event of the audit trail soon after its commit, on whichever instance it was written.
//!
//! The table is the only source. Each instance reads what is behind the last event it has seen, chain by chain, so what
//! was committed is never lost, whoever died between the commit and the news of it. Bells only say when to look.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{Notify, broadcast, watch};
use tokio::time::sleep;

use crate::error::{Refusal, Result};
use crate::records::audit_log::{self, AuditEvent, Head};
use crate::tools::background::Background;
use crate::tools::db::Db;
use crate::tools::event_bus::EventBus;

/// How often the table is looked at when no bell rings: what Redis' absence costs.
const POLL: Duration = Duration::from_millis(500);
/// Between two looks, and between two rings: many commits are worth one.
const PAUSE: Duration = Duration::from_millis(10);
/// Events of one chain that are read at once.
const BATCH: u32 = 100;
/// How long a burst may be held up by listeners that have not taken what they were told.
const LONGEST_WAIT: Duration = Duration::from_millis(100);

/// The feed of this instance. Clones are the same. It reads only while somebody listens.
#[derive(Clone)]
pub struct AuditFeed(Arc<Inner>);

struct Inner {
    db: Db,
    bus: EventBus,
    background: Background,
    backlog: usize,
    reading: Mutex<Option<Reading>>,
    beginning: tokio::sync::Mutex<()>,
}

/// How far the reading has come, and who hears of it. Gone together, so that nobody waits for a reader that has ended.
struct Reading {
    heads: Vec<Head>,
    listeners: broadcast::Sender<Arc<AuditEvent>>,
}

/// Hears every event that was committed since the listening began, and none from before.
pub struct Listener {
    /// How far every chain had come then.
    heads: Vec<Head>,
    events: broadcast::Receiver<Arc<AuditEvent>>,
    taken: u64,
}

impl Listener {
    /// The next event.
    ///
    /// # Errors
    /// `OVERLOADED` for a listener that has fallen too far behind, `UNAVAILABLE` when the reading has ended. Either way
    /// some events will not come any more.
    pub async fn next(&mut self) -> Result<Arc<AuditEvent>> {
        loop {
            let received = self.events.recv().await;
            self.taken += 1;
            match received {
                Ok(event) if self.is_behind(&event) => {}
                Ok(event) => return Ok(event),
                Err(RecvError::Lagged(_)) => {
                    return Err(Refusal::Overloaded { retry_after: Duration::from_secs(1) }.into());
                }
                Err(RecvError::Closed) => return Err(Refusal::Unavailable.into()),
            }
        }
    }

    /// How many events have been taken.
    #[must_use]
    pub const fn taken(&self) -> u64 {
        self.taken
    }

    /// How many events have come, those that wait to be taken included.
    #[must_use]
    pub fn come(&self) -> u64 {
        self.taken + self.events.len() as u64
    }

    /// Whether the event was committed before the listening began.
    #[must_use]
    pub fn is_behind(&self, event: &AuditEvent) -> bool {
        let (Some(shard), Some(sequence)) = (event.shard, event.sequence) else { return true };
        self.heads.iter().any(|head| head.shard == shard && sequence <= head.sequence)
    }
}

impl AuditFeed {
    /// The feed of a process, which also rings for the others whenever something is committed here. `backlog` is how many
    /// events a listener may lag behind.
    #[must_use]
    pub fn new(db: Db, bus: EventBus, background: Background, backlog: usize) -> Self {
        let is_shared = bus.is_shared();
        let (reading, beginning) = (Mutex::new(None), tokio::sync::Mutex::new(()));
        let feed = Self(Arc::new(Inner { db, bus, background, backlog, reading, beginning }));
        if is_shared {
            let this = feed.clone();
            let stopping = feed.0.background.stopping();
            feed.0.background.spawn("ring for other instances", async move {
                stopping.run_until_cancelled(this.ring_for_others()).await;
            });
        }
        feed
    }

    /// Listens from now on.
    ///
    /// # Errors
    /// `UNAVAILABLE` where the database cannot tell how far the trail has come.
    pub async fn listen(&self) -> Result<Listener> {
        let events = match self.join() {
            Some(events) => events,
            None => self.begin().await?,
        };
        // The reading may be a little behind what is committed by now.
        Ok(Listener { heads: audit_log::heads(&self.0.db).await?, events, taken: 0 })
    }

    /// Whether Redis refuses the channel on which instances wake each other.
    #[must_use]
    pub fn is_channel_refused(&self) -> bool {
        self.0.bus.is_refused()
    }

    fn join(&self) -> Option<broadcast::Receiver<Arc<AuditEvent>>> {
        self.reading().as_ref().map(|reading| reading.listeners.subscribe())
    }

    async fn begin(&self) -> Result<broadcast::Receiver<Arc<AuditEvent>>> {
        let _only_one_begins = self.0.beginning.lock().await;
        if let Some(events) = self.join() {
            return Ok(events);
        }
        if self.0.background.is_stopping() {
            return Err(Refusal::Unavailable.into());
        }
        let heads = audit_log::heads(&self.0.db).await?;
        let (listeners, events) = broadcast::channel(self.0.backlog);
        *self.reading() = Some(Reading { heads, listeners });
        self.0.background.spawn("read the audit trail", self.clone().read());
        Ok(events)
    }

    async fn ring_for_others(&self) {
        let mut announced = self.0.db.announcements();
        while announced.changed().await.is_ok() {
            self.0.bus.publish().await;
            sleep(PAUSE).await;
        }
    }

    /// Reads until nobody listens any more, or the process stops.
    async fn read(self) {
        let mut end = End(Some(self.clone()));
        let wake = Notify::new();
        let stopping = self.0.background.stopping();
        tokio::select! {
            () = stopping.cancelled() => {}
            () = self.0.bus.listen(&wake) => {}
            () = wake_on_commits(self.0.db.announcements(), &wake) => {}
            // Whoever comes now has begun anew already, and must not be sent away.
            () = self.read_on(&wake) => end.0 = None,
        }
    }

    async fn read_on(&self, wake: &Notify) {
        let mut was_away = false;
        while self.has_listeners() {
            match self.catch_up().await {
                Ok(()) => was_away = false,
                Err(error) if was_away => tracing::debug!(?error, "the audit trail still cannot be read"),
                Err(error) => {
                    was_away = true;
                    tracing::warn!(?error, "the audit trail cannot be read: live events come late");
                }
            }
            sleep(PAUSE).await;
            let _ = tokio::time::timeout(POLL, wake.notified()).await;
        }
    }

    async fn catch_up(&self) -> Result<()> {
        loop {
            let Some(known) = self.reading().as_ref().map(|reading| reading.heads.clone()) else { return Ok(()) };
            let mut events = audit_log::list_behind(&self.0.db, &known, BATCH).await?;
            if events.is_empty() {
                return Ok(());
            }
            // In the order they were written, as far as chains can be told apart at all.
            events.sort_by_key(|event| event.id);
            let mut events = events.into_iter().peekable();
            while events.peek().is_some() {
                self.tell(events.by_ref().take(self.0.backlog.div_ceil(4)));
                self.give_way().await;
            }
        }
    }

    fn tell(&self, events: impl Iterator<Item = AuditEvent>) {
        let mut reading = self.reading();
        let Some(reading) = reading.as_mut() else { return events.for_each(drop) };
        for event in events {
            reading.note(&event);
            // Nobody listens: then nobody has missed it either.
            let _ = reading.listeners.send(Arc::new(event));
        }
    }

    /// Gives listeners the time to take what they have been told, so that a burst overruns none that keeps up; but not
    /// more than that, or one that does not would hold up the others.
    async fn give_way(&self) {
        let begun = Instant::now();
        let is_crowded = || {
            let reading = self.reading();
            reading.as_ref().is_some_and(|reading| reading.listeners.len() > self.0.backlog / 2)
        };
        while is_crowded() && begun.elapsed() < LONGEST_WAIT {
            sleep(PAUSE).await;
        }
    }

    /// Whether to go on. Who comes after a no begins anew.
    fn has_listeners(&self) -> bool {
        let mut reading = self.reading();
        let is_heard = reading.as_ref().is_some_and(|reading| reading.listeners.receiver_count() > 0);
        if !is_heard {
            *reading = None;
        }
        is_heard
    }

    fn reading(&self) -> std::sync::MutexGuard<'_, Option<Reading>> {
        self.0.reading.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reading {
    fn note(&mut self, event: &AuditEvent) {
        let (Some(shard), Some(sequence)) = (event.shard, event.sequence) else { return };
        match self.heads.iter_mut().find(|head| head.shard == shard) {
            Some(head) => head.sequence = head.sequence.max(sequence),
            None => self.heads.push(Head { shard, sequence }),
        }
    }
}

/// However the reading is ended, by a panic too, its listeners learn that nothing more will come.
struct End(Option<AuditFeed>);

impl Drop for End {
    fn drop(&mut self) {
        if let Some(feed) = &self.0 {
            *feed.reading() = None;
        }
    }
}

async fn wake_on_commits(mut announced: watch::Receiver<u64>, wake: &Notify) {
    while announced.changed().await.is_ok() {
        wake.notify_one();
    }
}
