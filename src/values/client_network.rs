//! Which addresses count as one client, and which as one network.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The address under which a client is counted: an IPv4 address itself, the /64 of an IPv6 address. One IPv6 customer has
/// at least a whole /64 (RFC 6177) and can use any address in it.
#[must_use]
pub fn client_address(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => IpAddr::V6(first_bits(address, 64)),
    }
}

/// The network around an address: /24 of IPv4, /48 of IPv6. One owner can easily have many addresses in it.
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
    use super::*;

    fn parsed(address: &str) -> IpAddr {
        address.parse().unwrap()
    }

    #[test]
    fn a_64_is_one_client() {
        let one = client_address(parsed("2001:db8:1:2:3:4:5:6"));

        assert_eq!(one, client_address(parsed("2001:db8:1:2:ffff::1")));
        assert_ne!(one, client_address(parsed("2001:db8:1:3::1")));
        assert_ne!(client_address(parsed("203.0.113.7")), client_address(parsed("203.0.113.8")));
    }

    #[test]
    fn a_network_is_a_48_or_a_24() {
        assert_eq!(network(parsed("2001:db8:1:2::1")), parsed("2001:db8:1::"));
        assert_ne!(network(parsed("2001:db8:1:2::1")), network(parsed("2001:db8:2:2::1")));
        assert_eq!(network(parsed("203.0.113.7")), parsed("203.0.113.0"));
        assert_ne!(network(parsed("203.0.113.7")), network(parsed("203.0.112.7")));
    }
}
