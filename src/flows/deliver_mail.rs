//! Delivering the letters of the outbox: at least once each.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::error::{Error, Result};
use crate::records::outbox::{self, Taken};
use crate::tools::background::one_of_many;
use crate::tools::jitter::jittered;
use crate::tools::mailer::MailError;
use crate::values::email_address::EmailAddress;
use crate::values::ids::LetterId;
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
        let deliveries = taken.into_iter().map(|one| async move { (one.id, deliver(app, one).await) });
        let results: Vec<(LetterId, Result<()>)> = stream::iter(deliveries).buffer_unordered(AT_ONCE).collect().await;
        for (id, result) in results {
            one_of_many(&format!("delivering {id}"), result)?;
        }
    }
    Ok(())
}

async fn deliver(app: &App, taken: Taken) -> Result<()> {
    let now = app.clock.now();
    let (recipient, rendered) = match compose(app, taken, now).await {
        Ok(Some(composed)) => composed,
        Ok(None) => return outbox::note_dropped(&app.db, taken.id, now).await,
        Err(Error::Refused(refusal)) => return Err(refusal.into()),
        // A letter that we cannot write must end among the dead some day, like one that nobody takes.
        Err(Error::Fault(fault)) => {
            return note_failure(app, taken, MailError::Temporary(format!("{fault:?}")), now).await;
        }
    };
    match app.mailer.send(recipient.as_str(), &rendered, taken.id.uuid(), now).await {
        Ok(_) => outbox::note_delivered(&app.db, taken.id, now).await,
        Err(error) => note_failure(app, taken, error, now).await,
    }
}

async fn compose(app: &App, taken: Taken, now: Time) -> Result<Option<(EmailAddress, Rendered)>> {
    let Some(posted) = outbox::read(&app.db, taken.id).await? else { return Ok(None) };
    let letter = app.compose_letter(&posted, now).await?;
    let rendered = letter.map(|letter| app.letter_templates.render(&letter)).transpose()?;
    Ok(rendered.map(|rendered| (posted.recipient, rendered)))
}

async fn note_failure(app: &App, taken: Taken, error: MailError, now: Time) -> Result<()> {
    match error {
        MailError::Temporary(error) if taken.attempts < app.config.mail_max_attempts => {
            tracing::warn!(letter = %taken.id, attempts = taken.attempts, error, "a letter will be tried again");
            outbox::postpone(&app.db, taken.id, &one_line(&error), now + pause(taken.attempts)).await
        }
        MailError::Temporary(error) | MailError::Permanent(error) => {
            tracing::error!(letter = %taken.id, attempts = taken.attempts, error, "a letter is dead");
            outbox::note_dead(&app.db, taken.id, &one_line(&error), now).await
        }
    }
}

/// An error without control characters. A mail server wrote part of it: PostgreSQL stores no NUL, and an operator reads it
/// on a terminal.
fn one_line(error: &str) -> String {
    error.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
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
    fn what_a_mail_server_says_moves_no_cursor_and_fits_every_database() {
        assert_eq!(one_line("550 no\0\r\n\u{1b}[2Jsuch user"), "550 no    [2Jsuch user");
    }

    #[test]
    fn pauses_grow_to_about_a_day_in_all() {
        assert!(pause(1) <= FIRST_PAUSE);
        assert!(pause(i32::MAX) <= LONGEST_PAUSE);

        let all: Duration = (1..16).map(pause).sum();
        assert!(all > Duration::from_hours(15) && all < Duration::from_hours(48), "{all:?}");
    }
}
