//! Guesses at an account. Those of strangers are counted together; those of a known device or an open session are counted
//! apart.
//!
//! So strangers who guess cannot keep an owner out, neither by the limit of the account nor by its lock. A device is a user
//! agent in a network, which a neighbour can imitate. So it has as many guesses as lock an account, and no more.

use super::limits::{self, MailCause, NamedLimit};
use super::{App, known_devices};
use crate::config::{Config, RateLimit};
use crate::error::{Refusal, Result};
use crate::values::caller::Caller;
use crate::values::email_address::EmailAddress;
use crate::values::ids::{SessionId, UserId};
use crate::values::time::Time;

/// The reservation of one guess at an account. The same is counted for every address and every device, so that it tells
/// nothing about either.
#[derive(Debug)]
#[must_use = "a guess is counted so that it can be refused"]
pub struct GuessReservation {
    /// The refusal of strangers, where their limit is full.
    refusal: Option<Refusal>,
    /// Whether the caller's device has guesses left.
    is_left_to_device: bool,
}

impl GuessReservation {
    /// `RATE_LIMITED` where strangers have used up the guesses of the account.
    #[must_use]
    pub fn refusal(self) -> Option<Refusal> {
        self.refusal
    }

    /// Whether the outcome of the comparison counts: strangers have guesses left, or a known device has.
    #[must_use]
    pub const fn counts(&self, is_known_device: bool) -> bool {
        self.refusal.is_none() || self.bypasses_lock(is_known_device)
    }

    /// Whether the right password opens an account that wrong ones have locked.
    #[must_use]
    pub const fn bypasses_lock(&self, is_known_device: bool) -> bool {
        is_known_device && self.is_left_to_device
    }
}

/// Where a code of the second factor is given.
#[derive(Debug, Clone, Copy)]
pub enum CodeContext<'a> {
    /// At a login.
    SignIn(&'a Caller),
    /// In an open session.
    Session(SessionId),
}

/// Counts a guess at the account with this address, whether or not there is one.
pub async fn reserve(app: &App, email: &EmailAddress, caller: &Caller, now: Time) -> GuessReservation {
    let (account, device) = (limits::of_account(email, caller, &app.config), of_device(app, email, caller));
    let device = [device.window()];
    let (account, device) = tokio::join!(limits::take(app, &account, now), app.rate_limiter.attempt(&device, now));
    GuessReservation { refusal: account.err(), is_left_to_device: device.is_granted() }
}

/// Forgets the guesses of the caller's device, after it has given the right password.
pub async fn forget_of_device(app: &App, email: &EmailAddress, caller: &Caller) {
    app.rate_limiter.clear(&[of_device(app, email, caller).name()]).await;
}

/// Forgets all guesses at an account that count against the caller, and the reset emails it was sent, after its password was
/// reset.
pub async fn forget_of_account(app: &App, email: &EmailAddress, caller: &Caller) {
    let mut limits = limits::of_account(email, caller, &app.config);
    limits.push(of_device(app, email, caller));
    limits.push(limits::of_recipient(email, MailCause::PasswordReset, &app.config));
    let names: Vec<_> = limits.iter().map(NamedLimit::name).collect();
    app.rate_limiter.clear(&names).await;
}

/// Counts a guess at the password in an open session. Neither strangers nor the user's other sessions draw on this limit:
/// one of those may be a thief's.
///
/// # Errors
/// `RATE_LIMITED`.
pub async fn reserve_in_session(app: &App, session: SessionId, now: Time) -> Result<()> {
    Ok(limits::take(app, &[of_session(app, session)], now).await?)
}

/// Forgets the guesses in a session, after the right password was given in it.
pub async fn forget_of_session(app: &App, session: SessionId) {
    app.rate_limiter.clear(&[of_session(app, session).name()]).await;
}

/// Reserves the check of a code of the second factor, whichever mutation it came with. In an open session and on a known
/// device it is counted apart from all others. A challenge counts its own attempts as well, in its row.
///
/// # Errors
/// `RATE_LIMITED`.
pub async fn reserve_code(app: &App, context: CodeContext<'_>, user: UserId, now: Time) -> Result<()> {
    let subject = match context {
        CodeContext::Session(session) => format!("session:{session}"),
        CodeContext::SignIn(caller) if known_devices::is_known(app, Some(user), caller).await? => {
            format!("device:{user}:{}", known_devices::fingerprint_text(caller))
        }
        CodeContext::SignIn(_) => format!("account:{user}"),
    };
    Ok(limits::take(app, &[NamedLimit::new("mfa", &subject, app.config.rate_limits.mfa)], now).await?)
}

fn of_device(app: &App, email: &EmailAddress, caller: &Caller) -> NamedLimit {
    let subject = format!("device:{}:{}", limits::pseudonym(email), known_devices::fingerprint_text(caller));
    NamedLimit::new("auth", &subject, own_guesses(&app.config))
}

fn of_session(app: &App, session: SessionId) -> NamedLimit {
    NamedLimit::new("auth", &format!("session:{session}"), own_guesses(&app.config))
}

/// The limit of a device or a session: as many wrong passwords as lock an account, in the time that it stays locked.
fn own_guesses(config: &Config) -> RateLimit {
    match u32::try_from(config.lockout.attempts) {
        Ok(attempts) if attempts > 0 => RateLimit { attempts, period: config.lockout.duration },
        Ok(_) | Err(_) => config.rate_limits.auth_account,
    }
}
