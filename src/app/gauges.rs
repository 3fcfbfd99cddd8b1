//! The gauges and histograms of the tools: numbers in memory, so that reading the metrics waits for nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::Result;
use crate::tools::db::{Db, DbPool};
use crate::tools::metrics::{MetricKind, MetricReading, Metrics};
use crate::tools::password_hasher::PasswordHasher;
use crate::tools::redis::{Redis, call_durations};
use crate::tools::telemetry::{SPAN_COUNTS, SpanCounts};

/// What the database held when it was last counted.
#[derive(Debug, Default)]
pub struct StoredGauges {
    /// Emails that wait to be delivered.
    pub waiting: AtomicU64,
    /// How long the oldest of them has waited, in seconds.
    pub oldest_seconds: AtomicU64,
    /// Emails that were given up.
    pub dead: AtomicU64,
    /// Accounts that are not deleted.
    pub users: AtomicU64,
    /// Those that are locked.
    pub locked_users: AtomicU64,
    /// Sessions that are neither ended nor expired.
    pub active_sessions: AtomicU64,
    /// Audit events without a place in a chain.
    pub unchained_events: AtomicU64,
    /// Audit events that subscribers of this instance have not been told of yet.
    pub feed_backlog: AtomicU64,
}

/// The tools that tell of themselves.
#[derive(Clone, Copy)]
#[allow(missing_docs, reason = "each field is a tool that describes itself")]
pub struct MeasuredTools<'a> {
    pub db: &'a Db,
    /// Where the settings name one.
    pub redis: Option<&'a Redis>,
    pub hasher: &'a PasswordHasher,
}

/// All metrics, with the gauges and histograms of these tools.
///
/// # Errors
/// A fault where two metrics have the same name.
pub fn open_metrics(tools: MeasuredTools<'_>, stored: &Arc<StoredGauges>, is_development: bool) -> Result<Metrics> {
    let mut readings = vec![build_info(tools, is_development)];
    readings.extend(for_tools(tools));
    readings.extend(for_stored(stored));
    readings.extend(for_spans());
    readings.extend(tools.db.pools().into_iter().flat_map(for_pool));
    let metrics = Metrics::open(readings)?;
    metrics.show(tools.hasher.waits())?;
    metrics.show(tools.db.waits())?;
    metrics.show(&tools.redis.map_or_else(call_durations, |redis| Ok(redis.calls().clone()))?)?;
    Ok(metrics)
}

fn build_info(tools: MeasuredTools<'_>, is_development: bool) -> MetricReading {
    MetricReading {
        kind: MetricKind::Gauge,
        name: "authgraph_build_info",
        help: "Which version this instance runs, and how; always 1.",
        labels: vec![
            ("version", env!("CARGO_PKG_VERSION")),
            ("database", if tools.db.is_sqlite() { "sqlite" } else { "postgresql" }),
            ("redis", if tools.redis.is_some() { "true" } else { "false" }),
            ("environment", if is_development { "development" } else { "production" }),
        ],
        read: Box::new(|| 1),
    }
}

fn for_tools(MeasuredTools { redis, hasher, .. }: MeasuredTools<'_>) -> [MetricReading; 2] {
    let (redis, hasher) = (redis.cloned(), hasher.clone());
    [
        MetricReading {
            kind: MetricKind::Counter,
            name: "auth_redis_fallback_total",
            help: "How often Redis should have answered and did not, so that this instance went on by itself.",
            labels: vec![],
            read: Box::new(move || redis.as_ref().map_or(0, Redis::fallbacks)),
        },
        MetricReading {
            kind: MetricKind::Gauge,
            name: "auth_hash_queue_depth",
            help: "Passwords that wait to be hashed.",
            labels: vec![],
            read: Box::new(move || hasher.queue_depth() as u64),
        },
    ]
}

/// Zero where traces are off.
fn for_spans() -> [MetricReading; 2] {
    let counter = |name, help, value: fn(&SpanCounts) -> u64| {
        let read = Box::new(move || value(&SPAN_COUNTS));
        MetricReading { kind: MetricKind::Counter, name, help, labels: vec![], read }
    };
    [
        counter("auth_trace_spans_total", "Spans of sampled traces that have ended.", SpanCounts::recorded),
        counter("auth_trace_spans_exported_total", "Spans that the collector has taken.", SpanCounts::exported),
    ]
}

/// The same names for every pool, told apart by their label.
fn for_pool(pool: DbPool) -> [MetricReading; 2] {
    let labels = vec![("pool", pool.name)];
    let (open, idle) = (pool.clone(), pool);
    [
        MetricReading {
            kind: MetricKind::Gauge,
            name: "auth_database_connections",
            help: "Connections to the database that are open.",
            labels: labels.clone(),
            read: Box::new(move || open.open()),
        },
        MetricReading {
            kind: MetricKind::Gauge,
            name: "auth_database_connections_idle",
            help: "Open connections to the database that are idle.",
            labels,
            read: Box::new(move || idle.idle()),
        },
    ]
}

/// The same on every instance, except the last: they share the database.
fn for_stored(gauges: &Arc<StoredGauges>) -> [MetricReading; 8] {
    let gauge = |name, help, value: fn(&StoredGauges) -> &AtomicU64| {
        let gauges = Arc::clone(gauges);
        let read = Box::new(move || value(&gauges).load(Ordering::Relaxed));
        MetricReading { kind: MetricKind::Gauge, name, help, labels: vec![], read }
    };
    [
        gauge("auth_outbox_waiting", "Emails that are to be delivered.", |gauges| &gauges.waiting),
        gauge(
            "auth_outbox_oldest_age_seconds",
            "How long the oldest email that is to be delivered has waited.",
            |gauges| &gauges.oldest_seconds,
        ),
        gauge("auth_outbox_dead", "Emails that were given up and wait for an operator.", |gauges| &gauges.dead),
        gauge("auth_users", "Accounts that are not deleted.", |gauges| &gauges.users),
        gauge("auth_users_locked", "Accounts that are locked.", |gauges| &gauges.locked_users),
        gauge("auth_active_sessions", "Sessions that are neither ended nor expired.", |gauges| &gauges.active_sessions),
        gauge(
            "auth_audit_unchained_events",
            "Audit events that have no place in a chain yet; counted up to 10000.",
            |gauges| &gauges.unchained_events,
        ),
        gauge(
            "auth_audit_feed_backlog",
            "Audit events that subscribers of this instance have not been told of yet.",
            |gauges| &gauges.feed_backlog,
        ),
    ]
}
