//! How many connections there may be, of one address and in all: counted before a byte of them is read.

use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::open_streams::{OpenStreams, Place, Whose};
use crate::tools::metrics::Metrics;
use crate::values::client_network::{client_address, network};
use crate::values::trusted_proxies::TrustedProxies;

/// How often it is told that connections are refused.
const TOLD_EVERY: Duration = Duration::from_mins(1);

/// How many connections a server holds.
#[derive(Debug, Clone)]
pub struct ConnectionLimits {
    /// Of everybody together.
    pub in_all: u32,
    /// Of one address, or one IPv6 /64.
    pub per_address: u32,
    /// Who may have as many as there are: the connections of all clients come from there.
    pub trusted_proxies: TrustedProxies,
}

/// The connections of a server. Clones count together.
#[derive(Clone)]
pub struct Connections {
    limits: Arc<ConnectionLimits>,
    open: OpenStreams,
    metrics: Metrics,
    last_told: Arc<Mutex<Option<Instant>>>,
}

impl Connections {
    /// There are none yet.
    #[must_use]
    pub fn new(limits: ConnectionLimits, metrics: Metrics) -> Self {
        Self { limits: Arc::new(limits), open: OpenStreams::default(), metrics, last_told: Arc::default() }
    }

    /// Gives a connection its places. Where there is none it is closed at once: waiting until there is would let those
    /// who hold the places keep everybody else in the queue of the kernel.
    ///
    /// # Errors
    /// No place, or nobody is there any more.
    pub fn admit(&self, stream: TcpStream) -> io::Result<Connection> {
        let peer = stream.peer_addr()?.ip().to_canonical();
        let places = self.take(peer).map_err(|limit| {
            self.metrics.connection_refused(limit);
            self.tell(peer, limit);
            io::Error::other("too many connections")
        })?;
        Ok(Connection { stream, _places: places })
    }

    /// The places of a connection from this address, or which limit has none.
    fn take(&self, peer: IpAddr) -> Result<Places, &'static str> {
        let ConnectionLimits { in_all, per_address, trusted_proxies } = &*self.limits;
        let own = if trusted_proxies.trusts_peer(peer) {
            None
        } else {
            // However few there are, one address has no more than half of them; nor have all of its network.
            let (half, client) = (in_all.div_ceil(2), client_address(peer));
            let own = self.open.take(Whose::Address(client), half.min(*per_address)).ok_or("address")?;
            Some((own, self.open.take(Whose::Network(network(client)), half).ok_or("network")?))
        };
        Ok((own, self.open.take(Whose::All, *in_all).ok_or("all")?))
    }

    fn tell(&self, peer: IpAddr, limit: &str) {
        let mut last_told = self.last_told.lock().unwrap_or_else(PoisonError::into_inner);
        if last_told.is_none_or(|told| told.elapsed() >= TOLD_EVERY) {
            *last_told = Some(Instant::now());
            tracing::warn!(%peer, limit, "there are too many connections, and more are closed as they come");
        }
    }
}

/// Those of an address and of its network, where it is no proxy, and one of all.
type Places = (Option<(Place, Place)>, Place);

/// A connection with its places, which it keeps until its socket is closed, whatever it is used for.
pub struct Connection {
    stream: TcpStream,
    _places: Places,
}

impl Connection {
    /// The socket.
    #[must_use]
    pub const fn socket(&self) -> &TcpStream {
        &self.stream
    }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connections(in_all: u32, per_address: u32, trusted_proxies: &str) -> Connections {
        let trusted_proxies = trusted_proxies.parse().unwrap();
        Connections::new(ConnectionLimits { in_all, per_address, trusted_proxies }, Metrics::open(vec![]).unwrap())
    }

    /// How many of these connections get a place.
    fn held<'a>(connections: &Connections, peers: impl IntoIterator<Item = &'a str>) -> Vec<Places> {
        peers.into_iter().filter_map(|peer| connections.take(peer.parse().unwrap()).ok()).collect()
    }

    #[test]
    fn one_address_or_network_leaves_room_for_the_others() {
        let connections = connections(10, 2, "");

        let places = held(&connections, ["192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.2"]);
        assert_eq!(places.len(), 3);
        let _more = held(&connections, ["2001:db8::1", "2001:db8::2"]);
        assert!(held(&connections, ["2001:db8::3"]).is_empty());

        drop(places);
        assert_eq!(held(&connections, ["192.0.2.1"]).len(), 1);
    }

    #[test]
    fn the_addresses_of_one_network_leave_half_to_the_others() {
        for near in ["192.0.2", "2001:db8:1"] {
            let connections = connections(20, 2, "");
            let own = |n: u8| if near.contains(':') { format!("{near}:{n}::1") } else { format!("{near}.{n}") };
            let near: Vec<_> = (0..20).map(own).collect();

            let _places = held(&connections, near.iter().map(String::as_str));

            assert_eq!(connections.take(near[19].parse().unwrap()).map(drop), Err("network"));
            assert_eq!(held(&connections, ["198.51.100.1", "2001:db8:2::1", "192.0.3.1"]).len(), 3);
        }
    }

    #[test]
    fn a_proxy_has_as_many_as_there_are() {
        for proxies in ["10.0.0.0/8", "1"] {
            let connections = connections(4, 2, proxies);

            let _places = held(&connections, std::iter::repeat_n("10.0.0.1", 5));

            assert_eq!(connections.take("10.0.0.1".parse().unwrap()).map(drop), Err("all"), "{proxies}");
        }
    }

    #[test]
    fn an_address_never_has_more_than_half() {
        let connections = connections(8, 100, "");

        assert_eq!(held(&connections, std::iter::repeat_n("192.0.2.1", 8)).len(), 4);
    }
}
