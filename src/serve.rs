//! A running server: the app behind the edge, and the deeds that go on beside the requests.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use crate::api::http::connections::{ConnectionLimits, HttpConnections};
use crate::api::http::router::service;
use crate::api::http::server::{self, ConnectionTimeouts};
use crate::app::App;
use crate::error::{Error, OrFault, Refusal, Result};
use crate::flows::count_outbox::count_outbox;
use crate::flows::deliver_mail::{self, deliver_mail};
use crate::flows::erase_users::erase_users;
use crate::flows::learn_hash_costs::learn_hash_costs;
use crate::flows::maintenance::keep_books;
use crate::flows::refill_search::refill_search;
use crate::flows::remove_unverified::remove_unverified;
use crate::flows::sweep::sweep;
use crate::tools::db::Obstacle;
use crate::tools::device;
use crate::tools::file_limit;

/// How often emails that wait are counted for the metrics.
const OUTBOX_COUNT_INTERVAL: Duration = Duration::from_secs(15);
const SWEEP_INTERVAL: Duration = Duration::from_hours(1);
/// How often changes are folded into the totals, and sessions that expired are ended.
const BOOKS_INTERVAL: Duration = Duration::from_secs(20);
/// How soon a key that was added to the folder is noticed; well under the time before it may sign.
const KEY_INTERVAL: Duration = Duration::from_secs(20);
/// Files that are not for connections: the database (SQLite opens three for each of its own), Redis, mail, keys, and those
/// that are refused and not closed yet.
const OTHER_FILES: u32 = 192;
const FILES_OF_A_DATABASE_CONNECTION: u32 = 4;
/// As many connections as are held where the limit of files would allow more; they take memory, too.
const MOST_CONNECTIONS: u32 = 16_384;
/// How long a client may take to say the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a start waits for a database that is not there yet.
const DATABASE_PATIENCE: Duration = Duration::from_mins(1);

/// Serves until `shutdown`, and for `SHUTDOWN_DELAY` longer while `/ready` turns traffic away; then lets requests and
/// background deeds finish.
///
/// # Errors
/// A fault where the listener cannot be used.
pub async fn serve(app: Arc<App>, listener: TcpListener, shutdown: CancellationToken) -> Result<()> {
    // Before the first login, so that not even that one tells an old hash from a decoy.
    if let Err(error) = learn_hash_costs(&app).await {
        tracing::warn!(?error, "the parameters of stored password hashes are not known yet");
    }
    start_background(&app);
    let closing = close_after_delay(&app, shutdown);
    let timeouts = ConnectionTimeouts {
        head: HEAD_TIMEOUT,
        keep_alive: app.config.keep_alive_timeout,
        writing: app.config.request_timeout,
        grace: app.config.shutdown.grace,
    };
    let served = server::serve(service(&app)?, listener, connections(&app), closing, timeouts).await;
    if !app.background.shutdown(app.config.shutdown.grace).await {
        tracing::warn!("a background task did not stop in time");
    }
    app.db.close().await;
    served
}

/// Cancelled when the listener is to close. Balancers notice only at their next look that an instance stops, and send
/// requests until then.
fn close_after_delay(app: &Arc<App>, shutdown: CancellationToken) -> CancellationToken {
    let (app, closing) = (Arc::clone(app), CancellationToken::new());
    let close = closing.clone();
    Arc::clone(&app).background.spawn("close after the delay", async move {
        // Where serving fails there is nothing left to close.
        let failed = app.background.stopping();
        let told = failed.run_until_cancelled(async {
            shutdown.cancelled().await;
            app.stopping.cancel();
            tokio::time::sleep(app.config.shutdown.delay).await;
        });
        told.await;
        close.cancel();
    });
    closing
}

/// The connections that the settings and the limit of files allow.
#[must_use]
pub fn connections(app: &App) -> HttpConnections {
    let (config, files) = (&app.config, file_limit::current());
    let others = OTHER_FILES + FILES_OF_A_DATABASE_CONNECTION.saturating_mul(config.database_max_connections);
    let room = files.saturating_sub(others).max(files / 2);
    let in_all = match config.live.all_connections {
        0 => room.min(MOST_CONNECTIONS),
        wanted => wanted.min(room),
    };
    tracing::debug!(in_all, files, "so many connections are held");
    let (per_address, trusted_proxies) = (config.live.all_connections_per_address, config.trusted_proxies.clone());
    HttpConnections::new(ConnectionLimits { in_all, per_address, trusted_proxies }, app.metrics.clone())
}

/// Waits for a database that is still starting, checks that it can be used, and brings it up to date, or checks that
/// somebody has.
///
/// # Errors
/// A fault that names what a person has to do; also where the database is still away after a minute.
pub async fn prepare_database(app: &App, migrates: bool) -> Result<()> {
    let (began, mut told) = (Instant::now(), String::new());
    loop {
        let cause = match app.db.check_preconditions(app.clock.now()).await {
            Ok(()) => match bring_up_to_date(app, migrates).await {
                Err(Error::Refused(Refusal::Unavailable)) => "it went away".to_owned(),
                result => break result?,
            },
            Err(Obstacle::Lasting(cause)) => return Err(cause).or_fault("opening the database of DATABASE_URL"),
            Err(Obstacle::Passing(cause)) => cause,
        };
        if began.elapsed() >= DATABASE_PATIENCE {
            return Err(cause).or_fault("waiting a minute for the database of DATABASE_URL");
        }
        if cause != told {
            tracing::warn!(cause, "the database of DATABASE_URL cannot be used yet");
            told = cause;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    refill_search(app).await
}

async fn bring_up_to_date(app: &App, migrates: bool) -> Result<()> {
    if migrates { app.db.migrate().await } else { app.db.check_migrations().await }
}

/// Starts the deeds that go on beside the requests.
pub fn start_background(app: &Arc<App>) {
    let courier = Arc::clone(app);
    app.background.every("deliver mail", deliver_mail::INTERVAL, Some(Arc::clone(&app.mail_posted)), move |stopping| {
        let app = Arc::clone(&courier);
        async move { deliver_mail(&app, &stopping).await }
    });
    let counter = Arc::clone(app);
    app.background.every("count the outbox", OUTBOX_COUNT_INTERVAL, None, move |_| {
        let app = Arc::clone(&counter);
        async move { count_outbox(&app).await }
    });
    let sweeper = Arc::clone(app);
    app.background.every("sweep", SWEEP_INTERVAL, None, move |stopping| {
        let app = Arc::clone(&sweeper);
        async move {
            let removed = sweep(&app, &stopping).await?;
            let erased = erase_users(&app, &stopping).await?;
            learn_hash_costs(&app).await?;
            let unverified = remove_unverified(&app, &stopping).await?;
            if removed + erased + unverified > 0 {
                tracing::info!(removed, erased, unverified, "removed what is older than the settings keep it");
            }
            Ok(())
        }
    });
    let bookkeeper = Arc::clone(app);
    app.background.every("keep books", BOOKS_INTERVAL, None, move |stopping| {
        let app = Arc::clone(&bookkeeper);
        async move { keep_books(&app, &stopping).await }
    });
    let keeper = Arc::clone(app);
    app.background.every("reload keys", KEY_INTERVAL, None, move |_| {
        let app = Arc::clone(&keeper);
        async move { app.access_tokens.reload() }
    });
    // Compiles its patterns once; the first login should not wait for that.
    std::thread::spawn(device::prepare);
}
