//! Counting the statistics again, while requests go on writing.

use chrono::Days;

use crate::app::App;
use crate::error::Result;
use crate::records::{audit_chains, statistics};

/// Counts the totals, and every day whose events are all still kept. `progress` is called with the steps done and all steps.
///
/// # Errors
/// `UNAVAILABLE`, or a fault; what was counted stays, and it can be run again.
pub async fn rebuild_statistics(app: &App, progress: impl Fn(u64, u64)) -> Result<()> {
    let db = &app.db;
    statistics::recount_totals(db).await?;
    let Some((first, last)) = statistics::countable_days(db).await? else { return Ok(()) };
    let chains = audit_chains::heads(db).await?;
    // A user is counted once a day, in one of the chains. Where that was the wrong chain, the first round removes the user
    // from it, and the second adds them to the right one.
    let rounds = if chains.len() == 1 { 1 } else { 2 };
    // On SQLite the only chain is held for one day of events at a time, so that writers wait a moment only.
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
