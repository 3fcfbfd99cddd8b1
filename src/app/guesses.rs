//! Guesses at an account: those of strangers are counted together, those of a known device or an open session apart.
//!
//! So strangers who guess keep an owner out neither by the limit of the account nor by its lock. A device is an agent in a
//! network, which a neighbour can imitate; so it has as many guesses as lock an account, and no more.

use super::App;
use super::known_devices::{device_print, name};
use super::limits::{self, Named};
use crate::config::{Config, RateLimit};
use crate::error::{Refusal, Result};
use crate::records::known_devices;
use crate::values::caller::Caller;
use crate::values::email_address::EmailAddress;
use crate::values::ids::{SessionId, UserId};
use crate::values::time::Time;

/// Whether there is room for one more guess at an account. The same is counted for every address and every device, so
/// that it tells nothing about either.
#[derive(Debug)]
#[must_use = "a guess is counted so that it can be refused"]
pub struct Room {
    strangers: Option<Refusal>,
    device: bool,
}

impl Room {
    /// Why a stranger is refused, where there is no room among strangers.
    #[must_use]
    pub fn refusal(self) -> Option<Refusal> {
        self.strangers
    }

    /// Whether the guess is judged.
    #[must_use]
    pub const fn admits(&self, is_known: bool) -> bool {
        self.strangers.is_none() || self.passes_lock(is_known)
    }

    /// Whether the right password opens an account that wrong ones have locked.
    #[must_use]
    pub const fn passes_lock(&self, is_known: bool) -> bool {
        is_known && self.device
    }
}

/// Where a code of the second factor is given.
#[derive(Debug, Clone, Copy)]
pub enum CodePlace<'a> {
    /// At a sign-in.
    SignIn(&'a Caller),
    /// In an open session.
    Session(SessionId),
}

impl App {
    /// Counts a guess at the account with this address, whether or not there is one.
    pub async fn reserve_guess(&self, email: &EmailAddress, caller: &Caller, now: Time) -> Room {
        let (strangers, device) = (limits::of_account(email, caller, &self.config), of_device(self, email, caller));
        let of_device = [limits::window(&device)];
        let (strangers, device) = tokio::join!(self.take(&strangers, now), self.rate_limiter.attempt(&of_device, now));
        Room { strangers: strangers.err(), device: device.is_granted() }
    }

    /// Whether the user has signed in on the caller's device before. ContextExt for nobody's device, too, so that it takes as
    /// long.
    ///
    /// # Errors
    /// `UNAVAILABLE`, or a fault.
    pub async fn knows_device(&self, user: Option<UserId>, caller: &Caller) -> Result<bool> {
        let user = user.unwrap_or_else(|| UserId::from(uuid::Uuid::nil()));
        known_devices::is_known(&self.db, user, &device_print(caller)).await
    }

    /// Forgets the guesses of the caller's device: it has just given the right password.
    pub async fn forget_guesses_of_device(&self, email: &EmailAddress, caller: &Caller) {
        self.rate_limiter.clear(&[&of_device(self, email, caller).0]).await;
    }

    /// Forgets all guesses at an account as far as the caller is concerned, and the reset emails it was sent: its password
    /// is a new one.
    pub async fn forget_guesses(&self, email: &EmailAddress, caller: &Caller) {
        let mut windows = limits::of_account(email, caller, &self.config);
        windows.push(of_device(self, email, caller));
        windows.push(limits::mails_to(email, limits::MailCause::PasswordReset, &self.config));
        let names: Vec<_> = windows.iter().map(|(name, _)| name.as_str()).collect();
        self.rate_limiter.clear(&names).await;
    }

    /// Counts a guess at the password in an open session. Nobody else draws on that, neither strangers nor the other
    /// sessions of the user, one of which may be a thief's.
    ///
    /// # Errors
    /// `RATE_LIMITED`.
    pub async fn reserve_confirmation(&self, session: SessionId, now: Time) -> Result<()> {
        Ok(self.take(&[(format!("auth:session:{session}"), own_guesses(&self.config))], now).await?)
    }

    /// Forgets the guesses in a session: it has just given the right password.
    pub async fn forget_confirmations(&self, session: SessionId) {
        self.rate_limiter.clear(&[&format!("auth:session:{session}")]).await;
    }

    /// Reserves the judgement of a code of the second factor, whichever mutation it came with: in an open session and on a
    /// known device apart from all others. A challenge counts its own attempts besides, in the row that dies with it.
    ///
    /// # Errors
    /// `RATE_LIMITED`; `UNAVAILABLE`, or a fault.
    pub async fn reserve_code(&self, place: CodePlace<'_>, user: UserId, now: Time) -> Result<()> {
        let window = match place {
            CodePlace::Session(session) => format!("mfa:session:{session}"),
            CodePlace::SignIn(caller) if self.knows_device(Some(user), caller).await? => {
                format!("mfa:device:{user}:{}", name(&device_print(caller)))
            }
            CodePlace::SignIn(_) => format!("mfa:account:{user}"),
        };
        Ok(self.take(&[(window, self.config.rate_limits.mfa)], now).await?)
    }
}

/// The window of the caller's device at an account.
fn of_device(app: &App, email: &EmailAddress, caller: &Caller) -> Named {
    let device = name(&device_print(caller));
    (format!("auth:device:{}:{device}", limits::pseudonym(email)), own_guesses(&app.config))
}

/// How often a device or a session may guess: as many wrong passwords as lock an account, in the time that it stays
/// locked.
fn own_guesses(config: &Config) -> RateLimit {
    match u32::try_from(config.lockout.attempts) {
        Ok(attempts) if attempts > 0 => RateLimit { attempts, period: config.lockout.duration },
        Ok(_) | Err(_) => config.rate_limits.auth_account,
    }
}
