//! Metrics for Prometheus: events that are counted, and numbers of other tools that are read for each scrape.

mod durations;
mod reading;
mod sign_ins;
mod traffic;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use prometheus::{IntCounterVec, IntGauge, Opts, Registry, TextEncoder};

pub use self::durations::Durations;
use self::reading::ReadMetric;
pub use self::reading::{MetricKind, MetricReading};
use self::sign_ins::SignInMetrics;
use self::traffic::TrafficMetrics;
use crate::error::{OrFault, Result};

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
    traffic: TrafficMetrics,
    sign_ins: SignInMetrics,
}

/// A stream that is counted as open until this is dropped.
#[derive(Debug)]
pub struct OpenStream(IntGauge);

impl Drop for OpenStream {
    fn drop(&mut self) {
        self.0.dec();
    }
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
        let (traffic, sign_ins) = (TrafficMetrics::register(&registry)?, SignInMetrics::register(&registry)?);
        let readings = readings.into_iter().map(|reading| reading.register(&registry)).collect::<Result<_, _>>()?;
        #[cfg(target_os = "linux")]
        registry.register(Box::new(prometheus::process_collector::ProcessCollector::for_self()))?;
        Ok(Self(Arc::new(Instruments { registry, readings: Mutex::new(readings), traffic, sign_ins })))
    }

    /// Shows a histogram that a tool fills.
    ///
    /// # Errors
    /// A fault where another metric has its name.
    pub fn show(&self, durations: &Durations) -> Result<()> {
        self.0.registry.register(Box::new(durations.0.clone())).or_fault("preparing the metrics")
    }

    /// A request was answered. `path` is the route, never the path that the client chose.
    pub fn request(&self, method: &'static str, path: &str, status: u16, took: Duration) {
        self.0.traffic.durations.with_label_values(&[method, path]).observe(took.as_secs_f64());
        self.0.traffic.requests.with_label_values(&[method, path, &status.to_string()]).inc();
    }

    /// A GraphQL operation is over, with this code.
    pub fn operation(&self, kind: &'static str, code: &'static str) {
        self.0.traffic.operations.with_label_values(&[kind, code]).inc();
    }

    /// A limit has refused an attempt.
    pub fn limit_hit(&self, bucket: &'static str) {
        self.0.traffic.limit_hits.with_label_values(&[bucket]).inc();
    }

    /// A new connection was closed because of this limit.
    pub fn connection_refused(&self, limit: &'static str) {
        self.0.traffic.connections_refused.with_label_values(&[limit]).inc();
    }

    /// A `websocket` or an `event_stream` is open, as long as the answer is held.
    #[must_use]
    pub fn open_stream(&self, transport: &'static str) -> OpenStream {
        let gauge = self.0.traffic.open_streams.with_label_values(&[transport]);
        gauge.inc();
        OpenStream(gauge)
    }

    /// The first step of a login is over: the user came with this method, and it ended so.
    pub fn login(&self, method: &'static str, result: &'static str) {
        self.0.sign_ins.logins.with_label_values(&[method, result]).inc();
    }

    /// The second step of a login is over.
    pub fn mfa(&self, result: &'static str) {
        self.0.sign_ins.mfa.with_label_values(&[result]).inc();
    }

    /// Too many wrong passwords have locked an account.
    pub fn lockout(&self) {
        self.0.sign_ins.lockouts.inc();
    }

    /// A refresh token was presented.
    pub fn refresh(&self, result: &'static str) {
        self.0.sign_ins.refreshes.with_label_values(&[result]).inc();
    }

    /// A registration is over: the user came with this method, and it ended so.
    pub fn registration(&self, method: &'static str, result: &'static str) {
        self.0.sign_ins.registrations.with_label_values(&[method, result]).inc();
    }

    /// An attempt to deliver an email is over.
    pub fn email(&self, outcome: &'static str) {
        self.0.sign_ins.emails.with_label_values(&[outcome]).inc();
    }

    /// The settings have this provider. Its counts begin at zero.
    pub fn begin_provider(&self, provider: &str) {
        self.0.sign_ins.begin_provider(provider);
    }

    /// A sign-in at this provider of the settings was started or completed.
    pub fn oauth(&self, provider: &str, result: &str) {
        self.0.sign_ins.oauth.with_label_values(&[provider, result]).inc();
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
        MetricReading {
            kind: MetricKind::Gauge,
            name,
            help: "Some.",
            labels: label.into_iter().collect(),
            read: Box::new(|| 7),
        }
    }

    #[test]
    fn a_limit_that_refuses_is_counted_under_its_name() {
        let metrics = Metrics::open(vec![]).unwrap();

        metrics.limit_hit("auth");
        metrics.limit_hit("auth");
        metrics.clone().limit_hit("email");

        assert_eq!(value(&metrics, r#"auth_rate_limit_hits_total{bucket="auth"}"#), Some(2));
        assert_eq!(value(&metrics, r#"auth_rate_limit_hits_total{bucket="email"}"#), Some(1));
        assert_eq!(value(&metrics, r#"auth_rate_limit_hits_total{bucket="mfa"}"#), Some(0));
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
        let reading =
            MetricReading { kind: MetricKind::Counter, name: "away_total", help: "Some.", labels: vec![], read };
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

    #[test]
    fn a_stream_is_open_until_it_is_dropped() {
        let metrics = Metrics::open(vec![]).unwrap();
        let open = || value(&metrics, r#"auth_open_streams{transport="websocket"}"#);

        let (first, _second) = (metrics.open_stream("websocket"), metrics.open_stream("websocket"));
        assert_eq!(open(), Some(2));
        drop(first);
        assert_eq!(open(), Some(1));
    }

    #[test]
    fn a_histogram_of_a_tool_is_shown_once() {
        let (metrics, waits) = (Metrics::open(vec![]).unwrap(), Durations::new("wait_seconds", "Some.").unwrap());
        metrics.show(&waits).unwrap();

        waits.clone().observe(Duration::from_millis(3));

        assert_eq!(value(&metrics, r#"wait_seconds_bucket{le="0.0025"}"#), Some(0));
        assert_eq!(value(&metrics, r#"wait_seconds_bucket{le="0.005"}"#), Some(1));
        assert!(matches!(metrics.show(&waits), Err(Error::Fault(_))));
    }
}
