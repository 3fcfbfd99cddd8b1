//! Notices that the settings and the proxies in front do not agree: a proxy that nobody named, one that does not say who its
//! clients are, and one that lets clients say it themselves. In each case limits by address hold for the wrong people.

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::http::HeaderMap;

use crate::values::trusted_proxies::TrustedProxies;

/// After so many requests from one private address alone, all of them forwarded, there is no doubt. The same number without
/// a word about the client, from a proxy whose word counts.
const CERTAIN: u32 = 100;

/// How often it is told, at most, that a client has chosen its own address.
const REPEAT: Duration = Duration::from_mins(1);

/// Watches the requests.
#[derive(Debug, Default)]
pub struct ProxyWatch {
    unnamed: Mutex<State>,
    silent: Mutex<State>,
    told_invented: Mutex<Option<Instant>>,
}

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
    /// Looks at a request for GraphQL and what was made of its head. Whatever a client sends, it can at most cause a
    /// warning.
    pub fn look(&self, proxies: &TrustedProxies, peer: IpAddr, headers: &HeaderMap, client: IpAddr) {
        let is_forwarded = ["x-forwarded-for", "forwarded"].iter().any(|name| headers.contains_key(*name));
        if *proxies == TrustedProxies::None {
            // Those who look after the server, such as health checks, come past the proxy.
            if (is_forwarded || !is_private(peer)) && is_certain(&self.unnamed, peer, is_private(peer)) {
                tracing::warn!(
                    %peer,
                    "every client comes from this address, forwarded: name the proxy in TRUSTED_PROXIES, or all \
                     clients share the limits of one"
                );
            }
            return;
        }
        if proxies.trusts_peer(peer) && is_certain(&self.silent, peer, !headers.contains_key("x-forwarded-for")) {
            tracing::warn!(
                %peer,
                "this proxy of TRUSTED_PROXIES sends no X-Forwarded-For: all its clients share the limits of one address"
            );
        }
        if is_documentation(client) && self.is_time_to_tell_invented() {
            tracing::warn!(
                %client,
                "a request came from an address that nobody can have: a proxy passes on X-Forwarded-For as its client \
                 sent it, so that clients choose their own address. The proxy must append to the header or replace it"
            );
        }
    }

    fn is_time_to_tell_invented(&self) -> bool {
        let mut told = self.told_invented.lock().unwrap_or_else(PoisonError::into_inner);
        let is_time = told.is_none_or(|at| at.elapsed() >= REPEAT);
        if is_time {
            *told = Some(Instant::now());
        }
        is_time
    }
}

/// Counts a request that speaks for the suspicion, until it is certain, which is said once. One that speaks against it, or
/// comes from somebody else, settles the matter.
fn is_certain(state: &Mutex<State>, peer: IpAddr, speaks_for_it: bool) -> bool {
    let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
    let requests = match &*state {
        State::Settled => return false,
        State::Fresh => 1,
        State::Suspicion { peer: former, requests } if *former == peer => requests + 1,
        State::Suspicion { .. } => 0,
    };
    if requests == 0 || !speaks_for_it {
        *state = State::Settled;
        return false;
    }
    let is_certain = requests >= CERTAIN;
    *state = if is_certain { State::Settled } else { State::Suspicion { peer, requests } };
    is_certain
}

/// Whether an address is set aside for documents (RFC 5737, RFC 3849, RFC 9637): an operator who tries the proxy sends one,
/// and no client has one.
fn is_documentation(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => address.is_documentation(),
        IpAddr::V6(address) => {
            matches!(address.segments(), [0x2001, 0xdb8, ..])
                || matches!(address.segments(), [0x3fff, second, ..] if second < 0x1000)
        }
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

    fn warned(is_told: impl FnMut(&(IpAddr, bool)) -> bool, requests: &[(&str, bool)]) -> Option<usize> {
        let requests: Vec<_> = requests.iter().map(|(peer, speaks)| (peer.parse().unwrap(), *speaks)).collect();
        requests.iter().position(is_told).map(|place| place + 1)
    }

    /// Which of these requests, from 1, is certain that a suspicion holds.
    fn certain_at(requests: &[(&str, bool)]) -> Option<usize> {
        let state = Mutex::default();
        warned(|(peer, speaks)| is_certain(&state, *peer, *speaks), requests)
    }

    #[test]
    fn a_suspicion_is_told_once_and_when_it_is_certain() {
        assert_eq!(certain_at(&[("10.0.0.1", true); 300]), Some(100));
        let state = Mutex::default();
        let told = (0..1_000).filter(|_| is_certain(&state, "10.0.0.1".parse().unwrap(), true)).count();
        assert_eq!(told, 1);
    }

    #[test]
    fn one_request_that_speaks_against_it_settles_a_suspicion() {
        for against in [("10.0.0.1", false), ("10.0.0.2", true)] {
            let mut requests = vec![("10.0.0.1", true); 300];
            requests[50] = against;
            assert_eq!(certain_at(&requests), None, "{against:?}");
        }
    }

    #[test]
    fn private_addresses_may_be_a_proxy() {
        for peer in ["172.17.0.1", "127.0.0.1", "::1", "fd00::1", "::ffff:10.0.0.1"] {
            assert!(is_private(peer.parse().unwrap()), "{peer}");
        }
        assert!(!is_private("203.0.113.7".parse().unwrap()));
    }

    #[test]
    fn addresses_of_documents_are_known() {
        for address in ["203.0.113.77", "198.51.100.1", "192.0.2.9", "2001:db8::1", "3fff:fff::1", "::ffff:192.0.2.1"] {
            assert!(is_documentation(address.parse().unwrap()), "{address}");
        }
        for address in ["203.0.114.1", "10.0.0.1", "2001:db9::1", "3fff:1000::1", "127.0.0.1"] {
            assert!(!is_documentation(address.parse().unwrap()), "{address}");
        }
    }
}
