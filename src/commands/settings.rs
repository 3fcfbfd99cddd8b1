//! `authgraph settings`: prints every setting.

use std::process::ExitCode;

use authgraph::config::reference;
use authgraph::error::Result;
use clap::{Args, ValueEnum};

use super::print;

#[derive(Args)]
pub struct SettingsArguments {
    /// The format to print.
    #[arg(long, value_enum, default_value_t = SettingsFormat::Env)]
    format: SettingsFormat,
}

#[derive(Clone, Copy, ValueEnum)]
enum SettingsFormat {
    /// The text of .env.example.
    Env,
    /// The text of docs/configuration.md.
    Markdown,
}

/// Prints every setting with its default and its meaning.
pub fn run(arguments: &SettingsArguments) -> Result<ExitCode> {
    print(&match arguments.format {
        SettingsFormat::Env => reference::env_example(),
        SettingsFormat::Markdown => reference::markdown(),
    })
}
