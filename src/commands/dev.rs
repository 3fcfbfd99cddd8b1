//! `authgraph dev`: for whoever develops with authgraph, or measures it.

use std::process::ExitCode;

use authgraph::app::App;
use authgraph::error::{OrFault, Result};
use authgraph::flows::seed::{Wanted, seed};
use authgraph::values::password::Password;
use clap::Subcommand;
use indicatif::{ProgressBar, ProgressStyle};

use super::say;

/// Keeps the default rules, and is no secret.
const PASSWORD: &str = "Seeded-Horse-7";

#[derive(Subcommand)]
pub enum Dev {
    /// Fill the database with invented people, their sessions, and what they did in the last 90 days.
    Seed {
        /// How many people.
        #[arg(long, default_value_t = 1_000)]
        users: u64,
        /// How many events of the audit trail.
        #[arg(long, default_value_t = 10_000)]
        events: u64,
        /// Also in production, if the database is empty. Everybody has the same, well-known password.
        #[arg(long)]
        yes: bool,
    },
}

/// Does what was asked.
///
/// # Errors
/// As the flows.
pub async fn run(app: &App, command: &Dev) -> Result<ExitCode> {
    let Dev::Seed { users, events, yes } = *command;
    let template = "{bar:40} {percent}%, {per_sec}, {eta} left";
    let style = ProgressStyle::with_template(template).or_fault("reading the style of a progress bar")?;
    let bar = ProgressBar::new(users.saturating_add(events)).with_style(style);
    let password = Password::typed(PASSWORD.to_owned());
    seed(app, Wanted { users, events }, &password, yes, |done| bar.set_position(done)).await?;
    bar.finish_and_clear();
    say(&format!(
        "{users} people and {events} events. Everybody's password is {PASSWORD}; the first five administer.\n"
    ))
}
