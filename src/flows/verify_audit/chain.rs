//! Following one chain of the audit trail from event to event.

use super::{BreakKind, ChainBreak};
use crate::error::{Error, Result};
use crate::records::audit_chains::{self, Chain};
use crate::records::audit_integrity::{self, StoredEvent};
use crate::tools::db::Db;
use crate::values::audit_chain::{ChainHash, ChainPosition};
use crate::values::audit_cursor::AuditCursor;
use crate::values::ids::EventId;

/// How many events are read at once.
const BATCH: u64 = 1_000;

/// How many events a part has, and how many it may have.
pub struct PartCount {
    pub events: u64,
    pub most: u64,
}

/// How far a chain was followed.
pub struct Walk {
    place: ChainPosition,
    hash: ChainHash,
    /// The event at that place; `None` before the first.
    event: Option<EventId>,
}

impl Walk {
    /// Begins behind the last event that retention removed.
    pub fn new(chain: &Chain) -> Self {
        let place = ChainPosition { shard: chain.shard, sequence: chain.removed_sequence };
        Self { place, hash: chain.removed_hash.clone(), event: None }
    }

    /// Begins where a part ended.
    pub fn from_cursor(cursor: &AuditCursor) -> Self {
        Self { place: cursor.place, hash: cursor.hash.clone(), event: None }
    }

    /// Where the next part begins.
    pub fn into_cursor(self) -> AuditCursor {
        AuditCursor { place: self.place, hash: self.hash }
    }

    /// Whether no event of the chain follows.
    pub const fn has_ended(&self, chain: &Chain) -> bool {
        self.place.sequence >= chain.sequence
    }
}

/// Follows a chain until it ends or the part does, and answers where it breaks. At least one event is read, so that every
/// part moves on, and a part that ends inside a chain ends with a hash that was computed.
pub async fn follow_chain(
    db: &Db,
    chain: &Chain,
    walk: &mut Walk,
    count: &mut PartCount,
) -> Result<Option<ChainBreak>> {
    while !walk.has_ended(chain) {
        let from = walk.place.sequence;
        let batch = count.most.saturating_sub(count.events).clamp(1, BATCH);
        let found = match read(db, walk.place, (chain.sequence, batch)).await? {
            Ok(links) => follow(walk, &links),
            Err(unreadable) => Some(unreadable),
        };
        count.events += walk.place.sequence.abs_diff(from);
        if let Some(found) = found {
            let Some(moved) = find_moved(db, walk).await? else { return Ok(Some(found)) };
            // Retention has removed the events that were about to be read.
            *walk = Walk::new(&moved);
        } else if count.events >= count.most && !walk.has_ended(chain) {
            return Ok(None);
        }
    }
    verify_end(db, chain, walk).await
}

/// The chain, if its first events were removed meanwhile up to one that was not reached.
async fn find_moved(db: &Db, walk: &Walk) -> Result<Option<Chain>> {
    let chain = audit_chains::find(db, walk.place.shard).await?;
    Ok(chain.filter(|chain| chain.removed_sequence > walk.place.sequence))
}

/// Compares the last event with the head of the chain, and finds events before and behind the chain.
async fn verify_end(db: &Db, chain: &Chain, walk: &Walk) -> Result<Option<ChainBreak>> {
    let shard = chain.shard;
    if walk.place.sequence == chain.sequence && walk.hash != chain.hash {
        return Ok(Some(ChainBreak { event: walk.event, place: Some(walk.place), wrong: BreakKind::HeadDiffers }));
    }
    let strays = [audit_integrity::find_beyond(db, shard).await?, audit_integrity::find_before(db, shard).await?];
    Ok(strays.into_iter().flatten().next().map(|(id, sequence)| ChainBreak {
        event: Some(id),
        place: Some(ChainPosition { shard, sequence }),
        wrong: BreakKind::Added,
    }))
}

/// Follows a batch of links. Answers where it breaks.
fn follow(walk: &mut Walk, links: &[StoredEvent]) -> Option<ChainBreak> {
    let mut next = ChainPosition { sequence: walk.place.sequence + 1, ..walk.place };
    for link in links {
        if link.place() != Some(next) {
            return Some(ChainBreak { event: None, place: Some(next), wrong: BreakKind::Missing });
        }
        let hash = link.hash_behind(&walk.hash, next);
        let Some(hash) = hash.filter(|hash| link.hash.as_ref() == Some(hash)) else {
            return Some(ChainBreak { event: Some(link.id), place: Some(next), wrong: BreakKind::Altered });
        };
        *walk = Walk { place: next, hash, event: Some(link.id) };
        next.sequence += 1;
    }
    links.is_empty().then_some(ChainBreak { event: None, place: Some(next), wrong: BreakKind::Missing })
}

/// Reads a batch of links behind a place and up to `last`. It ends before a link that cannot be read; such a link is a break
/// if it is the first. It holds what no server writes: an invalid time, or an invalid id.
async fn read(
    db: &Db,
    after: ChainPosition,
    (last, batch): (i64, u64),
) -> Result<std::result::Result<Vec<StoredEvent>, ChainBreak>> {
    let (shard, batch) = (after.shard, batch.cast_signed());
    match audit_integrity::list(db, shard, (after.sequence, last), batch).await {
        Err(Error::Fault(_)) => {}
        read => return read.map(Ok),
    }
    let mut links = Vec::new();
    for sequence in after.sequence + 1..=last.min(after.sequence + batch) {
        match audit_integrity::list(db, shard, (sequence - 1, sequence), 1).await {
            Ok(link) => links.extend(link),
            Err(Error::Fault(_)) if links.is_empty() => {
                return Ok(Err(ChainBreak {
                    event: None,
                    place: Some(ChainPosition { shard, sequence }),
                    wrong: BreakKind::Altered,
                }));
            }
            Err(Error::Fault(_)) => break,
            Err(refused) => return Err(refused),
        }
    }
    Ok(Ok(links))
}
