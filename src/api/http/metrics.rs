//! What of a request is counted.

use std::time::Duration;

use axum::extract::{MatchedPath, Request};
use axum::http::{Method, StatusCode};

use crate::tools::metrics::Metrics;

/// Stands for every method that no route serves, and for every path that is no route: clients invent as many as they like.
const OTHER: &str = "other";

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

    /// It was answered.
    pub fn answered(&self, metrics: &Metrics, status: StatusCode, took: Duration) {
        let path = self.route.as_ref().map_or(OTHER, MatchedPath::as_str);
        metrics.request(self.method, path, status.as_u16(), took);
    }
}
