//! The Redis store: one held connection for all callers, and nobody waits long for a dead server.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use aws_lc_rs::rand;
use deadpool_redis::redis::aio::MultiplexedConnection;
use deadpool_redis::redis::{
    AsyncConnectionConfig, Client, Cmd, FromRedisValue, RedisError, RedisResult, Script, ScriptInvocation, cmd,
};
use deadpool_redis::{Connection, Manager, Pool, PoolError};
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use tokio::time::timeout_at;

use super::circuit::Circuit;
use super::{Decision, InTurn, Outcome, RedisSettings, ReservationId, Window, WindowClock, WindowUsage, microseconds};
use crate::error::{OrFault, Result};

/// How long a connection may take to make, across all callers who wait for it in turn.
const DIALLING: Duration = Duration::from_secs(2);

/// Redis did not answer in time, or not what was asked.
#[derive(Debug)]
pub(super) struct Away;

pub(super) struct Redis {
    pool: Pool,
    /// Host and port, for the log.
    address: String,
    line: Mutex<Option<Line>>,
    circuit: Circuit,
    fallbacks: AtomicU64,
    timeout: Duration,
    prefix: String,
    clock: WindowClock,
    take: Script,
    give_back: Script,
    attempts: AtomicU64,
    instance: u64,
}

/// The connection, held and shared: a checkout for every call would double the work of Redis. Still being dialled, it
/// moves on only while a caller waits for it.
type Line = Shared<BoxFuture<'static, RedisResult<MultiplexedConnection>>>;

enum Question<'a> {
    Command(Cmd),
    /// Sent by its hash; a server that does not know it is taught, and asked again.
    Script(ScriptInvocation<'a>),
}

impl Question<'_> {
    async fn put_to<T: FromRedisValue>(&self, mut line: MultiplexedConnection) -> RedisResult<T> {
        match self {
            Self::Command(command) => command.query_async(&mut line).await,
            Self::Script(script) => script.invoke_async(&mut line).await,
        }
    }
}

impl Redis {
    pub(super) fn open(url: &str, settings: &RedisSettings) -> Result<Self> {
        // Each caller has a deadline of its own, so the connection needs none.
        let patient = AsyncConnectionConfig::new().set_connection_timeout(Some(DIALLING)).set_response_timeout(None);
        let address = Client::open(url).or_fault("reading the Redis URL")?.get_connection_info().addr().to_string();
        let dialler = Manager::new_with_config(url, patient).or_fault("reading the Redis URL")?;
        let mut instance = [0; 8];
        rand::fill(&mut instance).or_fault("naming this instance")?;
        Ok(Self {
            pool: Pool::builder(dialler).max_size(1).build().or_fault("preparing the Redis pool")?,
            address,
            line: Mutex::new(None),
            circuit: Circuit::default(),
            fallbacks: AtomicU64::new(0),
            timeout: settings.timeout,
            prefix: in_one_slot(&settings.key_prefix),
            clock: settings.window_clock,
            take: Script::new(include_str!("take.lua")),
            give_back: Script::new(include_str!("give_back.lua")),
            attempts: AtomicU64::new(0),
            instance: u64::from_le_bytes(instance),
        })
    }

    pub(super) async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Away> {
        let mut get = cmd("GET");
        get.arg(self.value_key(key));
        self.ask(&Question::Command(get)).await
    }

    pub(super) async fn put(&self, key: &str, value: &[u8], lifetime: Duration) -> Result<(), Away> {
        let milliseconds = u64::try_from(lifetime.as_millis()).unwrap_or(u64::MAX).max(1);
        let mut set = cmd("SET");
        set.arg(self.value_key(key)).arg(value).arg("PX").arg(milliseconds);
        self.ask(&Question::Command(set)).await
    }

    pub(super) async fn delete(&self, key: &str) -> Result<(), Away> {
        let mut delete = cmd("DEL");
        delete.arg(self.value_key(key));
        self.ask(&Question::Command(delete)).await
    }

    /// ContextExt for a key of ours, so that a user who may not read them is no sign of life.
    pub(super) async fn ping(&self) -> Result<(), Away> {
        self.get("ping").await.map(drop)
    }

    /// ContextExt for a sign of life with more patience than a caller has, so that a wrong address is told at the start.
    pub(super) async fn reach(&self) {
        let answer =
            self.ask_until::<()>(tokio::time::Instant::now() + DIALLING, &Question::Command(cmd("PING"))).await;
        if let Err(cause) = answer {
            self.warn(&cause);
        }
    }

    /// Tells of an outage, unless that was done a moment ago.
    fn warn(&self, cause: &RedisError) {
        if self.circuit.failed(Instant::now()) {
            let address = &self.address;
            tracing::warn!(%cause, address, "Redis is away: each instance goes by its own store until it is back");
        }
    }

    /// Names an attempt: two in the same microsecond, here or on another instance, are two.
    pub(super) fn new_attempt(&self) -> String {
        format!("{:x}:{:x}", self.instance, self.attempts.fetch_add(1, Ordering::Relaxed))
    }

