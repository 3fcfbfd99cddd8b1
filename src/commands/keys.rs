//! `authgraph keys`: the keys that sign access tokens, and the one that seals secrets.

use std::process::ExitCode;

use authgraph::app::{self, App};
use authgraph::config::Config;
use authgraph::error::Result;
use authgraph::flows::reseal::{Resealed, reseal};
use authgraph::tools::access_token::{self, KeyListing, KeyState};
use authgraph::tools::clock::Clock;
use clap::Subcommand;

use super::say;

#[derive(Subcommand)]
pub enum Keys {
    /// Add a key of `JWT_ALGORITHM`. It signs after a minute, when every instance knows it (the first key at once). Tokens
    /// of the older keys are accepted until their files are removed.
    Rotate,
    /// List the keys.
    List,
    /// Seal the secrets of authenticators anew with the first of `MFA_ENCRYPTION_KEYS`, so that an older one can go.
    Reseal,
}

/// Does what was asked.
///
/// # Errors
/// A fault where the folder of the keys cannot be used, and as the flows.
pub async fn run(config: Config, command: &Keys) -> Result<ExitCode> {
    let algorithm = app::algorithm(&config)?;
    let now = Clock::System.now();
    match command {
        Keys::Rotate => {
            let kid = access_token::create_key(&config.jwt_keys_dir, algorithm, now)?;
            let keys = access_token::list_keys(&config.jwt_keys_dir, algorithm, now)?;
            let new = keys.iter().find(|key| key.kid == kid).map(describe_state).unwrap_or_default();
            let others = if keys.len() > 1 { " Tokens of the older keys are still accepted." } else { "" };
            say(&format!("{kid}\nThe new key in {} {new}.{others}\n", config.jwt_keys_dir.display()))
        }
        Keys::List => {
            let keys = access_token::list_keys(&config.jwt_keys_dir, algorithm, now)?;
            let lines: Vec<String> = keys.iter().map(describe_key).collect();
            say(if lines.is_empty() { "There is no key.\n".to_owned() } else { lines.concat() }.as_str())
        }
        Keys::Reseal => {
            let Resealed { changed, failed } = reseal(&App::open(config, Clock::System).await?).await?;
            if failed.is_empty() {
                return say(&format!("{changed} secrets are sealed anew, all with the first key now.\n"));
            }
            let users: Vec<String> = failed.iter().map(ToString::to_string).collect();
            let users = users.join("\n");
            say(&format!("{changed} secrets are sealed anew. No key opens the secrets of these users:\n{users}\n"))?;
            Ok(ExitCode::FAILURE)
        }
    }
}

fn describe_state(key: &KeyListing) -> String {
    match key.state {
        KeyState::Signs => "signs".to_owned(),
        KeyState::Verifies => "verifies".to_owned(),
        KeyState::SignsFrom(at) => format!("signs from {}", at.format("%H:%M:%S UTC")),
    }
}

fn describe_key(key: &KeyListing) -> String {
    let state = describe_state(key);
    let created_at = key.created_at.format("%Y-%m-%d %H:%M");
    format!("{}  {created_at}  {}  {state}\n", key.kid, key.algorithm.as_str())
}
