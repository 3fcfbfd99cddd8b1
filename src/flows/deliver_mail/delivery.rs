//! One delivery: composing an email, sending it, and noting the outcome, while its lease is renewed.

use std::time::Duration;

use tokio::time::sleep;
use tracing::{Instrument, Span};

use super::LEASE;
use crate::app::App;
use crate::app::mail::compose::compose;
use crate::error::{Error, Refusal, Result};
use crate::records::outbox::{self, Posted, TakenMail};
use crate::tools::jitter::jittered;
use crate::tools::mailer::{MailError, Sent};
use crate::tools::spans;
use crate::values::mail::Rendered;
use crate::values::time::Time;

/// How often a lease is renewed: the clocks of instances may differ by seconds, and one renewal may fail.
const RENEWAL: Duration = Duration::from_secs(5);
/// The pause after the first failed attempt; it doubles with each.
const FIRST_PAUSE: Duration = Duration::from_secs(30);
const LONGEST_PAUSE: Duration = Duration::from_hours(4);
/// The pause before an unavailable database is asked again.
const SOON: Duration = Duration::from_secs(1);

/// An email as it leaves.
struct Outgoing {
    posted: Posted,
    rendered: Rendered,
}

/// The outcome of an attempt.
enum DeliveryOutcome {
    Accepted(Outgoing, Sent),
    NotAccepted(Outgoing, MailError),
    /// The email is no longer wanted.
    Dropped,
}

/// Delivers one email, and notes the outcome.
pub(super) async fn deliver(app: &App, taken: TakenMail) -> Result<()> {
    let outcome = tokio::select! {
        outcome = compose_and_send(app, taken) => outcome,
        () = lease_is_lost(app, taken) => {
            tracing::warn!(email = %taken.id, "an email was taken back, or by another instance, during its delivery");
            return Ok(());
        }
    };
    // A mail server may have taken many minutes.
    let now = app.clock.now();
    match outcome {
        Ok(DeliveryOutcome::Accepted(outgoing, sent)) => note_accepted(app, taken, &outgoing, &sent).await,
        Ok(DeliveryOutcome::NotAccepted(outgoing, error)) => {
            note_failure(app, taken, Some(&outgoing), error, now).await
        }
        Ok(DeliveryOutcome::Dropped) => {
            tracing::info!(email = %taken.id, "an email is no longer wanted");
            app.metrics.email("dropped");
            outbox::note_dropped(&app.db, taken, now).await
        }
        Err(Error::Refused(refusal)) => Err(refusal.into()),
        // An email that cannot be composed must be given up some day, like one that no server accepts.
        Err(Error::Fault(fault)) => {
            let what = format!("{fault:?}");
            let error =
                MailError { is_final: false, summary: "it could not be written".to_owned(), said: one_line(&what) };
            tracing::error!(email = %taken.id, ?fault, "an email could not be written");
            note_failure(app, taken, None, error, now).await
        }
    }
}

/// Composes the email and sends it.
async fn compose_and_send(app: &App, taken: TakenMail) -> Result<DeliveryOutcome> {
    let now = app.clock.now();
    let Some(posted) = outbox::read(&app.db, taken.id).await? else { return Ok(DeliveryOutcome::Dropped) };
    Span::current().record("authgraph.correlation_id", &posted.details.correlation_id);
    let Some(mail) = compose(app, &posted, now).await? else { return Ok(DeliveryOutcome::Dropped) };
    let rendered = app.mail_templates.render(&mail)?;
    let span = tracing::info_span!(target: spans::STEP, "send mail", otel.kind = "client");
    let sent = app.mailer.send(posted.recipient.as_str(), &rendered, taken.id.uuid(), now).instrument(span).await;
    let outgoing = Outgoing { posted, rendered };
    Ok(match sent {
        Ok(sent) => DeliveryOutcome::Accepted(outgoing, sent),
        Err(error) => DeliveryOutcome::NotAccepted(outgoing, error),
    })
}

