//! Events of the trail with their hashes: read for verification (`flows/verify_audit`) and export, chained later where
//! a version without chains wrote them, and removed by retention.

use serde_json::Value;
use uuid::Uuid;

use super::audit_chains;
use crate::error::Result;
use crate::tools::db::{Db, Tx, sql};
use crate::values::audit_chain::{ChainHash, ChainPosition, Content};
use crate::values::ids::EventId;
use crate::values::time::Time;

/// An event as it is stored. Its action and outcome are texts, because another version may have written others.
#[derive(Debug, Clone, sqlx::FromRow)]
#[allow(missing_docs, reason = "the columns of the table")]
pub struct StoredEvent {
    pub id: EventId,
    pub at: Time,
    pub action: String,
    pub outcome: String,
    pub actor_id: Option<Uuid>,
    pub subject_id: Option<Uuid>,
    pub session_id: Option<Uuid>,
    pub address: Option<String>,
    pub user_agent: Option<String>,
    pub correlation_id: String,
    pub metadata: String,
    pub shard: Option<i32>,
    pub sequence: Option<i64>,
    pub hash: Option<ChainHash>,
}

impl StoredEvent {
    /// Its position, if it is chained.
    #[must_use]
    pub fn place(&self) -> Option<ChainPosition> {
        Some(ChainPosition { shard: self.shard?, sequence: self.sequence? })
    }

    /// The hash that the event must have at this position behind `previous`; `None` where its metadata is not JSON.
    #[must_use]
    pub fn hash_behind(&self, previous: &ChainHash, place: ChainPosition) -> Option<ChainHash> {
        let metadata: Value = serde_json::from_str(&self.metadata).ok()?;
        let content = Content {
            id: self.id.uuid(),
            at: self.at,
            action: &self.action,
            outcome: &self.outcome,
            actor: self.actor_id,
            subject: self.subject_id,
            session: self.session_id,
            address: self.address.as_deref(),
            user_agent: self.user_agent.as_deref(),
            correlation_id: &self.correlation_id,
            metadata: &metadata,
        };
        Some(ChainHash::new(previous, place, &content))
    }
}

/// The columns of [`StoredEvent`], of the table under the name `e`.
macro_rules! columns {
    () => {
        "e.id, e.at, e.action, e.outcome, e.actor_id, e.subject_id, e.session_id, e.address, e.user_agent, \
         e.correlation_id, cast(e.metadata as text) as metadata, e.shard, e.sequence, e.hash"
    };
}

/// A batch of the events of a chain behind `after` and up to `last`, in their order.
pub async fn list(db: &Db, shard: i32, (after, last): (i64, i64), batch: i64) -> Result<Vec<StoredEvent>> {
    db.query(sql!(
        "select ",
        columns!(),
        " from audit_events e where e.shard = $1 and e.sequence > $2 and e.sequence <= $3 order by e.sequence limit $4"
    ))
    .bind(shard)
    .bind(after)
    .bind(last)
    .bind(batch)
    .all()
    .await
}

/// A batch of all events of a span of time, oldest first, behind the one of this time and id.
pub async fn list_between(db: &Db, after: (Time, EventId), until: Time, batch: i64) -> Result<Vec<StoredEvent>> {
    db.query(sql!(
        "select ",
        columns!(),
        " from audit_events e where (e.at, e.id) > ($1, $2) and e.at < $3 order by e.at, e.id limit $4"
    ))
    .bind(after.0)
    .bind(after.1)
    .bind(until)
    .bind(batch)
    .all()
    .await
}

/// The first event behind the end of its chain: it was added without the trigger.
pub async fn find_beyond(db: &Db, shard: i32) -> Result<Option<(EventId, i64)>> {
    db.query(sql!(
        "select e.id, e.sequence from audit_events e where e.shard = $1",
        " and e.sequence > (select c.sequence from audit_chains c where c.shard = $1) order by e.sequence limit 1"
    ))
    .bind(shard)
    .optional()
    .await
}

/// The first event of a chain that should be gone, because retention noted its removal.
pub async fn find_before(db: &Db, shard: i32) -> Result<Option<(EventId, i64)>> {
    db.query(sql!(
        "select e.id, e.sequence from audit_events e where e.shard = $1",
        " and e.sequence <= (select c.removed_sequence from audit_chains c where c.shard = $1) order by e.sequence limit 1"
    ))
    .bind(shard)
    .optional()
    .await
}

