//! Logging in with what a provider says.

use crate::app::App;
use crate::app::sign_in::outcome::LoginOutcome;
use crate::error::{Refusal, Result};
use crate::values::caller::Caller;
use crate::values::oauth::OAuthAnswer;
use crate::values::session::LoginClient;

/// Logs in the user whom the provider names, or opens an account.
///
/// # Errors
/// `INVALID_TOKEN` for the flow, `OAUTH_FAILED`, `UNAVAILABLE` where the provider is away, `ACCOUNT_LOCKED`, `EMAIL_TAKEN` for
/// an address that is held for its former owner, `FORBIDDEN` where registration is closed, `RATE_LIMITED`.
pub async fn complete_oauth(
    _app: &App,
    _caller: &Caller,
    _answer: OAuthAnswer,
    _client: LoginClient,
) -> Result<LoginOutcome> {
    Err(Refusal::NotFound.into())
}
