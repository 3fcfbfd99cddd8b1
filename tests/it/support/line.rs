//! A line to a server that can be cut and mended, as networks do it.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

/// Stands between a client and a server, on a port of its own.
pub struct Line {
    pub address: SocketAddr,
    /// Cancelled while the line is cut.
    whole: Arc<Mutex<CancellationToken>>,
    _stop: DropGuard,
}

impl Line {
    pub async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let whole = Arc::new(Mutex::new(CancellationToken::new()));
        let (line, stop) = (Arc::clone(&whole), CancellationToken::new());
        let tasks = TaskTracker::new();
        let connections = tasks.clone();
        tasks.spawn(stop.clone().run_until_cancelled_owned(async move {
            while let Ok((client, _)) = listener.accept().await {
                let whole = line.lock().unwrap().clone();
                connections.spawn(whole.run_until_cancelled_owned(connect(client, server)));
            }
        }));
        Self { address, whole, _stop: stop.drop_guard() }
    }

    /// Ends every connection, and every new one as soon as it is made.
    pub fn cut(&self) {
        self.whole.lock().unwrap().cancel();
    }

    pub fn mend(&self) {
        *self.whole.lock().unwrap() = CancellationToken::new();
    }
}

async fn connect(mut client: TcpStream, server: SocketAddr) {
    if let Ok(mut server) = TcpStream::connect(server).await {
        let _ = copy_bidirectional(&mut client, &mut server).await;
    }
}
