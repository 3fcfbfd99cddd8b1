//! The command line.

mod commands;

use std::process::ExitCode;

use authgraph::api::graphql::schema;
use authgraph::app::App;
use authgraph::config::Config;
use authgraph::error::{OrFault, Result};
use authgraph::serve;
use authgraph::tools::clock::Clock;
use authgraph::tools::db::{Db, DbSettings};
use authgraph::tools::telemetry;
use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;
use commands::audit::{self, AuditCommand};
use commands::dev::{self, DevCommand};
use commands::healthcheck::{self, HealthcheckArguments};
use commands::keys::{self, KeysCommand};
use commands::outbox::{self, OutboxCommand};
use commands::sessions::{self, SessionsCommand};
use commands::settings::{self, SettingsArguments};
use commands::users::{self, UsersCommand};
use commands::{ExitFailure, eprint, explain, print, shell};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A GraphQL authentication server. It reads its settings from the environment and from the file .env.
#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server. This is the default command.
    Serve,
    /// Bring the database up to date, then exit.
    Migrate,
    /// Print the GraphQL schema.
    Schema,
    /// Print every setting with its default and its meaning, or check the settings of this server.
    Settings(SettingsArguments),
    /// Ask the server that runs with these settings on this machine whether it is ready. Exit code 0: it is; 1: it is not.
    Healthcheck(HealthcheckArguments),
    /// Manage the keys that sign access tokens and encrypt secrets.
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Manage accounts.
    #[command(subcommand)]
    Users(UsersCommand),
    /// End sessions.
    #[command(subcommand)]
    Sessions(SessionsCommand),
    /// Manage emails that wait to be sent or could not be sent.
    #[command(subcommand)]
    Outbox(OutboxCommand),
    /// Verify and export the audit trail, and recount the statistics.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Fill a database with invented data, for development and measurements.
    #[command(subcommand)]
    Dev(DevCommand),
    /// Print the script with which a shell completes these commands.
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Print the manual page, in the format of man.
    Man,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    match runtime.or_fault("starting the runtime").and_then(|runtime| runtime.block_on(run(arguments.command))) {
        Ok(code) => code,
        Err(error) => {
            eprint(&explain(&error));
            ExitFailure::of(&error).into()
        }
    }
}

async fn run(command: Option<Command>) -> Result<ExitCode> {
    // These need no settings, or say themselves what is wrong with them.
    match &command {
        Some(Command::Schema) => return print(&schema::sdl()),
        Some(Command::Settings(arguments)) => return settings::run(arguments).await,
        Some(Command::Healthcheck(arguments)) => return healthcheck::run(arguments).await,
        Some(Command::Completions { shell }) => return shell::completions(*shell, Arguments::command()),
        Some(Command::Man) => return shell::manual(Arguments::command()),
        Some(_) | None => {}
    }
    let (config, unknown_names) = match Config::from_environment() {
        Ok(read) => read,
        Err(faults) => {
            let lines: Vec<String> = faults.iter().map(|fault| format!("  {fault}")).collect();
            eprint(&format!("authgraph cannot start. Please correct these settings:\n{}", lines.join("\n")));
            return Ok(ExitFailure::WrongSettings.into());
        }
    };
    // Commands do their work and end: only the server has requests to trace.
    let traces = matches!(command, Some(Command::Serve) | None).then_some(&config.traces);
    let telemetry = telemetry::start(config.observability.log_format, &config.observability.log_filter, traces)?;
    for warning in unknown_names {
        tracing::warn!("{warning}");
    }
    let outcome = Box::pin(run_with_settings(command, config)).await;
    telemetry.shutdown();
    outcome
}

async fn run_with_settings(command: Option<Command>, config: Config) -> Result<ExitCode> {
    match command {
        Some(Command::Migrate) => migrate(config).await,
        Some(Command::Keys(command)) => keys::run(config, &command).await,
        Some(Command::Users(command)) => Box::pin(users::run(config, command)).await,
        Some(Command::Sessions(command)) => sessions::run(&App::open(config, Clock::System).await?, &command).await,
        Some(Command::Outbox(command)) => outbox::run(&App::open(config, Clock::System).await?, &command).await,
        Some(Command::Dev(command)) => {
            let app = App::open(config, Clock::System).await?;
            serve::prepare_database(&app, true).await?;
            dev::run(&app, &command).await
        }
        Some(Command::Audit(command)) => audit::run(&App::open(config, Clock::System).await?, &command).await,
        // The others have ended before the settings were read.
        Some(_) | None => Box::pin(commands::serve::run(config)).await,
    }
}

/// The only command that creates a database file in production.
async fn migrate(config: Config) -> Result<ExitCode> {
    Db::open(&DbSettings { makes_file: true, ..config.database.clone() }).await?.close().await;
    serve::prepare_database(&App::open(config, Clock::System).await?, true).await?;
    print("The database is up to date.\n")
}
