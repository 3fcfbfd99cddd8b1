//! How often a stranger may try: limits of the address, the account and the recipient, reserved before the deed.

use std::net::{IpAddr, Ipv6Addr};

use aws_lc_rs::digest;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use super::App;
use crate::config::RateLimit;
use crate::error::Result;
use crate::tools::kv::Window;
use crate::values::caller::Caller;
use crate::values::email_address::EmailAddress;
use crate::values::time::Time;

impl App {
    /// Reserves an attempt to prove who one is. It counts before anything is compared, for whatever it will turn out.
    ///
    /// # Errors
    /// `RATE_LIMITED`.
    pub async fn reserve_proof(&self, caller: &Caller, account: Option<&EmailAddress>, now: Time) -> Result<()> {
        let address = format!("auth:address:{}", network(caller.address));
        let account = account.map(|email| format!("auth:account:{}", pseudonym(email)));
        let mut windows = vec![window(&address, self.config.rate_limit_auth)];
        windows.extend(account.as_deref().map(|name| window(name, self.config.rate_limit_auth_account)));
        self.rate_limiter.take(&windows, now).await
    }

    /// Reserves a letter that a stranger causes, whether or not the recipient has an account.
    ///
    /// # Errors
    /// `RATE_LIMITED`.
    pub async fn reserve_letter(&self, caller: &Caller, recipient: &EmailAddress, now: Time) -> Result<()> {
        let address = format!("auth:address:{}", network(caller.address));
        let recipient = format!("email:recipient:{}", pseudonym(recipient));
        let windows = [window(&address, self.config.rate_limit_auth), window(&recipient, self.config.rate_limit_email)];
        self.rate_limiter.take(&windows, now).await
    }

    /// Reserves a letter that goes with a deed already paid for; false where the recipient has had enough.
    ///
    /// # Errors
    /// None but a fault: a full window is an answer here.
    pub async fn may_send_letter(&self, recipient: &EmailAddress, now: Time) -> Result<bool> {
        let name = format!("email:recipient:{}", pseudonym(recipient));
        match self.rate_limiter.take(&[window(&name, self.config.rate_limit_email)], now).await {
            Ok(()) => Ok(true),
            Err(crate::error::Error::Refused(_)) => Ok(false),
            Err(fault) => Err(fault),
        }
    }
}

fn window(name: &str, limit: RateLimit) -> Window<'_> {
    Window::of(name, limit.attempts, limit.period)
}

/// Names a mailbox in Redis without telling whose it is.
fn pseudonym(email: &EmailAddress) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, email.as_str().as_bytes()))
}

/// The address to count by: one IPv6 customer has a whole /64 (RFC 6177), so its addresses are one.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_customer_with_a_64_is_one_caller() {
        let one = network("2001:db8:1:2:3:4:5:6".parse().unwrap());
        let other = network("2001:db8:1:2:ffff::1".parse().unwrap());

        assert_eq!(one, other);
        assert_ne!(one, network("2001:db8:1:3::1".parse().unwrap()));
    }
}
