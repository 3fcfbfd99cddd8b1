//! `authgraph users lock` and `unlock`: as administrators do it, with the operator as the actor.

use std::process::ExitCode;

use authgraph::app::App;
use authgraph::app::admin_actions::AdminActor;
use authgraph::error::Result;
use authgraph::flows::export_audit::format_time;
use authgraph::flows::lock_user::lock_user;
use authgraph::flows::unlock_user::unlock_user;
use authgraph::values::time::Time;

use super::super::{ExitFailure, eprint, operator, print};
use super::find;

/// Locks an account until a time, or without an end.
pub async fn lock(app: &App, typed: &str, until: Option<Time>) -> Result<ExitCode> {
    if until.is_some_and(|until| until <= app.clock.now()) {
        eprint("The end of the lock is in the past.");
        return Ok(ExitFailure::Failed.into());
    }
    let Some(user) = find(app, typed).await? else { return Ok(ExitFailure::Failed.into()) };
    let user = lock_user(app, &operator(), AdminActor::Operator, user.id, until).await?;
    let end = user.lock(app.clock.now()).and_then(|lock| lock.until);
    let end = end.map_or_else(|| "until it is unlocked".to_owned(), |until| format!("until {}", format_time(until)));
    print(&format!("{} is locked {end}. All sessions ended.\n", user.email))
}

/// Unlocks an account.
pub async fn unlock(app: &App, typed: &str) -> Result<ExitCode> {
    let Some(user) = find(app, typed).await? else { return Ok(ExitFailure::Failed.into()) };
    let user = unlock_user(app, &operator(), AdminActor::Operator, user.id).await?;
    print(&format!("{} is not locked.\n", user.email))
}
