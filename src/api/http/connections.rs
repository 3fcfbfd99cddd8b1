//! Limits how many TCP connections there are, for each address and in all, before a byte of them is read.

use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::connection_counts::{ConnectionCounts, ConnectionSlot, CountedBy};
use crate::tools::metrics::Metrics;
use crate::values::client_network::{client_address, network};
use crate::values::trusted_proxies::TrustedProxies;

/// How often the log says that connections are refused.
const WARNING_INTERVAL: Duration = Duration::from_mins(1);

/// How many connections a server holds.
#[derive(Debug, Clone)]
pub struct ConnectionLimits {
    /// Of all addresses together.
    pub in_all: u32,
    /// Of one address, or one IPv6 /64.
    pub per_address: u32,
    /// Peers without a limit of their own: the connections of all clients come from there.
    pub trusted_proxies: TrustedProxies,
}

/// The TCP connections of a server. Clones count together.
#[derive(Clone)]
pub struct HttpConnections {
    limits: Arc<ConnectionLimits>,
    counts: ConnectionCounts,
    metrics: Metrics,
    last_warning: Arc<Mutex<Option<Instant>>>,
}

impl HttpConnections {
    /// Begins without connections.
    #[must_use]
    pub fn new(limits: ConnectionLimits, metrics: Metrics) -> Self {
        Self { limits: Arc::new(limits), counts: ConnectionCounts::default(), metrics, last_warning: Arc::default() }
    }

    /// Counts a connection. One more than the limit is closed at once: if it waited for a slot, the clients that hold
    /// the slots would keep everyone else in the queue of the kernel.
    ///
    /// # Errors
    /// An error where a limit is reached.
    pub fn admit(&self, peer: IpAddr) -> io::Result<ConnectionSlots> {
        let peer = peer.to_canonical();
        self.reserve(peer).map_err(|limit| {
            self.metrics.connection_refused(limit);
            self.warn(peer, limit);
            io::Error::other("too many connections")
        })
    }

    /// Reserves the slots of a connection from this address, or returns the name of the limit that is reached.
    fn reserve(&self, peer: IpAddr) -> Result<ConnectionSlots, &'static str> {
        let ConnectionLimits { in_all, per_address, trusted_proxies } = &*self.limits;
        let mut slots = Vec::with_capacity(3);
        if !trusted_proxies.trusts_peer(peer) {
            // However small the limit in all, one address and one network have no more than half of it each.
            let (half, address) = (in_all.div_ceil(2), client_address(peer));
            let of_address = self.counts.reserve(CountedBy::Address(address), half.min(*per_address));
            slots.push(of_address.ok_or("address")?);
            slots.push(self.counts.reserve(CountedBy::Network(network(address)), half).ok_or("network")?);
        }
        slots.push(self.counts.reserve(CountedBy::All, *in_all).ok_or("all")?);
        Ok(ConnectionSlots(slots))
    }

    fn warn(&self, peer: IpAddr, limit: &str) {
        let mut last_warning = self.last_warning.lock().unwrap_or_else(PoisonError::into_inner);
        if last_warning.is_none_or(|at| at.elapsed() >= WARNING_INTERVAL) {
            *last_warning = Some(Instant::now());
            tracing::warn!(%peer, limit, "there are too many connections, and more are closed as they come");
        }
    }
}

/// The slots of one connection. It keeps them until its socket is closed, whatever it is used for.
#[derive(Debug)]
pub struct ConnectionSlots(#[allow(dead_code, reason = "held for their drop")] Vec<ConnectionSlot>);

#[cfg(test)]
mod tests {
    use super::*;

    fn connections(in_all: u32, per_address: u32, trusted_proxies: &str) -> HttpConnections {
        let trusted_proxies = trusted_proxies.parse().unwrap();
        HttpConnections::new(ConnectionLimits { in_all, per_address, trusted_proxies }, Metrics::open(vec![]).unwrap())
    }

    /// The slots of those of these connections that are accepted.
    fn held<'a>(connections: &HttpConnections, peers: impl IntoIterator<Item = &'a str>) -> Vec<ConnectionSlots> {
        peers.into_iter().filter_map(|peer| connections.reserve(peer.parse().unwrap()).ok()).collect()
    }

    #[test]
    fn one_address_or_network_leaves_room_for_the_others() {
        let connections = connections(10, 2, "");

        let slots = held(&connections, ["192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.2"]);
        assert_eq!(slots.len(), 3);
        let _more = held(&connections, ["2001:db8::1", "2001:db8::2"]);
        assert!(held(&connections, ["2001:db8::3"]).is_empty());

        drop(slots);
        assert_eq!(held(&connections, ["192.0.2.1"]).len(), 1);
    }

    #[test]
    fn the_addresses_of_one_network_leave_half_to_the_others() {
        for near in ["192.0.2", "2001:db8:1"] {
            let connections = connections(20, 2, "");
            let own = |n: u8| if near.contains(':') { format!("{near}:{n}::1") } else { format!("{near}.{n}") };
            let near: Vec<_> = (0..20).map(own).collect();

            let _slots = held(&connections, near.iter().map(String::as_str));

            assert_eq!(connections.reserve(near[19].parse().unwrap()).map(drop), Err("network"));
            assert_eq!(held(&connections, ["198.51.100.1", "2001:db8:2::1", "192.0.3.1"]).len(), 3);
        }
    }

    #[test]
    fn a_proxy_has_as_many_as_there_are() {
        for proxies in ["10.0.0.0/8", "1"] {
            let connections = connections(4, 2, proxies);

            let _slots = held(&connections, std::iter::repeat_n("10.0.0.1", 5));

            assert_eq!(connections.reserve("10.0.0.1".parse().unwrap()).map(drop), Err("all"), "{proxies}");
        }
    }

    #[test]
    fn an_address_never_has_more_than_half() {
        let connections = connections(8, 100, "");

        assert_eq!(held(&connections, std::iter::repeat_n("192.0.2.1", 8)).len(), 4);
    }
}
