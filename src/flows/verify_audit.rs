//! Verifying the audit trail: that no event was changed, removed, moved or added.

use std::fmt;
use std::time::Duration;

use crate::app::App;
use crate::error::{Error, Result};
use crate::records::audit_chains::{self, Chain};
use crate::records::audit_integrity::{self, StoredEvent};
use crate::tools::db::Db;
use crate::values::audit_chain::{ChainHash, ChainPosition};
use crate::values::ids::EventId;

/// How many events are read at once.
const BATCH: i64 = 1_000;

/// How long an event that the previous version has written may wait to be chained.
const LONGEST_UNCHAINED: Duration = Duration::from_mins(10);

/// The outcome of the verification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrailVerdict {
    /// Every event follows from the one before it.
    Whole {
        /// How many events there are.
        events: u64,
        /// In how many chains.
        chains: usize,
    },
    /// The first event that does not.
    Broken(ChainBreak),
}

/// Where and how a chain breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainBreak {
    /// The event that does not fit; `None` where it is missing or cannot be read.
    pub event: Option<EventId>,
    /// Where the chain breaks; `None` for an event without a place in a chain.
    pub place: Option<ChainPosition>,
    /// What is wrong there.
    pub wrong: BreakKind,
}

/// What is wrong with a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakKind {
    /// An event was removed.
    Missing,
    /// An event, or the one before it, is not what was written.
    Altered,
    /// An event stands where the chain has none.
    Added,
    /// An event has no place in any chain.
    Unchained,
    /// The head of the chain is not the hash of its last event.
    HeadDiffers,
}

impl fmt::Display for ChainBreak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            Some(place) => write!(f, "chain {}, link {}: ", place.shard, place.sequence)?,
            None => f.write_str("outside of every chain: ")?,
        }
        match self.event {
            Some(event) => write!(f, "{event} ")?,
            None => f.write_str("the event ")?,
        }
        f.write_str(match self.wrong {
            BreakKind::Missing => "is missing",
            BreakKind::Altered => "is not what was written, or does not follow the event before it",
            BreakKind::Added => "was added behind the back of the chain",
            BreakKind::Unchained => "was not chained: written past the server, or no server has run since",
            BreakKind::HeadDiffers => "is the last one, and the head of the chain says another",
        })
    }
}

/// Verifies the whole trail, chain by chain, and calls `progress` with the number of events verified. Events may be written
/// and removed meanwhile.
///
/// # Errors
/// `UNAVAILABLE`, or a fault.
pub async fn verify_audit(app: &App, mut progress: impl FnMut(u64)) -> Result<TrailVerdict> {
    let db = &app.db;
    let chains = audit_chains::list(db).await?;
    let mut events = 0;
    for chain in &chains {
        let verified = verify_chain(db, chain, |more| {
            events += more;
            progress(events);
        });
        if let Some(broken) = verified.await? {
            return Ok(TrailVerdict::Broken(broken));
        }
    }
    if let Some((id, shard, sequence)) = audit_integrity::find_stray(db).await? {
        return Ok(broken(Some(id), Some(ChainPosition { shard, sequence }), BreakKind::Added));
    }
    if let Some(id) = audit_integrity::find_unchained(db, app.clock.now() - LONGEST_UNCHAINED).await? {
        return Ok(broken(Some(id), None, BreakKind::Unchained));
    }
    Ok(TrailVerdict::Whole { events, chains: chains.len() })
}

const fn broken(event: Option<EventId>, place: Option<ChainPosition>, wrong: BreakKind) -> TrailVerdict {
    TrailVerdict::Broken(ChainBreak { event, place, wrong })
}

/// How far a chain was followed.
struct Walk {
    sequence: i64,
    hash: ChainHash,
    /// The event at that place; `None` before the first.
    event: Option<EventId>,
}

async fn verify_chain(db: &Db, chain: &Chain, mut seen: impl FnMut(u64)) -> Result<Option<ChainBreak>> {
    let shard = chain.shard;
    let mut walk = Walk { sequence: chain.removed_sequence, hash: chain.removed_hash.clone(), event: None };
    while walk.sequence < chain.sequence {
        let from = walk.sequence;
        let found = match read(db, shard, (from, chain.sequence)).await? {
            Ok(links) => follow(&mut walk, shard, &links),
            Err(unreadable) => Some(unreadable),
        };
        seen(walk.sequence.abs_diff(from));
        let Some(found) = found else { continue };
        let Some(moved) = audit_chains::find(db, shard).await?.filter(|now| now.removed_sequence > walk.sequence)
        else {
            return Ok(Some(found));
        };
        // Retention has removed the events that were about to be read.
        walk = Walk { sequence: moved.removed_sequence, hash: moved.removed_hash, event: None };
    }
    if walk.sequence == chain.sequence && walk.hash != chain.hash {
        let place = ChainPosition { shard, sequence: walk.sequence };
        return Ok(Some(ChainBreak { event: walk.event, place: Some(place), wrong: BreakKind::HeadDiffers }));
    }
    let strays = [audit_integrity::find_beyond(db, shard).await?, audit_integrity::find_before(db, shard).await?];
    Ok(strays.into_iter().flatten().next().map(|(id, sequence)| ChainBreak {
        event: Some(id),
        place: Some(ChainPosition { shard, sequence }),
        wrong: BreakKind::Added,
    }))
}

/// Follows a batch of links. Answers where it breaks.
fn follow(walk: &mut Walk, shard: i32, links: &[StoredEvent]) -> Option<ChainBreak> {
    let mut next = ChainPosition { shard, sequence: walk.sequence + 1 };
    for link in links {
        if link.place() != Some(next) {
            return Some(ChainBreak { event: None, place: Some(next), wrong: BreakKind::Missing });
        }
        let hash = link.hash_behind(&walk.hash, next);
        let Some(hash) = hash.filter(|hash| link.hash.as_ref() == Some(hash)) else {
            return Some(ChainBreak { event: Some(link.id), place: Some(next), wrong: BreakKind::Altered });
        };
        *walk = Walk { sequence: next.sequence, hash, event: Some(link.id) };
        next.sequence += 1;
    }
    links.is_empty().then_some(ChainBreak { event: None, place: Some(next), wrong: BreakKind::Missing })
}

/// Reads a batch of links. It ends before a link that cannot be read; such a link is a break if it is the first. It holds
/// what no server writes: an invalid time, or an invalid id.
async fn read(
    db: &Db,
    shard: i32,
    (after, last): (i64, i64),
) -> Result<std::result::Result<Vec<StoredEvent>, ChainBreak>> {
    match audit_integrity::list(db, shard, (after, last), BATCH).await {
        Err(Error::Fault(_)) => {}
        read => return read.map(Ok),
    }
    let mut links = Vec::new();
    for sequence in after + 1..=last.min(after + BATCH) {
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
