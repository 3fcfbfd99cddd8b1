//! `authgraph settings`: prints every setting, and checks those of this server.

mod check;

use std::process::ExitCode;

use authgraph::config::reference;
use authgraph::error::Result;
use clap::{Args, Subcommand, ValueEnum};

use self::check::CheckArguments;
use super::print;

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct SettingsArguments {
    /// The format to print.
    #[arg(long, value_enum, default_value_t = SettingsFormat::Env)]
    format: SettingsFormat,
    #[command(subcommand)]
    command: Option<SettingsCommand>,
}

#[derive(Subcommand)]
enum SettingsCommand {
    /// Read the settings as the server would, say everything that is wrong with them, and count the connections that the
    /// instances of a deployment need. Exit code 0: the settings are right; 1: the connections are not enough; 2: the
    /// settings are wrong.
    Check(CheckArguments),
}

#[derive(Clone, Copy, ValueEnum)]
enum SettingsFormat {
    /// The text of .env.example.
    Env,
    /// The text of docs/configuration.md.
    Markdown,
}

/// Prints every setting with its default and its meaning, or checks what is set.
pub async fn run(arguments: &SettingsArguments) -> Result<ExitCode> {
    match (&arguments.command, arguments.format) {
        (Some(SettingsCommand::Check(arguments)), _) => check::run(arguments).await,
        (None, SettingsFormat::Env) => print(&reference::env_example()),
        (None, SettingsFormat::Markdown) => print(&reference::markdown()),
    }
}
