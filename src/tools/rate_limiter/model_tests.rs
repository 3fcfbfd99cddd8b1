//! Random histories in every store, compared with a model that is simple enough to be right.

use std::collections::HashMap;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::tests::now;
use super::*;
use crate::tools::redis::testing;

const NAMES: [&str; 3] = ["a", "b", "c"];

/// A step of a history, so long after the one before.
#[derive(Debug, Clone)]
struct Step {
    after: Duration,
    action: Action,
}

#[derive(Debug, Clone)]
enum Action {
    /// One attempt at some of the windows, with its weight in each.
    Take(Vec<(usize, u32)>),
    /// Gives back so much of an attempt that was granted, in each of its windows.
    GiveBack { attempt: prop::sample::Index, part: u32 },
}

/// How long an attempt has to wait, and how full its windows are.
type Answer = (Duration, Vec<WindowUsage>);

/// Limit and period of each window.
type Limits = [(u32, Duration); 3];

/// Every attempt that was ever granted, looked through from the beginning each time.
#[derive(Default)]
struct Model(HashMap<usize, Vec<(Time, u32)>>);

impl Model {
    fn counting(&self, limits: &Limits, name: usize, now: Time) -> Vec<(Time, u32)> {
        let all = self.0.get(&name).cloned().unwrap_or_default();
        all.into_iter().filter(|(at, weight)| *at + limits[name].1 > now && *weight > 0).collect()
    }

    fn used(&self, limits: &Limits, name: usize, now: Time) -> u32 {
        self.counting(limits, name, now).iter().map(|(_, weight)| weight).sum()
    }

    /// The first moment from now on at which there is room.
    fn wait(&self, limits: &Limits, (name, weight): (usize, u32), now: Time) -> Duration {
        let (limit, period) = limits[name];
        let ends = self.counting(limits, name, now).into_iter().map(|(at, _)| at + period);
        let moments = std::iter::once(now).chain(ends);
        let free = moments.filter(|moment| weight == 0 || self.used(limits, name, *moment) + weight <= limit).min();
        (free.unwrap() - now).to_std().unwrap()
    }

    fn take(&mut self, limits: &Limits, attempt: &[(usize, u32)], now: Time) -> Answer {
        let wait = attempt.iter().map(|part| self.wait(limits, *part, now)).max().unwrap_or_default();
        for (name, weight) in attempt.iter().filter(|_| wait.is_zero()) {
            self.0.entry(*name).or_default().push((now, *weight));
        }
        let usages = attempt.iter().map(|(name, _)| {
            let newest = self.counting(limits, *name, now).into_iter().map(|(at, _)| at + limits[*name].1).max();
            let empty_in = newest.map_or(Duration::ZERO, |end| (end - now).to_std().unwrap());
            WindowUsage { used: self.used(limits, *name, now), empty_in }
        });
        (wait, usages.collect())
    }

    /// Of attempts at the same moment it does not matter whose part it is.
    fn give_back(&mut self, name: usize, mut part: u32, at: Time) {
        for (_, weight) in self.0.get_mut(&name).into_iter().flatten().filter(|(time, _)| *time == at) {
            let taken = part.min(*weight);
            (*weight, part) = (*weight - taken, part - taken);
        }
    }
}

/// A store under test: this process's own, or Redis without this process's own in front of it.
enum Store {
    Memory(MemoryWindows),
    Redis(RedisWindows),
}

