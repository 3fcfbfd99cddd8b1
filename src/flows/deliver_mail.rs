//! Delivering the emails of the outbox: each until a mail server has accepted it, and then no more.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::{FutureExt, TryStreamExt, stream};
use tokio::sync::Notify;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::error::{Error, Refusal, Result};
use crate::records::outbox::{self, Posted, TakenMail};
use crate::tools::jitter::jittered;
use crate::tools::mailer::{MailError, Sent};
use crate::values::mail::Rendered;
use crate::values::time::Time;

/// How often the outbox is looked at; an email that was posted here is seen at once.
pub const INTERVAL: Duration = Duration::from_secs(10);
/// How long an email is left to a process that gives no sign of life. A living one keeps it for as long as the mail server
/// takes, which may be many minutes (RFC 5321, section 4.5.3.2).
pub const LEASE: Duration = Duration::from_secs(20);
/// How often a lease is renewed: clocks of instances may be seconds apart, and a database may miss one.
const RENEWAL: Duration = Duration::from_secs(5);
/// The pause after the first failed attempt; it doubles with each.
const FIRST_PAUSE: Duration = Duration::from_secs(30);
const LONGEST_PAUSE: Duration = Duration::from_hours(4);
/// How long to wait before a database that is away is told again that an email was accepted.
const SOON: Duration = Duration::from_secs(1);

// What a dead process had taken leaves within half a minute.
const _: () = assert!(LEASE.as_secs() + INTERVAL.as_secs() <= 30);

/// Delivers everything that is due, `MAIL_CONCURRENCY` emails at once, and returns when nothing is due and none is on its
/// way. While some are, it goes on taking what becomes due, so that a slow one holds up no other.
///
/// # Errors
/// `UNAVAILABLE`, or a fault; what was taken is due again after the lease.
pub async fn deliver_mail(app: &App, stopping: &CancellationToken) -> Result<()> {
    let round = Arc::new(Round { app, stopping, on_their_way: AtomicUsize::new(0), arrived: Notify::new() });
    let due = stream::try_unfold(Arc::clone(&round), |round| async move {
        let taken = round.take_next().await?;
        Ok::<_, Error>(taken.map(|taken| (taken, round)))
    });
    let deliveries = due.map_ok(|taken| {
        let round = Arc::clone(&round);
        async move {
            round.deliver(taken).await;
            Ok(())
        }
    });
    let all = deliveries.try_buffer_unordered(app.config.mail.concurrency).try_for_each(|()| async { Ok(()) });
    // Boxed, because the compiler cannot tell otherwise that it may be sent to another thread.
    let delivered = all.boxed().await;
    app.mailer.rest().await;
    delivered
}

/// One delivery after another, several at once, until nothing is due.
struct Round<'a> {
    app: &'a App,
    stopping: &'a CancellationToken,
    on_their_way: AtomicUsize,
    /// Notified when one is no longer on its way.
    arrived: Notify,
}

/// An email as it leaves.
struct Outgoing {
    posted: Posted,
    rendered: Rendered,
}

/// What became of an attempt.
enum Attempt {
    Accepted(Outgoing, Sent),
    NotAccepted(Outgoing, MailError),
    /// It is no longer wanted.
    Dropped,
}

impl Round<'_> {
    /// Takes what is due; waits while nothing is and some are on their way.
    async fn take_next(&self) -> Result<Option<TakenMail>> {
        while !self.stopping.is_cancelled() {
            let taken = outbox::take_due(&self.app.db, 1, LEASE, self.app.clock.now()).await;
            let is_last = self.on_their_way.load(Ordering::SeqCst) == 0;
            match taken.map(|mut taken| taken.pop()) {
                Ok(Some(taken)) => {
                    self.on_their_way.fetch_add(1, Ordering::SeqCst);
                    return Ok(Some(taken));
                }
                Ok(None) if is_last => return Ok(None),
                Err(error) if is_last => return Err(error),
                Ok(None) => {}
                // Those on their way must not be given up for it.
                Err(error) => tracing::warn!(?error, "the outbox could not be read and will be tried again"),
            }
            self.wait_for_news().await;
        }
        Ok(None)
    }

    async fn wait_for_news(&self) {
        tokio::select! {
            () = self.stopping.cancelled() => {}
            () = self.arrived.notified() => {}
            () = self.app.mail_posted.notified() => {}
            () = sleep(jittered(INTERVAL)) => {}
        }
    }

    async fn deliver(&self, taken: TakenMail) {
        if let Err(error) = deliver(self.app, taken).await {
            tracing::error!(email = %taken.id, ?error, "a delivery failed and will be tried again; the others go on");
        }
        self.on_their_way.fetch_sub(1, Ordering::SeqCst);
        self.arrived.notify_one();
    }
}

async fn deliver(app: &App, taken: TakenMail) -> Result<()> {
    let attempt = tokio::select! {
        attempt = attempt(app, taken) => attempt,
        () = lease_is_lost(app, taken) => {
            tracing::warn!(email = %taken.id, "an email was taken back, or by another instance, during its delivery");
            return Ok(());
        }
    };
    // A mail server may have taken many minutes.
    let now = app.clock.now();
    match attempt {
        Ok(Attempt::Accepted(outgoing, sent)) => note_accepted(app, taken, &outgoing, &sent).await,
        Ok(Attempt::NotAccepted(outgoing, error)) => note_failure(app, taken, Some(&outgoing), error, now).await,
        Ok(Attempt::Dropped) => {
            tracing::info!(email = %taken.id, "an email is no longer wanted");
            app.metrics.email("dropped");
            outbox::note_dropped(&app.db, taken, now).await
        }
        Err(Error::Refused(refusal)) => Err(refusal.into()),
        // An email that we cannot write must end among the dead some day, like one that nobody takes.
        Err(Error::Fault(fault)) => {
            let what = format!("{fault:?}");
            let error =
                MailError { is_final: false, summary: "it could not be written".to_owned(), said: one_line(&what) };
            tracing::error!(email = %taken.id, ?fault, "an email could not be written");
            note_failure(app, taken, None, error, now).await
        }
    }
}

/// Writes the email and sends it.
async fn attempt(app: &App, taken: TakenMail) -> Result<Attempt> {
    let now = app.clock.now();
    let Some(posted) = outbox::read(&app.db, taken.id).await? else { return Ok(Attempt::Dropped) };
    let Some(mail) = app.compose_mail(&posted, now).await? else { return Ok(Attempt::Dropped) };
    let rendered = app.mail_templates.render(&mail)?;
    let sent = app.mailer.send(posted.recipient.as_str(), &rendered, taken.id.uuid(), now).await;
    let outgoing = Outgoing { posted, rendered };
    Ok(match sent {
        Ok(sent) => Attempt::Accepted(outgoing, sent),
        Err(error) => Attempt::NotAccepted(outgoing, error),
    })
}

/// Renews the lease of an email, and returns when it is no longer ours: it was withdrawn, or could not be renewed in time
/// and another process may have it.
async fn lease_is_lost(app: &App, taken: TakenMail) {
    let mut held_until = app.clock.now() + LEASE;
    loop {
        // By both clocks: that of the machine may be set back meanwhile.
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

/// The server is responsible for the email from now on. To forget that would send it twice, so a database that is away is
/// told as soon as it is back.
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

/// The words of a server without the address of the recipient, for the log.
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
