//! Random histories through every store and through a model so simple that it can only be right.

use std::collections::HashMap;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::redis::Redis;
use super::tests::{now, settings};
use super::windows::Windows;
use super::*;

const NAMES: [&str; 3] = ["a", "b", "c"];

/// One thing that happens, so long after the one before.
#[derive(Debug, Clone)]
struct Happening {
    after: Duration,
    deed: Deed,
}

#[derive(Debug, Clone)]
enum Deed {
    /// Two attempts in turn at some of the windows, with their weight in each; so many windows are the first one's.
    Take { parts: Vec<(usize, u32)>, firsts: prop::sample::Index },
    /// Gives so much of what was granted in one step back, in each of its windows.
    GiveBack { attempt: prop::sample::Index, part: u32 },
}

/// How long an attempt has to wait, and how full its windows are.
type Told = (Duration, Vec<WindowUsage>);

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

    fn take(&mut self, limits: &Limits, attempt: &[(usize, u32)], now: Time) -> Told {
        let wait = attempt.iter().map(|part| self.wait(limits, *part, now)).max().unwrap_or_default();
        for (name, weight) in attempt.iter().filter(|_| wait.is_zero()) {
            self.0.entry(*name).or_default().push((now, *weight));
        }
        let fills = attempt.iter().map(|(name, _)| {
            let newest = self.counting(limits, *name, now).into_iter().map(|(at, _)| at + limits[*name].1).max();
            let empty_in = newest.map_or(Duration::ZERO, |end| (end - now).to_std().unwrap());
            WindowUsage { used: self.used(limits, *name, now), empty_in }
        });
        (wait, fills.collect())
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
    Here(Windows),
    Redis(Redis),
}

