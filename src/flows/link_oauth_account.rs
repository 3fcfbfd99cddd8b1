//! Linking a provider account to the user who is signed in, and unlinking it.

use crate::app::App;
use crate::app::viewer::Viewer;
use crate::error::{Refusal, Result};
use crate::records::oauth_accounts::LinkedAccount;
use crate::values::caller::Caller;
use crate::values::ids::OAuthAccountId;
use crate::values::oauth::OAuthAnswer;

/// Links the provider account of an answer. One that is linked to the user already stays so.
///
/// # Errors
/// `REAUTHENTICATION_REQUIRED`, `INVALID_TOKEN` for the flow, `OAUTH_FAILED`, `UNAVAILABLE`; `CONFLICT` where it is linked to
/// another user; `RATE_LIMITED`.
pub async fn link_oauth_account(
    _app: &App,
    _caller: &Caller,
    _viewer: &Viewer,
    _answer: OAuthAnswer,
) -> Result<LinkedAccount> {
    Err(Refusal::NotFound.into())
}

/// Unlinks a provider account of the viewer.
///
/// # Errors
/// `REAUTHENTICATION_REQUIRED`, `NOT_FOUND`; `CONFLICT` where the user could not sign in any more.
pub async fn unlink_oauth_account(
    _app: &App,
    _caller: &Caller,
    _viewer: &Viewer,
    _id: OAuthAccountId,
) -> Result<OAuthAccountId> {
    Err(Refusal::NotFound.into())
}
