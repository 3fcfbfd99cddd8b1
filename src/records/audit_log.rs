//! The audit trail: who did what to whom, from where, with which outcome.
//!
//! This module writes events, in the transaction of the action, and reads them. `audit_chains` keeps the end of each
//! chain, `audit_integrity` reads events with their hashes for verification and removes old ones, `audit_search`
//! filters them. `flows/verify_audit` checks the chains.

use serde::Deserialize;
use serde_json::Value;
use sqlx::types::Json;

use super::audit_chains;
pub use super::audit_chains::ChainHead;
use super::new_audit_event::{CHANGES, ENDED_COUNT, ENDED_IDS};
pub use super::new_audit_event::{ChangedValue, NewAuditEvent};
use crate::error::Result;
use crate::tools::db::{Db, Tx, sql};
use crate::values::audit::{AuditAction, AuditOutcome};
use crate::values::audit_chain::{ChainHash, ChainPosition, Content};
use crate::values::caller::Caller;
use crate::values::ids::{EventId, SessionId, UserId};
use crate::values::time::Time;

/// Appends an event to a chain of the trail. The chain stays locked until the transaction ends.
pub async fn write(tx: &mut Tx, caller: &Caller, event: NewAuditEvent, now: Time) -> Result<()> {
    let address = caller.address.to_string();
    let content = Content {
        id: EventId::new().uuid(),
        at: now,
        action: event.action.as_str(),
        outcome: event.outcome.as_str(),
        actor: event.actor.map(UserId::uuid),
        subject: event.subject.map(UserId::uuid),
        session: event.session.map(SessionId::uuid),
        address: Some(&address),
        user_agent: Some(&caller.user_agent),
        correlation_id: &caller.correlation_id,
        metadata: &Value::Object(event.metadata),
    };
    let chain = audit_chains::lock_any(tx).await?;
    let place = chain.next();
    let hash = ChainHash::new(&chain.hash, place, &content);
    insert(tx, &content, place, hash).await?;
    // Wakes the feed of this process when the transaction commits.
    tx.announce();
    Ok(())
}

async fn insert(tx: &mut Tx, content: &Content<'_>, place: ChainPosition, hash: ChainHash) -> Result<()> {
    tx.query(sql!(
        "insert into audit_events",
        " (id, at, action, outcome, actor_id, subject_id, session_id, address, user_agent, correlation_id, metadata,",
        " shard, sequence, hash)",
        " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"
    ))
    .bind(content.id)
    .bind(content.at)
    .bind(content.action.to_owned())
    .bind(content.outcome.to_owned())
    .bind(content.actor)
    .bind(content.subject)
    .bind(content.session)
    .bind(content.address.map(str::to_owned))
    .bind(content.user_agent.map(str::to_owned))
    .bind(content.correlation_id.to_owned())
    .bind(Json(content.metadata.clone()))
    .bind(place.shard)
    .bind(place.sequence)
    .bind(hash)
    .execute()
    .await
    .map(drop)
}

/// One event of the trail.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
#[allow(missing_docs, reason = "the columns of the table")]
pub struct AuditEvent {
    pub id: EventId,
    pub at: Time,
    pub action: AuditAction,
    pub outcome: AuditOutcome,
    pub actor_id: Option<UserId>,
    pub subject_id: Option<UserId>,
    pub session_id: Option<SessionId>,
    pub address: Option<String>,
    pub user_agent: Option<String>,
    pub correlation_id: String,
    pub metadata: Json<Value>,
    /// Its chain; `None` only in an event of a version without chains, until the maintenance chains it.
    pub shard: Option<i32>,
    /// Its place in the chain, counted from 1 without a gap.
    pub sequence: Option<i64>,
}

impl AuditEvent {
    /// Whether the event may have changed what this user may do in this session.
    #[must_use]
    pub fn concerns(&self, user: UserId, session: SessionId) -> bool {
        self.subject_id == Some(user) || self.actor_id == Some(user) || self.session_id == Some(session)
    }

    /// Why it was refused, as the trail has it; `None` for what was not refused.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        if self.outcome != AuditOutcome::Failure {
            return None;
        }
        self.metadata.get("reason").and_then(Value::as_str)
    }

    /// The values that changed. Those that a newer version writes in another form are left out.
    #[must_use]
    pub fn changes(&self) -> Vec<ChangedValue> {
        let changes = self.metadata.get(CHANGES).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        changes.iter().filter_map(|change| ChangedValue::deserialize(change).ok()).collect()
    }

    /// The sessions that the action ended: how many, and the ids of the newest of them.
    #[must_use]
    pub fn ended_sessions(&self) -> (i64, Vec<&str>) {
        let count = self.metadata.get(ENDED_COUNT).and_then(Value::as_i64).unwrap_or_default();
        let ids = self.metadata.get(ENDED_IDS).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        (count, ids.iter().filter_map(Value::as_str).collect())
    }

    /// Whether the actor is another user than the subject.
    #[must_use]
    pub fn is_by_another(&self) -> bool {
        self.actor_id.is_some() && self.actor_id != self.subject_id
    }
}

