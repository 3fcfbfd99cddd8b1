//! A number that somebody else keeps, asked for whenever the metrics are read.

use std::collections::HashMap;

use prometheus::core::{Collector, Desc};
use prometheus::proto::{Counter, Gauge, Metric, MetricFamily, MetricType};

/// What kind of number it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It only grows.
    Counter,
    /// It goes up and down.
    Gauge,
}

/// A number that somebody else keeps.
pub struct Reading {
    /// What kind of number it is.
    pub kind: Kind,
    /// What Prometheus calls it.
    pub name: &'static str,
    /// What it says, for whoever finds it there.
    pub help: &'static str,
    /// What tells it from others of its name.
    pub label: Option<(&'static str, &'static str)>,
    /// ContextExt for it. Must answer at once.
    pub read: Box<dyn Fn() -> u64 + Send + Sync>,
}

impl Reading {
    pub(super) fn collector(self) -> prometheus::Result<Box<dyn Collector>> {
        let labels: HashMap<_, _> =
            self.label.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter().collect();
        let desc = Desc::new(self.name.to_owned(), self.help.to_owned(), Vec::new(), labels)?;
        Ok(Box::new(Asked { desc, reading: self }))
    }
}

struct Asked {
    desc: Desc,
    reading: Reading,
}

impl Asked {
    #[allow(clippy::cast_precision_loss, reason = "exact up to 2^53, which nothing here counts to")]
    fn ask(&self) -> (MetricType, Metric) {
        let value = (self.reading.read)() as f64;
        let mut metric = Metric::from_label(self.desc.const_label_pairs.clone());
        match self.reading.kind {
            Kind::Counter => {
                let mut counter = Counter::default();
                counter.set_value(value);
                metric.set_counter(counter);
                (MetricType::COUNTER, metric)
            }
            Kind::Gauge => {
                let mut gauge = Gauge::default();
                gauge.set_value(value);
                metric.set_gauge(gauge);
                (MetricType::GAUGE, metric)
            }
        }
    }
}

impl Collector for Asked {
    fn desc(&self) -> Vec<&Desc> {
        vec![&self.desc]
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let (kind, metric) = self.ask();
        let mut family = MetricFamily::default();
        family.set_name(self.desc.fq_name.clone());
        family.set_help(self.desc.help.clone());
        family.set_field_type(kind);
        family.set_metric(vec![metric]);
        vec![family]
    }
}