impl Store {
    /// What is told of both attempts; nothing of the second where the first has to wait.
    async fn take(&mut self, attempts: [&[Window<'_>]; 2], receipt: &ReservationId) -> [Option<Told>; 2] {
        let (first, second) = match self {
            Self::Here(here) => {
                let first = here.take(attempts[0], receipt.clone()).taken;
                let second = first.is_granted().then(|| here.take(attempts[1], receipt.clone()).taken);
                (first, second)
            }
            Self::Redis(redis) => redis.take_in_turn(attempts, receipt).await.unwrap(),
        };
        let told = |taken: Decision| match taken.outcome {
            Outcome::Granted(_) => (Duration::ZERO, taken.fills),
            Outcome::Refused { retry_after, .. } => (retry_after, taken.fills),
        };
        [Some(told(first)), second.map(told)]
    }

    async fn give_back(&mut self, parts: &[(Window<'_>, u32)], receipt: &ReservationId) {
        match self {
            Self::Here(here) => parts.iter().for_each(|(window, part)| here.give_back(*window, *part, receipt.at)),
            Self::Redis(redis) => redis.give_back(parts, receipt).await.unwrap(),
        }
    }
}

fn happening() -> impl Strategy<Value = Happening> {
    let moments = prop_oneof![Just(0), 1..50_u64, 1..40_000_000_u64, Just(10_000_000), Just(30_000_000)];
    let part = (0..NAMES.len(), prop_oneof![3 => Just(1), 1 => 0..6_u32]);
    let take = (prop::collection::vec(part, 1..4), any::<prop::sample::Index>()).prop_map(|(mut parts, firsts)| {
        parts.sort_unstable();
        parts.dedup_by_key(|(name, _)| *name);
        Deed::Take { parts, firsts }
    });
    let give_back =
        (any::<prop::sample::Index>(), 0..6_u32).prop_map(|(attempt, part)| Deed::GiveBack { attempt, part });
    (moments, prop_oneof![4 => take, 1 => give_back])
        .prop_map(|(after, deed)| Happening { after: Duration::from_micros(after), deed })
}

fn limits() -> impl Strategy<Value = Limits> {
    let limit = || (1..7_u32, prop_oneof![Just(Duration::from_secs(10)), Just(Duration::from_secs(30))]);
    [limit(), limit(), limit()]
}

/// Plays a history to a store and to the model, and says where they differ.
async fn play(store: &mut Store, limits: &Limits, history: &[Happening]) -> Result<(), TestCaseError> {
    let (mut model, mut now, mut granted) = (Model::default(), now(), Vec::new());
    for (step, happening) in history.iter().enumerate() {
        now += happening.after;
        match &happening.deed {
            Deed::Take { parts, firsts } => {
                let parts: Vec<_> = parts.iter().map(|&(name, weight)| (name, weight.min(limits[name].0))).collect();
                let windows: Vec<_> = parts.iter().map(|part| window(limits, *part)).collect();
                let firsts = firsts.index(parts.len() + 1);
                let receipt = ReservationId { name: step.to_string(), at: now.timestamp_micros() };
                let told = store.take([&windows[..firsts], &windows[firsts..]], &receipt).await;
                let first = model.take(limits, &parts[..firsts], now);
                let second = first.0.is_zero().then(|| model.take(limits, &parts[firsts..], now));
                prop_assert_eq!(&told, &[Some(first), second], "step {}", step);
                let mut attempts = told.into_iter().zip([&parts[..firsts], &parts[firsts..]]);
                let granted_parts =
                    attempts.by_ref().filter(|(told, _)| told.as_ref().is_some_and(|told| told.0.is_zero()));
                let parts: Vec<_> = granted_parts.flat_map(|(_, parts)| parts.iter().copied()).collect();
                if !parts.is_empty() {
                    granted.push((parts, receipt, now));
                }
            }
            Deed::GiveBack { attempt, part } if !granted.is_empty() => {
                let (taken, receipt, at) = granted.swap_remove(attempt.index(granted.len()));
                let parts = taken.into_iter().map(|taken| (taken.0, window(limits, taken), (*part).min(taken.1)));
                let parts: Vec<_> = parts.filter(|(_, _, part)| *part > 0).collect();
                for (name, _, part) in &parts {
                    model.give_back(*name, *part, at);
                }
                let parts: Vec<_> = parts.into_iter().map(|(_, window, part)| (window, part)).collect();
                if !parts.is_empty() {
                    store.give_back(&parts, &receipt).await;
                }
            }
            Deed::GiveBack { .. } => {}
        }
    }
    Ok(())
}

fn window(limits: &Limits, (name, weight): (usize, u32)) -> Window<'static> {
    let (limit, period) = limits[name];
    Window::of(NAMES[name], limit, period).weighing(weight)
}

fn every_history(cases: u32, open: impl Fn() -> Store) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut runner = TestRunner::new(Config { cases, ..Config::default() });
    let histories = (limits(), prop::collection::vec(happening(), 1..60));
    let told = runner.run(&histories, |(limits, history)| runtime.block_on(play(&mut open(), &limits, &history)));
    told.unwrap_or_else(|difference| panic!("{difference}"));
}

#[test]
fn every_history_goes_in_process_as_in_the_model() {
    every_history(500, || Store::Here(Windows::new(100)));
}

#[test]
fn every_history_goes_in_redis_as_in_the_model() {
    let Some(url) = super::tests::redis_url() else { return };
    every_history(200, || {
        let settings = settings(Some(url.clone()), Duration::from_secs(20), WindowClock::Caller);
        Store::Redis(Redis::open(&url, &settings).unwrap())
    });
}

/// Attempts at one window of three, each after the clock was moved by so many microseconds, forth or back.
fn moves() -> impl Strategy<Value = Vec<i64>> {
    let moment = prop_oneof![0..2_000_000_i64, -2_000_000..2_000_000_i64, -7_200_000_000..7_200_000_000_i64];
    prop::collection::vec(moment, 1..40)
}

/// No wait is longer than the period, and after one period by a steady clock there is room.
async fn play_with_a_clock_that_is_set(store: &mut Store, moves: &[i64]) -> Result<(), TestCaseError> {
    let period = Duration::from_secs(30);
    let windows = [Window::of("a", 3, period)];
    let mut at = now().timestamp_micros();
    let mut attempt = 0;
    let mut take = async |at: i64| {
        attempt += 1;
        let receipt = ReservationId { name: attempt.to_string(), at };
        store.take([&windows, &[]], &receipt).await[0].clone().unwrap().0
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
    let told = runner.run(&moves(), |moves| runtime.block_on(play_with_a_clock_that_is_set(&mut open(), &moves)));
    told.unwrap_or_else(|fault| panic!("{fault}"));
}

#[test]
fn whatever_is_done_to_the_clock_nobody_waits_longer_than_the_period_in_process() {
    every_clock(500, || Store::Here(Windows::new(100)));
}

#[test]
fn whatever_is_done_to_the_clock_nobody_waits_longer_than_the_period_in_redis() {
    let Some(url) = super::tests::redis_url() else { return };
    every_clock(100, || {
        let settings = settings(Some(url.clone()), Duration::from_secs(20), WindowClock::Caller);
        Store::Redis(Redis::open(&url, &settings).unwrap())
    });
}
