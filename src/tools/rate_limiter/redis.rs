//! Windows in Redis, which all instances share.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use deadpool_redis::redis::{Cmd, Script};

use super::{Decision, ReservationId, Window, WindowClock, WindowFull, WindowUsage, microseconds};
use crate::tools::redis::{Redis, RedisCall, RedisUnavailable};

pub(super) struct RedisWindows {
    redis: Redis,
    clock: WindowClock,
    take: Script,
    give_back: Script,
    attempts: AtomicU64,
    /// Random, so that the names of attempts differ between instances.
    instance: u64,
}

impl RedisWindows {
    pub(super) fn new(redis: Redis, clock: WindowClock) -> Self {
        Self {
            redis,
            clock,
            take: Script::new(include_str!("take.lua")),
            give_back: Script::new(include_str!("give_back.lua")),
            attempts: AtomicU64::new(0),
            instance: uuid::Uuid::now_v7().as_u64_pair().1,
        }
    }

    /// A name for an attempt: two in the same microsecond, here or on another instance, are two.
    pub(super) fn new_attempt_name(&self) -> String {
        format!("{:x}:{:x}", self.instance, self.attempts.fetch_add(1, Ordering::Relaxed))
    }

    /// Records one attempt in all windows, or in none where any of them is full.
    pub(super) async fn attempt(
        &self,
        windows: &[Window<'_>],
        reservation: &ReservationId,
    ) -> Result<Decision, RedisUnavailable> {
        let mut call = self.take.prepare_invoke();
        match self.clock {
            WindowClock::Store => call.arg(""),
            WindowClock::Caller => call.arg(reservation.at),
        };
        call.arg(&reservation.name);
        for window in windows {
            call.key(self.key(window.name));
            call.arg(window.limit).arg(microseconds(window.period)).arg(window.weight);
        }
        let answer: Vec<i64> = self.redis.run(RedisCall::Script(call)).await?;
        read_decision(&answer, reservation).ok_or(RedisUnavailable)
    }

    /// Makes an attempt lighter: by so much in each window.
    pub(super) async fn give_back(
        &self,
        parts: &[(Window<'_>, u32)],
        reservation: &ReservationId,
    ) -> Result<(), RedisUnavailable> {
        let mut call = self.give_back.prepare_invoke();
        call.arg(&reservation.name);
        for (window, part) in parts {
            call.key(self.key(window.name));
            call.arg(window.weight).arg(window.weight - part);
        }
        self.redis.run(RedisCall::Script(call)).await
    }

    /// Forgets what windows have counted.
    pub(super) async fn clear(&self, names: &[&str]) -> Result<(), RedisUnavailable> {
        let keys: Vec<_> = names.iter().map(|name| self.key(name)).collect();
        self.redis.run(RedisCall::Command(Cmd::del(keys))).await
    }

    fn key(&self, name: &str) -> String {
        self.redis.key("window", name)
    }
}

/// Reads the answer of take.lua; `None` where it is not one.
fn read_decision(answer: &[i64], reservation: &ReservationId) -> Option<Decision> {
    let [wait, fullest, usages @ ..] = answer else { return None };
    let usage = |pair: &[i64]| match pair {
        [used, empty_in] => Some(WindowUsage {
            used: u32::try_from(*used).ok()?,
            empty_in: Duration::from_micros(empty_in.max(&0).unsigned_abs()),
        }),
        _ => None,
    };
    let usages = usages.chunks(2).map(usage).collect::<Option<_>>()?;
    let outcome = if *wait == 0 {
        Ok(reservation.clone())
    } else {
        let window = usize::try_from(*fullest).ok()?.checked_sub(1)?;
        Err(WindowFull { retry_after: Duration::from_micros(wait.unsigned_abs()), window })
    };
    Some(Decision { outcome, usages })
}