/// The columns of [`AuditEvent`], of the table under the name `e`.
macro_rules! columns {
    () => {
        "e.id, e.at, e.action, e.outcome, e.actor_id, e.subject_id, e.session_id, e.address, e.user_agent, \
         e.correlation_id, e.metadata, e.shard, e.sequence"
    };
}
pub(super) use columns;

/// The event of this id.
pub async fn find(db: &Db, id: EventId) -> Result<Option<AuditEvent>> {
    db.query(sql!("select ", columns!(), " from audit_events e where e.id = $1")).bind(id).optional().await
}

/// The events of these ids, in no order; at most a few hundred.
pub async fn find_many(db: &Db, ids: &[EventId]) -> Result<Vec<AuditEvent>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let numbers: Vec<String> = (1..=ids.len()).map(|number| format!("${number}")).collect();
    let text = format!("select {} from audit_events e where e.id in ({})", columns!(), numbers.join(", "));
    ids.iter().fold(db.query_built(text), |query, id| query.bind(*id)).all().await
}

/// The newest events, oldest of them first.
pub async fn list_latest(db: &Db, most: i64) -> Result<Vec<AuditEvent>> {
    let mut events: Vec<AuditEvent> = db
        .query(sql!("select ", columns!(), " from audit_events e order by e.at desc, e.id desc limit $1"))
        .bind(most)
        .all()
        .await?;
    events.reverse();
    Ok(events)
}

/// The end of every chain: a listener that starts now begins there.
pub async fn heads(db: &Db) -> Result<Vec<ChainHead>> {
    audit_chains::heads(db).await
}

/// Events that were committed behind `known`, at most `most` of each chain, by chain and in the order of their commits.
/// The next call continues behind the last event of each chain, so no event is left out. A chain that `known` does not
/// name is read from its beginning. Where nothing is new, this is one cheap statement.
pub async fn list_behind(db: &Db, known: &[ChainHead], most: u32) -> Result<Vec<AuditEvent>> {
    let come_to = |shard| known.iter().find(|head| head.shard == shard).map_or(0, |head| head.sequence);
    let behind: Vec<Behind> = heads(db)
        .await?
        .into_iter()
        .map(|head| (head, come_to(head.shard)))
        .filter(|(head, known)| head.sequence > *known)
        .map(|(head, known)| Behind {
            shard: head.shard,
            known,
            until: head.sequence.min(known.saturating_add(most.into())),
        })
        .collect();
    if behind.is_empty() {
        return Ok(Vec::new());
    }
    // Nearly always they are recent, and then only the newest months are looked into.
    let recent = if db.is_sqlite() { Vec::new() } else { list_recent_behind(db, &behind).await? };
    let expected: i64 = behind.iter().map(|chain| chain.until - chain.known).sum();
    // Chains have no gaps: fewer means that one is dated earlier, by a clock or because it was chained late.
    if i64::try_from(recent.len()).is_ok_and(|found| found == expected) {
        return Ok(recent);
    }
    let of_chain = |n: usize| {
        let (shard, sequence) = (2 * n + 1, 2 * n + 2);
        format!(
            "select * from (select {} from audit_events e where e.shard = ${shard} and e.sequence > ${sequence} \
             order by e.sequence limit {most}) as chain_{n}",
            columns!()
        )
    };
    let text = (0..behind.len()).map(of_chain).collect::<Vec<_>>().join(" union all ");
    let query = db.query_built(text);
    behind.into_iter().fold(query, |query, chain| query.bind(chain.shard).bind(chain.known)).all().await
}

/// What is to be read of a chain: behind `known`, up to and with `until`.
struct Behind {
    shard: i32,
    known: i64,
    until: i64,
}

/// The events of the last two days among them, on `PostgreSQL`. The months are planned once, and not for each chain.
async fn list_recent_behind(db: &Db, behind: &[Behind]) -> Result<Vec<AuditEvent>> {
    let values = |n: usize| format!("(${}::integer, ${}::bigint, ${}::bigint)", 3 * n + 1, 3 * n + 2, 3 * n + 3);
    let chains: Vec<String> = (0..behind.len()).map(values).collect();
    let text = format!(
        "select {} from (values {}) as chain (shard, known, until) cross join lateral (select * from audit_events e \
         where e.shard = chain.shard and e.sequence > chain.known and e.sequence <= chain.until \
         and e.at > now() - interval '2 days' order by e.sequence) e",
        columns!(),
        chains.join(", ")
    );
    let query = db.query_built(text);
    behind.iter().fold(query, |query, chain| query.bind(chain.shard).bind(chain.known).bind(chain.until)).all().await
}
