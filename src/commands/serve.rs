//! `authgraph serve`: until it is told to stop, and what a developer sees at the start.

use std::net::TcpListener;
use std::process::ExitCode;
use std::sync::Arc;

use authgraph::app::App;
use authgraph::config::Config;
use authgraph::error::{Error, OrFault, Refusal, Result};
use authgraph::flows::check_encryption_keys::check_encryption_keys;
use authgraph::flows::create_admin::{create_admin, has_admin};
use authgraph::serve;
use authgraph::tools::clock::Clock;
use authgraph::tools::file_limit;
use authgraph::values::email_address::EmailAddress;
use authgraph::values::password::Password;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::say;
use super::users::random_password;

/// Serves until a signal says stop.
///
/// # Errors
/// A fault where `LISTEN` cannot be listened on, and as a start and its migrations.
pub async fn run(config: Config) -> Result<ExitCode> {
    if !config.allowed_insecure.is_empty() {
        let settings = config.allowed_insecure.join(", ");
        tracing::warn!(settings, "ALLOW_INSECURE lets this server start with settings that make it weak");
    }
    file_limit::raise();
    let listener = TcpListener::bind(config.listen).or_fault("listening on LISTEN")?;
    let app = Arc::new(App::open(config, Clock::System).await?);
    let shutdown = CancellationToken::new();
    let told = shutdown.clone();
    app.background.spawn("listen for signals", async move {
        wait_for_signal().await;
        told.cancel();
    });
    let prepared = shutdown.run_until_cancelled(async {
        serve::prepare_database(&app, app.config.database_migrate).await?;
        if let Some(redis) = &app.redis {
            redis.connect().await;
        }
        check_encryption_keys(&app).await?;
        if app.config.is_development() {
            greet(&app).await?;
        }
        Ok::<(), Error>(())
    });
    match prepared.await {
        Some(prepared) => prepared?,
        // Told to stop while still waiting for the database.
        None => return Ok(ExitCode::SUCCESS),
    }
    log_start(&app.config);
    serve::serve(app, listener, shutdown).await?;
    tracing::info!("authgraph has stopped");
    Ok(ExitCode::SUCCESS)
}

/// What runs here and how, so that an operator who compares instances need not ask each for its settings.
fn log_start(config: &Config) {
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        environment = if config.is_development() { "development" } else { "production" },
        address = %config.listen,
        public_url = %config.public_url,
        database = config.database_url.expose().split(':').next(),
        redis = config.redis_url.is_some(),
        mail = if config.mail.server.is_some() { "smtp" } else { "files" },
        trusted_proxies = ?config.trusted_proxies,
        log = config.log,
        "authgraph serves"
    );
}

async fn wait_for_signal() {
    let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

/// What a developer wants to see at the first start: where everything is, and an administrator to sign in as.
async fn greet(app: &App) -> Result<()> {
    let base = app.config.public_url.as_str().trim_end_matches('/');
    let mut lines = vec![
        String::new(),
        "  authgraph, for development".to_owned(),
        String::new(),
        format!("  GraphQL   {base}/graphql"),
        format!("  Keys      {base}/.well-known/jwks.json"),
        format!("  Health    {base}/health and {base}/ready"),
    ];
    if app.mailer.mailbox().is_some() {
        // The mailbox answers this machine alone, whatever PUBLIC_URL is.
        lines.push(format!("  Emails   http://localhost:{}/dev/mailbox", app.config.listen.port()));
    }
    if !has_admin(app).await? {
        lines.extend(first_admin(app).await?);
    }
    say(&format!("{}\n\n", lines.join("\n")))?;
    Ok(())
}

/// Makes the administrator of a new database. Another instance may be quicker; then the sign-in is in its output.
async fn first_admin(app: &App) -> Result<Vec<String>> {
    let email = EmailAddress::parse("admin@example.com").map_err(Error::from)?;
    let password = random_password(app, &email)?;
    match create_admin(app, &email, &Password::typed(password.clone())).await {
        Ok(_) => Ok(vec![
            String::new(),
            "  Administrator, shown this once".to_owned(),
            format!("  E-mail    {email}"),
            format!("  Password  {password}"),
        ]),
        Err(Error::Refused(Refusal::EmailTaken)) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}
