//! How many spans there were, for the metrics.

use std::sync::atomic::{AtomicU64, Ordering};

/// How many spans were recorded and exported since the start.
#[derive(Debug)]
pub struct SpanCounts {
    recorded: AtomicU64,
    exported: AtomicU64,
}

/// Those of this process, which has one log and one export of traces.
pub static SPAN_COUNTS: SpanCounts = SpanCounts { recorded: AtomicU64::new(0), exported: AtomicU64::new(0) };

impl SpanCounts {
    /// Spans of sampled traces that have ended.
    pub fn recorded(&self) -> u64 {
        self.recorded.load(Ordering::Relaxed)
    }

    /// Spans that the collector took.
    pub fn exported(&self) -> u64 {
        self.exported.load(Ordering::Relaxed)
    }

    pub(super) fn add_recorded(&self) {
        self.recorded.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn add_exported(&self, spans: usize) {
        self.exported.fetch_add(spans as u64, Ordering::Relaxed);
    }
}
