//! Loopback hosts: names and addresses of the machine itself.

use std::net::IpAddr;

/// Whether a host, as it stands in a URL or in the header `Host` without its port, is this machine itself. No other
/// name counts, also where it resolves to 127.0.0.1: its owner may let it resolve to something else a moment later.
#[must_use]
pub fn is_loopback(host: &str) -> bool {
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    let is_address = || bare.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback());
    host.eq_ignore_ascii_case("localhost") || is_address()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_localhost_and_loopback_addresses_are_this_machine() {
        for own in ["localhost", "LocalHost", "127.0.0.1", "127.9.9.9", "[::1]", "::1", "[::ffff:127.0.0.1]"] {
            assert!(is_loopback(own), "{own}");
        }
        let others =
            ["", "0.0.0.0", "[::]", "10.0.0.1", "localhost.", "localhost.evil.example", "a.localhost", "127.1", "[::1"];
        for other in others {
            assert!(!is_loopback(other), "{other}");
        }
    }
}
