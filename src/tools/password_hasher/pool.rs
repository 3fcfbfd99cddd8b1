//! A few threads of the lowest priority behind a bounded queue, for work that keeps a core busy.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use thread_priority::ThreadPriority;
#[cfg(any(target_os = "linux", target_os = "android"))]
use thread_priority::{
    NormalThreadSchedulePolicy, ThreadSchedulePolicy, set_thread_priority_and_policy, thread_native_id,
};
use tokio::sync::oneshot;

use crate::error::{Error, Fault, OrFault, Refusal, Result};

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
        let counter = Arc::new(Counter { limits, state: Mutex::new(state), changed: Condvar::new() });
        let pool = Self { counter };
        for _ in 0..limits.threads {
            let (counter, worker) = (Arc::clone(&pool.counter), hire());
            let name = "password-hasher".to_owned();
            thread::Builder::new().name(name).spawn(move || attend(&counter, worker)).or_fault("starting a thread")?;
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
}

impl<Q, A> Drop for Pool<Q, A> {
    fn drop(&mut self) {
        self.counter.lock().is_closed = true;
        self.counter.changed.notify_all();
    }
}

impl<Q, A> Counter<Q, A> {
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
    fn take(&self) -> Option<Job<Q, A>> {
        self.lock().take(self.limits)
    }

    /// The next job, as soon as one waits; `None` when the pool is closed.
    fn wait(&self) -> Option<Job<Q, A>> {
        let mut state = self.lock();
        while !state.is_closed {
            if let Some(job) = state.take(self.limits) {
                return Some(job);
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        None
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

/// Quick requests must stay quick while logins flood in. Linux lets a thread that wakes up take the place of an idle one
/// at once, where one that is only nicer may finish its slice first (sched(7), `SCHED_IDLE`).
#[cfg(any(target_os = "linux", target_os = "android"))]
fn give_way() -> std::result::Result<(), thread_priority::Error> {
    let idle = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);
    set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Min, idle)
}

/// Quick requests must stay quick while logins flood in.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn give_way() -> std::result::Result<(), thread_priority::Error> {
    thread_priority::set_current_thread_priority(ThreadPriority::Min)
}

fn attend<Q, A>(counter: &Counter<Q, A>, mut worker: impl Worker<Q, A>) {
    if let Err(error) = give_way() {
        tracing::debug!(%error, "hashing threads keep the normal priority");
    }
    while let Some(Job { question, reply, .. }) = counter.take().or_else(|| {
        worker.rest();
        counter.wait()
    }) {
        let began = Instant::now();
        let answer = catch_unwind(AssertUnwindSafe(|| worker.answer(question)))
            .unwrap_or_else(|_| Err(Fault::new("hashing: the thread panicked").into()));
        counter.finish(began.elapsed());
        // The caller may have gone meanwhile.
        let _ = reply.send(answer);
    }
}
