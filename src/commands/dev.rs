//! `authgraph dev`: for whoever develops with authgraph, or measures it.

use std::process::ExitCode;

use authgraph::app::App;
use authgraph::error::{OrFault, Result};
use authgraph::flows::seed::{SeedSize, seed};
use authgraph::values::email_address::EmailAddress;
use authgraph::values::password::Password;
use clap::Subcommand;
use indicatif::{ProgressBar, ProgressStyle};

use super::say;
use super::users::random_password;

/// Keeps the default rules, and is no secret. For development.
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
        /// Also in production, if the database is empty. Everybody has the same password, drawn at random.
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
    // Some of these people administer: where others reach the server their password must not stand in its source.
    let password = if app.config.is_development() {
        PASSWORD.to_owned()
    } else {
        random_password(app, &EmailAddress::parse("admin@example.com")?)?
    };
    seed(app, SeedSize { users, events }, &Password::typed(password.clone()), yes, |done| bar.set_position(done))
        .await?;
    bar.finish_and_clear();
    say(&format!(
        "{users} people and {events} events. Everybody's password is {password}; the first five administer.\n"
    ))
}
