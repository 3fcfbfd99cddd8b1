//! Which URLs and addresses may be reached.
//!
//! The ranges are those that the special-purpose registries of IANA (RFC 6890) do not call globally reachable.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use url::Host;

use super::{OutboundUrl, RefusedUrl, UrlAuthor, error::HttpError};

/// What the settings permit beyond public addresses.
pub(super) struct Guard {
    allowed_networks: Vec<IpNet>,
    plain_http: bool,
}

impl Guard {
    pub(super) const fn new(allowed_networks: Vec<IpNet>, plain_http: bool) -> Self {
        Self { allowed_networks, plain_http }
    }

    /// Looks at a URL before its request. The addresses of a name are looked at by the resolver.
    pub(super) fn check(&self, target: &OutboundUrl) -> Result<(), HttpError> {
        let url = target.url();
        let refused = match url.host() {
            _ if url.scheme() != "https" && !(self.plain_http && url.scheme() == "http") => RefusedUrl::Scheme,
            _ if !url.username().is_empty() || url.password().is_some() => RefusedUrl::Credentials,
            None => RefusedUrl::NoHost,
            // `url` has already read 2130706433, 0x7f.1 and 0177.1 as addresses.
            Some(Host::Ipv4(address)) if !self.permits(address.into(), target.author()) => RefusedUrl::PrivateAddress,
            Some(Host::Ipv6(address)) if !self.permits(address.into(), target.author()) => RefusedUrl::PrivateAddress,
            Some(_) => return Ok(()),
        };
        Err(HttpError::Refused(refused))
    }

    /// Whether a connection to the address is permitted.
    pub(super) fn permits(&self, address: IpAddr, author: UrlAuthor) -> bool {
        let address = without_mapping(address);
        let is_allowed = || self.allowed_networks.iter().any(|network| network.contains(&address));
        is_public(address) || (author == UrlAuthor::Operator && is_allowed())
    }
}

/// The IPv4 address that an IPv6 address stands for: `::ffff:127.0.0.1` (RFC 4291, section 2.5.5.2), or `64:ff9b::7f00:1`,
/// which a NAT64 gateway translates (RFC 6052).
fn without_mapping(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else { return address };
    if let [0x64, 0xff9b, 0, 0, 0, 0, high, low] = v6.segments() {
        return IpAddr::V4(Ipv4Addr::from_bits((u32::from(high) << 16) | u32::from(low)));
    }
    address.to_canonical()
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_special = matches!(
        (a, b, c),
        // Unspecified, private, loopback; multicast, reserved and broadcast.
        (0 | 10 | 127 | 224.., _, _)
            | (172, 16..=31, _)
            | (192, 168, _)
            // Shared by the customers of a provider (RFC 6598).
            | (100, 64..=127, _)
            // Link-local: the metadata services of clouds.
            | (169, 254, _)
            // Protocol assignments, documentation (RFC 5737), relays of 6to4, benchmarks (RFC 2544).
            | (192, 0, 0 | 2)
            | (198, 51, 100)
            | (203, 0, 113)
            | (192, 88, 99)
            | (198, 18 | 19, _)
    );
    !is_special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    let is_special = matches!(
        (first, second),
        // Protocol assignments (Teredo among them), and documentation (RFC 3849).
        (0x2001, 0..=0x1ff | 0xdb8)
            // 6to4 holds an IPv4 address that may be private, and is out of use (RFC 7526).
            | (0x2002, _)
            // Documentation (RFC 9637).
            | (0x3fff, 0..=0xfff)
    );
    // All public addresses are in this range. Outside are loopback, unspecified, link-local, unique local, multicast, and the
    // local prefix of NAT64 (RFC 8215).
    (0x2000..=0x3fff).contains(&first) && !is_special
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_public() {
        let special = "0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 100.127.255.255 127.0.0.1 127.9.9.9 169.254.169.254 172.16.0.1 \
            172.31.255.255 192.0.0.8 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.1 \
            224.0.0.1 240.0.0.1 255.255.255.255 :: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:0:127.0.0.1 \
            64:ff9b::127.0.0.1 64:ff9b::a00:1 64:ff9b:1::1 100::1 2001::1 2001:db8::1 2002:7f00:1:: 2002:808:808:: 3fff::1 \
            5f00::1 fc00::1 fd00:ec2::254 fe80::1 fec0::1 ff02::1";
        for text in special.split_whitespace() {
            assert!(!is_public(without_mapping(text.parse().unwrap())), "{text}");
        }
        let public = "1.1.1.1 8.8.8.8 100.63.255.255 100.128.0.1 172.15.0.1 172.32.0.1 192.0.1.1 223.255.255.255 \
            ::ffff:8.8.8.8 64:ff9b::808:808 2001:200::1 2001:4860:4860::8888 2606:4700::1111 2a00:1450::1 3ffe::1";
        for text in public.split_whitespace() {
            assert!(is_public(without_mapping(text.parse().unwrap())), "{text}");
        }
    }

    #[test]
    fn an_allowed_network_is_allowed_to_the_operator_alone() {
        let guard = Guard::new(vec!["10.1.0.0/16".parse().unwrap(), "fd00::/64".parse().unwrap()], false);

        for inside in ["10.1.2.3", "::ffff:10.1.2.3", "64:ff9b::10.1.2.3", "fd00::5"] {
            assert!(guard.permits(inside.parse().unwrap(), UrlAuthor::Operator), "{inside}");
            assert!(!guard.permits(inside.parse().unwrap(), UrlAuthor::Stranger), "{inside}");
        }
        for outside in ["10.2.0.1", "fd00:0:0:1::5", "127.0.0.1"] {
            assert!(!guard.permits(outside.parse().unwrap(), UrlAuthor::Operator), "{outside}");
        }
    }
}
