//! Whether the dependencies answer, checked at most once in a second.

use std::time::Duration;

use serde::Serialize;
use tokio::sync::Mutex;

use crate::app::App;
use crate::values::time::Time;

/// How long an answer of `/ready` is used again.
const READINESS_LIFETIME: Duration = Duration::from_secs(1);

/// Whether the dependencies answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Readiness {
    /// Nothing works without it.
    pub database: DatabaseState,
    /// Without it, limits hold for this instance alone.
    redis: RedisState,
    /// There only where something is wrong: without the channel, live events of other instances come late.
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<ChannelState>,
}

/// Whether the database can serve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DatabaseState {
    /// It answered in time.
    Up,
    /// It did not.
    Down,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum RedisState {
    /// It answers.
    Up,
    /// It does not answer, and the process keeps the limits meanwhile.
    Fallback,
    /// None is configured: the process keeps the limits.
    InProcess,
}

/// What is wrong with the channel on which instances wake each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum ChannelState {
    /// The user of `REDIS_URL` may not use it.
    Refused,
}

/// The readiness that was checked last, and when.
pub type RecentReadiness = Mutex<Option<(Time, Readiness)>>;

/// Checks the dependencies at most once in `READINESS_LIFETIME`: every client may ask, and each check costs the
/// database a connection.
pub async fn recent_readiness(app: &App, last: &RecentReadiness) -> Readiness {
    // Requests that come meanwhile wait for this lock, and share the answer.
    let mut last = last.lock().await;
    if let Some((checked_at, readiness)) = *last
        && (app.clock.now() - checked_at).to_std().is_ok_and(|age| age < READINESS_LIFETIME)
    {
        return readiness;
    }
    let readiness = check_dependencies(app).await;
    // Dated after the check: a database that is away takes long to say so, and each waiting request would check again.
    *last = Some((app.clock.now(), readiness));
    readiness
}

async fn check_dependencies(app: &App) -> Readiness {
    let (database, redis) = tokio::join!(app.db.ping(), redis_state(app));
    Readiness {
        database: if database.is_ok() { DatabaseState::Up } else { DatabaseState::Down },
        redis,
        channel: app.feed.is_channel_refused().then_some(ChannelState::Refused),
    }
}

async fn redis_state(app: &App) -> RedisState {
    match &app.redis {
        None => RedisState::InProcess,
        Some(redis) if redis.is_up().await => RedisState::Up,
        Some(_) => RedisState::Fallback,
    }
}
