//! What the pool promises its askers.

use std::pin::pin;
use std::sync::atomic::AtomicUsize;
use std::sync::mpsc;

use futures_util::FutureExt;

use super::*;

type Task = Box<dyn FnOnce() -> usize + Send>;

struct Doer;

impl Worker<Task, usize> for Doer {
    fn answer(&mut self, task: Task) -> Result<usize> {
        Ok(task())
    }

    fn rest(&mut self) {}
}

fn pool(queue: usize, deadline: Duration) -> WorkerPool<Task, usize> {
    WorkerPool::start(PoolLimits { threads: 1, queue, deadline }, || Doer).unwrap()
}

fn patient(queue: usize) -> WorkerPool<Task, usize> {
    pool(queue, Duration::from_mins(1))
}

/// A task that holds its thread until the sender is dropped.
fn held() -> (mpsc::Sender<()>, Task) {
    let (release, released) = mpsc::channel::<()>();
    (release, Box::new(move || released.recv().map_or(0, |()| 1)))
}

#[tokio::test]
async fn a_full_queue_refuses_at_once_and_recovers() {
    let pool = patient(1);
    let (release, task) = held();
    let first = pool.ask(task, Priority::High);
    let second = pool.ask(Box::new(|| 2), Priority::High);
    let third = async {
        let refused = pool.ask(Box::new(|| 3), Priority::High).await;
        drop(release);
        refused
    };

    let (first, second, third) = tokio::join!(first, second, third);

    assert_eq!((first.unwrap(), second.unwrap()), (0, 2));
    assert!(matches!(third, Err(Error::Refused(Refusal::Overloaded { .. }))));
    assert_eq!(pool.ask(Box::new(|| 4), Priority::High).await.unwrap(), 4);
}

#[tokio::test]
async fn a_caller_that_stops_waiting_is_skipped_and_gives_room() {
    let pool = patient(1);
    let (release, task) = held();
    let done = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&done);

    tokio::join!(async { pool.ask(task, Priority::High).await.unwrap() }, async {
        let impatient = pool.ask(Box::new(move || counted.fetch_add(1, Ordering::SeqCst)), Priority::High);
        assert!(tokio::time::timeout(Duration::from_millis(20), impatient).await.is_err());
        let (patient, ()) = tokio::join!(pool.ask(Box::new(|| 2), Priority::High), async { drop(release) });
        assert_eq!(patient.unwrap(), 2);
    });

    assert_eq!(done.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn what_has_waited_too_long_is_refused() {
    let pool = pool(1, Duration::from_millis(20));
    let (release, task) = held();

    let (_, late, ()) = tokio::join!(pool.ask(task, Priority::High), pool.ask(Box::new(|| 2), Priority::High), async {
        tokio::time::sleep(Duration::from_millis(40)).await;
        drop(release);
    });

    assert!(matches!(late, Err(Error::Refused(Refusal::Overloaded { .. }))));
}

#[tokio::test]
async fn a_panic_is_a_fault_and_the_thread_lives_on() {
    let pool = patient(1);

    let answer = pool.ask(Box::new(|| panic!("on purpose")), Priority::High).await;

    assert!(matches!(answer, Err(Error::Fault(_))));
    assert_eq!(pool.ask(Box::new(|| 1), Priority::High).await.unwrap(), 1);
}

/// Says when it rests, and by its end that it is gone.
struct Teller(mpsc::Sender<()>);

impl Worker<(), ()> for Teller {
    fn answer(&mut self, (): ()) -> Result<()> {
        Ok(())
    }

    fn rest(&mut self) {
        self.0.send(()).unwrap();
    }
}

#[tokio::test]
async fn workers_rest_when_nothing_waits_and_end_with_the_pool() {
    let (tell, told) = mpsc::channel();
    let limits = PoolLimits { threads: 1, queue: 1, deadline: Duration::from_mins(1) };
    let pool = WorkerPool::start(limits, || Teller(tell.clone())).unwrap();
    drop(tell);
    pool.ask((), Priority::High).await.unwrap();

    drop(pool);

    assert!(told.iter().count() >= 1);
}

#[tokio::test]
async fn in_a_flood_one_thread_leaves_its_core_to_guests_and_works_again_without_them() {
    let limits = PoolLimits { threads: 2, queue: 4, deadline: Duration::from_mins(1) };
    let pool: WorkerPool<Task, usize> = WorkerPool::start(limits, || Doer).unwrap();
    let (begun, begins) = mpsc::channel();
    let mut releases = Vec::new();
    let questions: Vec<_> = (0..6)
        .map(|number| {
            let (release, task) = held();
            let begun = begun.clone();
            releases.push(release);
            let task: Task = Box::new(move || {
                begun.send(number).unwrap();
                task()
            });
            pool.ask(task, Priority::Low)
        })
        .collect();
    let flood = futures_util::future::join_all(questions);
    tokio::pin!(flood);
    let mut first = Vec::new();
    while first.len() < 2 {
        let _ = tokio::time::timeout(YIELD_INTERVAL / 10, &mut flood).await;
        first.extend(begins.try_iter());
    }

    pool.note_foreground_request();
    // One after the other, so that a thread is always at work.
    for release in releases.drain(..2) {
        drop(release);
        let _ = tokio::time::timeout(YIELD_INTERVAL / 5, &mut flood).await;
        pool.note_foreground_request();
    }

    assert_eq!(begins.try_iter().collect::<Vec<_>>(), [2], "with a guest one thread works");
    let _ = tokio::time::timeout(YIELD_INTERVAL * 4, &mut flood).await;
    assert_eq!(begins.try_iter().collect::<Vec<_>>(), [3], "without guests both work");
    drop(releases);
    flood.await;
}

#[tokio::test]
async fn in_a_full_queue_high_priority_replaces_low_priority() {
    let pool = patient(2);
    let (release, task) = held();
    let order = Arc::new(Mutex::new(Vec::new()));
    let noting = |number: usize| -> Task {
        let order = Arc::clone(&order);
        Box::new(move || {
            order.lock().unwrap().push(number);
            number
        })
    };

    let mut busy = pin!(pool.ask(task, Priority::Low));
    assert!(busy.as_mut().now_or_never().is_none());
    // Until the thread has taken it: a thread that starts late would find the others before it.
    while pool.depth() > 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let first = pool.ask(noting(1), Priority::Low);
    let second = pool.ask(noting(2), Priority::Low);
    let known = pool.ask(noting(3), Priority::High);
    let late = async {
        let refused = pool.ask(noting(4), Priority::Low).await;
        drop(release);
        refused
    };
    let (_, first, second, known, late) = tokio::join!(busy, first, second, known, late);

    let is_refused = |answer: &Result<usize>| matches!(answer, Err(Error::Refused(Refusal::Overloaded { .. })));
    assert!(is_refused(&second) && is_refused(&late));
    assert_eq!((first.unwrap(), known.unwrap()), (1, 3));
    assert_eq!(*order.lock().unwrap(), [3, 1]);
}

#[tokio::test]
async fn in_a_queue_of_high_priority_no_job_is_replaced() {
    let pool = patient(1);
    let (release, task) = held();
    let busy = pool.ask(task, Priority::High);
    let waiting = pool.ask(Box::new(|| 2), Priority::High);
    let late = async {
        let refused = pool.ask(Box::new(|| 3), Priority::High).await;
        drop(release);
        refused
    };

    let (_, waiting, late) = tokio::join!(busy, waiting, late);

    assert_eq!(waiting.unwrap(), 2);
    assert!(late.is_err());
}
