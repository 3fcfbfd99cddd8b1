//! A network between the server under test and PostgreSQL or Redis. A test cuts it, stalls it and restores it: at once, or
//! in the middle of a request.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;
use url::Url;

/// Passes on what a client and a server say to each other, on a port of its own.
pub struct Proxy {
    pub address: SocketAddr,
    network: Arc<Network>,
    _stop: DropGuard,
}

/// What happens to a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Every connection is closed, and every new one as soon as it is made.
    Cut,
    /// Every connection stays open and says nothing any more, and so do new ones.
    Stall,
}

/// Who is speaking when the fault happens; the piece that they were sending is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The server under test: what it asks never arrives.
    Question,
    /// PostgreSQL or Redis: it has done what was asked, and the answer is lost.
    Answer,
}

#[derive(Default)]
struct Network {
    /// Cancelled while the network is cut.
    cut: Mutex<CancellationToken>,
    /// Cancelled while the network is stalled.
    stalled: Mutex<CancellationToken>,
    planned: Mutex<Option<Plan>>,
}

struct Plan {
    side: Side,
    fault: Fault,
    /// How many pieces of this side are left until the fault happens, which it does to the last of them.
    pieces: usize,
}

impl Proxy {
    pub async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let network = Arc::new(Network::default());
        let (shared, stop) = (Arc::clone(&network), CancellationToken::new());
        let tasks = TaskTracker::new();
        let connections = tasks.clone();
        tasks.spawn(stop.clone().run_until_cancelled_owned(async move {
            while let Ok((client, _)) = listener.accept().await {
                let cut = shared.cut.lock().unwrap().clone();
                connections.spawn(cut.run_until_cancelled_owned(connect(client, server, Arc::clone(&shared))));
            }
        }));
        Self { address, network, _stop: stop.drop_guard() }
    }

    /// A proxy before the server of a URL, and the URL that leads through the proxy.
    pub async fn before(url: &str, usual_port: u16) -> (Self, String) {
        let mut url = Url::parse(url).unwrap();
        let server = (url.host_str().unwrap(), url.port().unwrap_or(usual_port));
        let proxy = Self::to(tokio::net::lookup_host(server).await.unwrap().next().unwrap()).await;
        url.set_host(Some("127.0.0.1")).unwrap();
        url.set_port(Some(proxy.address.port())).unwrap();
        (proxy, url.into())
    }

    pub fn cut(&self) {
        self.network.happen(Fault::Cut);
    }

    /// Stalls the connections there are, as a host does that has died or a NAT that has forgotten them. New ones work.
    pub fn silence(&self) {
        std::mem::take(&mut *self.network.stalled.lock().unwrap()).cancel();
    }

    /// Lets the fault happen in mid-flight: to the piece of this number, from 1, that this side sends from now on.
    pub fn fail_at(&self, pieces: usize, side: Side, fault: Fault) {
        *self.network.planned.lock().unwrap() = Some(Plan { side, fault, pieces });
    }

    /// Whether the planned fault has happened.
    pub fn has_failed(&self) -> bool {
        self.network.planned.lock().unwrap().is_none()
    }

    /// New connections work again, and nothing more is planned; what was cut or stalled stays so.
    pub fn restore(&self) {
        *self.network.planned.lock().unwrap() = None;
        *self.network.cut.lock().unwrap() = CancellationToken::new();
        self.silence();
    }
}

impl Network {
    fn happen(&self, fault: Fault) {
        match fault {
            Fault::Cut => self.cut.lock().unwrap().cancel(),
            Fault::Stall => self.stalled.lock().unwrap().cancel(),
        }
    }

    /// Whether a piece gets through.
    fn passes(&self, side: Side) -> bool {
        let mut planned = self.planned.lock().unwrap();
        let Some(plan) = planned.as_mut().filter(|plan| plan.side == side) else { return true };
        plan.pieces -= 1;
        if plan.pieces > 0 {
            return true;
        }
        let fault = plan.fault;
        *planned = None;
        self.happen(fault);
        false
    }

    /// Passes on what one side says, until it closes.
    async fn pass_on(&self, side: Side, mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin) {
        let mut piece = vec![0; 64 * 1024];
        while let Ok(length @ 1..) = from.read(&mut piece).await {
            if !self.passes(side) {
                // The fault ends this from outside.
                std::future::pending::<()>().await;
            }
            if to.write_all(&piece[..length]).await.is_err() {
                break;
            }
        }
        let _ = to.shutdown().await;
    }
}

async fn connect(client: TcpStream, server: SocketAddr, network: Arc<Network>) {
    let stalled = network.stalled.lock().unwrap().clone();
    let Ok(server) = TcpStream::connect(server).await else { return };
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    let up = network.pass_on(Side::Question, from_client, to_server);
    let down = network.pass_on(Side::Answer, from_server, to_client);
    let mut both = std::pin::pin!(futures_util::future::join(up, down));
    if stalled.run_until_cancelled(both.as_mut()).await.is_none() {
        // The connections stay open, and neither end learns anything.
        std::future::pending::<()>().await;
    }
}
