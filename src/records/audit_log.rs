//! The audit trail: who did what to whom, from where, with which outcome. Written in the transaction of the deed.

use serde_json::{Map, Value};
use sqlx::types::Json;

use crate::error::Result;
use crate::tools::db::{Db, Tx, sql};
use crate::values::audit::{AuditAction, AuditOutcome};
use crate::values::caller::Caller;
use crate::values::ids::{EventId, SessionId, UserId};
use crate::values::time::Time;

/// Something that happened, on its way into the trail.
#[derive(Debug)]
#[must_use = "an event that is not written did not happen"]
pub struct Event {
    action: AuditAction,
    outcome: AuditOutcome,
    actor: Option<UserId>,
    subject: Option<UserId>,
    session: Option<SessionId>,
    metadata: Map<String, Value>,
}

impl Event {
    /// Something was done.
    pub fn success(action: AuditAction) -> Self {
        Self { action, outcome: AuditOutcome::Success, actor: None, subject: None, session: None, metadata: Map::new() }
    }

    /// Something was refused.
    pub fn failure(action: AuditAction) -> Self {
        Self { outcome: AuditOutcome::Failure, ..Self::success(action) }
    }

    /// The user who did it, to themselves.
    pub fn by(self, user: UserId) -> Self {
        Self { actor: Some(user), subject: Some(user), ..self }
    }

    /// The administrator who did it, and the user it was done to.
    pub fn by_admin(self, admin: UserId, subject: UserId) -> Self {
        Self { actor: Some(admin), subject: Some(subject), ..self }
    }

    /// The user it was done to, by somebody unknown.
    pub fn about(self, user: Option<UserId>) -> Self {
        Self { subject: user, ..self }
    }

    /// The session it was done in, or to.
    pub fn in_session(self, session: SessionId) -> Self {
        Self { session: Some(session), ..self }
    }

    /// A detail; never a secret.
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.metadata.insert(name.to_owned(), value.into());
        self
    }
}

/// Writes an event into the trail.
pub async fn write(tx: &mut Tx, caller: &Caller, event: Event, now: Time) -> Result<()> {
    tx.query(sql!(
        "insert into audit_events",
        " (id, at, action, outcome, actor_id, subject_id, session_id, address, user_agent, correlation_id, metadata)",
        " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
    ))
    .bind(EventId::new())
    .bind(now)
    .bind(event.action)
    .bind(event.outcome)
    .bind(event.actor)
    .bind(event.subject)
    .bind(event.session)
    .bind(caller.address.to_string())
    .bind(caller.user_agent.clone())
    .bind(caller.correlation_id.clone())
    .bind(Json(Value::Object(event.metadata)))
    .execute()
    .await?;
    Ok(())
}

/// One event of the trail.
#[derive(Debug, Clone, sqlx::FromRow)]
#[allow(missing_docs, reason = "the columns of the table")]
pub struct Recorded {
    pub action: AuditAction,
    pub outcome: AuditOutcome,
    pub actor_id: Option<UserId>,
    pub subject_id: Option<UserId>,
    pub session_id: Option<SessionId>,
    pub correlation_id: String,
    pub metadata: Json<Value>,
}

/// The newest events, oldest of them first.
pub async fn list_latest(db: &Db, most: i64) -> Result<Vec<Recorded>> {
    let mut events: Vec<Recorded> = db
        .query(sql!(
            "select action, outcome, actor_id, subject_id, session_id, correlation_id, metadata",
            " from audit_events order by at desc, id desc limit $1"
        ))
        .bind(most)
        .all()
        .await?;
    events.reverse();
    Ok(events)
}
