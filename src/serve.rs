//! A running server: it serves HTTP and runs the background tasks.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::api::http::connections::{ConnectionLimits, HttpConnections};
use crate::api::http::router::service;
use crate::api::http::server::{self, ConnectionTimeouts};
use crate::app::App;
use crate::error::{Error, OrFault, Refusal, Result};
use crate::flows::deliver_mail::{self, deliver_mail};
use crate::flows::erase_users::erase_users;
use crate::flows::learn_hash_costs::learn_hash_costs;
use crate::flows::maintenance::maintain;
use crate::flows::remove_unverified::remove_unverified;
use crate::flows::sweep::sweep;
use crate::flows::update_gauges::update_gauges;
use crate::tools::db::Obstacle;
use crate::tools::file_limit;
use crate::tools::user_agent;

/// How often emails, sessions and locks are counted for the metrics.
const GAUGE_INTERVAL: Duration = Duration::from_secs(15);
/// How often expired data is removed.
const SWEEP_INTERVAL: Duration = Duration::from_hours(1);
/// How often changes are added to the totals, and expired sessions are ended.
const MAINTENANCE_INTERVAL: Duration = Duration::from_secs(20);
/// How often the folder of signing keys is read. A new key signs only after a minute, when every instance has read it.
const KEY_INTERVAL: Duration = Duration::from_secs(20);
/// Open files that client connections do not need: Redis, mail, keys, log, and connections that were refused and are not
/// closed yet.
const OTHER_FILES: u32 = 192;
/// Open files of one database connection. SQLite opens three.
const FILES_OF_A_DATABASE_CONNECTION: u32 = 4;
/// The most connections that the limit of open files may lead to, because connections need memory, too.
const MOST_CONNECTIONS: u32 = 16_384;
/// How long a client may take to send the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a start waits for a database that is not ready.
const DATABASE_TIMEOUT: Duration = Duration::from_mins(1);

/// Serves until `shutdown`, and for `SHUTDOWN_DELAY` longer while `/ready` answers 503. Then running requests and background
/// tasks may finish.
pub async fn serve(app: Arc<App>, listener: TcpListener, shutdown: CancellationToken) -> Result<()> {
    // Before the first login, so that its duration does not show whether the account has an old hash or does not exist.
    if let Err(error) = learn_hash_costs(&app).await {
        tracing::warn!(?error, "the parameters of stored password hashes are not known yet");
    }
    start_background(&app);
    let closing = close_after_delay(&app, shutdown);
    let timeouts = ConnectionTimeouts {
        head: HEAD_TIMEOUT,
        keep_alive: app.config.http.keep_alive_timeout,
        writing: app.config.http.request_timeout,
        grace: app.config.http.shutdown_grace,
    };
    let served = server::serve(service(&app)?, listener, connections(&app), closing, timeouts).await;
    if !app.background.shutdown(app.config.http.shutdown_grace).await {
        tracing::warn!("a background task did not stop in time");
    }
    app.db.close().await;
    served
}

/// A token that is cancelled when the listener has to close: `SHUTDOWN_DELAY` after `shutdown`, because load balancers send
/// requests until their next health check.
fn close_after_delay(app: &Arc<App>, shutdown: CancellationToken) -> CancellationToken {
    let (app, closing) = (Arc::clone(app), CancellationToken::new());
    let close = closing.clone();
    Arc::clone(&app).background.spawn("close after the delay", async move {
        // Where serving fails, the background tasks stop first and there is nothing left to close.
        let failed = app.background.stopping();
        let delayed = failed.run_until_cancelled(async {
            shutdown.cancelled().await;
            app.stopping.cancel();
            tokio::time::sleep(app.config.http.shutdown_delay).await;
        });
        delayed.await;
        close.cancel();
    });
    closing
}

