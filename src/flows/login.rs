//! Signing in with an email address and a password.

use crate::app::limits::{self, Attempt};
use crate::app::sign_in::authenticated_user::AuthenticatedUser;
use crate::app::sign_in::email_verification;
use crate::app::sign_in::outcome::{FirstFactorOutcome, LoginOutcome};
use crate::app::sign_in::password::{self, PasswordMatch};
use crate::app::{App, counters, guesses, known_devices};
use crate::error::Result;
use crate::records::users;
use crate::values::caller::Caller;
use crate::values::email_address::EmailAddress;
use crate::values::password::{Password, PasswordHash};
use crate::values::session::{AuthMethod, LoginClient};

/// Signs in. An unknown address and a wrong password get the same answer after the same time: each login computes one hash,
/// also where strangers have used up the guesses of the account. In that case only a known device with the right password
/// gets in; with a wrong one it is refused as a stranger is, so that the answer does not tell which devices an account knows.
///
/// # Errors
/// `INVALID_CREDENTIALS`; `ACCOUNT_LOCKED` only for the right password; `RATE_LIMITED`, `OVERLOADED`.
pub async fn login(
    app: &App,
    caller: &Caller,
    email: &EmailAddress,
    password: &Password,
    client: LoginClient,
) -> Result<LoginOutcome> {
    let result = check_and_accept(app, caller, email, password, client).await;
    counters::count_login(app, AuthMethod::Password, &result);
    result
}

async fn check_and_accept(
    app: &App,
    caller: &Caller,
    email: &EmailAddress,
    password: &Password,
    client: LoginClient,
) -> Result<LoginOutcome> {
    let now = app.clock.now();
    // The attempt counts against the address of the caller, before anything is compared.
    limits::reserve(app, &Attempt::Proof, caller, now).await?;
    let matched = password::find_match(app, caller, email, password, now).await?;
    // Counted before the transaction, which must not wait for Redis.
    let may_send_mail = email_verification::reserve_mail(app, &matched.user, now).await;
    let user = matched.user.clone();
    let authenticated = AuthenticatedUser { user, caller, client, method: AuthMethod::Password, may_send_mail };
    let outcome = password::accept(app, &matched, authenticated, now).await?;

    // What follows must not hold a connection: Redis, hashing, signing.
    guesses::forget_of_device(app, email, caller).await;
    if matched.is_stale {
        renew_hash(app, &matched, password).await;
    }
    if matches!(outcome, FirstFactorOutcome::SignedIn(..)) {
        known_devices::remember(app, caller).await;
    }
    outcome.finish(app)
}

/// Hashes the password again with the parameters of the settings. A full queue does not refuse the login: the next one tries
/// again.
async fn renew_hash(app: &App, PasswordMatch { user, hash, .. }: &PasswordMatch, password: &Password) {
    let renewed = match app.password_hasher.hash(password.expose()).await {
        Ok(new) => users::renew_hash(&app.db, user.id, hash, &PasswordHash::from(new)).await,
        Err(error) => Err(error),
    };
    if let Err(error) = renewed {
        tracing::warn!(?error, "a password hash was not renewed");
    }
}
