//! The spans of traces: which spans belong to a trace, and how a span says that it failed.
//!
//! A span of a trace has one of the two targets below, and fields that are named as OpenTelemetry's semantic conventions name
//! them. Where traces are off, no layer wants these targets, so that the macros evaluate no field. A field holds a name of ours,
//! a status or an id of ours, and nothing that a client sent: no token, address, variable, header, or parameter of a statement.

use opentelemetry::Context;
use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry::trace::TraceContextExt;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// The target of a span that begins a trace, or continues one below the span that is entered.
pub const ROOT: &str = "authgraph::trace";
/// The target of a span that exists only inside of a trace. Outside, as in most background tasks, nothing is recorded.
pub const STEP: &str = "authgraph::trace::step";

/// The header that names the place of a request in a trace (W3C Trace Context).
pub const TRACEPARENT: &str = "traceparent";

/// The span of another process that a request belongs to.
#[derive(Debug, Clone)]
pub struct RemoteParent(Context);

impl RemoteParent {
    /// Reads a `traceparent`. `None` if it is not valid.
    #[must_use]
    pub fn parse(header: &str) -> Option<Self> {
        let context = TraceContextPropagator::new().extract_with_context(&Context::new(), &TraceparentHeader(header));
        let is_valid = context.span().span_context().is_valid();
        is_valid.then_some(Self(context))
    }

    /// Makes the other process's span the parent of this one, which must not have been entered yet.
    pub fn adopt(&self, span: &Span) {
        // It fails where traces are off, and then there is nothing to do.
        let _ = span.set_parent(self.0.clone());
    }
}

/// The id of the trace that a span belongs to: 32 hexadecimal digits. `None` if the trace is not exported.
#[must_use]
pub fn trace_id(span: &Span) -> Option<String> {
    if span.is_disabled() {
        return None;
    }
    let context = span.context();
    let place = context.span().span_context().clone();
    place.is_sampled().then(|| place.trace_id().to_string())
}

/// Notes on a span why it failed. The span needs the empty fields `error.type` and `otel.status_code`.
pub fn fail(span: &Span, why: &str) {
    span.record("error.type", why);
    span.record("otel.status_code", "ERROR");
}

struct TraceparentHeader<'a>(&'a str);

impl Extractor for TraceparentHeader<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        (key == TRACEPARENT).then_some(self.0)
    }

    fn keys(&self) -> Vec<&str> {
        vec![TRACEPARENT]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_valid_traceparent_is_a_parent() {
        assert!(RemoteParent::parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01").is_some());
        for wrong in [
            "",
            "hunter2",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        ] {
            assert!(RemoteParent::parse(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn without_traces_there_is_no_span_and_no_id() {
        let span = tracing::info_span!(target: ROOT, "request");

        assert!(span.is_disabled());
        assert_eq!(trace_id(&span), None);
    }
}