impl Store {
    async fn take(&mut self, windows: &[Window<'_>], reservation: &ReservationId) -> Answer {
        let decision = match self {
            Self::Memory(memory) => memory.attempt(windows, reservation).decision,
            Self::Redis(redis) => redis.attempt(windows, reservation).await.unwrap(),
        };
        (decision.outcome.map_or_else(|full| full.retry_after, |_| Duration::ZERO), decision.usages)
    }

    async fn give_back(&mut self, parts: &[(Window<'_>, u32)], reservation: &ReservationId) {
        match self {
            Self::Memory(memory) => memory.give_back(parts, reservation.at),
            Self::Redis(redis) => redis.give_back(parts, reservation).await.unwrap(),
        }
    }
}

fn memory() -> Store {
    Store::Memory(MemoryWindows::with_capacity(100))
}

fn redis(url: &str) -> Store {
    let redis = testing::open(url.to_owned(), Duration::from_secs(20));
    Store::Redis(RedisWindows::new(redis, WindowClock::Caller))
}

fn step() -> impl Strategy<Value = Step> {
    let moments = prop_oneof![Just(0), 1..50_u64, 1..40_000_000_u64, Just(10_000_000), Just(30_000_000)];
    let part = (0..NAMES.len(), prop_oneof![3 => Just(1), 1 => 0..6_u32]);
    let take = prop::collection::vec(part, 1..4).prop_map(|mut parts| {
        parts.sort_unstable();
        parts.dedup_by_key(|(name, _)| *name);
        Action::Take(parts)
    });
    let give_back =
        (any::<prop::sample::Index>(), 0..6_u32).prop_map(|(attempt, part)| Action::GiveBack { attempt, part });
    (moments, prop_oneof![4 => take, 1 => give_back])
        .prop_map(|(after, action)| Step { after: Duration::from_micros(after), action })
}

fn limits() -> impl Strategy<Value = Limits> {
    let limit = || (1..7_u32, prop_oneof![Just(Duration::from_secs(10)), Just(Duration::from_secs(30))]);
    [limit(), limit(), limit()]
}

/// Plays a history to a store and to the model, and says where they differ.
async fn play(store: &mut Store, limits: &Limits, history: &[Step]) -> Result<(), TestCaseError> {
    let (mut model, mut now, mut granted) = (Model::default(), now(), Vec::new());
    for (number, step) in history.iter().enumerate() {
        now += step.after;
        match &step.action {
            Action::Take(parts) => {
                let parts: Vec<_> = parts.iter().map(|&(name, weight)| (name, weight.min(limits[name].0))).collect();
                let windows: Vec<_> = parts.iter().map(|part| window(limits, *part)).collect();
                let reservation = ReservationId { name: number.to_string(), at: now.timestamp_micros() };
                let answer = store.take(&windows, &reservation).await;
                prop_assert_eq!(&answer, &model.take(limits, &parts, now), "step {}", number);
                if answer.0.is_zero() {
                    granted.push((parts, reservation, now));
                }
            }
            Action::GiveBack { attempt, part } if !granted.is_empty() => {
                let (taken, reservation, at) = granted.swap_remove(attempt.index(granted.len()));
                let parts = taken.into_iter().map(|taken| (taken.0, window(limits, taken), (*part).min(taken.1)));
                let parts: Vec<_> = parts.filter(|(_, _, part)| *part > 0).collect();
                for (name, _, part) in &parts {
                    model.give_back(*name, *part, at);
                }
                let parts: Vec<_> = parts.into_iter().map(|(_, window, part)| (window, part)).collect();
                if !parts.is_empty() {
                    store.give_back(&parts, &reservation).await;
                }
            }
            Action::GiveBack { .. } => {}
        }
    }
    Ok(())
}

fn window(limits: &Limits, (name, weight): (usize, u32)) -> Window<'static> {
    let (limit, period) = limits[name];
    Window::new(NAMES[name], limit, period).with_weight(weight)
}

fn every_history(cases: u32, open: impl Fn() -> Store) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut runner = TestRunner::new(Config { cases, ..Config::default() });
    let histories = (limits(), prop::collection::vec(step(), 1..60));
    let result = runner.run(&histories, |(limits, history)| runtime.block_on(play(&mut open(), &limits, &history)));
    result.unwrap_or_else(|difference| panic!("{difference}"));
}

#[test]
fn every_history_goes_in_process_as_in_the_model() {
    every_history(500, memory);
}

#[test]
fn every_history_goes_in_redis_as_in_the_model() {
    let Some(url) = testing::redis_url() else { return };
    every_history(200, || redis(&url));
}

/// Attempts at one window of three, each after the clock was moved by so many microseconds, forth or back.
fn moves() -> impl Strategy<Value = Vec<i64>> {
    let moment = prop_oneof![0..2_000_000_i64, -2_000_000..2_000_000_i64, -7_200_000_000..7_200_000_000_i64];
    prop::collection::vec(moment, 1..40)
}

/// No wait is longer than the period, and after one period by a steady clock there is room.
async fn play_with_a_clock_that_is_set(store: &mut Store, moves: &[i64]) -> Result<(), TestCaseError> {
    let period = Duration::from_secs(30);
    let windows = [Window::new("a", 3, period)];
    let mut at = now().timestamp_micros();
    let mut attempt = 0;
    let mut take = async |at: i64| {
        attempt += 1;
        store.take(&windows, &ReservationId { name: attempt.to_string(), at }).await.0
    };
    for by in moves {
        at += by;
        prop_assert!(take(at).await <= period);
    }
    take(at).await;
    prop_assert_eq!(take(at + 30_000_000 + 1_000_000).await, Duration::ZERO);
    Ok(())
}

fn every_clock(cases: u32, open: impl Fn() -> Store) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut runner = TestRunner::new(Config { cases, ..Config::default() });
    let result = runner.run(&moves(), |moves| runtime.block_on(play_with_a_clock_that_is_set(&mut open(), &moves)));
    result.unwrap_or_else(|failure| panic!("{failure}"));
}

#[test]
fn whatever_is_done_to_the_clock_no_wait_is_longer_than_the_period_in_process() {
    every_clock(500, memory);
}

#[test]
fn whatever_is_done_to_the_clock_no_wait_is_longer_than_the_period_in_redis() {
    let Some(url) = testing::redis_url() else { return };
    every_clock(100, || redis(&url));
}