    /// Records two attempts in turn; the second is nothing where the first is refused.
    pub(super) async fn take_in_turn(
        &self,
        [first, second]: [&[Window<'_>]; 2],
        receipt: &ReservationId,
    ) -> Result<InTurn, Away> {
        let mut call = self.take.prepare_invoke();
        match self.clock {
            WindowClock::Store => call.arg(""),
            WindowClock::Caller => call.arg(receipt.at),
        };
        call.arg(&receipt.name).arg(first.len());
        for window in first.iter().chain(second) {
            call.key(self.window_key(window.name));
            call.arg(window.limit).arg(microseconds(window.period)).arg(window.weight);
        }
        let answer: Vec<i64> = self.ask(&Question::Script(call)).await?;
        read_in_turn(&answer, first.len(), receipt).ok_or(Away)
    }

    /// Makes an attempt lighter: by so much in each window.
    pub(super) async fn give_back(&self, parts: &[(Window<'_>, u32)], receipt: &ReservationId) -> Result<(), Away> {
        let mut call = self.give_back.prepare_invoke();
        call.arg(&receipt.name);
        for (window, part) in parts {
            call.key(self.window_key(window.name));
            call.arg(window.weight).arg(window.weight - part);
        }
        self.ask(&Question::Script(call)).await
    }

    /// Forgets what windows have counted.
    pub(super) async fn clear(&self, names: &[&str]) -> Result<(), Away> {
        let mut delete = cmd("DEL");
        delete.arg(names.iter().map(|name| self.window_key(name)).collect::<Vec<_>>());
        self.ask(&Question::Command(delete)).await
    }

    pub(super) fn fallbacks(&self) -> u64 {
        self.fallbacks.load(Ordering::Relaxed)
    }

    fn value_key(&self, key: &str) -> String {
        format!("{}value:{key}", self.prefix)
    }

    fn window_key(&self, name: &str) -> String {
        format!("{}window:{name}", self.prefix)
    }

    async fn ask<T: FromRedisValue>(&self, question: &Question<'_>) -> Result<T, Away> {
        let answer = if self.circuit.lets_through(Instant::now()) { self.ask_twice(question).await } else { Err(Away) };
        if answer.is_err() {
            self.fallbacks.fetch_add(1, Ordering::Relaxed);
        }
        answer
    }

    async fn ask_twice<T: FromRedisValue>(&self, question: &Question<'_>) -> Result<T, Away> {
        let deadline = tokio::time::Instant::now() + self.timeout;
        let mut answer = self.ask_until(deadline, question).await;
        // A server that has restarted, or hung up on an idle line, is not away.
        if answer.as_ref().is_err_and(RedisError::is_connection_dropped) {
            answer = self.ask_until(deadline, question).await;
        }
        match answer {
            Ok(_) if self.circuit.succeeded() => tracing::info!("Redis is back"),
            Ok(_) => {}
            Err(ref cause) => self.warn(cause),
        }
        answer.map_err(|_| Away)
    }

    async fn ask_until<T: FromRedisValue>(
        &self,
        deadline: tokio::time::Instant,
        question: &Question<'_>,
    ) -> RedisResult<T> {
        let line = self.line();
        let answer = timeout_at(deadline, async { question.put_to(line.clone().await?).await })
            .await
            .unwrap_or_else(|_elapsed| Err(io::Error::from(io::ErrorKind::TimedOut).into()));
        if answer.is_err() {
            self.hang_up(&line);
        }
        answer
    }

    fn line(&self) -> Line {
        let mut held = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        held.get_or_insert_with(|| dial(self.pool.clone()).boxed().shared()).clone()
    }

    /// Lets go of a line that failed, unless it is still being dialled: to a server far away that takes longer than one
    /// caller waits, and the next one goes on with it.
    fn hang_up(&self, failed: &Line) {
        let mut held = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        held.take_if(|held| held.ptr_eq(failed) && held.peek().is_some());
    }
}

/// All keys of one server in one slot of a cluster: a script may touch no others, and one Redis decides far more attempts
/// in a second than a server judges passwords in a day.
fn in_one_slot(prefix: &str) -> String {
    let has_tag = prefix.split_once('{').is_some_and(|(_, rest)| rest.find('}').is_some_and(|length| length > 0));
    if has_tag || prefix.is_empty() { prefix.to_owned() } else { format!("{{{prefix}}}") }
}

/// The answer of take.lua, of whose windows so many are the first attempt's.
fn read_in_turn(answer: &[i64], firsts: usize, receipt: &ReservationId) -> Option<InTurn> {
    let [wait, worst, fills @ ..] = answer else { return None };
    let fill = |pair: &[i64]| match pair {
        [used, empty_in] => Some(WindowUsage {
            used: u32::try_from(*used).ok()?,
            empty_in: Duration::from_micros(empty_in.max(&0).unsigned_abs()),
        }),
        _ => None,
    };
    let mut first: Vec<WindowUsage> = fills.chunks(2).map(fill).collect::<Option<_>>()?;
    let second = (firsts <= first.len()).then(|| first.split_off(firsts))?;
    let granted = || Outcome::Granted(receipt.clone());
    let refused = |window| Outcome::Refused { retry_after: Duration::from_micros(wait.unsigned_abs()), window };
    if *wait == 0 {
        return Some((Decision::new(granted(), first), Some(Decision::new(granted(), second))));
    }
    let worst = usize::try_from(*worst).ok()?.checked_sub(1)?;
    Some(match worst.checked_sub(firsts) {
        None => (Decision::new(refused(worst), first), None),
        Some(worst) => (Decision::new(granted(), first), Some(Decision::new(refused(worst), second))),
    })
}

async fn dial(pool: Pool) -> RedisResult<MultiplexedConnection> {
    match pool.get().await {
        Ok(connection) => Ok(Connection::take(connection)),
        Err(PoolError::Backend(cause)) => Err(cause),
        Err(cause) => Err(io::Error::other(cause).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_puts_all_keys_into_one_slot() {
        for (prefix, key) in [("authgraph:", "{authgraph:}"), ("{a}:b:", "{a}:b:"), ("{}a:", "{{}a:}"), ("", "")] {
            assert_eq!(in_one_slot(prefix), key);
        }
    }
}