/// An event of a chain that does not exist.
pub async fn find_stray(db: &Db) -> Result<Option<(EventId, i32, i64)>> {
    db.query(sql!(
        "select e.id, e.shard, e.sequence from audit_events e",
        " where e.shard > (select max(shard) from audit_chains) or e.shard < 0 order by e.shard, e.sequence limit 1"
    ))
    .optional()
    .await
}

/// The oldest event from before `cutoff` that has not been chained.
pub async fn find_unchained(db: &Db, cutoff: Time) -> Result<Option<EventId>> {
    let found: Option<(EventId,)> = db
        .query(sql!("select id from audit_events where shard is null and at < $1 order by at, id limit 1"))
        .bind(cutoff)
        .optional()
        .await?;
    Ok(found.map(|(id,)| id))
}

/// Chains a batch of events that a version without chains has written, oldest first. Answers how many.
pub async fn backfill(db: &Db, batch: i64) -> Result<usize> {
    let waiting: Option<(EventId,)> =
        db.query(sql!("select id from audit_events where shard is null limit 1")).optional().await?;
    if waiting.is_none() {
        return Ok(0);
    }
    let mut tx = db.begin().await?;
    let unchained: Vec<StoredEvent> = tx
        .query(sql!("select ", columns!(), " from audit_events e where e.shard is null order by e.at, e.id limit $1"))
        .bind(batch)
        .all()
        .await?;
    let mut chained = 0;
    for event in unchained {
        chained += usize::from(append_to_chain(&mut tx, &event).await?);
    }
    tx.announce();
    tx.commit().await?;
    Ok(chained)
}

/// How many events have no place in a chain; not more than `most` are counted.
pub async fn count_unchained(db: &Db, most: i64) -> Result<i64> {
    let (unchained,): (i64,) = db
        .query(sql!("select count(*) from (select id from audit_events where shard is null limit $1) unchained"))
        .bind(most)
        .one()
        .await?;
    Ok(unchained)
}

/// Gives an event its position and hash; false where another instance did it first.
async fn append_to_chain(tx: &mut Tx, event: &StoredEvent) -> Result<bool> {
    let chain = audit_chains::lock_any(tx).await?;
    let place = chain.next();
    let Some(hash) = event.hash_behind(&chain.hash, place) else { return Ok(false) };
    let updated = tx
        .query(sql!("update audit_events set shard = $2, sequence = $3, hash = $4 where id = $1 and shard is null"))
        .bind(event.id)
        .bind(place.shard)
        .bind(place.sequence)
        .bind(hash)
        .execute()
        .await?;
    Ok(updated == 1)
}

/// Removes a batch of events from before `cutoff` from the beginning of a chain. Answers how many.
pub async fn remove(db: &Db, shard: i32, cutoff: Time, batch: i64) -> Result<u64> {
    let oldest = audit_chains::find(db, shard).await?.map(|chain| (chain.removed_sequence, chain.sequence));
    let Some(span) = oldest else { return Ok(0) };
    if list(db, shard, span, 1).await?.first().is_none_or(|event| event.at >= cutoff) {
        return Ok(0);
    }
    let mut tx = db.begin().await?;
    let Some(chain) = audit_chains::lock(&mut tx, shard).await? else { return Ok(0) };
    let events: Vec<RemovableEvent> = tx
        .query(sql!(
            "select at, sequence, hash from audit_events where shard = $1 and sequence > $2 order by sequence limit $3"
        ))
        .bind(shard)
        .bind(chain.removed_sequence)
        .bind(batch)
        .all()
        .await?;
    let Some(last) = events.iter().take_while(|event| event.at < cutoff).last() else { return Ok(0) };
    audit_chains::note_removed(&mut tx, shard, last.sequence, &last.hash).await?;
    allow_removal(&mut tx, Some(cutoff)).await?;
    let removed = tx
        .query(sql!("delete from audit_events where shard = $1 and sequence <= $2"))
        .bind(shard)
        .bind(last.sequence)
        .execute()
        .await?;
    allow_removal(&mut tx, None).await?;
    tx.commit().await?;
    Ok(removed)
}

/// What retention needs to know of an event to remove it and those before it.
#[derive(Debug, sqlx::FromRow)]
struct RemovableEvent {
    at: Time,
    sequence: i64,
    hash: ChainHash,
}

/// Lets the triggers allow the removal of events before this time, or of none again.
async fn allow_removal(tx: &mut Tx, before: Option<Time>) -> Result<()> {
    tx.query(sql!(
        "update audit_retention set cutoff = $1, removed_before =",
        " case when removed_before > $1 then removed_before else coalesce($1, removed_before) end"
    ))
    .bind(before)
    .execute()
    .await?;
    Ok(())
}
