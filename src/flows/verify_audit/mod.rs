//! Verifying the audit trail: that no event was changed, removed, moved or added.

mod chain;

use std::fmt;
use std::time::Duration;

use self::chain::{PartCount, Walk, follow_chain};
use crate::app::App;
use crate::error::Result;
use crate::records::{audit_chains, audit_integrity};
use crate::values::audit_chain::ChainPosition;
use crate::values::audit_cursor::AuditCursor;
use crate::values::ids::EventId;

/// After how many events a part ends: less than a second of work.
pub const PART: u64 = 10_000;

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

/// The outcome of the verification of one part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedPart {
    /// How many events were verified.
    pub events: u64,
    /// How the part ends.
    pub ending: PartEnding,
}

/// How a part of the trail ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PartEnding {
    /// Nothing is wrong up to here, where the next part begins.
    Continues(AuditCursor),
    /// Nothing is wrong, and no part follows.
    Whole {
        /// In how many chains the events are.
        chains: usize,
    },
    /// The first event that does not fit.
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

/// Verifies the whole trail, part by part, and calls `progress` with the number of events verified. Events may be written
/// and removed meanwhile.
///
/// # Errors
/// `UNAVAILABLE`, or a fault.
pub async fn verify_audit(app: &App, mut progress: impl FnMut(u64)) -> Result<TrailVerdict> {
    let (mut events, mut after) = (0, None);
    loop {
        let part = verify_part(app, after.as_ref(), PART).await?;
        events += part.events;
        progress(events);
        match part.ending {
            PartEnding::Continues(cursor) => after = Some(cursor),
            PartEnding::Whole { chains } => return Ok(TrailVerdict::Whole { events, chains }),
            PartEnding::Broken(broken) => return Ok(TrailVerdict::Broken(broken)),
        }
    }
}

/// Verifies the next part of the trail, chain by chain: `most` events, and of each chain that begins thereafter at most one
/// more. `after` is where the part before ended.
///
/// # Errors
/// `UNAVAILABLE`, or a fault.
pub async fn verify_part(app: &App, after: Option<&AuditCursor>, most: u64) -> Result<VerifiedPart> {
    let chains = audit_chains::list(&app.db).await?;
    let first = after.map_or(i32::MIN, |cursor| cursor.place.shard);
    let mut count = PartCount { events: 0, most };
    for chain in chains.iter().filter(|chain| chain.shard >= first) {
        let begun = after.filter(|cursor| cursor.place.shard == chain.shard);
        let mut walk = begun.map_or_else(|| Walk::new(chain), Walk::from_cursor);
        let broken = follow_chain(&app.db, chain, &mut walk, &mut count).await?;
        let ending = match broken {
            Some(broken) => PartEnding::Broken(broken),
            None if walk.has_ended(chain) => continue,
            None => PartEnding::Continues(walk.into_cursor()),
        };
        return Ok(VerifiedPart { events: count.events, ending });
    }
    let whole = PartEnding::Whole { chains: chains.len() };
    let ending = find_outside(app).await?.map_or(whole, PartEnding::Broken);
    Ok(VerifiedPart { events: count.events, ending })
}

/// An event outside of every chain.
async fn find_outside(app: &App) -> Result<Option<ChainBreak>> {
    if let Some((id, shard, sequence)) = audit_integrity::find_stray(&app.db).await? {
        let place = Some(ChainPosition { shard, sequence });
        return Ok(Some(ChainBreak { event: Some(id), place, wrong: BreakKind::Added }));
    }
    let unchained = audit_integrity::find_unchained(&app.db, app.clock.now() - LONGEST_UNCHAINED).await?;
    Ok(unchained.map(|id| ChainBreak { event: Some(id), place: None, wrong: BreakKind::Unchained }))
}
