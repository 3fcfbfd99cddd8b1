//! Counting everything anew, while others go on writing.

use chrono::Days;

use crate::app::App;
use crate::error::Result;
use crate::records::{audit_chains, statistics};

/// Counts the totals, and every day that retention has left whole. `progress` learns how many steps of how many are
/// done.
///
/// # Errors
/// `UNAVAILABLE`, or a fault; what was counted stays, and doing it again is no harm.
pub async fn rebuild_statistics(app: &App, progress: impl Fn(u64, u64)) -> Result<()> {
    let db = &app.db;
    statistics::recount_totals(db).await?;
    let Some((first, last)) = statistics::countable_days(db).await? else { return Ok(()) };
    let chains = audit_chains::heads(db).await?;
    // A user is counted once a day, in one of the chains. Where that was the wrong one the first round takes the user
    // out of it, and the second puts them into the right one.
    let rounds = if chains.len() == 1 { 1 } else { 2 };
    // On SQLite the only chain is held day by day, so that writers wait for a moment only.
    let step = Days::new(if db.is_sqlite() { 0 } else { 100_000 });
    let steps_of_chain = if db.is_sqlite() { (last - first).num_days().unsigned_abs() + 1 } else { 1 };
    let steps = rounds * chains.len() as u64 * steps_of_chain;
    let mut done = 0;
    for chain in (0..rounds).flat_map(|_| &chains) {
        let mut from = first;
        while from <= last {
            let to = from.checked_add_days(step).map_or(last, |to| to.min(last));
            statistics::recount_days(db, chain.shard, from, to).await?;
            from = to + Days::new(1);
            done += 1;
            progress(done, steps);
        }
    }
    Ok(())
}
