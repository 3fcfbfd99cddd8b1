//! Counting the outbox, so that operators see emails that do not leave.

use std::sync::atomic::Ordering;

use crate::app::App;
use crate::error::Result;
use crate::records::outbox;

/// Counts the emails that wait and those that were given up, for the metrics: reading those asks no database.
///
/// # Errors
/// `UNAVAILABLE`; the gauges then stay as they were.
pub async fn count_outbox(app: &App) -> Result<()> {
    let now = app.clock.now();
    let census = outbox::count(&app.db).await?;
    let oldest = census.oldest_at.map_or(0, |posted_at| (now - posted_at).num_seconds());
    let gauges = &app.outbox_gauges;
    for (gauge, value) in
        [(&gauges.waiting, census.waiting), (&gauges.oldest_seconds, oldest), (&gauges.dead, census.dead)]
    {
        gauge.store(u64::try_from(value).unwrap_or(0), Ordering::Relaxed);
    }
    Ok(())
}
