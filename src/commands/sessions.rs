//! `authgraph sessions`: ends sessions of a user.

use std::process::ExitCode;

use authgraph::app::App;
use authgraph::app::admin_actions::AdminActor;
use authgraph::error::Result;
use authgraph::flows::admin_support::revoke_user_sessions;
use clap::Subcommand;

use super::users::find;
use super::{ExitFailure, operator, print};

#[derive(Subcommand)]
pub enum SessionsCommand {
    /// End every session of an account. Access tokens of these sessions are refused at once.
    Revoke {
        /// The email address of the account, or its id (`user_…`).
        user: String,
    },
}

/// Runs the command.
pub async fn run(app: &App, command: &SessionsCommand) -> Result<ExitCode> {
    let SessionsCommand::Revoke { user } = command;
    let Some(user) = find(app, user).await? else { return Ok(ExitFailure::Failed.into()) };
    let (user, ended) = revoke_user_sessions(app, &operator(), AdminActor::Operator, user.id).await?;
    print(&format!("{} sessions of {} ended.\n", ended.count, user.email))
}
