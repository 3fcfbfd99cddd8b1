//! `authgraph dev`: fills a database with invented data, for development and measurements.

use std::process::ExitCode;

use authgraph::app::App;
use authgraph::error::{OrFault, Result};
use authgraph::flows::seed::{SeedSize, seed};
use authgraph::values::email_address::EmailAddress;
use authgraph::values::password::Password;
use clap::Subcommand;
use indicatif::{ProgressBar, ProgressStyle};

use super::print;
use super::users::random_password;

/// The password of all invented users in development. It follows the default rules for passwords and is no secret.
const PASSWORD: &str = "Seeded-Horse-7";

#[derive(Subcommand)]
pub enum DevCommand {
    /// Fill the database with invented users, their sessions, and audit events of the last 90 days.
    Seed {
        /// The number of users.
        #[arg(long, default_value_t = 1_000)]
        users: u64,
        /// The number of audit events.
        #[arg(long, default_value_t = 10_000)]
        events: u64,
        /// Allow it in production, if the database is empty. All users get the same random password.
        #[arg(long)]
        yes: bool,
    },
}

/// Runs the command.
pub async fn run(app: &App, command: &DevCommand) -> Result<ExitCode> {
    let DevCommand::Seed { users, events, yes } = *command;
    let template = "{bar:40} {percent}%, {per_sec}, {eta} left";
    let style = ProgressStyle::with_template(template).or_fault("reading the style of a progress bar")?;
    let bar = ProgressBar::new(users.saturating_add(events)).with_style(style);
    // Some of these users are administrators. Where others reach the server, their password must not be public.
    let password = if app.config.is_development() {
        PASSWORD.to_owned()
    } else {
        random_password(app, &EmailAddress::parse("admin@example.com")?)?
    };
    seed(app, SeedSize { users, events }, &Password::typed(password.clone()), yes, |done| bar.set_position(done))
        .await?;
    bar.finish_and_clear();
    print(&format!(
        "Created {users} users and {events} audit events. The password of all users is {password}. The first five users \
         are administrators.\n"
    ))
}
