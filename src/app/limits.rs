//! How often a stranger may try: limits of the address, the account and the recipient, reserved before the deed.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use aws_lc_rs::digest;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use super::App;
use crate::config::RateLimit;
use crate::error::{Error, Refusal, Result};
use crate::tools::rate_limiter::{self, Fill, Outcome, Receipt, Window};
use crate::values::caller::Caller;
use crate::values::email_address::EmailAddress;
use crate::values::ids::UserId;
use crate::values::time::Time;

/// What makes somebody a letter. Each cause has a limit of its own for every recipient, so that who is refused has
/// letters of that very kind already: three verification letters keep nobody from resetting a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LetterCause {
    /// Somebody registers, where that must not tell whether the address is taken.
    Registration,
    /// The address of an account has to be verified.
    Verification,
    /// Somebody forgot a password.
    PasswordReset,
    /// An account wants to move to the recipient's address.
    EmailChange,
    /// An administrator invites somebody, or sends them a reset.
    Administrator,
}

impl LetterCause {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Registration => "registration",
            Self::Verification => "verification",
            Self::PasswordReset => "password-reset",
            Self::EmailChange => "email-change",
            Self::Administrator => "administrator",
        }
    }
}

impl App {
    /// Reserves an attempt to prove who one is. It counts before anything is compared, for whatever it will turn out:
    /// against the address, its network, the account, and the two of them together.
    ///
    /// # Errors
    /// `RATE_LIMITED`.
    pub async fn reserve_proof(&self, caller: &Caller, account: Option<&EmailAddress>, now: Time) -> Result<()> {
        let source = Source::of(caller);
        let account = account.map(|email| {
            let account = pseudonym(email);
            (format!("auth:account:{account}"), format!("auth:pair:{}:{account}", source.customer))
        });
        let mut windows = source.windows(self).to_vec();
        if let Some((account, pair)) = &account {
            windows.push(window(account, self.config.rate_limit_auth_account));
            windows.push(window(pair, self.config.rate_limit_auth_pair));
        }
        self.rate_limiter.take(&windows, now).await
    }

    /// Reserves a letter that a stranger causes, whether or not the recipient has an account.
    ///
    /// # Errors
    /// `RATE_LIMITED`.
    pub async fn reserve_letter(
        &self,
        caller: &Caller,
        cause: LetterCause,
        recipient: &EmailAddress,
        now: Time,
    ) -> Result<()> {
        let (source, recipient) = (Source::of(caller), letters_to(recipient, cause));
        let [address, network] = source.windows(self);
        self.rate_limiter.take(&[address, network, window(&recipient, self.config.rate_limit_email)], now).await
    }

    /// Reserves a letter that an administrator causes: nobody's mailbox is flooded, whoever asks.
    ///
    /// # Errors
    /// `RATE_LIMITED`.
    pub async fn reserve_recipient(&self, recipient: &EmailAddress, now: Time) -> Result<()> {
        self.reserve_letter_of(LetterCause::Administrator, recipient, now).await
    }

    /// Reserves a letter that goes with a deed already paid for; false where the recipient has had enough.
    ///
    /// # Errors
    /// None but a fault: a full window is an answer here.
    pub async fn may_send_letter(&self, cause: LetterCause, recipient: &EmailAddress, now: Time) -> Result<bool> {
        match self.reserve_letter_of(cause, recipient, now).await {
            Ok(()) => Ok(true),
            Err(Error::Refused(_)) => Ok(false),
            Err(fault) => Err(fault),
        }
    }

    async fn reserve_letter_of(&self, cause: LetterCause, recipient: &EmailAddress, now: Time) -> Result<()> {
        let recipient = letters_to(recipient, cause);
        self.rate_limiter.take(&[window(&recipient, self.config.rate_limit_email)], now).await
    }

    /// Reserves the judgement of a code of the second factor, whichever mutation it came with. A challenge counts its
    /// own attempts besides, in the row that dies with it.
    ///
    /// # Errors
    /// `RATE_LIMITED`.
    pub async fn reserve_code(&self, user: UserId, now: Time) -> Result<()> {
        let name = format!("mfa:account:{user}");
        self.rate_limiter.take(&[window(&name, self.config.rate_limit_mfa)], now).await
    }
}

/// Who pays for an operation: names of the windows it draws on.
#[derive(Debug, Clone)]
pub struct Payer {
    requests: String,
    budget: String,
}

