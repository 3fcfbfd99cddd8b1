//! `authgraph keys`: the keys that sign access tokens, and those that encrypt the secrets of authenticators.

use std::process::ExitCode;

use authgraph::app::App;
use authgraph::config::Config;
use authgraph::error::Result;
use authgraph::flows::reseal::{Resealed, reseal};
use authgraph::tools::access_token::{self, KeyListing, KeyState};
use authgraph::tools::clock::Clock;
use clap::Subcommand;

use super::print;

#[derive(Subcommand)]
pub enum KeysCommand {
    /// Add a key with the algorithm `JWT_ALGORITHM`. It signs after a minute, when every instance knows it; the first key signs
    /// at once. Tokens of older keys are accepted until you remove their files.
    Rotate {
        /// Add a key only if there is none with this algorithm: for scripts that prepare an instance.
        #[arg(long)]
        if_none: bool,
    },
    /// List the signing keys.
    List,
    /// Encrypt the secrets of authenticators again with the first of `MFA_ENCRYPTION_KEYS`, so that you can remove older keys.
    Reseal,
}

/// Runs the command.
pub async fn run(config: Config, command: &KeysCommand) -> Result<ExitCode> {
    let (folder, algorithm) = (&config.signing_keys.dir, config.access_tokens.algorithm);
    let now = Clock::System.now();
    match command {
        KeysCommand::Rotate { if_none: true } => match access_token::ensure_key(folder, algorithm, now)? {
            Some(kid) => print(&format!("{kid}\nThe first key in {} signs.\n", folder.display())),
            None => print(&format!("There is a key in {}.\n", folder.display())),
        },
        KeysCommand::Rotate { if_none: false } => {
            let kid = access_token::create_key(folder, algorithm, now)?;
            let keys = access_token::list_keys(folder, algorithm, now)?;
            let new = keys.iter().find(|key| key.kid == kid).map(describe_state).unwrap_or_default();
            let others = if keys.len() > 1 { " Tokens of the older keys are still accepted." } else { "" };
            print(&format!("{kid}\nThe new key in {} {new}.{others}\n", folder.display()))
        }
        KeysCommand::List => {
            let keys = access_token::list_keys(folder, algorithm, now)?;
            let lines: Vec<String> = keys.iter().map(describe_key).collect();
            if lines.is_empty() { print("There are no signing keys.\n") } else { print(&lines.concat()) }
        }
        KeysCommand::Reseal => {
            let Resealed { changed, failed } = reseal(&App::open(config, Clock::System).await?).await?;
            if failed.is_empty() {
                return print(&format!("{changed} secrets were encrypted again. All secrets use the first key now.\n"));
            }
            let users: Vec<String> = failed.iter().map(ToString::to_string).collect();
            let users = users.join("\n");
            print(&format!(
                "{changed} secrets were encrypted again. No key decrypts the secrets of these users:\n{users}\n"
            ))?;
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
