//! How often somebody may try: limits of the address, the account and the recipient, reserved before the deed.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use aws_lc_rs::digest;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use super::App;
use crate::config::{Config, RateLimit};
use crate::error::{Refusal, Result};
use crate::tools::rate_limiter::{Decision, ReservationId, Window};
use crate::values::caller::Caller;
use crate::values::email_address::EmailAddress;
use crate::values::time::Time;

/// What is limited by the attempt, whatever comes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attempt {
    /// To prove who one is. Guesses at an account are counted besides: see `guesses`.
    Proof,
    /// To have an email sent to this address, whether or not it has an account.
    Mail(MailCause, EmailAddress),
}

/// What makes somebody an email. Each cause has a limit of its own for every recipient, so that who is refused has
/// emails of that very kind already: three verification emails keep nobody from resetting a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailCause {
    /// Somebody registers, where that must not tell whether the address is taken.
    Registration,
    /// The address of an account has to be verified.
    Verification,
    /// Somebody forgot a password.
    PasswordReset,
    /// An account wants to move to the recipient's address.
    EmailChange,
    /// The present address of an account is told that it is about to move.
    EmailChangeNotice,
    /// An address that was never verified is told of an action.
    UnverifiedNotice,
    /// An administrator invites somebody, or sends them a reset.
    Administrator,
}

impl MailCause {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Registration => "registration",
            Self::Verification => "verification",
            Self::PasswordReset => "password-reset",
            Self::EmailChange => "email-change",
            Self::EmailChangeNotice => "email-change-notice",
            Self::UnverifiedNotice => "unverified-notice",
            Self::Administrator => "administrator",
        }
    }
}

/// A window and its limit, by the name it has in the stores.
pub(super) type Named = (String, RateLimit);

impl Attempt {
    /// What it draws on: the address and its network, and the recipient.
    pub(super) fn windows(&self, caller: &Caller, config: &Config) -> Vec<Named> {
        let customer = customer(caller.address);
        let mut windows = vec![
            (format!("auth:address:{customer}"), config.rate_limits.auth),
            (format!("auth:network:{}", network(customer)), config.rate_limits.auth_network),
        ];
        if let Self::Mail(cause, recipient) = self {
            windows.push(mails_to(recipient, *cause, config));
        }
        windows
    }
}

impl App {
    /// Reserves an attempt. It counts before anything is compared or sent, whatever will come of it.
    ///
    /// # Errors
    /// `RATE_LIMITED`.
    pub async fn reserve(&self, attempt: &Attempt, caller: &Caller, now: Time) -> Result<()> {
        Ok(self.take(&attempt.windows(caller, &self.config), now).await?)
    }

    /// Reserves an email that an administrator causes: nobody's mailbox is flooded, whoever asks.
    ///
    /// # Errors
    /// `RATE_LIMITED`.
    pub async fn reserve_recipient(&self, recipient: &EmailAddress, now: Time) -> Result<()> {
        Ok(self.take(&[mails_to(recipient, MailCause::Administrator, &self.config)], now).await?)
    }

    /// Reserves an email that goes with a deed already paid for; false where the recipient has had enough.
    pub async fn may_send_mail(&self, cause: MailCause, recipient: &EmailAddress, now: Time) -> bool {
        self.take(&[mails_to(recipient, cause, &self.config)], now).await.is_ok()
    }

    pub(super) async fn take(&self, named: &[Named], now: Time) -> std::result::Result<(), Refusal> {
        let windows: Vec<_> = named.iter().map(window).collect();
        let taken = self.rate_limiter.attempt(&windows, now).await;
        self.decided(named, taken).map(drop)
    }

    /// What became of an attempt at these windows; a refusal is counted.
    pub(super) fn decided(&self, named: &[Named], taken: Decision) -> std::result::Result<ReservationId, Refusal> {
        taken.outcome.map_err(|full| {
            self.metrics.limit_hit(named.get(full.window).map_or(OTHER, bucket));
            full.into()
        })
    }
}

const OTHER: &str = "other";

/// Which limit a window belongs to.
fn bucket((name, _): &Named) -> &'static str {
    let known = ["requests", "budget", "auth", "email", "mfa"].into_iter();
    let is_first = |bucket: &&str| name.strip_prefix(*bucket).is_some_and(|rest| rest.starts_with(':'));
    known.into_iter().find(is_first).unwrap_or(OTHER)
}

pub(super) fn window((name, limit): &Named) -> Window<'_> {
    Window::new(name, limit.attempts, limit.period)
}

/// The windows of guesses at an account: all of them, and those of the caller's address.
pub(super) fn of_account(email: &EmailAddress, caller: &Caller, config: &Config) -> Vec<Named> {
    let (account, customer) = (pseudonym(email), customer(caller.address));
    vec![
        (format!("auth:account:{account}"), config.rate_limits.auth_account),
        (format!("auth:pair:{customer}:{account}"), config.rate_limits.auth_pair),
    ]
}

pub(super) fn mails_to(recipient: &EmailAddress, cause: MailCause, config: &Config) -> Named {
    (format!("email:{}:{}", cause.as_str(), pseudonym(recipient)), config.rate_limits.email)
}

/// Names a mailbox in Redis without telling whose it is.
pub(super) fn pseudonym(email: &EmailAddress) -> String {
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
#[must_use]
pub fn network(address: IpAddr) -> IpAddr {
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
    use std::time::Duration;

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
    fn every_window_belongs_to_a_limit() {
        for (name, expected) in
            [("requests:203.0.113.7", "requests"), ("auth:pair:x:y", "auth"), ("authentic:x", OTHER)]
        {
            assert_eq!(bucket(&(name.to_owned(), RateLimit { attempts: 1, period: Duration::from_secs(1) })), expected);
        }
    }

    #[test]
    fn a_network_is_a_48_or_a_24() {
        assert_eq!(network(parsed("2001:db8:1:2::1")), parsed("2001:db8:1::"));
        assert_ne!(network(parsed("2001:db8:1:2::1")), network(parsed("2001:db8:2:2::1")));
        assert_eq!(network(parsed("203.0.113.7")), parsed("203.0.113.0"));
        assert_ne!(network(parsed("203.0.113.7")), network(parsed("203.0.112.7")));
    }
}
