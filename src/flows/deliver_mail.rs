//! Delivering the letters of the outbox: at least once each.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::error::{Error, Result};
use crate::records::outbox::{self, Posted};
use crate::tools::jitter::jittered;
use crate::tools::mailer::MailError;
use crate::values::letter::Rendered;
use crate::values::time::Time;

/// How many letters one process takes at a time.
const BATCH: i64 = 16;
/// How many are on their way at once.
const AT_ONCE: usize = 4;
/// How long a letter is left to the process that took it; longer than any attempt may take.
const LEASE: Duration = Duration::from_mins(5);
/// The pause after the first failed attempt; it doubles with each.
const FIRST_PAUSE: Duration = Duration::from_secs(30);
const LONGEST_PAUSE: Duration = Duration::from_hours(4);

/// Delivers everything that is due, and returns when nothing is.
///
/// # Errors
/// `UNAVAILABLE`, or a fault; what was taken is due again after the lease.
pub async fn deliver_mail(app: &App, stopping: &CancellationToken) -> Result<()> {
    while !stopping.is_cancelled() {
        let taken = outbox::take_due(&app.db, BATCH, LEASE, app.clock.now()).await?;
        if taken.is_empty() {
            break;
        }
        let deliveries = taken.into_iter().map(|posted| deliver(app, posted));
        let results: Vec<Result<()>> = stream::iter(deliveries).buffer_unordered(AT_ONCE).collect().await;
        results.into_iter().collect::<Result<()>>()?;
    }
    Ok(())
}

async fn deliver(app: &App, posted: Posted) -> Result<()> {
    let now = app.clock.now();
    let rendered = match compose(app, &posted, now).await {
        Ok(Some(rendered)) => rendered,
        Ok(None) => return outbox::note_dropped(&app.db, posted.id, now).await,
        Err(Error::Refused(refusal)) => return Err(refusal.into()),
        // A letter that we cannot write must end among the dead some day, like one that nobody takes.
        Err(Error::Fault(fault)) => {
            return note_failure(app, &posted, MailError::Temporary(format!("{fault:?}")), now).await;
        }
    };
    match app.mailer.send(posted.recipient.as_str(), &rendered, posted.id.uuid(), now).await {
        Ok(_) => outbox::note_delivered(&app.db, posted.id, now).await,
        Err(error) => note_failure(app, &posted, error, now).await,
    }
}

async fn compose(app: &App, posted: &Posted, now: Time) -> Result<Option<Rendered>> {
    let letter = app.compose_letter(posted, now).await?;
    letter.map(|letter| app.letter_templates.render(&letter)).transpose()
}

async fn note_failure(app: &App, posted: &Posted, error: MailError, now: Time) -> Result<()> {
    match error {
        MailError::Temporary(error) if posted.attempts < app.config.mail_max_attempts => {
            tracing::warn!(letter = %posted.id, attempts = posted.attempts, error, "a letter will be tried again");
            outbox::postpone(&app.db, posted.id, &error, now + pause(posted.attempts)).await
        }
        MailError::Temporary(error) | MailError::Permanent(error) => {
            tracing::error!(letter = %posted.id, attempts = posted.attempts, error, "a letter is dead");
            outbox::note_dead(&app.db, posted.id, &error, now).await
        }
    }
}

/// Doubles with every attempt, up to four hours, shortened by up to a quarter so that letters do not come in waves.
fn pause(attempts: i32) -> Duration {
    let doublings = u32::try_from(attempts.saturating_sub(1)).unwrap_or(0).min(16);
    jittered(FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(doublings)).min(LONGEST_PAUSE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_about_a_day_in_all() {
        assert!(pause(1) <= FIRST_PAUSE);
        assert!(pause(i32::MAX) <= LONGEST_PAUSE);

        let all: Duration = (1..16).map(pause).sum();
        assert!(all > Duration::from_hours(15) && all < Duration::from_hours(48), "{all:?}");
    }
}
