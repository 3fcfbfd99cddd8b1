//! The password as a first factor: compared at the same price for every address, and accepted in one statement.

use super::authenticated_user::AuthenticatedUser;
use super::outcome::FirstFactorOutcome;
use crate::app::guesses::{self, GuessReservation};
use crate::app::{App, known_devices, lockout, sign_in};
use crate::error::{Error, Refusal, Result};
use crate::records::audit_log::{self, NewAuditEvent};
use crate::records::users::{self, User};
use crate::tools::password_hasher::PasswordVerdict;
use crate::values::audit::AuditAction;
use crate::values::caller::Caller;
use crate::values::email_address::EmailAddress;
use crate::values::password::{Password, PasswordHash};
use crate::values::session::AuthMethod;
use crate::values::time::Time;

/// A password that matched.
#[derive(Debug)]
pub struct PasswordMatch {
    /// Its user, as they were before the comparison.
    pub user: User,
    /// The hash that it matched.
    pub hash: PasswordHash,
    /// Whether the hash has older parameters than those of the settings.
    pub is_stale: bool,
    /// Whether the right password opens an account that wrong ones have locked.
    bypasses_lock: bool,
}

/// Compares the password, with the same statements and one hash for every address.
///
/// # Errors
/// `INVALID_CREDENTIALS`, `RATE_LIMITED`, `OVERLOADED`.
pub async fn find_match(
    app: &App,
    caller: &Caller,
    email: &EmailAddress,
    password: &Password,
    now: Time,
) -> Result<PasswordMatch> {
    // The guess counts against the account, and a refusal waits until the hash has been computed.
    let guess = guesses::reserve(app, email, caller, now).await;
    let user = users::find_by_email(&app.db, email).await?.filter(|user| user.deleted_at.is_none());
    let is_known_device = known_devices::is_known(app, user.as_ref().map(|user| user.id), caller).await?;
    let hash = user.as_ref().and_then(|user| user.password_hash.clone());
    // Without a hash the hasher compares with a decoy.
    let hasher = known_devices::hasher_for(app, caller).await;
    let verdict = hasher.verify(password.expose(), hash.as_ref().map(PasswordHash::expose)).await?;

    let (counts, bypasses_lock) = (guess.counts(is_known_device), guess.bypasses_lock(is_known_device));
    let is_shown = user.as_ref().is_some_and(|user| !is_hidden(app, user));
    match (verdict, user, hash) {
        (PasswordVerdict::Right { stale }, Some(user), Some(hash)) if counts && is_shown => {
            Ok(PasswordMatch { user, hash, is_stale: stale, bypasses_lock })
        }
        (verdict, user, _) => {
            let wrong = WrongLogin { user, is_wrong_password: counts && verdict == PasswordVerdict::Wrong, guess };
            Err(refuse_wrong_login(app, caller, wrong, now).await?)
        }
    }
}

/// Opens a session or the next step for a user whose password matched, in one transaction. The user is read again in it.
///
/// # Errors
/// `ACCOUNT_LOCKED`; `INVALID_CREDENTIALS` where the password was changed meanwhile.
pub async fn accept(
    app: &App,
    matched: &PasswordMatch,
    authenticated: AuthenticatedUser<'_>,
    now: Time,
) -> Result<FirstFactorOutcome> {
    let PasswordMatch { user, hash, bypasses_lock, .. } = matched;
    let (id, caller) = (user.id, authenticated.caller);
    let mut tx = app.db.begin().await?;
    // One statement checks the lock and that the hash is still the one that was compared.
    let Some(user) = users::accept_password(&mut tx, id, hash, *bypasses_lock, now).await? else {
        // A refusal is written in a transaction of its own.
        drop(tx);
        return Err(refuse_right_password(app, caller, user, now).await?);
    };
    let authenticated = AuthenticatedUser { user, ..authenticated };
    let outcome = sign_in::complete_first_factor(app, &mut tx, authenticated, now).await?;
    let event = outcome.event(id).with("method", AuthMethod::Password.as_str());
    audit_log::write(&mut tx, caller, event, now).await?;
    tx.commit().await?;
    Ok(outcome)
}

/// Whether an account must not show yet: its address was never verified, so only the person who registered it knows its
/// password. Where the existence of accounts is hidden it answers as if the password were wrong, with the same statements:
/// otherwise the answer would tell that the address is registered.
fn is_hidden(app: &App, user: &User) -> bool {
    app.config.registration.hide_account_existence && user.email_verified_at.is_none()
}

/// A login that is refused before the account is looked at.
struct WrongLogin {
    user: Option<User>,
    /// The password is wrong, and the guess counted.
    is_wrong_password: bool,
    guess: GuessReservation,
}

/// Refuses a login with the same statements for every address. Only a wrong password that counted leads to a lock.
async fn refuse_wrong_login(app: &App, caller: &Caller, wrong: WrongLogin, now: Time) -> Result<Error> {
    let WrongLogin { user, is_wrong_password, guess } = wrong;
    let refusal = guess.refusal();
    let reason = if is_wrong_password || refusal.is_none() { "INVALID_CREDENTIALS" } else { "RATE_LIMITED" };
    let failed =
        NewAuditEvent::failure(AuditAction::Login).about(user.as_ref().map(|user| user.id)).with("reason", reason);
    // The right password of an account that must not show yet.
    let is_unverified = !is_wrong_password && refusal.is_none();
    let failed = if is_unverified { failed.with("emailUnverified", true) } else { failed };
    lockout::count_failure(app, caller, user.as_ref().filter(|_| is_wrong_password), failed, now).await?;
    Ok(refusal.unwrap_or(Refusal::InvalidCredentials).into())
}

/// Refuses the right password: the account is locked, or was changed while we were hashing.
async fn refuse_right_password(app: &App, caller: &Caller, user: &User, now: Time) -> Result<Error> {
    let current = users::find(&app.db, user.id).await?;
    let mut tx = app.db.begin().await?;
    // A lock of wrong passwords that lasts longer than any was made before the clock was set back.
    users::shorten_lock(&mut tx, user.id, now + app.config.lockout.duration).await?;
    let lock = current.and_then(|user| user.lock_at_most(now, app.config.lockout.duration));
    let reason = if lock.is_some() { "ACCOUNT_LOCKED" } else { "INVALID_CREDENTIALS" };
    let event = NewAuditEvent::failure(AuditAction::Login).about(Some(user.id)).with("reason", reason);
    audit_log::write(&mut tx, caller, event, now).await?;
    tx.commit().await?;
    Ok(lock.map_or(Refusal::InvalidCredentials, |lock| lock.refusal(now)).into())
}
