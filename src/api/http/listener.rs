//! A listener that closes before the connections that it has accepted.

use std::future::pending;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::connect_info::Connected;
use axum_server::{AddrListener, Address};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

/// The address of a client. A type of its own tells the library to use [`ClosingListener`].
#[derive(Debug, Clone, Copy)]
pub struct ClientAddress(SocketAddr);

impl Address for ClientAddress {
    type Stream = TcpStream;
    type Listener = ClosingListener;
}

impl Connected<ClientAddress> for SocketAddr {
    fn connect_info(ClientAddress(address): ClientAddress) -> Self {
        address
    }
}

/// Accepts connections until `closing`. Then its port is closed, so that a load balancer whose connection is refused asks
/// another instance, while the requests on accepted connections are still read and answered. The library closes the
/// listener and the connections at the same time: requests that were sent but not yet read would be lost.
pub struct ClosingListener {
    /// None once it is closed.
    port: Mutex<Option<Arc<OpenPort>>>,
    closing: CancellationToken,
}

/// One port, for the runtime and for direct calls.
struct OpenPort {
    listener: TcpListener,
    direct: std::net::TcpListener,
}

impl ClosingListener {
    /// Takes over a listener that is bound.
    ///
    /// # Errors
    /// An error where the runtime cannot use it.
    pub fn new(direct: std::net::TcpListener, closing: CancellationToken) -> io::Result<Self> {
        direct.set_nonblocking(true)?;
        let listener = TcpListener::from_std(direct.try_clone()?)?;
        Ok(Self { port: Mutex::new(Some(Arc::new(OpenPort { listener, direct }))), closing })
    }

    fn port(&self) -> Option<Arc<OpenPort>> {
        self.port.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn close(&self) {
        *self.port.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

impl OpenPort {
    /// Accepts a connection that waits in the queue of the kernel, whether or not the runtime knows of it.
    fn accept_waiting(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let (stream, address) = self.direct.accept()?;
        stream.set_nonblocking(true)?;
        Ok((TcpStream::from_std(stream)?, address))
    }
}

impl AddrListener<TcpStream, ClientAddress> for ClosingListener {
    async fn bind_to(ClientAddress(address): ClientAddress) -> io::Result<Self> {
        Self::new(std::net::TcpListener::bind(address)?, CancellationToken::new())
    }

    async fn accept_stream(&self) -> io::Result<(TcpStream, ClientAddress)> {
        let Some(port) = self.port() else { return pending().await };
        let accepted = match self.closing.run_until_cancelled(port.listener.accept()).await {
            Some(accepted) => accepted,
            // Closing resets the connections in the queue, so it comes after the last of them.
            None => port.accept_waiting(),
        };
        if self.closing.is_cancelled() && accepted.as_ref().is_err_and(|error| error.kind() == ErrorKind::WouldBlock) {
            self.close();
            drop(port);
            return pending().await;
        }
        accepted.map(|(stream, address)| (stream, ClientAddress(address)))
    }

    fn get_local_addr(&self) -> io::Result<ClientAddress> {
        let port = self.port().ok_or(ErrorKind::NotConnected)?;
        port.listener.local_addr().map(ClientAddress)
    }
}
