//! The command line.

mod commands;

use std::net::TcpListener;
use std::process::ExitCode;
use std::sync::Arc;

use authgraph::api::graphql::schema;
use authgraph::app::App;
use authgraph::config::{Config, table};
use authgraph::error::{Error, OrFault, Refusal, Result};
use authgraph::flows::create_admin::{create_admin, has_admin};
use authgraph::records::outbox;
use authgraph::serve;
use authgraph::tools::clock::Clock;
use authgraph::tools::telemetry::{self, Format};
use authgraph::values::email_address::EmailAddress;
use authgraph::values::password::Password;
use clap::{Parser, Subcommand};
use commands::audit::{self, Audit};
use commands::dev::{self, Dev};
use commands::keys::{self, Keys};
use commands::users::{self, Users};
use commands::{complain, say};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A GraphQL authentication server. Settings come from the environment and from the file .env.
#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve (what happens without a command).
    Serve,
    /// Bring the database up to date and stop.
    Migrate,
    /// Print the GraphQL schema.
    Schema,
    /// Print every setting with its default, as .env.example holds them.
    Settings,
    /// Signing keys of access tokens.
    #[command(subcommand)]
    Keys(Keys),
    /// Accounts.
    #[command(subcommand)]
    Users(Users),
    /// Letters that wait or could not be delivered.
    #[command(subcommand)]
    Outbox(Outbox),
    /// The audit trail, and the counts taken from it.
    #[command(subcommand)]
    Audit(Audit),
    /// Invented people, to develop and to measure on.
    #[command(subcommand)]
    Dev(Dev),
}

#[derive(Subcommand)]
enum Outbox {
    /// List the letters that are dead, newest first.
    List,
    /// Give every dead letter another round of attempts.
    Retry,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    match runtime.or_fault("starting the runtime").and_then(|runtime| runtime.block_on(run(arguments.command))) {
        Ok(code) => code,
        Err(error) => {
            complain(&explain(&error));
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Option<Command>) -> Result<ExitCode> {
    match command {
        Some(Command::Schema) => return say(&schema::sdl()),
        Some(Command::Settings) => return say(&table::env_example()),
        Some(_) | None => {}
    }
    let config = match Config::from_environment() {
        Ok(config) => config,
        Err(faults) => {
            let lines: Vec<String> = faults.iter().map(|fault| format!("  {fault}")).collect();
            complain(&format!("authgraph cannot start. Wrong or missing settings:\n{}", lines.join("\n")));
            return Ok(ExitCode::from(2));
        }
    };
    telemetry::start(if config.log_json { Format::Json } else { Format::Pretty }, &config.log)?;
    match command {
        Some(Command::Migrate) => {
            serve::migrate(&App::open(config, Clock::System).await?).await?;
            say("The database is up to date.\n")
        }
        Some(Command::Keys(command)) => keys::run(config, &command).await,
        Some(Command::Users(command)) => users::run(config, &command).await,
        Some(Command::Outbox(outbox)) => manage_outbox(config, &outbox).await,
        Some(Command::Dev(command)) => {
            let app = App::open(config, Clock::System).await?;
            serve::migrate(&app).await?;
            dev::run(&app, &command).await
        }
        Some(Command::Audit(command)) => audit::run(&App::open(config, Clock::System).await?, &command).await,
        Some(Command::Serve | Command::Schema | Command::Settings) | None => serve_until_told(config).await,
    }
}

async fn serve_until_told(config: Config) -> Result<ExitCode> {
    let listener = TcpListener::bind(config.listen).or_fault("listening on LISTEN")?;
    let app = Arc::new(App::open(config, Clock::System).await?);
    let shutdown = CancellationToken::new();
    let told = shutdown.clone();
    app.background.spawn("listen for signals", async move {
        wait_for_signal().await;
        told.cancel();
    });
    let prepared = shutdown.run_until_cancelled(async {
        if app.config.database_migrate {
            serve::migrate(&app).await?;
        }
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
    tracing::info!(address = %app.config.listen, "authgraph serves");
    serve::serve(app, listener, shutdown).await?;
    tracing::info!("authgraph has stopped");
    Ok(ExitCode::SUCCESS)
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
        lines.push(format!("  Letters   {base}/dev/mailbox"));
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
    let password = users::random_password(app, &email)?;
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

async fn manage_outbox(config: Config, command: &Outbox) -> Result<ExitCode> {
    let app = App::open(config, Clock::System).await?;
    match command {
        Outbox::Retry => {
            let revived = outbox::revive_dead(&app.db, app.clock.now()).await?;
            say(&format!("{revived} letters will be tried again.\n"))
        }
        Outbox::List => {
            let mut lines = vec![format!("{} letters wait.\n", outbox::count_waiting(&app.db).await?)];
            for dead in outbox::list_dead(&app.db, 100).await? {
                let at = dead.settled_at.format("%Y-%m-%d %H:%M");
                lines.push(format!("{}  {at}  {:?} to {}: {}\n", dead.id, dead.kind, dead.recipient, dead.last_error));
            }
            say(&lines.concat())
        }
    }
}

/// What a person at the command line can do something with.
fn explain(error: &Error) -> String {
    match error {
        Error::Refused(Refusal::ValidationFailed { fields }) => {
            let lines: Vec<String> = fields.iter().map(|field| format!("{}: {}", field.path, field.message)).collect();
            lines.join("\n")
        }
        Error::Refused(refusal) => refusal.to_string(),
        Error::Fault(fault) => format!("authgraph failed: {fault:?}"),
    }
}
