//! Deleting old rows: expired tokens, ended sessions, delivered emails, old audit events.

use std::time::Duration;

use chrono::SecondsFormat;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::error::Result;
use crate::records::audit_log::{self, NewAuditEvent};
use crate::records::{
    audit_chains, audit_integrity, audit_months, email_changes, email_holds, known_devices, mfa, mfa_challenges,
    oauth_flows, one_time_tokens, outbox, refresh_tokens, sessions, statistics,
};
use crate::tools::background::one_of_many;
use crate::values::audit::AuditAction;
use crate::values::caller::Caller;
use crate::values::time::Time;

/// How many rows one statement removes; requests wait for it.
const BATCH: i64 = 500;

/// How long a known device is remembered that is not used.
const DEVICE_RETENTION: Duration = Duration::from_hours(365 * 24);

/// How long it is known which users were active on a day: a little longer than the dashboard shows.
const ACTIVITY_RETENTION: Duration = Duration::from_hours(400 * 24);

/// How long the server knows a token of an email after its end, so that a late reader learns that the link has expired.
const TOKEN_RETENTION: Duration = Duration::from_hours(3 * 24);
/// The same for a login that waited for its second factor, or for a provider.
const CHALLENGE_RETENTION: Duration = Duration::from_hours(24);

/// Removes everything that is older than the settings keep it. A table that fails is logged, and the others go on.
/// Answers how many rows were removed.
///
/// # Errors
/// `UNAVAILABLE`, or a fault; what was removed stays removed.
pub async fn sweep(app: &App, stopping: &CancellationToken) -> Result<u64> {
    let now = app.clock.now();
    let mut removed = 0;
    while !stopping.is_cancelled() {
        let swept = [
            ("refresh tokens", refresh_tokens::sweep(&app.db, now, BATCH).await),
            ("one-time tokens", one_time_tokens::sweep(&app.db, now - TOKEN_RETENTION, BATCH).await),
            ("sessions", sessions::sweep(&app.db, now - app.config.retention.sessions, BATCH).await),
            ("the outbox", outbox::sweep(&app.db, now - app.config.retention.mails, BATCH).await),
            ("enrollments", mfa::sweep_enrollments(&app.db, now, BATCH).await),
            ("challenges", mfa_challenges::sweep(&app.db, now - CHALLENGE_RETENTION, BATCH).await),
            ("sign-ins at providers", oauth_flows::sweep(&app.db, now - CHALLENGE_RETENTION, BATCH).await),
            ("known devices", known_devices::sweep(&app.db, now - DEVICE_RETENTION, BATCH).await),
            ("held addresses", email_holds::sweep(&app.db, now, BATCH).await),
            ("changes of address", email_changes::sweep(&app.db, now, BATCH).await),
            (
                "active users",
                statistics::sweep_active_users(&app.db, (now - ACTIVITY_RETENTION).date_naive(), BATCH).await,
            ),
            ("the audit trail", sweep_trail(app, now).await),
        ];
        let mut batch = 0;
        for (what, rows) in swept {
            batch += one_of_many(&format!("sweeping {what}"), rows)?;
        }
        if batch == 0 {
            break;
        }
        removed += batch;
    }
    Ok(removed)
}

/// Removes whole months of old events, and a batch of the others from the beginning of each chain, so that the rest can
/// still be verified, and writes an event about it.
async fn sweep_trail(app: &App, now: Time) -> Result<u64> {
    if app.config.retention.audit.is_zero() {
        return Ok(0);
    }
    let cutoff = now - app.config.retention.audit;
    // Months first: dropping one costs the same however many events it has.
    let months = audit_months::remove(&app.db, cutoff).await;
    let mut removed = one_of_many("dropping months of the audit trail", months)?;
    for head in audit_chains::heads(&app.db).await? {
        let rows = audit_integrity::remove(&app.db, head.shard, cutoff, BATCH).await;
        removed += one_of_many(&format!("sweeping chain {}", head.shard), rows)?;
    }
    if removed > 0 {
        write_removal(app, removed, cutoff).await?;
    }
    Ok(removed)
}

async fn write_removal(app: &App, removed: u64, before: Time) -> Result<()> {
    tracing::info!(removed, %before, "events older than AUDIT_RETENTION were removed from the audit trail");
    let mut tx = app.db.begin().await?;
    let event = NewAuditEvent::success(AuditAction::AuditEventsRemoved).with("removed", removed);
    let event = event.with("before", before.to_rfc3339_opts(SecondsFormat::Millis, true));
    audit_log::write(&mut tx, &Caller::operator("authgraph retention"), event, app.clock.now()).await?;
    tx.commit().await
}
