//! Warns where the settings and the proxies in front do not agree: a proxy that `TRUSTED_PROXIES` does not name, a
//! proxy that does not say who its clients are, and a proxy that lets clients choose their own address. In each case
//! the limits by address hold for the wrong clients.

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::http::HeaderMap;

use crate::values::trusted_proxies::TrustedProxies;

/// How many requests in a row confirm a suspicion: all from one private address and forwarded; or all from a trusted
/// proxy without a word about the client.
const CONFIRMED_AT: u32 = 100;

/// How often, at most, the log says that a client has chosen its own address.
const WARNING_INTERVAL: Duration = Duration::from_mins(1);

/// Watches the requests for GraphQL.
#[derive(Debug, Default)]
pub struct ProxyWatch {
    unnamed: Suspicion,
    silent: Suspicion,
    last_invented: Mutex<Option<Instant>>,
}

/// Something that is wrong with a proxy where enough requests in a row say so, and refuted by the first that does not.
#[derive(Debug, Default)]
struct Suspicion {
    /// Confirmed or refuted. Read without the lock: nearly every request comes after that.
    is_settled: AtomicBool,
    /// The peer that all requests came from so far, and their number.
    peer: Mutex<Option<(IpAddr, u32)>>,
}

impl ProxyWatch {
    /// Looks at one request. `client` is the address that was read from its head. Whatever a client sends, all that it
    /// can cause is a warning.
    pub fn observe(&self, proxies: &TrustedProxies, peer: IpAddr, headers: &HeaderMap, client: IpAddr) {
        if *proxies == TrustedProxies::None {
            let is_forwarded = ["x-forwarded-for", "forwarded"].iter().any(|name| headers.contains_key(*name));
            // Requests without such a header from a private address, such as health checks, come past the proxy.
            if (is_forwarded || !is_private(peer)) && self.unnamed.is_confirmed_by(peer, is_private(peer)) {
                tracing::warn!(
                    %peer,
                    "every client comes from this address, forwarded: name the proxy in TRUSTED_PROXIES, or all \
                     clients share the limits of one"
                );
            }
            return;
        }
        let is_silent = || !headers.contains_key("x-forwarded-for");
        if proxies.trusts_peer(peer) && self.silent.is_confirmed_by(peer, is_silent()) {
            tracing::warn!(
                %peer,
                "this proxy of TRUSTED_PROXIES sends no X-Forwarded-For: all its clients share the limits of one address"
            );
        }
        if is_documentation(client) && self.may_warn_of_invented() {
            tracing::warn!(
                %client,
                "a request came from an address that is only for documentation: a proxy passes on X-Forwarded-For as \
                 its client sent it, so that clients choose their own address. The proxy must append to the header or \
                 replace it"
            );
        }
    }

    fn may_warn_of_invented(&self) -> bool {
        let mut last = self.last_invented.lock().unwrap_or_else(PoisonError::into_inner);
        let may_warn = last.is_none_or(|at| at.elapsed() >= WARNING_INTERVAL);
        if may_warn {
            *last = Some(Instant::now());
        }
        may_warn
    }
}

impl Suspicion {
    /// Counts a request. Returns true once: for the request that confirms the suspicion. A request that speaks against
    /// it, or comes from another peer, settles it for good.
    fn is_confirmed_by(&self, peer: IpAddr, speaks_for_it: bool) -> bool {
        if self.is_settled.load(Ordering::Relaxed) {
            return false;
        }
        let mut former = self.peer.lock().unwrap_or_else(PoisonError::into_inner);
        let requests = match *former {
            // Another request has settled it since the look above.
            _ if self.is_settled.load(Ordering::Relaxed) => return false,
            None => 1,
            Some((former, requests)) if former == peer => requests + 1,
            Some(_) => 0,
        };
        *former = Some((peer, requests));
        let is_confirmed = speaks_for_it && requests >= CONFIRMED_AT;
        if is_confirmed || requests == 0 || !speaks_for_it {
            self.is_settled.store(true, Ordering::Relaxed);
        }
        is_confirmed
    }
}

/// Whether an address is set aside for documents (RFC 5737, RFC 3849, RFC 9637): operators who try
/// out a proxy send one, and no client has one.
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

    /// Which of these requests, from 1, confirms a suspicion.
    fn confirmed_at(requests: &[(&str, bool)]) -> Option<usize> {
        let suspicion = Suspicion::default();
        let confirms = |(peer, speaks): &(&str, bool)| suspicion.is_confirmed_by(peer.parse().unwrap(), *speaks);
        requests.iter().position(confirms).map(|index| index + 1)
    }

    #[test]
    fn a_suspicion_is_confirmed_once() {
        assert_eq!(confirmed_at(&[("10.0.0.1", true); 300]), Some(100));
        let suspicion = Suspicion::default();
        let confirmed = (0..1_000).filter(|_| suspicion.is_confirmed_by("10.0.0.1".parse().unwrap(), true)).count();
        assert_eq!(confirmed, 1);
    }

    #[test]
    fn one_request_that_speaks_against_it_settles_a_suspicion() {
        for against in [("10.0.0.1", false), ("10.0.0.2", true)] {
            let mut requests = vec![("10.0.0.1", true); 300];
            requests[50] = against;
            assert_eq!(confirmed_at(&requests), None, "{against:?}");
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
