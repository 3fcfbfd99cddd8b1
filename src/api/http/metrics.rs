//! `/metrics` for clients that have the token; and the labels that each request is counted under.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Extension, MatchedPath, Request, State};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::refusal::{rate_limited, refusal};
use super::request::CorrelationId;
use crate::api::graphql::pipeline::request_limit;
use crate::api::state::AppState;
use crate::error::ErrorCode;
use crate::tools::metrics::Metrics;
use crate::values::caller::{Caller, Credentials};

/// The label of every method that no route serves and of every path that is no route: clients can invent any number.
const OTHER: &str = "other";

/// The route, where `METRICS_AUTH_TOKEN` is set.
pub fn routes(state: &Arc<AppState>) -> Router {
    if state.app.config.observability.metrics_auth_token.is_none() {
        return Router::new();
    }
    Router::new().route("/metrics", get(scrape)).with_state(Arc::clone(state))
}

async fn scrape(
    State(state): State<Arc<AppState>>,
    Extension(id): Extension<CorrelationId>,
    Extension(caller): Extension<Caller>,
    Extension(credentials): Extension<Credentials>,
) -> Response {
    let app = &state.app;
    let token = app.config.observability.metrics_auth_token.as_ref();
    if !credentials.bearer.is_some_and(|bearer| token.is_some_and(|token| token.equals(&bearer))) {
        // A wrong token is a guess, and counts as a request. The right token is answered whatever other clients of the
        // same address have used up.
        if let Some(refused) = request_limit::count(app, &caller).await {
            return rate_limited(refused, &id);
        }
        let message = "Send the token of METRICS_AUTH_TOKEN as Authorization: Bearer.";
        let refused = refusal(StatusCode::UNAUTHORIZED, ErrorCode::Unauthenticated, message, &id);
        return ([(header::WWW_AUTHENTICATE, "Bearer realm=\"metrics\"")], refused).into_response();
    }
    match app.metrics.text() {
        Ok(text) => ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response(),
        Err(error) => {
            tracing::error!(?error, correlation_id = id.0, "the metrics failed");
            refusal(StatusCode::INTERNAL_SERVER_ERROR, ErrorCode::Internal, "Something went wrong on our side.", &id)
        }
    }
}

/// The labels of a request, read before it is answered.
pub struct RequestLabels {
    /// Its method, or `other`.
    pub method: &'static str,
    route: Option<MatchedPath>,
}

impl RequestLabels {
    /// Reads the method and the route.
    #[must_use]
    pub fn from_request(request: &Request) -> Self {
        let method = match *request.method() {
            Method::GET => "GET",
            Method::POST => "POST",
            Method::HEAD => "HEAD",
            Method::OPTIONS => "OPTIONS",
            _ => OTHER,
        };
        Self { method, route: request.extensions().get::<MatchedPath>().cloned() }
    }

    /// The route, if there is one.
    #[must_use]
    pub fn route(&self) -> Option<&str> {
        self.route.as_ref().map(MatchedPath::as_str)
    }

    /// Counts the request, which has been answered.
    pub fn count(&self, metrics: &Metrics, status: StatusCode, took: Duration) {
        metrics.request(self.method, self.route().unwrap_or(OTHER), status.as_u16(), took);
    }
}
