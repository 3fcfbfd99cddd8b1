//! A number that another tool keeps, read for each scrape.

use prometheus::{IntCounter, IntGauge, Opts, Registry};

/// The type that Prometheus shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricKind {
    /// It only grows.
    Counter,
    /// It goes up and down.
    Gauge,
}

/// A number that another tool keeps.
pub struct MetricReading {
    /// The type that Prometheus shows.
    pub kind: MetricKind,
    /// Its name in Prometheus.
    pub name: &'static str,
    /// What it means, for the people who find it there.
    pub help: &'static str,
    /// Labels and their values.
    pub labels: Vec<(&'static str, &'static str)>,
    /// Reads the number. It must not block.
    pub read: Box<dyn Fn() -> u64 + Send + Sync>,
}

/// A reading and the metric that shows it.
pub(super) struct ReadMetric {
    metric: RegisteredMetric,
    read: Box<dyn Fn() -> u64 + Send + Sync>,
}

enum RegisteredMetric {
    Counter(IntCounter),
    Gauge(IntGauge),
}

impl MetricReading {
    pub(super) fn register(self, registry: &Registry) -> prometheus::Result<ReadMetric> {
        let mut options = Opts::new(self.name, self.help);
        for (name, value) in self.labels {
            options = options.const_label(name, value);
        }
        let metric = match self.kind {
            MetricKind::Counter => RegisteredMetric::Counter(IntCounter::with_opts(options)?),
            MetricKind::Gauge => RegisteredMetric::Gauge(IntGauge::with_opts(options)?),
        };
        match &metric {
            RegisteredMetric::Counter(counter) => registry.register(Box::new(counter.clone()))?,
            RegisteredMetric::Gauge(gauge) => registry.register(Box::new(gauge.clone()))?,
        }
        Ok(ReadMetric { metric, read: self.read })
    }
}

impl ReadMetric {
    pub(super) fn refresh(&self) {
        let value = (self.read)();
        match &self.metric {
            RegisteredMetric::Counter(counter) => counter.inc_by(value.saturating_sub(counter.get())),
            RegisteredMetric::Gauge(gauge) => gauge.set(i64::try_from(value).unwrap_or(i64::MAX)),
        }
    }
}
