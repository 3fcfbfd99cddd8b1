//! The fingerprint of a device: two sign-ins with the same one count as the same device.

use std::net::IpAddr;

use aws_lc_rs::digest;

use super::caller::Caller;
use super::client_network::network;

/// SHA-256 over user agent and network, neither of which can be read from it.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::Type)]
#[sqlx(transparent)]
pub struct DeviceFingerprint(Vec<u8>);

impl DeviceFingerprint {
    /// The fingerprint of a browser (or app) and system at an address. It leaves out versions, because they change with
    /// every update; of the address it takes only the network: /24 of IPv4, /48 of IPv6.
    #[must_use]
    pub fn new(browser: Option<&str>, os: Option<&str>, address: IpAddr) -> Self {
        let is_version = |part: &&str| part.starts_with(|c: char| c.is_ascii_digit());
        let name = |text: Option<&str>| {
            let words: Vec<&str> = text.unwrap_or_default().split(' ').filter(|part| !is_version(part)).collect();
            words.join(" ")
        };
        let text = format!("{}\n{}\n{}", name(browser), name(os), network(address));
        Self(digest::digest(&digest::SHA256, text.as_bytes()).as_ref().to_vec())
    }

    /// The fingerprint of a caller over the whole user agent, with versions: it decides whether one program presents a
    /// refresh token twice within seconds, and that program was not updated meanwhile.
    #[must_use]
    pub fn from_caller(caller: &Caller) -> Self {
        Self::new(Some(&caller.user_agent), None, caller.address)
    }

    /// The hash.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn print(browser: &str, address: &str) -> DeviceFingerprint {
        DeviceFingerprint::new(Some(browser), Some("macOS"), address.parse().unwrap())
    }

    #[test]
    fn an_update_and_a_neighbouring_address_make_no_new_device() {
        assert_eq!(print("Firefox 152", "203.0.113.7"), print("Firefox 153", "203.0.113.99"));
    }

    #[test]
    fn another_browser_or_another_network_is_a_new_device() {
        assert_ne!(print("Firefox 152", "203.0.113.7"), print("Chrome 152", "203.0.113.7"));
        assert_ne!(print("Firefox 152", "203.0.113.7"), print("Firefox 152", "198.51.100.7"));
        assert_ne!(print("Firefox 152", "::cb00:7107"), print("Firefox 152", "203.0.113.7"));
    }
}
