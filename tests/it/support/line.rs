//! A line to a server that can be cut and mended, as networks do it.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;
use url::Url;

/// Stands between a client and a server, on a port of its own.
pub struct Line {
    pub address: SocketAddr,
    /// Cancelled while the line is cut.
    whole: Arc<Mutex<CancellationToken>>,
    /// Cancelled for the connections that have fallen silent.
    heard: Arc<Mutex<CancellationToken>>,
    _stop: DropGuard,
}

impl Line {
    pub async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let whole = Arc::new(Mutex::new(CancellationToken::new()));
        let heard = Arc::new(Mutex::new(CancellationToken::new()));
        let (line, voice, stop) = (Arc::clone(&whole), Arc::clone(&heard), CancellationToken::new());
        let tasks = TaskTracker::new();
        let connections = tasks.clone();
        tasks.spawn(stop.clone().run_until_cancelled_owned(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (whole, heard) = (line.lock().unwrap().clone(), voice.lock().unwrap().clone());
                connections.spawn(whole.run_until_cancelled_owned(connect(client, server, heard)));
            }
        }));
        Self { address, whole, heard, _stop: stop.drop_guard() }
    }

    /// A line to the server of a URL, and the URL that leads over the line.
    pub async fn before(url: &str, usual_port: u16) -> (Self, String) {
        let mut url = Url::parse(url).unwrap();
        let server = (url.host_str().unwrap(), url.port().unwrap_or(usual_port));
        let line = Self::to(tokio::net::lookup_host(server).await.unwrap().next().unwrap()).await;
        url.set_host(Some("127.0.0.1")).unwrap();
        url.set_port(Some(line.address.port())).unwrap();
        (line, url.into())
    }

    /// Ends every connection, and every new one as soon as it is made.
    pub fn cut(&self) {
        self.whole.lock().unwrap().cancel();
    }

    /// Swallows what goes over the connections there are, as a host does that has died or a NAT that has forgotten them.
    /// New ones work.
    pub fn silence(&self) {
        std::mem::take(&mut *self.heard.lock().unwrap()).cancel();
    }

    pub fn mend(&self) {
        *self.whole.lock().unwrap() = CancellationToken::new();
    }
}

async fn connect(mut client: TcpStream, server: SocketAddr, heard: CancellationToken) {
    let Ok(mut server) = TcpStream::connect(server).await else { return };
    if heard.run_until_cancelled(copy_bidirectional(&mut client, &mut server)).await.is_none() {
        // Both ends stay open, and nobody tells either.
        std::future::pending::<()>().await;
    }
}