/// The connections that the settings and the limit of open files allow.
#[must_use]
pub fn connections(app: &App) -> HttpConnections {
    let (config, files) = (&app.config, file_limit::current());
    let reserved = OTHER_FILES + FILES_OF_A_DATABASE_CONNECTION.saturating_mul(config.database.max_connections);
    let available = files.saturating_sub(reserved).max(files / 2);
    let in_all = match config.http.max_connections {
        0 => available.min(MOST_CONNECTIONS),
        wanted => wanted.min(available),
    };
    tracing::debug!(in_all, files, "the limit of connections");
    let (per_address, trusted_proxies) = (config.http.max_connections_per_address, config.http.trusted_proxies.clone());
    HttpConnections::new(ConnectionLimits { in_all, per_address, trusted_proxies }, app.metrics.clone())
}

/// Waits up to a minute for a database that is still starting, and checks that it can be used. Then brings it up to date, or
/// checks that it is up to date. A fault says what the operator has to do.
pub async fn prepare_database(app: &App, migrates: bool) -> Result<()> {
    let (began, mut logged_cause) = (Instant::now(), String::new());
    loop {
        let cause = match app.db.check_preconditions(app.clock.now()).await {
            Ok(()) => match bring_up_to_date(app, migrates).await {
                Err(Error::Refused(Refusal::Unavailable)) => "the connection was lost".to_owned(),
                result => return result,
            },
            Err(Obstacle::Lasting(cause)) => return Err(cause).or_fault("opening the database of DATABASE_URL"),
            Err(Obstacle::Passing(cause)) => cause,
        };
        if began.elapsed() >= DATABASE_TIMEOUT {
            return Err(cause).or_fault("waiting a minute for the database of DATABASE_URL");
        }
        if cause != logged_cause {
            tracing::warn!(cause, "the database of DATABASE_URL cannot be used yet");
            logged_cause = cause;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

async fn bring_up_to_date(app: &App, migrates: bool) -> Result<()> {
    if migrates { app.db.migrate().await } else { app.db.check_migrations().await }
}

/// Starts the tasks that run beside the requests.
pub fn start_background(app: &Arc<App>) {
    let mail_posted = Some(app.db.mail_posted());
    repeat(app, "deliver mail", deliver_mail::INTERVAL, mail_posted, |app, stopping| async move {
        deliver_mail(&app, &stopping).await
    });
    repeat(app, "update the gauges", GAUGE_INTERVAL, None, |app, _| async move { update_gauges(&app).await });
    repeat(app, "sweep", SWEEP_INTERVAL, None, |app, stopping| async move { remove_expired(&app, &stopping).await });
    repeat(
        app,
        "maintenance",
        MAINTENANCE_INTERVAL,
        None,
        |app, stopping| async move { maintain(&app, &stopping).await },
    );
    repeat(app, "reload keys", KEY_INTERVAL, None, |app, _| async move { app.access_tokens.reload() });
    // Compiles its patterns once, so that the first login does not have to wait for that.
    std::thread::spawn(user_agent::prepare);
}

/// Runs a task at once, and then again after each interval.
fn repeat<F: Future<Output = Result<()>> + Send + 'static>(
    app: &Arc<App>,
    name: &'static str,
    interval: Duration,
    wake: Option<Arc<Notify>>,
    task: impl Fn(Arc<App>, CancellationToken) -> F + Send + 'static,
) {
    let shared = Arc::clone(app);
    app.background.every(name, interval, wake, move |stopping| task(Arc::clone(&shared), stopping));
}

/// Removes what is older than the settings keep it.
async fn remove_expired(app: &App, stopping: &CancellationToken) -> Result<()> {
    let removed = sweep(app, stopping).await?;
    let erased = erase_users(app, stopping).await?;
    learn_hash_costs(app).await?;
    let unverified = remove_unverified(app, stopping).await?;
    if removed + erased + unverified > 0 {
        tracing::info!(removed, erased, unverified, "removed what is older than the settings keep it");
    }
    Ok(())
}
