//! The first password of a user who has signed in with a provider only.

use crate::app::App;
use crate::app::viewer::Viewer;
use crate::error::{Refusal, Result};
use crate::records::sessions::EndedSessions;
use crate::records::users::User;
use crate::values::caller::Caller;
use crate::values::password::Password;

/// Sets a password where there is none, and ends every other session. Answers the user after the change.
///
/// # Errors
/// `REAUTHENTICATION_REQUIRED`; `CONFLICT` where there is a password; `VALIDATION_FAILED`, `OVERLOADED`.
pub async fn set_password(
    _app: &App,
    _caller: &Caller,
    _viewer: &Viewer,
    _new: &Password,
) -> Result<(User, EndedSessions)> {
    Err(Refusal::NotFound.into())
}
