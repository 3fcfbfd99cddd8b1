//! Taking the audit trail elsewhere, as one JSON object a line.

use std::fmt::Write;

use chrono::SecondsFormat;
use serde::Serialize;
use serde_json::Value;

use crate::app::App;
use crate::error::{OrFault, Result};
use crate::records::audit_links::{self, Link};
use crate::values::audit_chain::ChainHash;
use crate::values::ids::{EventId, SessionId, UserId};
use crate::values::time::Time;

/// How many events are read at once.
const BATCH: i64 = 1_000;

/// An event as the export spells it. With `shard`, `sequence` and `hash` it can be verified elsewhere.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    id: String,
    at: String,
    action: String,
    outcome: String,
    actor_id: Option<String>,
    subject_id: Option<String>,
    session_id: Option<String>,
    ip_address: Option<String>,
    user_agent: Option<String>,
    correlation_id: String,
    metadata: Value,
    shard: Option<i32>,
    sequence: Option<i64>,
    hash: Option<String>,
}

/// Hands every event from `since` and before `until` to `write`, oldest first, a line for each. Answers how many.
///
/// # Errors
/// `UNAVAILABLE`, a fault, and whatever `write` fails with.
pub async fn export_audit(
    app: &App,
    (since, until): (Time, Time),
    mut write: impl FnMut(&str) -> Result<()>,
) -> Result<u64> {
    let mut exported = 0;
    // The first id of all.
    let mut after = (since, EventId::from(uuid::Uuid::nil()));
    loop {
        let events = audit_links::list_between(&app.db, after, until, BATCH).await?;
        let Some(last) = events.last() else { return Ok(exported) };
        after = (last.at, last.id);
        for event in events {
            let line = serde_json::to_string(&Line::from(event)).or_fault("writing an event as JSON")?;
            write(&line)?;
            exported += 1;
        }
    }
}

impl From<Link> for Line {
    fn from(event: Link) -> Self {
        let user = |id| UserId::from(id).to_string();
        Self {
            id: event.id.to_string(),
            at: event.at.to_rfc3339_opts(SecondsFormat::Micros, true),
            action: event.action,
            outcome: event.outcome,
            actor_id: event.actor_id.map(user),
            subject_id: event.subject_id.map(user),
            session_id: event.session_id.map(|id| SessionId::from(id).to_string()),
            ip_address: event.address,
            user_agent: event.user_agent,
            correlation_id: event.correlation_id,
            metadata: serde_json::from_str(&event.metadata).unwrap_or(Value::String(event.metadata)),
            shard: event.shard,
            sequence: event.sequence,
            hash: event.hash.map(|hash| hex(&hash)),
        }
    }
}

fn hex(hash: &ChainHash) -> String {
    hash.bytes().iter().fold(String::new(), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
