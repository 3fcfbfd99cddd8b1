//! The spans of a request and of its operation, with the fields of OpenTelemetry's semantic conventions.

use std::net::IpAddr;

use axum::http::{HeaderMap, StatusCode};
use tracing::{Span, field};

use super::metrics::RequestLabels;
use super::prepared_operation::PreparedOperation;
use super::request::CorrelationId;
use crate::api::graphql::pipeline::operation_metrics;
use crate::error::ErrorCode;
use crate::tools::spans::{self, RemoteParent};
use crate::values::trusted_proxies::TrustedProxies;

/// The codes that say that something failed here, and not that the client was refused.
const FAILURES: [ErrorCode; 3] = [ErrorCode::Internal, ErrorCode::Unavailable, ErrorCode::Overloaded];

/// The place in a trace that one of our proxies gave the request. From any other peer it is dropped, like a request id: a
/// client could write into the traces of others, and decide how many traces are exported.
#[must_use]
pub fn remote_parent(headers: &HeaderMap, peer: IpAddr, proxies: &TrustedProxies) -> Option<RemoteParent> {
    let mut lines = headers.get_all(spans::TRACEPARENT).iter().filter(|_| proxies.trusts_peer(peer));
    // Of two lines one is the client's, and nothing tells which.
    let only = lines.next().filter(|_| lines.next().is_none())?;
    RemoteParent::parse(only.to_str().ok()?)
}

/// The span of a request. Everything that happens for its answer is below it.
#[must_use]
pub fn request_span(labels: &RequestLabels, id: &CorrelationId, parent: Option<&RemoteParent>) -> Span {
    let (method, route) = (labels.method, labels.route());
    let span = tracing::info_span!(
        target: spans::ROOT,
        parent: None,
        "request",
        otel.kind = "server",
        otel.name = route.map_or_else(|| method.to_owned(), |route| format!("{method} {route}")),
        otel.status_code = field::Empty,
        http.request.method = method,
        http.route = route,
        http.response.status_code = field::Empty,
        authgraph.correlation_id = id.0,
        "error.type" = field::Empty,
    );
    if let Some(parent) = parent {
        parent.adopt(&span);
    }
    span
}

/// Notes how a request was answered.
pub fn note_status(span: &Span, status: StatusCode) {
    span.record("http.response.status_code", i64::from(status.as_u16()));
    if status.is_server_error() {
        spans::fail(span, status.as_str());
    }
}

/// The span of a query or mutation. On a socket it begins a trace, because the request that opened the socket is over.
///
/// Clients choose the names of operations, and may invent any number of them. So the span is named after the one field that the
/// operation asks for, and has the operation's name only if its document is trusted.
#[must_use]
pub fn operation_span(operation: &PreparedOperation, id: &CorrelationId) -> Span {
    let kind = operation_metrics::kind(Some(operation.kind));
    tracing::info_span!(
        target: spans::ROOT,
        "operation",
        otel.kind = "internal",
        otel.name = operation.only_field().map_or_else(|| kind.to_owned(), |field| format!("{kind} {field}")),
        otel.status_code = field::Empty,
        "graphql.operation.type" = kind,
        graphql.operation.name = operation.trusted_name(),
        authgraph.correlation_id = id.0,
        "error.type" = field::Empty,
    )
}

/// Notes the code of an operation's first error.
pub fn note_code(span: &Span, code: &'static str) {
    if FAILURES.iter().any(|failure| failure.as_str() == code) {
        spans::fail(span, code);
    } else if code != operation_metrics::OK {
        span.record("error.type", code);
    }
}
