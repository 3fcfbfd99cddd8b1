//! What the tools say of themselves when the metrics are read: numbers in memory, so that reading them waits for nobody.

use crate::tools::db::Db;
use crate::tools::kv::Kv;
use crate::tools::metrics::{Kind, Reading};
use crate::tools::password_hasher::PasswordHasher;

/// Everything there is to ask.
#[must_use]
pub fn list(db: &Db, kv: &Kv, hasher: &PasswordHasher) -> Vec<Reading> {
    let (kv, hasher) = (kv.clone(), hasher.clone());
    let mut readings = vec![
        Reading {
            kind: Kind::Gauge,
            name: "authgraph_build_info",
            help: "Which version this instance runs; always 1.",
            label: Some(("version", env!("CARGO_PKG_VERSION"))),
            read: Box::new(|| 1),
        },
        Reading {
            kind: Kind::Counter,
            name: "auth_kv_fallback_total",
            help: "How often Redis should have answered and did not, so that this instance went on by itself.",
            label: None,
            read: Box::new(move || kv.fallbacks()),
        },
        Reading {
            kind: Kind::Gauge,
            name: "auth_hash_queue_depth",
            help: "Passwords that wait to be hashed.",
            label: None,
            read: Box::new(move || hasher.queue_depth() as u64),
        },
    ];
    for pool in db.pools() {
        let label = Some(("pool", pool.name));
        let (open, idle) = (pool.clone(), pool);
        readings.push(Reading {
            kind: Kind::Gauge,
            name: "auth_database_connections",
            help: "Connections to the database that are open.",
            label,
            read: Box::new(move || open.open()),
        });
        readings.push(Reading {
            kind: Kind::Gauge,
            name: "auth_database_connections_idle",
            help: "Those of them that nobody uses.",
            label,
            read: Box::new(move || idle.idle()),
        });
    }
    readings
}
