//! A few threads of the lowest priority behind a bounded queue, for work that keeps a core busy.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use thread_priority::ThreadPriority;
use tokio::sync::oneshot;

use crate::error::{Error, Fault, OrFault, Refusal, Result};
use crate::tools::metrics::Durations;

/// How long one hashing thread pauses after a foreground request, and how often it looks whether it may go on.
const YIELD_INTERVAL: Duration = Duration::from_millis(50);

/// How much the pool takes on.
#[derive(Clone, Copy)]
pub(super) struct PoolLimits {
    pub(super) threads: usize,
    /// Questions that wait, beyond those being worked on.
    pub(super) queue: usize,
    /// The longest a question waits.
    pub(super) deadline: Duration,
}

/// Which jobs are refused first when the queue is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Priority {
    /// From a device that has signed in before.
    High,
    /// From any other device.
    Low,
}

/// What one thread does.
pub(super) trait Worker<Q, A>: Send + 'static {
    /// Answers a question.
    fn answer(&mut self, question: Q) -> Result<A>;

    /// Wipes what it has used, because no further job waits.
    fn rest(&mut self);
}

/// The callers' end. The threads end when it is dropped.
pub(super) struct WorkerPool<Q, A> {
    queue: Arc<SharedQueue<Q, A>>,
    /// How long jobs waited for a thread. Those that were refused are not in it.
    pub(super) waits: Durations,
}

/// The queue that callers fill and threads empty.
struct SharedQueue<Q, A> {
    limits: PoolLimits,
    state: Mutex<PoolState<Q, A>>,
    changed: Condvar,
    opened_at: Instant,
    /// When a foreground request was last noted, in milliseconds since `opened_at`.
    last_foreground_at: AtomicU64,
}

struct PoolState<Q, A> {
    waiting: VecDeque<Job<Q, A>>,
    busy: usize,
    /// The running mean of the time one question takes.
    mean: Duration,
    is_closed: bool,
}

struct Job<Q, A> {
    question: Q,
    reply: oneshot::Sender<Result<A>>,
    since: Instant,
    priority: Priority,
}

impl<Q: Send + 'static, A: Send + 'static> WorkerPool<Q, A> {
    /// Starts the threads, each with a worker of its own.
    pub(super) fn start<W: Worker<Q, A>>(limits: PoolLimits, new_worker: impl Fn() -> W) -> Result<Self> {
        if limits.threads == 0 {
            return Err(Fault::new("starting a pool without threads").into());
        }
        let state = PoolState { waiting: VecDeque::new(), busy: 0, mean: Duration::ZERO, is_closed: false };
        let waits = Durations::new("auth_hash_wait_seconds", "How long passwords waited to be hashed.")?;
        let pool = Self { queue: Arc::new(SharedQueue::new(limits, state)), waits };
        for number in 0..limits.threads {
            let (queue, worker, waits) = (Arc::clone(&pool.queue), new_worker(), pool.waits.clone());
            let yields = number == 0 && limits.threads > 1;
            let name = "password-hasher".to_owned();
            let work = move || run_worker(&queue, worker, yields, &waits);
            thread::Builder::new().name(name).spawn(work).or_fault("starting a thread")?;
        }
        Ok(pool)
    }

    /// Waits for the answer. A caller that stops waiting is skipped. In a full queue a job of high priority replaces one of
    /// low priority, so that a flood of the latter cannot shut out the former.
    pub(super) async fn ask(&self, question: Q, priority: Priority) -> Result<A> {
        let (reply, answer) = oneshot::channel();
        self.queue.enqueue(Job { question, reply, since: Instant::now(), priority })?;
        answer.await.or_fault("waiting for a thread that is gone")?
    }
}

impl<Q, A> WorkerPool<Q, A> {
    pub(super) fn depth(&self) -> usize {
        self.queue.lock().waiting.len()
    }

    /// Notes a request that needs no hash: while the queue is more than half full, one thread leaves its core to such.
    pub(super) fn note_foreground_request(&self) {
        self.queue.last_foreground_at.store(self.queue.milliseconds(), Ordering::Relaxed);
    }
}

impl<Q, A> Drop for WorkerPool<Q, A> {
    fn drop(&mut self) {
        self.queue.lock().is_closed = true;
        self.queue.changed.notify_all();
    }
}

impl<Q, A> SharedQueue<Q, A> {
    fn new(limits: PoolLimits, state: PoolState<Q, A>) -> Self {
        let (state, changed) = (Mutex::new(state), Condvar::new());
        Self { limits, state, changed, opened_at: Instant::now(), last_foreground_at: AtomicU64::new(0) }
    }

