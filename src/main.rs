//! The command line.

mod commands;

use std::process::ExitCode;

use authgraph::api::graphql::schema;
use authgraph::app::{App, database_settings};
use authgraph::config::{Config, example};
use authgraph::error::{OrFault, Result};
use authgraph::serve;
use authgraph::tools::clock::Clock;
use authgraph::tools::db::{self, Db};
use authgraph::tools::telemetry::{self, LogFormat};
use clap::{Parser, Subcommand};
use commands::audit::{self, Audit};
use commands::dev::{self, Dev};
use commands::keys::{self, Keys};
use commands::outbox::{self, Outbox};
use commands::users::{self, Users};
use commands::{complain, explain, say};

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
    /// Emails that wait, could not be delivered, or have left.
    #[command(subcommand)]
    Outbox(Outbox),
    /// The audit trail, and the counts taken from it.
    #[command(subcommand)]
    Audit(Audit),
    /// Invented people, to develop and to measure on.
    #[command(subcommand)]
    Dev(Dev),
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
        Some(Command::Settings) => return say(&example::env_example()),
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
    telemetry::start(if config.log_json { LogFormat::Json } else { LogFormat::Pretty }, &config.log)?;
    for unknown in &config.unknown_names {
        tracing::warn!("{unknown}");
    }
    match command {
        Some(Command::Migrate) => {
            // The one command that makes a database file in production.
            let database = db::DbSettings { makes_file: true, ..database_settings(&config) };
            Db::open(&database).await?.close().await;
            serve::prepare_database(&App::open(config, Clock::System).await?, true).await?;
            say("The database is up to date.\n")
        }
        Some(Command::Keys(command)) => keys::run(config, &command).await,
        Some(Command::Users(command)) => users::run(config, &command).await,
        Some(Command::Outbox(command)) => outbox::run(&App::open(config, Clock::System).await?, &command).await,
        Some(Command::Dev(command)) => {
            let app = App::open(config, Clock::System).await?;
            serve::prepare_database(&app, true).await?;
            dev::run(&app, &command).await
        }
        Some(Command::Audit(command)) => audit::run(&App::open(config, Clock::System).await?, &command).await,
        Some(Command::Serve | Command::Schema | Command::Settings) | None => commands::serve::run(config).await,
    }
}
