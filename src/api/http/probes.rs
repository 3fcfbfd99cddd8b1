//! What machines ask a server: whether it is alive, whether it can serve, and which keys it signs with.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use serde_json::{Value, json};

use super::readiness::{DatabaseState, recent_readiness};
use crate::api::state::AppState;

/// `/health`: the process is alive. It asks no dependency, so that a slow database does not restart the server.
pub async fn health() -> impl IntoResponse {
    json_answer(StatusCode::OK, &json!({ "status": "ok" }))
}

/// `/ready`: whether to send traffic to this instance.
pub async fn ready(State(state): State<Arc<AppState>>) -> impl IntoResponse {
    if state.app.stopping.is_cancelled() {
        return json_answer(StatusCode::SERVICE_UNAVAILABLE, &json!({ "status": "stopping" }));
    }
    let checks = recent_readiness(&state.app, &state.readiness).await;
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

fn json_answer(status: StatusCode, body: &Value) -> impl IntoResponse + use<> {
    (status, [(header::CONTENT_TYPE, "application/json")], body.to_string())
}
