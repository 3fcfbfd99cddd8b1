//! The gauges of the tools: numbers in memory, so that reading the metrics waits for nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::tools::db::{Db, DbPool};
use crate::tools::metrics::{MetricKind, MetricReading};
use crate::tools::password_hasher::PasswordHasher;
use crate::tools::redis::Redis;

/// The outbox when it was last counted.
#[derive(Debug, Default)]
pub struct OutboxGauges {
    /// Emails that wait to be delivered.
    pub waiting: AtomicU64,
    /// How long the oldest of them has waited, in seconds.
    pub oldest_seconds: AtomicU64,
    /// Emails that were given up.
    pub dead: AtomicU64,
}

/// All gauges.
#[must_use]
pub fn list(db: &Db, redis: Option<&Redis>, hasher: &PasswordHasher, outbox: &Arc<OutboxGauges>) -> Vec<MetricReading> {
    let (redis, hasher) = (redis.cloned(), hasher.clone());
    let mut readings = vec![
        MetricReading {
            kind: MetricKind::Gauge,
            name: "authgraph_build_info",
            help: "Which version this instance runs; always 1.",
            label: Some(("version", env!("CARGO_PKG_VERSION"))),
            read: Box::new(|| 1),
        },
        MetricReading {
            kind: MetricKind::Counter,
            name: "auth_redis_fallback_total",
            help: "How often Redis should have answered and did not, so that this instance went on by itself.",
            label: None,
            read: Box::new(move || redis.as_ref().map_or(0, Redis::fallbacks)),
        },
        MetricReading {
            kind: MetricKind::Gauge,
            name: "auth_hash_queue_depth",
            help: "Passwords that wait to be hashed.",
            label: None,
            read: Box::new(move || hasher.queue_depth() as u64),
        },
    ];
    readings.extend(for_outbox(outbox));
    readings.extend(db.pools().into_iter().flat_map(for_pool));
    readings
}

/// The same names for every pool, told apart by their label.
fn for_pool(pool: DbPool) -> [MetricReading; 2] {
    let label = Some(("pool", pool.name));
    let (open, idle) = (pool.clone(), pool);
    [
        MetricReading {
            kind: MetricKind::Gauge,
            name: "auth_database_connections",
            help: "Connections to the database that are open.",
            label,
            read: Box::new(move || open.open()),
        },
        MetricReading {
            kind: MetricKind::Gauge,
            name: "auth_database_connections_idle",
            help: "Open connections to the database that are idle.",
            label,
            read: Box::new(move || idle.idle()),
        },
    ]
}

/// The same on every instance: they share the outbox.
fn for_outbox(gauges: &Arc<OutboxGauges>) -> [MetricReading; 3] {
    let gauge = |name, help, value: fn(&OutboxGauges) -> &AtomicU64| {
        let gauges = Arc::clone(gauges);
        let read = Box::new(move || value(&gauges).load(Ordering::Relaxed));
        MetricReading { kind: MetricKind::Gauge, name, help, label: None, read }
    };
    [
        gauge("auth_outbox_waiting", "Emails that are to be delivered.", |gauges| &gauges.waiting),
        gauge(
            "auth_outbox_oldest_age_seconds",
            "How long the oldest email that is to be delivered has waited.",
            |gauges| &gauges.oldest_seconds,
        ),
        gauge("auth_outbox_dead", "Emails that were given up and wait for an operator.", |gauges| &gauges.dead),
    ]
}
