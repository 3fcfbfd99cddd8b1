//! Counting what people do: each flow once, when it is over. A result is how it ended, or the code of the error.
//!
//! A flow that is given up, because its client is gone, is not counted.

use super::App;
use super::sign_in::outcome::LoginOutcome;
use crate::error::{Error, ErrorCode, Result};
use crate::values::session::AuthMethod;

/// Counts the first step of a login.
pub fn count_login(app: &App, method: AuthMethod, result: &Result<LoginOutcome>) {
    app.metrics.login(method.as_str(), word(result.as_ref().map(LoginOutcome::as_str)));
}

/// Counts the second step of a login.
pub fn count_mfa(app: &App, result: &Result<LoginOutcome>) {
    app.metrics.mfa(word(result.as_ref().map(LoginOutcome::as_str)));
}

/// Counts a use of a refresh token.
pub fn count_refresh(app: &App, result: Result<&'static str, &Error>) {
    app.metrics.refresh(word(result));
}

/// Counts a registration.
pub fn count_registration(app: &App, method: AuthMethod, result: Result<&'static str, &Error>) {
    app.metrics.registration(method.as_str(), word(result));
}

fn word(result: Result<&'static str, &Error>) -> &'static str {
    result.unwrap_or_else(|error| match error {
        Error::Refused(refusal) => refusal.code().as_str(),
        Error::Fault(_) => ErrorCode::Internal.as_str(),
    })
}
