//! Signing in with an email address and a password.

use crate::app::guesses::{self, GuessReservation};
use crate::app::limits::{self, Attempt, MailCause};
use crate::app::sign_in::authenticated_user::AuthenticatedUser;
use crate::app::sign_in::second_factor::MfaChallenge;
use crate::app::sign_in::{self, FirstFactorOutcome, NewTokens};
use crate::app::{App, known_devices, lockout, mail};
use crate::error::{Error, Refusal, Result};
use crate::records::audit_log::{self, NewAuditEvent};
use crate::records::outbox::{self, Details, MailKind};
use crate::records::users::{self, User};
use crate::tools::password_hasher::PasswordVerdict;
use crate::values::audit::AuditAction;
use crate::values::caller::Caller;
use crate::values::email_address::EmailAddress;
use crate::values::password::{Password, PasswordHash};
use crate::values::session::AuthMethod;
use crate::values::time::Time;

/// The outcome of a login.
#[derive(Debug)]
pub enum LoggedIn {
    /// The user is signed in.
    NewTokens(Box<NewTokens>),
    /// The login waits for the second factor.
    MfaRequired(MfaChallenge),
}

/// A password that matched.
struct Match {
    user: User,
    hash: PasswordHash,
    /// Whether the hash has older parameters than those of the settings.
    is_stale: bool,
    bypasses_lock: bool,
}

/// Signs in. An unknown address and a wrong password get the same answer after the same time: each login computes one hash,
/// also where strangers have used up the guesses of the account. In that case only a known device with the right password
/// gets in; with a wrong one it is refused as a stranger is, so that the answer does not tell which devices an account knows.
///
/// # Errors
/// `INVALID_CREDENTIALS`; `ACCOUNT_LOCKED` and `EMAIL_NOT_VERIFIED` only for the right password; `RATE_LIMITED`, `OVERLOADED`.
pub async fn login(
    app: &App,
    caller: &Caller,
    email: &EmailAddress,
    password: &Password,
    device_name: Option<String>,
) -> Result<LoggedIn> {
    let now = app.clock.now();
    // The attempt counts against the address of the caller, before anything is compared.
    limits::reserve(app, &Attempt::Proof, caller, now).await?;
    let matched = compare_password(app, caller, email, password, now).await?;
    let outcome = complete_login(app, caller, &matched, device_name, now).await?;

    // What follows must not hold a connection: Redis, hashing, signing.
    guesses::forget_of_device(app, email, caller).await;
    if matched.is_stale {
        renew_hash(app, &matched, password).await;
    }
    match outcome {
        FirstFactorOutcome::SignedIn(opened) => {
            known_devices::remember(app, caller).await;
            Ok(LoggedIn::NewTokens(Box::new(opened.sign(app)?)))
        }
        FirstFactorOutcome::SecondFactorRequired(challenge) => Ok(LoggedIn::MfaRequired(challenge)),
    }
}

/// Compares the password, with the same statements and one hash for every address.
///
/// # Errors
/// `INVALID_CREDENTIALS`, `RATE_LIMITED`, `OVERLOADED`.
async fn compare_password(
    app: &App,
    caller: &Caller,
    email: &EmailAddress,
    password: &Password,
    now: Time,
) -> Result<Match> {
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
            Ok(Match { user, hash, is_stale: stale, bypasses_lock })
        }
        (verdict, user, _) => {
            let wrong = WrongLogin { user, is_wrong_password: counts && verdict == PasswordVerdict::Wrong, guess };
            Err(refuse_wrong_login(app, caller, wrong, now).await?)
        }
    }
}

/// Opens a session or a challenge for a user whose password matched, in one transaction.
///
/// # Errors
/// `ACCOUNT_LOCKED`, `EMAIL_NOT_VERIFIED`; `INVALID_CREDENTIALS` where the password was changed meanwhile.
async fn complete_login(
    app: &App,
    caller: &Caller,
    matched: &Match,
    device_name: Option<String>,
    now: Time,
) -> Result<FirstFactorOutcome> {
    let Match { user, hash, bypasses_lock, .. } = matched;
    let mut tx = app.db.begin().await?;
    // One statement checks the lock and that the hash is still the one that was compared.
    let Some(user) = users::accept_password(&mut tx, user.id, hash, *bypasses_lock, now).await? else {
        // A refusal is written in a transaction of its own.
        drop(tx);
        return Err(refuse_right_password(app, caller, user, now).await?);
    };
    if app.config.requires_verified_email() && user.email_verified_at.is_none() {
        drop(tx);
        return Err(refuse_unverified(app, caller, &user, now).await?);
    }
    let id = user.id;
    let authenticated = AuthenticatedUser { user, caller, device_name, method: AuthMethod::Password };
    let outcome = sign_in::complete_first_factor(app, &mut tx, authenticated, now).await?;
    let event = match &outcome {
        FirstFactorOutcome::SignedIn(opened) => {
            NewAuditEvent::success(AuditAction::Login).by(id).in_session(opened.session().id)
        }
        FirstFactorOutcome::SecondFactorRequired(_) => NewAuditEvent::success(AuditAction::MfaChallenged).by(id),
    };
    audit_log::write(&mut tx, caller, event.with("method", AuthMethod::Password.as_str()), now).await?;
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
    let reason = match (is_wrong_password, &refusal) {
        (true, _) => "INVALID_CREDENTIALS",
        (false, Some(_)) => "RATE_LIMITED",
        (false, None) => "EMAIL_NOT_VERIFIED",
    };
    let failed =
        NewAuditEvent::failure(AuditAction::Login).about(user.as_ref().map(|user| user.id)).with("reason", reason);
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

/// Refuses the right password because the address is not verified, and posts another verification email.
async fn refuse_unverified(app: &App, caller: &Caller, user: &User, now: Time) -> Result<Error> {
    let sends_mail = limits::may_send_mail(app, MailCause::Verification, &user.email, now).await;
    let mut tx = app.db.begin().await?;
    let event = NewAuditEvent::failure(AuditAction::Login).about(Some(user.id)).with("reason", "EMAIL_NOT_VERIFIED");
    audit_log::write(&mut tx, caller, event, now).await?;
    if sends_mail {
        outbox::withdraw(&mut tx, MailKind::VerifyEmail, &user.email, now).await?;
        mail::post(&mut tx, MailKind::VerifyEmail, user, Details::caused_by(caller), now).await?;
    }
    tx.commit().await?;
    Ok(Refusal::EmailNotVerified.into())
}

/// Hashes the password again with the parameters of the settings. A full queue does not refuse the login: the next one tries
/// again.
async fn renew_hash(app: &App, Match { user, hash, .. }: &Match, password: &Password) {
    let renewed = match app.password_hasher.hash(password.expose()).await {
        Ok(new) => users::renew_hash(&app.db, user.id, hash, &PasswordHash::from(new)).await,
        Err(error) => Err(error),
    };
    if let Err(error) = renewed {
        tracing::warn!(?error, "a password hash was not renewed");
    }
}
