//! Verifying the audit trail: that no event was changed, removed, moved or slipped in.

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

/// How long an event that the version before has written may wait to be chained.
const ADOPTION_PATIENCE: Duration = Duration::from_mins(10);

/// How the trail was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Everything follows from what was before it.
    Whole {
        /// How many events there are.
        events: u64,
        /// In how many chains.
        chains: usize,
    },
    /// The first place where it does not.
    Broken(Break),
}

/// Where a chain breaks, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Break {
    /// The event that does not fit; `None` where it is gone or cannot even be read.
    pub event: Option<EventId>,
    /// Where the chain breaks; `None` for an event without a place.
    pub place: Option<ChainPosition>,
    /// What is wrong there.
    pub wrong: Wrong,
}

/// What is wrong with a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
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

impl fmt::Display for Break {
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
            Wrong::Missing => "is missing",
            Wrong::Altered => "is not what was written, or does not follow the event before it",
            Wrong::Added => "was added behind the back of the chain",
            Wrong::Unchained => "was not chained: written past the server, or no server has run since",
            Wrong::HeadDiffers => "is the last one, and the head of the chain says another",
        })
    }
}

/// Goes through the whole trail, chain by chain, and tells `progress` how many events it has seen. Others may write
/// meanwhile, and retention may remove.
///
/// # Errors
/// `UNAVAILABLE`, or a fault.
pub async fn verify_audit(app: &App, mut progress: impl FnMut(u64)) -> Result<Verdict> {
    let db = &app.db;
    let chains = audit_chains::list(db).await?;
    let mut events = 0;
    for chain in &chains {
        let verified = verify_chain(db, chain, |more| {
            events += more;
            progress(events);
        });
        if let Some(broken) = verified.await? {
            return Ok(Verdict::Broken(broken));
        }
    }
    if let Some((id, shard, sequence)) = audit_integrity::find_stray(db).await? {
        return Ok(broken(Some(id), Some(ChainPosition { shard, sequence }), Wrong::Added));
    }
    if let Some(id) = audit_integrity::find_unchained(db, app.clock.now() - ADOPTION_PATIENCE).await? {
        return Ok(broken(Some(id), None, Wrong::Unchained));
    }
    Ok(Verdict::Whole { events, chains: chains.len() })
}

const fn broken(event: Option<EventId>, place: Option<ChainPosition>, wrong: Wrong) -> Verdict {
    Verdict::Broken(Break { event, place, wrong })
}

/// How far a chain has been followed.
struct Walk {
    sequence: i64,
    hash: ChainHash,
    /// The event there; `None` in front of the first.
    event: Option<EventId>,
}

async fn verify_chain(db: &Db, chain: &Chain, mut seen: impl FnMut(u64)) -> Result<Option<Break>> {
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
        // Retention has removed what we were about to read.
        walk = Walk { sequence: moved.removed_sequence, hash: moved.removed_hash, event: None };
    }
    if walk.sequence == chain.sequence && walk.hash != chain.hash {
        let place = ChainPosition { shard, sequence: walk.sequence };
        return Ok(Some(Break { event: walk.event, place: Some(place), wrong: Wrong::HeadDiffers }));
    }
    let strays = [audit_integrity::find_beyond(db, shard).await?, audit_integrity::find_before(db, shard).await?];
    Ok(strays.into_iter().flatten().next().map(|(id, sequence)| Break {
        event: Some(id),
        place: Some(ChainPosition { shard, sequence }),
        wrong: Wrong::Added,
    }))
}

/// Follows a batch of links; answers where it breaks.
fn follow(walk: &mut Walk, shard: i32, links: &[StoredEvent]) -> Option<Break> {
    let mut next = ChainPosition { shard, sequence: walk.sequence + 1 };
    for link in links {
        if link.place() != Some(next) {
            return Some(Break { event: None, place: Some(next), wrong: Wrong::Missing });
        }
        let hash = link.hash_behind(&walk.hash, next);
        let Some(hash) = hash.filter(|hash| link.hash.as_ref() == Some(hash)) else {
            return Some(Break { event: Some(link.id), place: Some(next), wrong: Wrong::Altered });
        };
        *walk = Walk { sequence: next.sequence, hash, event: Some(link.id) };
        next.sequence += 1;
    }
    links.is_empty().then_some(Break { event: None, place: Some(next), wrong: Wrong::Missing })
}

/// Reads a batch of links, which ends in front of one that cannot be read; that one alone is a break. Such a link holds
/// what no server writes: a time that is no time, an id that is none.
async fn read(db: &Db, shard: i32, (after, last): (i64, i64)) -> Result<std::result::Result<Vec<StoredEvent>, Break>> {
    match audit_integrity::list(db, shard, (after, last), BATCH).await {
        Err(Error::Fault(_)) => {}
        read => return read.map(Ok),
    }
    let mut links = Vec::new();
    for sequence in after + 1..=last.min(after + BATCH) {
        match audit_integrity::list(db, shard, (sequence - 1, sequence), 1).await {
            Ok(link) => links.extend(link),
            Err(Error::Fault(_)) if links.is_empty() => {
                return Ok(Err(Break {
                    event: None,
                    place: Some(ChainPosition { shard, sequence }),
                    wrong: Wrong::Altered,
                }));
            }
            Err(Error::Fault(_)) => break,
            Err(refused) => return Err(refused),
        }
    }
    Ok(Ok(links))
}
