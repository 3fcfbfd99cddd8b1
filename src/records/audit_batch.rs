//! Many audit events in one statement: those of an import, and invented ones.

use serde_json::Value;
use sqlx::types::Json;

use super::audit_chains;
use super::bulk_insert::insert;
use super::new_audit_event::NewAuditEvent;
use crate::error::{OrFault, Result};
use crate::tools::db::Tx;
use crate::values::audit::{AuditAction, AuditOutcome};
use crate::values::audit_chain::{ChainHash, ChainPosition, Content};
use crate::values::caller::Caller;
use crate::values::ids::{EventId, SessionId, UserId};
use crate::values::time::Time;

/// An event that is written together with others.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the columns of the table")]
pub struct PastEvent {
    pub id: EventId,
    pub at: Time,
    pub action: AuditAction,
    pub outcome: AuditOutcome,
    pub actor: Option<UserId>,
    pub subject: Option<UserId>,
    pub session: Option<SessionId>,
    pub address: String,
    pub user_agent: String,
    pub correlation_id: String,
    pub metadata: Value,
}

impl PastEvent {
    fn now(caller: &Caller, event: NewAuditEvent, now: Time) -> Self {
        Self {
            id: EventId::new(),
            at: now,
            action: event.action,
            outcome: event.outcome,
            actor: event.actor,
            subject: event.subject,
            session: event.session,
            address: caller.address.to_string(),
            user_agent: caller.user_agent.clone(),
            correlation_id: caller.correlation_id.clone(),
            metadata: Value::Object(event.metadata),
        }
    }

    fn content(&self) -> Content<'_> {
        Content {
            id: self.id.uuid(),
            at: self.at,
            action: self.action.as_str(),
            outcome: self.outcome.as_str(),
            actor: self.actor.map(UserId::uuid),
            subject: self.subject.map(UserId::uuid),
            session: self.session.map(SessionId::uuid),
            address: Some(&self.address),
            user_agent: Some(&self.user_agent),
            correlation_id: &self.correlation_id,
            metadata: &self.metadata,
        }
    }
}

/// Writes many events into one chain.
pub async fn append(tx: &mut Tx, shard: i32, events: &[PastEvent]) -> Result<()> {
    let chain = audit_chains::lock(tx, shard).await?.or_fault("finding a chain")?;
    append_behind(tx, ChainPosition { shard, sequence: chain.sequence + 1 }, chain.hash, events).await
}

/// Writes many events of now into a chain that is free, in the transaction of what they tell. It stays locked until the
/// transaction ends.
pub async fn write_many(tx: &mut Tx, caller: &Caller, events: Vec<NewAuditEvent>, now: Time) -> Result<()> {
    if events.is_empty() {
        return Ok(());
    }
    let events: Vec<PastEvent> = events.into_iter().map(|event| PastEvent::now(caller, event, now)).collect();
    let chain = audit_chains::lock_any(tx).await?;
    append_behind(tx, chain.next(), chain.hash, &events).await?;
    tx.announce();
    Ok(())
}

async fn append_behind(tx: &mut Tx, mut place: ChainPosition, mut hash: ChainHash, events: &[PastEvent]) -> Result<()> {
    let mut links = Vec::with_capacity(events.len());
    for event in events {
        hash = ChainHash::new(&hash, place, &event.content());
        links.push((event, place, hash.clone()));
        place.sequence += 1;
    }
    let columns = "id, at, action, outcome, actor_id, subject_id, session_id, address, user_agent, correlation_id, \
                   metadata, shard, sequence, hash";
    insert(tx, "audit_events", columns, &links, |query, (event, place, hash)| {
        query
            .bind(event.id)
            .bind(event.at)
            .bind(event.action)
            .bind(event.outcome)
            .bind(event.actor)
            .bind(event.subject)
            .bind(event.session)
            .bind(event.address.clone())
            .bind(event.user_agent.clone())
            .bind(event.correlation_id.clone())
            .bind(Json(event.metadata.clone()))
            .bind(place.shard)
            .bind(place.sequence)
            .bind(hash.clone())
    })
    .await
}
