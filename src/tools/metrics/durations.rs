//! How long something takes that a tool does again and again.

use std::time::Duration;

use prometheus::{Histogram, HistogramOpts};

use crate::error::{OrFault, Result};

/// In seconds: from an answer of a neighbour in memory to a wait that gives up.
const BUCKETS: [f64; 14] = [0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// A histogram that a tool fills and [`super::Metrics::show`] shows. Clones are the same one.
#[derive(Debug, Clone)]
pub struct Durations(pub(super) Histogram);

impl Durations {
    /// Begins empty. The name is the one in Prometheus, and ends in `_seconds`.
    ///
    /// # Errors
    /// A fault for a name that Prometheus does not allow.
    pub fn new(name: &'static str, help: &'static str) -> Result<Self> {
        let options = HistogramOpts::new(name, help).buckets(BUCKETS.to_vec());
        Ok(Self(Histogram::with_opts(options).or_fault("preparing a histogram")?))
    }

    /// It took this long once more.
    pub fn observe(&self, took: Duration) {
        self.0.observe(took.as_secs_f64());
    }
}
