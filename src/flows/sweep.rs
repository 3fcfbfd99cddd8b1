//! Forgetting what is over: expired tokens, old sessions, letters that have left.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::error::Result;
use crate::records::{known_devices, mfa, mfa_challenges, one_time_tokens, outbox, refresh_tokens, sessions, users};

/// How many rows one statement removes, so that nobody waits long for it.
const BATCH: i64 = 500;

/// How long a device that stays away is remembered.
const DEVICE_MEMORY: Duration = Duration::from_hours(365 * 24);

/// Removes everything that is older than the settings keep it. Answers how many rows went.
///
/// # Errors
/// `UNAVAILABLE`, or a fault; what was removed stays removed.
pub async fn sweep(app: &App, stopping: &CancellationToken) -> Result<u64> {
    let now = app.clock.now();
    let mut removed = 0;
    while !stopping.is_cancelled() {
        let batch = refresh_tokens::sweep(&app.db, now, BATCH).await?
            + one_time_tokens::sweep(&app.db, now, BATCH).await?
            + sessions::sweep(&app.db, now - app.config.session_retention, BATCH).await?
            + outbox::sweep(&app.db, now - app.config.letter_retention, BATCH).await?
            + mfa::sweep_enrollments(&app.db, now, BATCH).await?
            + mfa_challenges::sweep(&app.db, now, BATCH).await?
            + known_devices::sweep(&app.db, now - DEVICE_MEMORY, BATCH).await?
            + users::sweep_held_addresses(&app.db, now, BATCH).await?;
        if batch == 0 {
            break;
        }
        removed += batch;
    }
    Ok(removed)
}
