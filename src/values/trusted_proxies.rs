//! The proxies in front of the server, which alone are believed about a client's address. The setting
//! `TRUSTED_PROXIES`.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use ipnet::IpNet;

/// The proxies whose `X-Forwarded-For` entries count.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum TrustedProxies {
    /// No proxy: the header is ignored, because any client can write it.
    #[default]
    None,
    /// Exactly this number of proxies stands in front of the server, at any addresses.
    Hops(u8),
    /// Proxies are known by their networks.
    Networks(Vec<IpNet>),
}

/// A setting that is neither a number nor a list of networks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a number of proxies like 1, or their networks, comma-separated, like 10.0.0.0/8,::1/128")]
pub struct InvalidTrustedProxies;

impl FromStr for TrustedProxies {
    type Err = InvalidTrustedProxies;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(Self::None);
        }
        if let Ok(hops) = text.parse() {
            return Ok(if hops == 0 { Self::None } else { Self::Hops(hops) });
        }
        let networks = text.split(',').map(|entry| parse_network(entry.trim()));
        networks.collect::<Option<_>>().map(Self::Networks).ok_or(InvalidTrustedProxies)
    }
}

impl TrustedProxies {
    /// The client's address: that of the connection, or the one that trusted proxies report.
    ///
    /// `forwarded` are the `X-Forwarded-For` lines in the order they came. They are read from the right, where our own
    /// proxies write; an entry that is no address ends the reading, so that nothing left of it is believed.
    #[must_use]
    pub fn client_address<'a>(&self, peer: IpAddr, forwarded: impl DoubleEndedIterator<Item = &'a str>) -> IpAddr {
        let entries = forwarded.rev().flat_map(|line| line.rsplit(',')).map_while(parse_entry);
        let mut address = peer.to_canonical();
        for (hop, entry) in entries.enumerate() {
            if !self.trusts(address, hop) {
                break;
            }
            address = entry;
        }
        address
    }

    /// Whether the peer of a connection is one of our proxies, so that its headers about the client are believed.
    #[must_use]
    pub fn trusts_peer(&self, peer: IpAddr) -> bool {
        self.trusts(peer.to_canonical(), 0)
    }

    /// Whether the sender at `address`, so many hops away from the server, is one of our proxies.
    fn trusts(&self, address: IpAddr, hop: usize) -> bool {
        match self {
            Self::None => false,
            Self::Hops(hops) => hop < usize::from(*hops),
            Self::Networks(networks) => networks.iter().any(|network| network.contains(&address)),
        }
    }
}

/// A network, or an address as a network of one: `10.0.0.0/8`, `::1`.
#[must_use]
pub fn parse_network(entry: &str) -> Option<IpNet> {
    entry.parse().ok().or_else(|| entry.parse::<IpAddr>().ok().map(IpNet::from))
}

/// `203.0.113.7`, `203.0.113.7:4711`, `2001:db8::1`, `[2001:db8::1]` and `[2001:db8::1]:4711`: proxies write all of
/// them.
fn parse_entry(entry: &str) -> Option<IpAddr> {
    let entry = entry.trim();
    let bare = entry.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(entry);
    let address = bare.parse().ok().or_else(|| entry.parse::<SocketAddr>().ok().map(|socket| socket.ip()))?;
    Some(address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(setting: &str, peer: &str, forwarded: &[&str]) -> String {
        let proxies: TrustedProxies = setting.parse().unwrap();
        proxies.client_address(peer.parse().unwrap(), forwarded.iter().copied()).to_string()
    }

    #[test]
    fn without_proxies_the_header_is_ignored() {
        assert_eq!(client("", "198.51.100.1", &["203.0.113.7"]), "198.51.100.1");
        assert_eq!(client("0", "198.51.100.1", &["203.0.113.7"]), "198.51.100.1");
    }

    #[test]
    fn hops_are_counted_from_the_right() {
        assert_eq!(client("1", "10.0.0.1", &["6.6.6.6, 203.0.113.7"]), "203.0.113.7");
        assert_eq!(client("2", "10.0.0.1", &["6.6.6.6, 203.0.113.7, 10.0.0.2"]), "203.0.113.7");
        assert_eq!(client("2", "10.0.0.1", &["6.6.6.6, 203.0.113.7", "10.0.0.2"]), "203.0.113.7");
        assert_eq!(client("3", "10.0.0.1", &["203.0.113.7"]), "203.0.113.7");
        assert_eq!(client("3", "10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn networks_are_walked_until_an_unknown_sender() {
        let ours = "10.0.0.0/8,::1/128";
        assert_eq!(client(ours, "10.0.0.1", &["6.6.6.6, 203.0.113.7, 10.9.9.9"]), "203.0.113.7");
        assert_eq!(client(ours, "::1", &["203.0.113.7"]), "203.0.113.7");
        assert_eq!(client(ours, "::ffff:10.0.0.1", &["203.0.113.7"]), "203.0.113.7");
        assert_eq!(client(ours, "198.51.100.1", &["203.0.113.7"]), "198.51.100.1", "the peer is not ours");
        assert_eq!(client(ours, "10.0.0.1", &["10.0.0.3, 10.0.0.2"]), "10.0.0.3");
    }

    #[test]
    fn nothing_left_of_a_malformed_entry_is_believed() {
        assert_eq!(client("3", "10.0.0.1", &["203.0.113.7, unknown, 10.0.0.2"]), "10.0.0.2");
        assert_eq!(client("3", "10.0.0.1", &["203.0.113.7,,10.0.0.2"]), "10.0.0.2");
        assert_eq!(client("1", "10.0.0.1", &["fe80::1%eth0"]), "10.0.0.1");
        assert_eq!(client("1", "10.0.0.1", &[""]), "10.0.0.1");
    }

    #[test]
    fn ports_brackets_and_mapped_addresses_are_understood() {
        for written in ["203.0.113.7:4711", "::ffff:203.0.113.7", "[::ffff:203.0.113.7]:4711", "[203.0.113.7]"] {
            assert_eq!(client("1", "10.0.0.1", &[written]), "203.0.113.7", "{written}");
        }
        for written in ["2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:4711"] {
            assert_eq!(client("1", "10.0.0.1", &[written]), "2001:db8::1", "{written}");
        }
    }

    #[test]
    fn a_setting_is_nothing_a_number_or_networks() {
        assert_eq!("2".parse(), Ok(TrustedProxies::Hops(2)));
        assert_eq!(" 10.1.2.3 ".parse(), Ok(TrustedProxies::Networks(vec!["10.1.2.3/32".parse().unwrap()])));
        for wrong in ["300", "-1", "10.0.0.0/40", "10.0.0.0/8,", "all"] {
            assert_eq!(wrong.parse::<TrustedProxies>(), Err(InvalidTrustedProxies), "{wrong}");
        }
    }
}