    fn enqueue(&self, job: Job<Q, A>) -> Result<()> {
        let room = self.limits.threads + self.limits.queue;
        let mut state = self.lock();
        if state.waiting.len() + state.busy >= room {
            state.waiting.retain(|job| !job.reply.is_closed());
        }
        if state.waiting.len() + state.busy < room {
            state.waiting.push_back(job);
        } else {
            state.replace_low_priority(job, self.limits)?;
        }
        drop(state);
        self.changed.notify_one();
        Ok(())
    }

    /// The next job, if one waits.
    fn take(&self, yields: bool) -> Option<Job<Q, A>> {
        let mut state = self.lock();
        if yields && self.must_yield(&state) { None } else { state.take(self.limits) }
    }

    /// The next job, as soon as one waits; `None` when the pool is closed.
    fn wait(&self, yields: bool) -> Option<Job<Q, A>> {
        let mut state = self.lock();
        while !state.is_closed {
            if yields && self.must_yield(&state) {
                state = self.changed.wait_timeout(state, YIELD_INTERVAL).unwrap_or_else(PoisonError::into_inner).0;
                continue;
            }
            if let Some(job) = state.take(self.limits) {
                return Some(job);
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        None
    }

    /// Whether the queue is more than half full while foreground requests are served, and every other thread has work: if
    /// one of them slept, the job would be left without a thread.
    fn must_yield(&self, state: &PoolState<Q, A>) -> bool {
        let has_foreground = || {
            let last = self.last_foreground_at.load(Ordering::Relaxed);
            last > 0 && u128::from(self.milliseconds().saturating_sub(last)) < YIELD_INTERVAL.as_millis()
        };
        state.waiting.len() * 2 > self.limits.queue && state.busy + 1 >= self.limits.threads && has_foreground()
    }

    fn milliseconds(&self) -> u64 {
        u64::try_from(self.opened_at.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn finish(&self, took: Duration) {
        let mut state = self.lock();
        state.busy -= 1;
        state.mean = if state.mean.is_zero() { took } else { (state.mean * 7 + took) / 8 };
    }

    fn lock(&self) -> MutexGuard<'_, PoolState<Q, A>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<Q, A> PoolState<Q, A> {
    /// The first job that is still worth doing.
    fn take(&mut self, limits: PoolLimits) -> Option<Job<Q, A>> {
        while let Some(job) = self.waiting.pop_front() {
            if job.since.elapsed() > limits.deadline {
                // The caller may have gone meanwhile.
                let _ = job.reply.send(Err(self.overloaded(limits)));
            } else if !job.reply.is_closed() {
                self.busy += 1;
                return Some(job);
            }
        }
        None
    }

    /// Replaces the last job of low priority, and puts the new one before the others of low priority.
    fn replace_low_priority(&mut self, job: Job<Q, A>, limits: PoolLimits) -> Result<()> {
        let is_low = |job: &Job<Q, A>| job.priority == Priority::Low;
        let last = self.waiting.iter().rposition(is_low).filter(|_| !is_low(&job));
        let Some(gone) = last.and_then(|last| self.waiting.remove(last)) else { return Err(self.overloaded(limits)) };
        // The caller may have gone meanwhile.
        let _ = gone.reply.send(Err(self.overloaded(limits)));
        let first = self.waiting.iter().position(is_low).unwrap_or(self.waiting.len());
        self.waiting.insert(first, job);
        Ok(())
    }

    fn overloaded(&self, limits: PoolLimits) -> Error {
        let rounds = (self.waiting.len() + self.busy).div_ceil(limits.threads);
        let wait = self.mean.saturating_mul(u32::try_from(rounds).unwrap_or(u32::MAX));
        Refusal::Overloaded { retry_after: wait.max(Duration::from_secs(1)) }.into()
    }
}

fn run_worker<Q, A>(queue: &SharedQueue<Q, A>, mut worker: impl Worker<Q, A>, yields: bool, waits: &Durations) {
    // Quick requests must stay quick while logins flood in. Nice and not `SCHED_IDLE`: Linux takes a core with an idle
    // thread for a free one and wakes others up there, to wait for it up to a tick.
    if let Err(error) = thread_priority::set_current_thread_priority(ThreadPriority::Min) {
        tracing::debug!(%error, "hashing threads keep the normal priority");
    }
    while let Some(Job { question, reply, since, .. }) = queue.take(yields).or_else(|| {
        worker.rest();
        queue.wait(yields)
    }) {
        let began = Instant::now();
        waits.observe(began - since);
        let answer = catch_unwind(AssertUnwindSafe(|| worker.answer(question)))
            .unwrap_or_else(|_| Err(Fault::new("hashing: the thread panicked").into()));
        queue.finish(began.elapsed());
        // The caller may have gone meanwhile.
        let _ = reply.send(answer);
    }
}
