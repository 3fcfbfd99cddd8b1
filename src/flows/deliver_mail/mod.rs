//! Delivering the emails of the outbox: each is tried until a mail server has accepted it.

mod delivery;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::{FutureExt, TryStreamExt, stream};
use tokio::sync::Notify;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, field};

use crate::app::App;
use crate::error::{Error, Result};
use crate::records::outbox::{self, TakenMail};
use crate::tools::jitter::jittered;
use crate::tools::spans;

/// How often the outbox is read. The commit that posts an email on this instance wakes the delivery at once.
pub const INTERVAL: Duration = Duration::from_secs(10);
/// How long an email belongs to a process that does not renew its lease. A living process keeps it for as long as the mail
/// server takes, which may be many minutes (RFC 5321, section 4.5.3.2).
pub const LEASE: Duration = Duration::from_secs(20);
// What a process had taken when it died leaves within half a minute.
const _: () = assert!(LEASE.as_secs() + INTERVAL.as_secs() <= 30);

/// Delivers everything that is due, `MAIL_CONCURRENCY` emails at once, and returns when nothing is due and none is on its
/// way. While some are, it goes on taking what becomes due, so that a slow delivery delays no other.
///
/// # Errors
/// `UNAVAILABLE`, or a fault; what was taken is due again after the lease.
pub async fn deliver_mail(app: &App, stopping: &CancellationToken) -> Result<()> {
    let (on_their_way, finished, posted) = (AtomicUsize::new(0), Notify::new(), app.db.mail_posted());
    let round = Arc::new(Round { app, stopping, on_their_way, finished, posted });
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

/// The deliveries until nothing is due, several at once.
struct Round<'a> {
    app: &'a App,
    stopping: &'a CancellationToken,
    on_their_way: AtomicUsize,
    /// Notified when a delivery has ended.
    finished: Notify,
    /// Notified when an email was posted on this instance.
    posted: Arc<Notify>,
}

impl Round<'_> {
    /// Takes an email that is due. Waits while none is due and some are on their way.
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
                // Deliveries on their way must go on.
                Err(error) => tracing::warn!(?error, "the outbox could not be read and will be tried again"),
            }
            self.wait_for_mail().await;
        }
        Ok(None)
    }

    async fn wait_for_mail(&self) {
        tokio::select! {
            () = self.stopping.cancelled() => {}
            () = self.finished.notified() => {}
            () = self.posted.notified() => {}
            () = sleep(jittered(INTERVAL)) => {}
        }
    }

    async fn deliver(&self, taken: TakenMail) {
        let span = tracing::info_span!(
            target: spans::ROOT,
            "deliver mail",
            otel.kind = "consumer",
            authgraph.correlation_id = field::Empty,
        );
        if let Err(error) = delivery::deliver(self.app, taken).instrument(span).await {
            tracing::error!(email = %taken.id, ?error, "a delivery failed and will be tried again; the others go on");
        }
        self.on_their_way.fetch_sub(1, Ordering::SeqCst);
        self.finished.notify_one();
    }
}
