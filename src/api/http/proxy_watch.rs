//! Notices that a proxy stands in front of a server whose settings do not say so: then all its clients are one to the
//! limits, and whoever is limited limits everybody.

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use axum::http::HeaderMap;

/// After so many requests from one private address alone, all of them forwarded, there is no doubt.
const CERTAIN: u32 = 100;

/// Watches the first requests.
#[derive(Debug, Default)]
pub struct ProxyWatch(Mutex<State>);

#[derive(Debug, Default)]
enum State {
    #[default]
    Fresh,
    Suspicion {
        peer: IpAddr,
        requests: u32,
    },
    Settled,
}

impl ProxyWatch {
    /// Looks at a request and warns at most once. A client that forges the header from a public address settles the
    /// matter the other way, and one on a private network can at most cause the warning.
    pub fn look(&self, peer: IpAddr, headers: &HeaderMap) {
        if self.is_certain(peer, ["x-forwarded-for", "forwarded"].iter().any(|name| headers.contains_key(*name))) {
            tracing::warn!(
                %peer,
                "every client comes from this address, forwarded: name the proxy in TRUSTED_PROXIES, or all \
                 clients share the limits of one"
            );
        }
    }

    fn is_certain(&self, peer: IpAddr, is_forwarded: bool) -> bool {
        // Those who look after the server, such as health checks, come past the proxy.
        if is_private(peer) && !is_forwarded {
            return false;
        }
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let requests = match &*state {
            State::Settled => return false,
            State::Fresh => 1,
            State::Suspicion { peer: former, requests } if *former == peer => requests + 1,
            State::Suspicion { .. } => 0,
        };
        if requests == 0 || !is_private(peer) {
            *state = State::Settled;
            return false;
        }
        let is_certain = requests >= CERTAIN;
        *state = if is_certain { State::Settled } else { State::Suspicion { peer, requests } };
        is_certain
    }
}

fn is_private(peer: IpAddr) -> bool {
    match peer.to_canonical() {
        IpAddr::V4(peer) => peer.is_private() || peer.is_loopback() || peer.is_link_local(),
        IpAddr::V6(peer) => peer.is_unique_local() || peer.is_loopback() || peer.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Which of these requests, from 1, causes the warning.
    fn warned_at(requests: impl IntoIterator<Item = (&'static str, bool)>) -> Option<usize> {
        let watch = ProxyWatch::default();
        let mut requests = requests.into_iter().map(|(peer, is_forwarded)| (peer.parse().unwrap(), is_forwarded));
        requests.position(|(peer, is_forwarded)| watch.is_certain(peer, is_forwarded)).map(|place| place + 1)
    }

    #[test]
    fn a_proxy_that_nobody_named_is_told_once() {
        for peer in ["172.17.0.1", "127.0.0.1", "::1", "fd00::1", "::ffff:10.0.0.1"] {
            assert_eq!(warned_at(std::iter::repeat_n((peer, true), 300)), Some(100), "{peer}");
        }
        let probed = (0..300).map(|n| if n % 2 == 0 { ("10.0.0.9", false) } else { ("10.0.0.1", true) });
        assert_eq!(warned_at(probed), Some(200));
        let watch = ProxyWatch::default();
        let told = (0..1_000).filter(|_| watch.is_certain("10.0.0.1".parse().unwrap(), true)).count();
        assert_eq!(told, 1);
    }

    #[test]
    fn clients_of_their_own_addresses_are_no_proxy() {
        assert_eq!(warned_at(std::iter::repeat_n(("203.0.113.7", true), 300)), None);
        assert_eq!(warned_at(std::iter::repeat_n(("127.0.0.1", false), 300)), None);
        let two = [("10.0.0.1", true), ("10.0.0.2", true)];
        assert_eq!(warned_at(two.into_iter().chain(std::iter::repeat_n(("10.0.0.1", true), 300))), None);
    }
}
