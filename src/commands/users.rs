//! `authgraph users`: accounts that nobody has to sign in for.

use std::io;
use std::process::ExitCode;

use authgraph::app::App;
use authgraph::config::Config;
use authgraph::error::{OrFault, Result};
use authgraph::flows::create_admin::create_admin;
use authgraph::serve;
use authgraph::tools::clock::Clock;
use authgraph::values::email_address::EmailAddress;
use authgraph::values::password::Password;
use clap::Subcommand;

use super::say;

#[derive(Subcommand)]
pub enum Users {
    /// Open an account that administers the server. Without a password on standard input one is made and printed once.
    CreateAdmin {
        /// The account's e-mail address.
        #[arg(long)]
        email: String,
        /// Read the password from standard input.
        #[arg(long)]
        password_stdin: bool,
    },
}

/// Does what was asked.
///
/// # Errors
/// As the flows.
pub async fn run(config: Config, command: &Users) -> Result<ExitCode> {
    let Users::CreateAdmin { email, password_stdin } = command;
    add_admin(config, email, *password_stdin).await
}

async fn add_admin(config: Config, email: &str, password_stdin: bool) -> Result<ExitCode> {
    let email = EmailAddress::parse(email).map_err(|fault| fault.at("email"))?;
    let app = App::open(config, Clock::System).await?;
    serve::prepare_database(&app, app.config.database_migrate).await?;
    let password = if password_stdin {
        let typed = io::read_to_string(io::stdin()).or_fault("reading the password")?;
        // Windows' shells put a byte order mark in front of what they pipe.
        typed.trim_start_matches('\u{feff}').trim_end_matches(['\r', '\n']).to_owned()
    } else {
        random_password(&app, &email)?
    };
    let id = create_admin(&app, &email, &Password::typed(password.clone())).await?;
    let shown = if password_stdin { String::new() } else { format!("Password, shown this once: {password}\n") };
    say(&format!("{email} administers this server now ({id}).\n{shown}"))
}

/// 120 random bits in a shape that keeps the default rules for passwords.
pub fn random_password(app: &App, email: &EmailAddress) -> Result<String> {
    const ALPHABET: &[u8] = b"abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789-_+=.:!?%*";
    for _ in 0..1000 {
        let mut bytes = [0; 24];
        aws_lc_rs::rand::fill(&mut bytes).or_fault("drawing a password")?;
        let mails = bytes.iter().filter_map(|byte| ALPHABET.get(usize::from(*byte) % ALPHABET.len()));
        let password: String = mails.map(|mail| char::from(*mail)).collect();
        if app.config.password_policy.faults(&Password::typed(password.clone()), Some(email), None).is_empty() {
            return Ok(password);
        }
    }
    None.or_fault("drawing a password that keeps the policy")
}
