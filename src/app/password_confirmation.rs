//! A signed-in user gives their password again. It is limited and locks the account like a login.

use super::viewer::Viewer;
use super::{App, guesses, lockout};
use crate::error::{Refusal, Result};
use crate::tools::password_hasher::PasswordVerdict;
use crate::values::audit::AuditAction;
use crate::values::caller::Caller;
use crate::values::password::{Password, PasswordHash};
use crate::values::time::Time;

/// Compares the viewer's password, after counting the guess against their session. Answers the hash that it matches, or
/// `None`. A lock that strangers caused does not keep a user from confirming in a session that was open before.
///
/// # Errors
/// `RATE_LIMITED`, `OVERLOADED`.
pub async fn find_match(app: &App, viewer: &Viewer, password: &Password, now: Time) -> Result<Option<PasswordHash>> {
    guesses::reserve_in_session(app, viewer.session().id, now).await?;
    let hash = &viewer.user().password_hash;
    let verdict = app.password_hasher.verify(password.expose(), hash.as_ref().map(PasswordHash::expose)).await?;
    Ok(hash.clone().filter(|_| verdict != PasswordVerdict::Wrong))
}

/// Requires the viewer's password, and answers the hash that it matches.
///
/// # Errors
/// `INVALID_CREDENTIALS`, `RATE_LIMITED`, `OVERLOADED`.
pub async fn require(
    app: &App,
    caller: &Caller,
    viewer: &Viewer,
    password: &Password,
    now: Time,
) -> Result<PasswordHash> {
    if let Some(hash) = find_match(app, viewer, password, now).await? {
        guesses::forget_of_session(app, viewer.session().id).await;
        return Ok(hash);
    }
    let failed = viewer.failure(AuditAction::Reauthenticated).with("reason", "INVALID_CREDENTIALS");
    lockout::count_failure(app, caller, Some(viewer.user()), failed, now).await?;
    Err(Refusal::InvalidCredentials.into())
}
