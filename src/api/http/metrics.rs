//! `/metrics`, for whoever has the token; and what of a request is counted there.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Extension, MatchedPath, Request, State};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::refusal::{refusal, turned_away};
use super::request::CorrelationId;
use crate::api::graphql::pipeline::request_limit;
use crate::app::App;
use crate::error::ErrorCode;
use crate::tools::metrics::Metrics;
use crate::values::caller::{Caller, Credentials};
use crate::values::secret::Secret;

/// Stands for every method that no route serves, and for every path that is no route: clients invent as many as they like.
const OTHER: &str = "other";

/// The route, which only a server with a token has.
pub fn routes(app: &Arc<App>) -> Router {
    let Some(token) = app.config.observability.metrics_auth_token.clone() else { return Router::new() };
    Router::new().route("/metrics", get(scrape)).with_state(Door { app: Arc::clone(app), token })
}

#[derive(Clone)]
struct Door {
    app: Arc<App>,
    token: Secret,
}

async fn scrape(
    State(door): State<Door>,
    Extension(id): Extension<CorrelationId>,
    Extension(caller): Extension<Caller>,
    Extension(presented): Extension<Credentials>,
) -> Response {
    if !presented.bearer.is_some_and(|bearer| door.token.equals(&bearer)) {
        // A guess takes a place like any other request. Whoever has the token is answered whatever others do from their
        // address.
        if let Some(full) = request_limit::count(&door.app, &caller).await {
            return turned_away(full, &id);
        }
        let message = "The metrics are for whoever has their token.";
        let refused = refusal(StatusCode::UNAUTHORIZED, ErrorCode::Unauthenticated, message, &id);
        return ([(header::WWW_AUTHENTICATE, "Bearer realm=\"metrics\"")], refused).into_response();
    }
    match door.app.metrics.text() {
        Ok(text) => ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response(),
        Err(error) => {
            tracing::error!(?error, correlation_id = id.0, "the metrics failed");
            refusal(StatusCode::INTERNAL_SERVER_ERROR, ErrorCode::Internal, "Something went wrong on our side.", &id)
        }
    }
}

/// What a request is counted under, known before it is answered.
pub struct Counted {
    method: &'static str,
    route: Option<MatchedPath>,
}

impl Counted {
    /// By its method and its route.
    #[must_use]
    pub fn of(request: &Request) -> Self {
        let method = match *request.method() {
            Method::GET => "GET",
            Method::POST => "POST",
            Method::HEAD => "HEAD",
            Method::OPTIONS => "OPTIONS",
            _ => OTHER,
        };
        Self { method, route: request.extensions().get::<MatchedPath>().cloned() }
    }

    /// Its method, where we know it.
    #[must_use]
    pub const fn method(&self) -> &'static str {
        self.method
    }

    /// It was answered.
    pub fn answered(&self, metrics: &Metrics, status: StatusCode, took: Duration) {
        let path = self.route.as_ref().map_or(OTHER, MatchedPath::as_str);
        metrics.request(self.method, path, status.as_u16(), took);
    }
}
