//! Metrics for Prometheus: events that are counted, and numbers of other tools that are read for each scrape.

mod reading;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, Opts, Registry, TextEncoder};

use self::reading::ReadMetric;
pub use self::reading::{MetricKind, MetricReading};
use crate::error::{OrFault, Result};

/// In seconds: from an answer out of memory to one that waited for many hashes.
const DURATIONS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// The counts of one process. Clones share them.
///
/// Every value of a label is from a small set that the program knows: each new one is memory for good, here and in
/// Prometheus, so nothing that a client may choose can be one.
#[derive(Clone)]
pub struct Metrics(Arc<Instruments>);

struct Instruments {
    registry: Registry,
    /// Locked, so that two scrapes at once do not both add what a counter has gained.
    readings: Mutex<Vec<ReadMetric>>,
    requests: IntCounterVec,
    durations: HistogramVec,
    operations: IntCounterVec,
    limit_hits: IntCounterVec,
    connections_refused: IntCounterVec,
    emails: IntCounterVec,
    oauth: IntCounterVec,
}

impl Metrics {
    /// Begins to count at zero. The readings are read for each scrape.
    ///
    /// # Errors
    /// A fault where Prometheus does not allow a name, or two metrics have the same name and labels.
    pub fn open(readings: Vec<MetricReading>) -> Result<Self> {
        Self::try_open(readings).or_fault("preparing the metrics")
    }

    fn try_open(readings: Vec<MetricReading>) -> prometheus::Result<Self> {
        let registry = Registry::new();
        let durations = HistogramOpts::new("http_request_duration_seconds", "How long answers took, until their head.");
        let durations = HistogramVec::new(durations.buckets(DURATIONS.to_vec()), &["method", "path"])?;
        registry.register(Box::new(durations.clone()))?;
        let readings = readings.into_iter().map(|reading| reading.register(&registry)).collect::<Result<_, _>>()?;
        #[cfg(target_os = "linux")]
        registry.register(Box::new(prometheus::process_collector::ProcessCollector::for_self()))?;
        let counter = |name, help, labels| counter(&registry, name, help, labels);
        Ok(Self(Arc::new(Instruments {
            requests: counter("http_requests_total", "Requests answered.", &["method", "path", "status_code"])?,
            durations,
            operations: counter(
                "graphql_operations_total",
                "GraphQL operations that are over, by the code of their first error.",
                &["kind", "code"],
            )?,
            connections_refused: counter(
                "http_connections_refused_total",
                "Connections that were closed because there were too many, of their address or in all.",
                &["limit"],
            )?,
            emails: counter("auth_emails_total", "Attempts to deliver an email, by what came of them.", &["outcome"])?,
            oauth: counter(
                "auth_oauth_total",
                "Sign-ins at OAuth providers that were started or completed, by what came of them.",
                &["provider", "result"],
            )?,
            limit_hits: counter("auth_rate_limit_hits_total", "Attempts that a limit refused.", &["bucket"])?,
            registry,
            readings: Mutex::new(readings),
        })))
    }

    /// A request was answered. `path` is the route, never the path that the client chose.
    pub fn request(&self, method: &'static str, path: &str, status: u16, took: Duration) {
        self.0.durations.with_label_values(&[method, path]).observe(took.as_secs_f64());
        self.0.requests.with_label_values(&[method, path, &status.to_string()]).inc();
    }

    /// A GraphQL operation is over, with this code.
    pub fn operation(&self, kind: &'static str, code: &'static str) {
        self.0.operations.with_label_values(&[kind, code]).inc();
    }

    /// A limit has refused an attempt.
    pub fn limit_hit(&self, bucket: &'static str) {
        self.0.limit_hits.with_label_values(&[bucket]).inc();
    }

    /// A new connection was closed because of this limit.
    pub fn connection_refused(&self, limit: &'static str) {
        self.0.connections_refused.with_label_values(&[limit]).inc();
    }

    /// An attempt to deliver an email is over.
    pub fn email(&self, outcome: &'static str) {
        self.0.emails.with_label_values(&[outcome]).inc();
    }

    /// A sign-in at this provider of the settings was started or completed.
    pub fn oauth(&self, provider: &str, result: &str) {
        self.0.oauth.with_label_values(&[provider, result]).inc();
    }

    /// Everything, in the text format of Prometheus.
    ///
    /// # Errors
    /// A fault where the registry is inconsistent.
    pub fn text(&self) -> Result<String> {
        self.0.readings.lock().unwrap_or_else(PoisonError::into_inner).iter().for_each(ReadMetric::refresh);
        TextEncoder::new().encode_to_string(&self.0.registry.gather()).or_fault("writing the metrics")
    }
}

