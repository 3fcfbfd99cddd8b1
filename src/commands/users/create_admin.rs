//! `authgraph users create-admin`: creates administrators without signing in.

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

use super::super::print;

/// Creates the account, in a database that it brings up to date first.
pub async fn run(config: Config, email: &str, password_stdin: bool) -> Result<ExitCode> {
    let email = EmailAddress::parse(email).map_err(|fault| fault.at("email"))?;
    let app = App::open(config, Clock::System).await?;
    serve::prepare_database(&app, app.config.server.migrates_at_start).await?;
    let password = if password_stdin {
        let typed = io::read_to_string(io::stdin()).or_fault("reading the password")?;
        // The shells of Windows put a byte order mark in front of what they pipe.
        typed.trim_start_matches('\u{feff}').trim_end_matches(['\r', '\n']).to_owned()
    } else {
        random_password(&app, &email)?
    };
    let id = create_admin(&app, &email, &Password::typed(password.clone())).await?;
    let shown = if password_stdin { String::new() } else { format!("Password (shown only now): {password}\n") };
    print(&format!("Created the administrator {email} ({id}).\n{shown}"))
}

/// A random password of 24 characters (more than 120 bits) that follows the rules for passwords.
pub fn random_password(app: &App, email: &EmailAddress) -> Result<String> {
    const ALPHABET: &[u8] = b"abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789-_+=.:!?%*";
    for _ in 0..1000 {
        let mut bytes = [0; 24];
        aws_lc_rs::rand::fill(&mut bytes).or_fault("drawing a password")?;
        let characters = bytes.iter().filter_map(|byte| ALPHABET.get(usize::from(*byte) % ALPHABET.len()));
        let password: String = characters.map(|byte| char::from(*byte)).collect();
        if app.config.password_policy.faults(&Password::typed(password.clone()), Some(email), None).is_empty() {
            return Ok(password);
        }
    }
    None.or_fault("drawing a password that follows the rules")
}