/// Renews the lease of an email, and returns when the lease is lost: the email was withdrawn, or the lease could not be
/// renewed in time and another process may have it.
async fn lease_is_lost(app: &App, taken: TakenMail) {
    let mut held_until = app.clock.now() + LEASE;
    loop {
        // By two clocks: the machine's may be set back meanwhile.
        tokio::select! {
            () = sleep(RENEWAL) => {}
            () = app.clock.reached(held_until - LEASE + RENEWAL) => {}
        }
        let now = app.clock.now();
        match outbox::renew(&app.db, taken, now + LEASE).await {
            Ok(true) => held_until = now + LEASE,
            Err(error) if app.clock.now() < held_until => {
                tracing::warn!(email = %taken.id, ?error, "a lease could not be renewed and will be tried again");
                sleep(SOON).await;
            }
            Ok(false) | Err(_) => return,
        }
    }
}

/// Notes that the mail server is responsible for the email from now on. Without the note it would be sent twice, so an
/// unavailable database is asked again until it takes the note.
async fn note_accepted(app: &App, taken: TakenMail, outgoing: &Outgoing, sent: &Sent) -> Result<()> {
    let Outgoing { posted, rendered } = outgoing;
    tracing::info!(
        email = %taken.id,
        kind = rendered.kind,
        attempt = taken.attempts,
        correlation_id = posted.details.correlation_id,
        receipt = without(&sent.receipt, posted.recipient.as_str()),
        "an email was accepted by the mail server"
    );
    app.metrics.email("accepted");
    loop {
        match outbox::note_delivered(&app.db, taken.id, &sent.receipt, app.clock.now()).await {
            Err(Error::Refused(Refusal::Unavailable)) if !app.background.is_stopping() => sleep(SOON).await,
            noted => return noted,
        }
    }
}

async fn note_failure(
    app: &App,
    taken: TakenMail,
    outgoing: Option<&Outgoing>,
    error: MailError,
    now: Time,
) -> Result<()> {
    let kind = outgoing.map(|outgoing| outgoing.rendered.kind.as_str());
    let correlation_id = outgoing.and_then(|outgoing| outgoing.posted.details.correlation_id.as_deref());
    let (email, attempt, answer) = (taken.id, taken.attempts, error.summary);
    if error.is_final || attempt >= app.config.mail.max_attempts {
        tracing::error!(%email, kind, attempt, correlation_id, answer, "an email is dead");
        app.metrics.email("dead");
        return outbox::note_dead(&app.db, taken, &error.said, now).await;
    }
    tracing::warn!(%email, kind, attempt, correlation_id, answer, "an email was not accepted and will be tried again");
    app.metrics.email("postponed");
    outbox::postpone(&app.db, taken, &error.said, now + pause(attempt)).await
}

/// The reply of a server without the address of the recipient, for the log.
fn without(said: &str, address: &str) -> String {
    let (lower, address) = (said.to_ascii_lowercase(), address.to_ascii_lowercase());
    let places: Vec<usize> = lower.match_indices(&address).map(|(at, _)| at).collect();
    let mut said = said.to_owned();
    for at in places.into_iter().rev() {
        said.replace_range(at..at + address.len(), "(recipient)");
    }
    said
}

/// An error without control characters: PostgreSQL stores no NUL, and an operator reads it on a terminal.
fn one_line(error: &str) -> String {
    error.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Doubles with every attempt, up to four hours, shortened by up to a quarter so that emails do not come in waves.
fn pause(attempts: i32) -> Duration {
    let doublings = u32::try_from(attempts.saturating_sub(1)).unwrap_or(0).min(16);
    jittered(FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(doublings)).min(LONGEST_PAUSE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_names_no_recipient() {
        let said = "2.1.5 Ok <Ann@Example.com> for ann@example.com; ünd 42";

        assert_eq!(without(said, "ann@example.com"), "2.1.5 Ok <(recipient)> for (recipient); ünd 42");
        assert_eq!(without("queued as 42", "ann@example.com"), "queued as 42");
    }

    #[test]
    fn pauses_grow_to_about_a_day_in_all() {
        assert!(pause(1) <= FIRST_PAUSE);
        assert!(pause(i32::MAX) <= LONGEST_PAUSE);

        let all: Duration = (1..16).map(pause).sum();
        assert!(all > Duration::from_hours(15) && all < Duration::from_hours(48), "{all:?}");
    }
}