impl Payer {
    /// The user, or for strangers their address. Operations are counted by address in any case.
    #[must_use]
    pub fn of(caller: &Caller, user: Option<&str>) -> Self {
        let customer = customer(caller.address);
        Self {
            requests: format!("requests:{customer}"),
            budget: user.map_or_else(|| format!("budget:address:{customer}"), |user| format!("budget:{user}")),
        }
    }
}

/// What became of the charge for an operation, and how full the payer's windows are now.
#[derive(Debug, Clone)]
pub struct Charge {
    /// How full the window of operations is.
    pub requests: Fill,
    /// How full the window of points is.
    pub budget: Fill,
    /// Proof of the charge, or why there is none.
    pub outcome: std::result::Result<Receipt, Refusal>,
}

impl App {
    /// Charges an operation before it runs, one place and so many points, in one round trip.
    pub async fn charge(&self, payer: &Payer, points: u32, now: Time) -> Charge {
        let requests = window(&payer.requests, self.config.rate_limit_requests);
        let taken = self.rate_limiter.charge(&[requests, self.budget(payer, points)], now).await;
        let [requests, budget] = taken.fills.first_chunk().copied().unwrap_or_default();
        let outcome = match (rate_limiter::refused(&taken), taken.outcome) {
            (None, Outcome::Granted(receipt)) => Ok(receipt),
            (refusal, _) => Err(refusal.unwrap_or(Refusal::Unavailable)),
        };
        Charge { requests, budget, outcome }
    }

    /// Gives back what an operation was charged and did not use.
    pub async fn give_back(&self, payer: &Payer, (charged, unused): (u32, u32), receipt: &Receipt) {
        self.rate_limiter.give_back(self.budget(payer, charged), unused, receipt).await;
    }

    fn budget<'a>(&self, payer: &'a Payer, points: u32) -> Window<'a> {
        window(&payer.budget, self.config.rate_limit_budget).weighing(points)
    }
}

/// Where somebody comes from, as limits count it.
struct Source {
    customer: IpAddr,
    address: String,
    network: String,
}

impl Source {
    fn of(caller: &Caller) -> Self {
        let customer = customer(caller.address);
        let (address, network) = (format!("auth:address:{customer}"), format!("auth:network:{}", network(customer)));
        Self { customer, address, network }
    }

    fn windows(&self, app: &App) -> [Window<'_>; 2] {
        let config = &app.config;
        [window(&self.address, config.rate_limit_auth), window(&self.network, config.rate_limit_auth_network)]
    }
}

fn letters_to(recipient: &EmailAddress, cause: LetterCause) -> String {
    format!("email:{}:{}", cause.as_str(), pseudonym(recipient))
}

fn window(name: &str, limit: RateLimit) -> Window<'_> {
    Window::of(name, limit.attempts, limit.period)
}

/// Names a mailbox in Redis without telling whose it is.
fn pseudonym(email: &EmailAddress) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, email.as_str().as_bytes()))
}

/// The address to count by: one IPv6 customer has a whole /64 (RFC 6177), so its addresses are one.
#[must_use]
pub fn customer(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => IpAddr::V6(first_bits(address, 64)),
    }
}

/// The network around it: what one owner can easily have many addresses of.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(address) => IpAddr::V4(Ipv4Addr::from_bits(address.to_bits() & 0xffff_ff00)),
        IpAddr::V6(address) => IpAddr::V6(first_bits(address, 48)),
    }
}

fn first_bits(address: Ipv6Addr, bits: u32) -> Ipv6Addr {
    Ipv6Addr::from_bits(address.to_bits() & !(u128::MAX >> bits))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(address: &str) -> IpAddr {
        address.parse().unwrap()
    }

    #[test]
    fn a_customer_with_a_64_is_one_caller() {
        let one = customer(parsed("2001:db8:1:2:3:4:5:6"));

        assert_eq!(one, customer(parsed("2001:db8:1:2:ffff::1")));
        assert_ne!(one, customer(parsed("2001:db8:1:3::1")));
        assert_ne!(customer(parsed("203.0.113.7")), customer(parsed("203.0.113.8")));
    }

    #[test]
    fn a_network_is_a_48_or_a_24() {
        assert_eq!(network(parsed("2001:db8:1:2::1")), parsed("2001:db8:1::"));
        assert_ne!(network(parsed("2001:db8:1:2::1")), network(parsed("2001:db8:2:2::1")));
        assert_eq!(network(parsed("203.0.113.7")), parsed("203.0.113.0"));
        assert_ne!(network(parsed("203.0.113.7")), network(parsed("203.0.112.7")));
    }
}
