//! `authgraph serve`: runs the server until a signal stops it, and greets developers.

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

use super::print;
use super::users::random_password;

/// Serves until SIGTERM or SIGINT.
pub async fn run(config: Config) -> Result<ExitCode> {
    // Development refuses nothing, so ALLOW_INSECURE changes nothing there.
    if !config.is_development() && !config.server.allowed_insecure.is_empty() {
        let settings = config.server.allowed_insecure.join(", ");
        tracing::warn!(settings, "ALLOW_INSECURE lets this server start with insecure settings");
    }
    file_limit::raise();
    let listener = TcpListener::bind(config.server.listen).or_fault("listening on LISTEN")?;
    let app = Arc::new(App::open(config, Clock::System).await?);
    let shutdown = CancellationToken::new();
    let signalled = shutdown.clone();
    app.background.spawn("listen for signals", async move {
        wait_for_signal().await;
        signalled.cancel();
    });
    let prepared = shutdown.run_until_cancelled(async {
        serve::prepare_database(&app, app.config.server.migrates_at_start).await?;
        if let Some(redis) = &app.redis {
            redis.connect().await;
        }
        check_encryption_keys(&app).await?;
        if app.config.is_development() {
            greet_developer(&app).await?;
        }
        Ok::<(), Error>(())
    });
    match prepared.await {
        Some(prepared) => prepared?,
        // A signal came while the server was still waiting for the database.
        None => return Ok(ExitCode::SUCCESS),
    }
    log_start(&app.config);
    serve::serve(app, listener, shutdown).await?;
    tracing::info!("authgraph has stopped");
    Ok(ExitCode::SUCCESS)
}

/// Logs what runs here and how, so that operators can compare instances.
fn log_start(config: &Config) {
    let providers: Vec<&str> = config.oauth.providers.iter().map(|provider| &*provider.name).collect();
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        environment = if config.is_development() { "development" } else { "production" },
        address = %config.server.listen,
        public_url = %config.server.public_url,
        database = config.database.url.expose().split(':').next(),
        redis = config.redis.url.is_some(),
        mail = if config.mail.server.is_some() { "smtp" } else { "files" },
        oauth_providers = providers.join(","),
        trusted_proxies = ?config.http.trusted_proxies,
        log = config.observability.log_filter,
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

/// Prints what a developer needs at the first start: the addresses, and an administrator to sign in as.
async fn greet_developer(app: &App) -> Result<()> {
    let base = app.config.server.public_url.as_str().trim_end_matches('/');
    let mut lines = vec![
        String::new(),
        "  authgraph, for development".to_owned(),
        String::new(),
        format!("  GraphQL   {base}/graphql"),
        format!("  Keys      {base}/.well-known/jwks.json"),
        format!("  Health    {base}/health and {base}/ready"),
    ];
    if app.mailer.mailbox().is_some() {
        // The mailbox answers only this machine, whatever PUBLIC_URL is.
        lines.push(format!("  Emails    http://localhost:{}/dev/mailbox", app.config.server.listen.port()));
    }
    if !has_admin(app).await? {
        lines.extend(first_admin(app).await?);
    }
    print(&format!("{}\n\n", lines.join("\n")))?;
    Ok(())
}

/// Creates the administrator of a new database. Another instance may be quicker; then that one prints the password.
async fn first_admin(app: &App) -> Result<Vec<String>> {
    let email = EmailAddress::parse("admin@example.com").map_err(Error::from)?;
    let password = random_password(app, &email)?;
    match create_admin(app, &email, &Password::typed(password.clone())).await {
        Ok(_) => Ok(vec![
            String::new(),
            "  Administrator (the password is shown only now)".to_owned(),
            format!("  Email     {email}"),
            format!("  Password  {password}"),
        ]),
        Err(Error::Refused(Refusal::EmailTaken)) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}
