//! Exporting the audit trail as JSON Lines: one object a line.

use std::fmt::Write;

use chrono::{SecondsFormat, SubsecRound};
use serde::Serialize;
use serde_json::Value;

use crate::app::App;
use crate::error::{FieldErrorCode, FieldFault, OrFault, Result};
use crate::records::audit_integrity::{self, StoredEvent};
use crate::values::audit_chain::ChainHash;
use crate::values::ids::{EventId, SessionId, UserId};
use crate::values::time::Time;

/// How many events are read at once.
const BATCH: i64 = 1_000;

/// An event as the export writes it. With `shard`, `sequence` and `hash` it can be verified elsewhere.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ExportedEvent {
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

/// The outcome of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exported {
    /// How many events.
    pub events: u64,
    /// All of them are dated before this time, and the next export starts at it.
    pub until: Time,
}

/// Passes every event from `since` and before `until` to `write`, oldest first, a line for each. Without `until` it ends at the
/// latest time before which no event can be added any more.
///
/// # Errors
/// `VALIDATION_FAILED` for an `until` that is later than that; `UNAVAILABLE`, a fault, and the errors of `write`.
pub async fn export_audit(
    app: &App,
    (since, until): (Time, Option<Time>),
    mut write: impl FnMut(&str) -> Result<()>,
) -> Result<Exported> {
    // A flow that has not committed yet writes an event that is dated when the flow began. Neither this export nor the next
    // one would have it, if this one went further. In whole seconds, so that it can be typed.
    let settled = (app.clock.now() - app.longest_flow()).trunc_subsecs(0);
    if until.is_some_and(|until| until > settled) {
        let message = format!("Events before this time may still be written; {} is the latest.", format_time(settled));
        return Err(FieldFault::new(FieldErrorCode::OutOfRange, message).at("until").into());
    }
    let until = until.unwrap_or(settled);
    let mut exported = 0;
    // Lower than every id.
    let mut after = (since, EventId::from(uuid::Uuid::nil()));
    loop {
        let events = audit_integrity::list_between(&app.db, after, until, BATCH).await?;
        let Some(last) = events.last() else { return Ok(Exported { events: exported, until }) };
        after = (last.at, last.id);
        for event in events {
            let line = serde_json::to_string(&ExportedEvent::from(event)).or_fault("writing an event as JSON")?;
            write(&line)?;
            exported += 1;
        }
    }
}

/// A time as the command line takes it.
#[must_use]
pub fn format_time(at: Time) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

impl From<StoredEvent> for ExportedEvent {
    fn from(event: StoredEvent) -> Self {
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
