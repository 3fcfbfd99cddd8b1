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

/// How long somebody who is being served keeps a thread from working, and how often that thread asks again.
const COURTESY: Duration = Duration::from_millis(50);

/// How much the pool takes on.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    pub(super) threads: usize,
    /// Questions that wait, beyond those being worked on.
    pub(super) queue: usize,
    /// The longest a question waits.
    pub(super) deadline: Duration,
}

/// Who asks, which decides who goes without when there is no room for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Somebody who has been in before.
    Known,
    /// Anybody.
    Stranger,
}

/// What one thread does.
pub(super) trait Worker<Q, A>: Send + 'static {
    /// Answers a question.
    fn answer(&mut self, question: Q) -> Result<A>;

    /// Tidies up, because no further question waits.
    fn rest(&mut self);
}

/// The askers' end. The threads end when it is dropped.
pub(super) struct Pool<Q, A> {
    counter: Arc<Counter<Q, A>>,
}

/// Where askers and threads meet.
struct Counter<Q, A> {
    limits: Limits,
    state: Mutex<State<Q, A>>,
    changed: Condvar,
    opened_at: Instant,
    /// When somebody was last served who wants no hash, in milliseconds since `opened_at`.
    last_guest_at: AtomicU64,
}

struct State<Q, A> {
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
    standing: Standing,
}

impl<Q: Send + 'static, A: Send + 'static> Pool<Q, A> {
    /// Starts the threads, each with a worker of its own.
    pub(super) fn start<W: Worker<Q, A>>(limits: Limits, hire: impl Fn() -> W) -> Result<Self> {
        if limits.threads == 0 {
            return Err(Fault::new("starting a pool without threads").into());
        }
        let state = State { waiting: VecDeque::new(), busy: 0, mean: Duration::ZERO, is_closed: false };
        let pool = Self { counter: Arc::new(Counter::open(limits, state)) };
        for number in 0..limits.threads {
            let (counter, worker) = (Arc::clone(&pool.counter), hire());
            let is_polite = number == 0 && limits.threads > 1;
            let name = "password-hasher".to_owned();
            let work = move || attend(&counter, worker, is_polite);
            thread::Builder::new().name(name).spawn(work).or_fault("starting a thread")?;
        }
        Ok(pool)
    }

    /// Waits for the answer. Whoever stops waiting is skipped. Where the queue is full the known take the places of
    /// strangers, who would otherwise keep everybody out by asking often.
    pub(super) async fn ask(&self, question: Q, standing: Standing) -> Result<A> {
        let (reply, answer) = oneshot::channel();
        self.counter.admit(Job { question, reply, since: Instant::now(), standing })?;
        answer.await.or_fault("waiting for a thread that is gone")?
    }
}

impl<Q, A> Pool<Q, A> {
    pub(super) fn depth(&self) -> usize {
        self.counter.lock().waiting.len()
    }

    /// Somebody is being served who wants no hash: while questions flood in, one thread leaves its core to them.
    pub(super) fn welcome_guest(&self) {
        self.counter.last_guest_at.store(self.counter.milliseconds(), Ordering::Relaxed);
    }
}

impl<Q, A> Drop for Pool<Q, A> {
    fn drop(&mut self) {
        self.counter.lock().is_closed = true;
        self.counter.changed.notify_all();
    }
}

impl<Q, A> Counter<Q, A> {
    fn open(limits: Limits, state: State<Q, A>) -> Self {
        let (state, changed) = (Mutex::new(state), Condvar::new());
        Self { limits, state, changed, opened_at: Instant::now(), last_guest_at: AtomicU64::new(0) }
    }

    fn admit(&self, job: Job<Q, A>) -> Result<()> {
        let room = self.limits.threads + self.limits.queue;
        let mut state = self.lock();
        if state.waiting.len() + state.busy >= room {
            state.waiting.retain(|job| !job.reply.is_closed());
        }
        if state.waiting.len() + state.busy < room {
            state.waiting.push_back(job);
        } else {
            state.replace_stranger(job, self.limits)?;
        }
        drop(state);
        self.changed.notify_one();
        Ok(())
    }

