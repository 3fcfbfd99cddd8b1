//! `authgraph outbox`: letters that wait or could not be delivered.

use std::process::ExitCode;

use authgraph::app::App;
use authgraph::error::Result;
use authgraph::records::outbox;
use clap::Subcommand;

use super::say;

#[derive(Subcommand)]
pub enum Outbox {
    /// List the letters that are dead, newest first.
    List,
    /// Give every dead letter another round of attempts.
    Retry,
}

/// Does what was asked.
///
/// # Errors
/// As the records.
pub async fn run(app: &App, command: &Outbox) -> Result<ExitCode> {
    match command {
        Outbox::Retry => {
            let revived = outbox::revive_dead(&app.db, app.clock.now()).await?;
            say(&format!("{revived} letters will be tried again.\n"))
        }
        Outbox::List => {
            let mut lines = vec![format!("{} letters wait.\n", outbox::count_waiting(&app.db).await?)];
            for dead in outbox::list_dead(&app.db, 100).await? {
                let at = dead.settled_at.format("%Y-%m-%d %H:%M");
                lines.push(format!("{}  {at}  {} to {}: {}\n", dead.id, dead.kind, dead.recipient, dead.last_error));
            }
            say(&lines.concat())
        }
    }
}
