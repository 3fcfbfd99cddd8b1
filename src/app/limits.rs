//! How often a stranger may try: limits of the address, the account and the recipient, reserved before the deed.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use aws_lc_rs::digest;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use super::App;
use crate::config::RateLimit;
use crate::error::{Error, Result};
use crate::tools::rate_limiter::Window;
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
}

impl LetterCause {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Registration => "registration",
            Self::Verification => "verification",
            Self::PasswordReset => "password-reset",
            Self::EmailChange => "email-change",
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

    /// Reserves a letter that goes with a deed already paid for; false where the recipient has had enough.
    ///
    /// # Errors
    /// None but a fault: a full window is an answer here.
    pub async fn may_send_letter(&self, cause: LetterCause, recipient: &EmailAddress, now: Time) -> Result<bool> {
        let recipient = letters_to(recipient, cause);
        match self.rate_limiter.take(&[window(&recipient, self.config.rate_limit_email)], now).await {
            Ok(()) => Ok(true),
            Err(Error::Refused(_)) => Ok(false),
            Err(fault) => Err(fault),
        }
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