    /// The next job, if one waits.
    fn take(&self, is_polite: bool) -> Option<Job<Q, A>> {
        let mut state = self.lock();
        if is_polite && self.is_crowded(&state) { None } else { state.take(self.limits) }
    }

    /// The next job, as soon as one waits; `None` when the pool is closed.
    fn wait(&self, is_polite: bool) -> Option<Job<Q, A>> {
        let mut state = self.lock();
        while !state.is_closed {
            if is_polite && self.is_crowded(&state) {
                state = self.changed.wait_timeout(state, COURTESY).unwrap_or_else(PoisonError::into_inner).0;
                continue;
            }
            if let Some(job) = state.take(self.limits) {
                return Some(job);
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        None
    }

    /// Whether questions flood in while others are served, and every other thread has work: a thread that stands back
    /// for another that sleeps would leave the question to nobody.
    fn is_crowded(&self, state: &State<Q, A>) -> bool {
        let has_guest = || {
            let last = self.last_guest_at.load(Ordering::Relaxed);
            last > 0 && u128::from(self.milliseconds().saturating_sub(last)) < COURTESY.as_millis()
        };
        state.waiting.len() * 2 > self.limits.queue && state.busy + 1 >= self.limits.threads && has_guest()
    }

    fn milliseconds(&self) -> u64 {
        u64::try_from(self.opened_at.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn finish(&self, took: Duration) {
        let mut state = self.lock();
        state.busy -= 1;
        state.mean = if state.mean.is_zero() { took } else { (state.mean * 7 + took) / 8 };
    }

    fn lock(&self) -> MutexGuard<'_, State<Q, A>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<Q, A> State<Q, A> {
    /// The first job that is still worth doing.
    fn take(&mut self, limits: Limits) -> Option<Job<Q, A>> {
        while let Some(job) = self.waiting.pop_front() {
            if job.since.elapsed() > limits.deadline {
                // Whether anybody still listens does not matter.
                let _ = job.reply.send(Err(self.overloaded(limits)));
            } else if !job.reply.is_closed() {
                self.busy += 1;
                return Some(job);
            }
        }
        None
    }

    /// The stranger who came last goes, and whoever is known is served before all who stay.
    fn replace_stranger(&mut self, job: Job<Q, A>, limits: Limits) -> Result<()> {
        let is_stranger = |job: &Job<Q, A>| job.standing == Standing::Stranger;
        let last = self.waiting.iter().rposition(is_stranger).filter(|_| !is_stranger(&job));
        let Some(gone) = last.and_then(|last| self.waiting.remove(last)) else { return Err(self.overloaded(limits)) };
        // Whether anybody still listens does not matter.
        let _ = gone.reply.send(Err(self.overloaded(limits)));
        let first = self.waiting.iter().position(is_stranger).unwrap_or(self.waiting.len());
        self.waiting.insert(first, job);
        Ok(())
    }

    fn overloaded(&self, limits: Limits) -> Error {
        let rounds = (self.waiting.len() + self.busy).div_ceil(limits.threads);
        let wait = self.mean.saturating_mul(u32::try_from(rounds).unwrap_or(u32::MAX));
        Refusal::Overloaded { retry_after: wait.max(Duration::from_secs(1)) }.into()
    }
}

fn attend<Q, A>(counter: &Counter<Q, A>, mut worker: impl Worker<Q, A>, is_polite: bool) {
    // Quick requests must stay quick while logins flood in. Nice and not `SCHED_IDLE`: Linux takes a core with an idle
    // thread for a free one and wakes others up there, to wait for it up to a tick.
    if let Err(error) = thread_priority::set_current_thread_priority(ThreadPriority::Min) {
        tracing::debug!(%error, "hashing threads keep the normal priority");
    }
    while let Some(Job { question, reply, .. }) = counter.take(is_polite).or_else(|| {
        worker.rest();
        counter.wait(is_polite)
    }) {
        let began = Instant::now();
        let answer = catch_unwind(AssertUnwindSafe(|| worker.answer(question)))
            .unwrap_or_else(|_| Err(Fault::new("hashing: the thread panicked").into()));
        counter.finish(began.elapsed());
        // The caller may have gone meanwhile.
        let _ = reply.send(answer);
    }
}
