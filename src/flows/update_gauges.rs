//! Counting what is stored, so that operators see emails that do not leave, sessions, locks, and a trail that lags.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::app::App;
use crate::error::Result;
use crate::records::{audit_integrity, audit_log, outbox, statistics};

/// The most audit events without a chain that are counted.
const MOST_UNCHAINED: i64 = 10_000;

/// Counts for the metrics: reading those asks no database. Every statement reads totals or a small part of an index, however
/// many users there are.
///
/// # Errors
/// `UNAVAILABLE`; the gauges then stay as they were.
pub async fn update_gauges(app: &App) -> Result<()> {
    let now = app.clock.now();
    let emails = outbox::count(&app.db).await?;
    let totals = statistics::totals(&app.db, now).await?;
    let unchained = audit_integrity::count_unchained(&app.db, MOST_UNCHAINED).await?;
    let oldest = emails.oldest_at.map_or(0, |posted_at| (now - posted_at).num_seconds());
    let gauges = &app.stored_gauges;
    set(&gauges.waiting, emails.waiting);
    set(&gauges.oldest_seconds, oldest);
    set(&gauges.dead, emails.dead);
    set(&gauges.users, totals.users);
    set(&gauges.locked_users, totals.locked);
    set(&gauges.active_sessions, totals.active_sessions);
    set(&gauges.unchained_events, unchained);
    set(&gauges.feed_backlog, app.feed.backlog(&audit_log::heads(&app.db).await?));
    Ok(())
}

fn set(gauge: &AtomicU64, value: i64) {
    gauge.store(u64::try_from(value).unwrap_or(0), Ordering::Relaxed);
}