fn counter(registry: &Registry, name: &str, help: &str, labels: &[&str]) -> prometheus::Result<IntCounterVec> {
    let counter = IntCounterVec::new(Opts::new(name, help), labels)?;
    registry.register(Box::new(counter.clone()))?;
    Ok(counter)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;
    use crate::error::Error;

    /// The value of a series, as it is written.
    fn value(metrics: &Metrics, series: &str) -> Option<u64> {
        let text = metrics.text().unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '))?;
        Some(line.parse().unwrap())
    }

    fn gauge(name: &'static str, label: Option<(&'static str, &'static str)>) -> MetricReading {
        MetricReading { kind: MetricKind::Gauge, name, help: "Some.", label, read: Box::new(|| 7) }
    }

    #[test]
    fn a_limit_that_refuses_is_counted_under_its_name() {
        let metrics = Metrics::open(vec![]).unwrap();

        metrics.limit_hit("auth");
        metrics.limit_hit("auth");
        metrics.clone().limit_hit("email");

        assert_eq!(value(&metrics, r#"auth_rate_limit_hits_total{bucket="auth"}"#), Some(2));
        assert_eq!(value(&metrics, r#"auth_rate_limit_hits_total{bucket="email"}"#), Some(1));
        assert_eq!(value(&metrics, r#"auth_rate_limit_hits_total{bucket="mfa"}"#), None);
    }

    #[test]
    fn a_request_is_counted_and_timed() {
        let metrics = Metrics::open(vec![]).unwrap();

        for milliseconds in [1, 30, 11_000] {
            metrics.request("GET", "/health", 200, Duration::from_millis(milliseconds));
        }

        let bucket = r#"http_request_duration_seconds_bucket{method="GET",path="/health",le=""#;
        let took = |le| value(&metrics, &format!("{bucket}{le}\"}}")).unwrap();
        assert_eq!(["0.001", "0.05", "10", "+Inf"].map(took), [1, 2, 2, 3]);
        let requests = r#"http_requests_total{method="GET",path="/health",status_code="200"}"#;
        assert_eq!(value(&metrics, requests), Some(3));
    }

    #[test]
    fn an_operation_is_counted_by_kind_and_code() {
        let metrics = Metrics::open(vec![]).unwrap();

        metrics.operation("query", "OK");
        metrics.operation("mutation", "RATE_LIMITED");

        assert_eq!(value(&metrics, r#"graphql_operations_total{code="OK",kind="query"}"#), Some(1));
        assert_eq!(value(&metrics, r#"graphql_operations_total{code="RATE_LIMITED",kind="mutation"}"#), Some(1));
    }

    #[test]
    fn a_reading_is_asked_for_every_time() {
        let count = Arc::new(AtomicU64::new(3));
        let counted = Arc::clone(&count);
        let read = Box::new(move || counted.load(Ordering::Relaxed));
        let reading = MetricReading { kind: MetricKind::Counter, name: "away_total", help: "Some.", label: None, read };
        let metrics = Metrics::open(vec![reading]).unwrap();

        assert_eq!(value(&metrics, "away_total"), Some(3));
        count.store(5, Ordering::Relaxed);
        assert_eq!(value(&metrics, "away_total"), Some(5));
        assert!(metrics.text().unwrap().contains("# TYPE away_total counter\n"));
    }

    #[test]
    fn readings_of_one_name_differ_by_their_label() {
        let of = |pool| gauge("connections", Some(("pool", pool)));
        let metrics = Metrics::open(vec![of("read"), of("write")]).unwrap();

        assert_eq!(value(&metrics, r#"connections{pool="read"}"#), Some(7));
        assert_eq!(value(&metrics, r#"connections{pool="write"}"#), Some(7));
        assert_eq!(metrics.text().unwrap().matches("# TYPE connections gauge\n").count(), 1);
        assert!(matches!(Metrics::open(vec![of("read"), of("read")]), Err(Error::Fault(_))));
        assert!(matches!(Metrics::open(vec![gauge("no name", None)]), Err(Error::Fault(_))));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_process_tells_of_itself() {
        let metrics = Metrics::open(vec![]).unwrap();

        assert!(value(&metrics, "process_resident_memory_bytes").unwrap() > 0);
        assert!(value(&metrics, "process_open_fds").unwrap() > 0);
    }
}
