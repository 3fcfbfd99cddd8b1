//! What machines ask a server: whether it lives, whether it can work, and which keys it signs with.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use serde_json::{Value, json};

use super::edge::{DatabaseState, Edge, Service};

/// `/health`: the process is alive. It asks nobody, so that a slow database does not restart the server.
pub async fn health() -> impl IntoResponse {
    json_answer(StatusCode::OK, &json!({ "status": "ok" }))
}

/// `/ready`: whether to send traffic here.
pub async fn ready(State(edge): State<Edge>) -> impl IntoResponse {
    let checks = match (edge.readiness)().await {
        Service::Serving(checks) => checks,
        Service::Stopping => return json_answer(StatusCode::SERVICE_UNAVAILABLE, &json!({ "status": "stopping" })),
    };
    let (status, word) = match checks.database {
        DatabaseState::Up => (StatusCode::OK, "ready"),
        DatabaseState::Down => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
    };
    json_answer(status, &json!({ "status": word, "checks": checks }))
}

/// `/.well-known/jwks.json`: the public keys of access tokens (RFC 7517, section 5).
pub async fn jwks(State(edge): State<Edge>) -> impl IntoResponse {
    let headers = [(header::CACHE_CONTROL, "public, max-age=30"), (header::CONTENT_TYPE, "application/json")];
    (headers, (edge.jwks)())
}

fn json_answer(status: StatusCode, body: &Value) -> impl IntoResponse + use<> {
    (status, [(header::CONTENT_TYPE, "application/json")], body.to_string())
}
