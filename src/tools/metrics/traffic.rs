//! What is counted of requests, operations and connections.

use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, IntGaugeVec, Opts, Registry};

use super::counter;

/// In seconds: from an answer out of memory to one that waited for many hashes.
const DURATIONS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// The codes that alerts watch. They begin at zero: Prometheus sees no increase where the first value of a series is one.
const WATCHED_CODES: [&str; 3] = ["INTERNAL", "UNAVAILABLE", "OVERLOADED"];
const OPERATION_KINDS: [&str; 3] = ["query", "mutation", "subscription"];
const BUCKETS: [&str; 5] = ["requests", "budget", "auth", "mfa", "email"];
const CONNECTION_LIMITS: [&str; 3] = ["address", "network", "all"];
const TRANSPORTS: [&str; 2] = ["websocket", "event_stream"];

pub(super) struct TrafficMetrics {
    pub(super) requests: IntCounterVec,
    pub(super) durations: HistogramVec,
    pub(super) operations: IntCounterVec,
    pub(super) limit_hits: IntCounterVec,
    pub(super) connections_refused: IntCounterVec,
    pub(super) open_streams: IntGaugeVec,
}

impl TrafficMetrics {
    pub(super) fn register(registry: &Registry) -> prometheus::Result<Self> {
        let durations = HistogramOpts::new("http_request_duration_seconds", "How long answers took, until their head.");
        let durations = HistogramVec::new(durations.buckets(DURATIONS.to_vec()), &["method", "path"])?;
        registry.register(Box::new(durations.clone()))?;
        let open_streams = Opts::new("auth_open_streams", "WebSockets and event streams that are open.");
        let open_streams = IntGaugeVec::new(open_streams, &["transport"])?;
        registry.register(Box::new(open_streams.clone()))?;
        let counter = |name, help, labels| counter(registry, name, help, labels);
        let traffic = Self {
            requests: counter("http_requests_total", "Requests answered.", &["method", "path", "status_code"])?,
            durations,
            operations: counter(
                "graphql_operations_total",
                "GraphQL operations that are over, by the code of their first error.",
                &["kind", "code"],
            )?,
            limit_hits: counter("auth_rate_limit_hits_total", "Attempts that a limit refused.", &["bucket"])?,
            connections_refused: counter(
                "http_connections_refused_total",
                "Connections that were closed because there were too many, of their address or in all.",
                &["limit"],
            )?,
            open_streams,
        };
        traffic.begin_at_zero();
        Ok(traffic)
    }

    fn begin_at_zero(&self) {
        for kind in OPERATION_KINDS {
            for code in WATCHED_CODES {
                self.operations.with_label_values(&[kind, code]).reset();
            }
        }
        for bucket in BUCKETS {
            self.limit_hits.with_label_values(&[bucket]).reset();
        }
        for limit in CONNECTION_LIMITS {
            self.connections_refused.with_label_values(&[limit]).reset();
        }
        for transport in TRANSPORTS {
            self.open_streams.with_label_values(&[transport]).set(0);
        }
    }
}
