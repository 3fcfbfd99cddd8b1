//! `authgraph users`: shows, creates, locks, unlocks, imports and exports accounts, without signing in.

mod create_admin;
mod export;
mod import;
mod list;
mod lock;

use std::process::ExitCode;

use authgraph::app::App;
use authgraph::config::Config;
use authgraph::error::Result;
use authgraph::records::users::{self, User};
use authgraph::tools::clock::Clock;
use authgraph::values::email_address::EmailAddress;
use authgraph::values::ids::UserId;
use authgraph::values::time::Time;
use clap::Subcommand;

pub use self::create_admin::random_password;
use self::import::ImportArguments;
use self::list::ListArguments;
use super::{day_or_time, eprint};

#[derive(Subcommand)]
pub enum UsersCommand {
    /// Create an administrator. Without --password-stdin a random password is printed once.
    CreateAdmin {
        /// The email address of the account.
        #[arg(long)]
        email: String,
        /// Read the password from standard input.
        #[arg(long)]
        password_stdin: bool,
    },
    /// List accounts, newest first.
    List(ListArguments),
    /// Show an account.
    Show {
        /// The email address of the account, or its id (`user_…`).
        user: String,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Lock an account: every session ends, and the user cannot sign in until it is unlocked.
    Lock {
        /// The email address of the account, or its id (`user_…`).
        user: String,
        /// End the lock on this day or at this time, like 2026-11-21 or 2026-11-21T09:30:00Z. Without it the lock stays until
        /// an administrator unlocks the account.
        #[arg(long, value_parser = day_or_time)]
        until: Option<Time>,
    },
    /// Unlock an account, whether an administrator, this command or wrong passwords locked it.
    Unlock {
        /// The email address of the account, or its id (`user_…`).
        user: String,
    },
    /// Import accounts of another system, with their password hashes. An address that has an account already is left out, so
    /// that the command can be run again. docs/import.md has the formats. Exit code 0: all users are there; 5: some were
    /// refused, with their lines and reasons on standard error.
    Import(ImportArguments),
    /// Write all accounts that are not deleted to standard output, oldest first, one JSON object for each line.
    Export {
        /// Write password hashes, too. With them an attacker can guess the passwords.
        #[arg(long)]
        with_hashes: bool,
    },
}

/// Runs the command.
pub async fn run(config: Config, command: UsersCommand) -> Result<ExitCode> {
    if let UsersCommand::CreateAdmin { email, password_stdin } = command {
        return create_admin::run(config, &email, password_stdin).await;
    }
    let app = App::open(config, Clock::System).await?;
    match command {
        UsersCommand::List(arguments) => list::run(&app, &arguments).await,
        UsersCommand::Show { user, json } => list::show(&app, &user, json).await,
        UsersCommand::Lock { user, until } => lock::lock(&app, &user, until).await,
        UsersCommand::Unlock { user } => lock::unlock(&app, &user).await,
        UsersCommand::Import(arguments) => import::run(&app, &arguments).await,
        UsersCommand::Export { with_hashes } => export::run(&app, with_hashes).await,
        // It has returned above.
        UsersCommand::CreateAdmin { .. } => Ok(ExitCode::SUCCESS),
    }
}

/// The account of an address or an id. Where there is none, it says so, and the command has failed.
pub async fn find(app: &App, typed: &str) -> Result<Option<User>> {
    let found = match typed.parse::<UserId>() {
        Ok(id) => users::find(&app.db, id).await?,
        Err(_) => match EmailAddress::parse(typed) {
            Ok(email) => users::find_by_email(&app.db, &email).await?,
            Err(_) => None,
        },
    };
    if found.is_none() {
        eprint(&format!("There is no account with the address or the id {typed}."));
    }
    Ok(found)
}
