//! What machines ask a server: whether it is alive, whether it can serve, and which keys it signs with.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::api::state::AppState;
use crate::app::App;
use crate::values::time::Time;

/// How long an answer of `/ready` is used again.
const READINESS_LIFETIME: Duration = Duration::from_secs(1);

/// Whether the dependencies answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Readiness {
    /// Nothing works without it.
    database: DatabaseState,
    /// Without it, limits hold for this instance alone.
    redis: RedisState,
    /// There only where something is wrong: without the channel, live events of other instances come late.
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<ChannelState>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum DatabaseState {
    /// It answered in time.
    Up,
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

/// `/health`: the process is alive. It asks no dependency, so that a slow database does not restart the server.
pub async fn health() -> impl IntoResponse {
    json_answer(StatusCode::OK, &json!({ "status": "ok" }))
}

/// `/ready`: whether to send traffic to this instance.
pub async fn ready(State(state): State<Arc<AppState>>) -> impl IntoResponse {
    if state.app.stopping.is_cancelled() {
        return json_answer(StatusCode::SERVICE_UNAVAILABLE, &json!({ "status": "stopping" }));
    }
    let checks = recent_readiness(&state).await;
    let (status, word) = match checks.database {
        DatabaseState::Up => (StatusCode::OK, "ready"),
        DatabaseState::Down => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
    };
    json_answer(status, &json!({ "status": word, "checks": checks }))
}

/// `/.well-known/jwks.json`: the public keys of access tokens (RFC 7517, section 5).
pub async fn jwks(State(state): State<Arc<AppState>>) -> impl IntoResponse {
    let headers = [(header::CACHE_CONTROL, "public, max-age=30"), (header::CONTENT_TYPE, "application/json")];
    (headers, serde_json::to_string(&state.app.access_tokens.jwks()).unwrap_or_default())
}

/// Checks the dependencies at most once in `READINESS_LIFETIME`: every client may ask, and each check costs the
/// database a connection.
async fn recent_readiness(state: &AppState) -> Readiness {
    let app = &state.app;
    // Requests that come meanwhile wait for this lock, and share the answer.
    let mut last = state.readiness.lock().await;
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

fn json_answer(status: StatusCode, body: &Value) -> impl IntoResponse + use<> {
    (status, [(header::CONTENT_TYPE, "application/json")], body.to_string())
}
