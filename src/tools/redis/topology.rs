//! What `REDIS_URL` leads to: one server, a cluster, or sentinels that know which server is the master.

use std::time::Duration;

use deadpool_redis::redis::aio::{MultiplexedConnection, PubSub};
use deadpool_redis::redis::cluster::{ClusterClient, ClusterClientBuilder};
use deadpool_redis::redis::cluster_async::ClusterConnection;
use deadpool_redis::redis::cluster_routing::{RoutingInfo, SingleNodeRoutingInfo};
use deadpool_redis::redis::{
    AsyncConnectionConfig, Client, FromRedisValue, RedisResult, TlsCertificates, from_redis_value,
};
use deadpool_redis::{Connection, Manager, Pool, PoolError};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::call::{BACKGROUND_TIMEOUT, RedisCall, in_time};
use super::sentinels::Sentinels;
use super::{RedisMode, RedisSettings};
use crate::error::{OrFault, Result};
use crate::values::redis_url::RedisUrl;

/// How long one node of a cluster may take to accept a connection: less than the whole connection may take, so that a node
/// that has vanished does not keep the others from being used.
const NODE_TIMEOUT: Duration = Duration::from_secs(1);
/// How long the driver waits before it repeats a command while a slot moves or its master changes, in milliseconds: a random
/// time in between. Its own waits begin at more than a second, and no request waits that long.
const SHORTEST_WAIT: u64 = 2;
const LONGEST_WAIT: u64 = 20;
/// How often it repeats one. That takes two seconds, so the deadline of the caller comes first.
const RETRIES: u32 = 200;

/// How connections come about.
pub(super) enum Topology {
    /// One server, whose connections a pool makes.
    Single { client: Client, pool: Pool },
    /// A cluster, and the nodes that are named: for subscriptions, which any node serves.
    Cluster { client: Box<ClusterClient>, nodes: Vec<Client> },
    /// The server that sentinels call the master at the moment of connecting.
    Sentinel(Sentinels),
}

/// A connection over which all callers send. Clones are the same one.
#[derive(Clone)]
pub(super) enum Link {
    Server(MultiplexedConnection),
    Cluster(ClusterConnection),
}

impl Topology {
    /// Reads the settings; connects to nothing.
    pub(super) fn open(url: &RedisUrl, settings: &RedisSettings) -> Result<Self> {
        let certificates = read_certificates(settings)?;
        let clients = url.servers().map(|server| open_client(server, certificates.as_ref()));
        let clients: Vec<Client> = clients.collect::<RedisResult<_>>().or_fault("reading REDIS_URL")?;
        match settings.mode {
            RedisMode::Single => {
                let client = clients.into_iter().next().or_fault("reading REDIS_URL: it names no server")?;
                let config = connection_config();
                let manager = Manager::new_with_config(client.get_connection_info().clone(), config);
                let manager = manager.or_fault("reading REDIS_URL")?;
                let pool = Pool::builder(manager).max_size(1).build().or_fault("preparing the Redis pool")?;
                Ok(Self::Single { client, pool })
            }
            RedisMode::Cluster => {
                let client = open_cluster(&clients, certificates).or_fault("reading REDIS_URL")?;
                Ok(Self::Cluster { client: Box::new(client), nodes: clients })
            }
            RedisMode::Sentinel => {
                Sentinels::open(&clients, certificates, settings).or_fault("reading REDIS_URL").map(Self::Sentinel)
            }
        }
    }

    /// Makes the connection that all callers share.
    pub(super) async fn connect(&self) -> RedisResult<Link> {
        match self {
            Self::Single { pool, .. } => match pool.get().await {
                // Taken out of the pool, which makes another one when this one is dropped.
                Ok(connection) => Ok(Link::Server(Connection::take(connection))),
                Err(PoolError::Backend(error)) => Err(error),
                Err(error) => Err(std::io::Error::other(error).into()),
            },
            Self::Cluster { client, .. } => client.get_async_connection().await.map(Link::Cluster),
            Self::Sentinel(sentinels) => {
                let master = sentinels.master().await?;
                master.get_multiplexed_async_connection_with_config(&connection_config()).await.map(Link::Server)
            }
        }
    }

    /// Makes a connection that only listens.
    pub(super) async fn listen(&self) -> RedisResult<PubSub> {
        match self {
            Self::Single { client, .. } => client.get_async_pubsub().await,
            Self::Cluster { nodes, .. } => listen_to_any(nodes).await,
            Self::Sentinel(sentinels) => sentinels.master().await?.get_async_pubsub().await,
        }
    }

    /// Hosts and ports, for the log.
    pub(super) fn addresses(&self) -> String {
        let address = |client: &Client| client.get_connection_info().addr().to_string();
        match self {
            Self::Single { client, .. } => address(client),
            Self::Cluster { nodes, .. } => nodes.iter().map(address).collect::<Vec<_>>().join(", "),
            Self::Sentinel(sentinels) => sentinels.addresses(),
        }
    }

    pub(super) const fn is_single(&self) -> bool {
        matches!(self, Self::Single { .. })
    }
}

impl Link {
    pub(super) async fn send<T: FromRedisValue>(self, call: &RedisCall<'_>) -> RedisResult<T> {
        match (self, call) {
            (Self::Server(mut server), RedisCall::Command(command) | RedisCall::Publish(command)) => {
                command.query_async(&mut server).await
            }
            (Self::Server(mut server), RedisCall::Script(script)) => script.invoke_async(&mut server).await,
            (Self::Cluster(mut cluster), RedisCall::Command(command)) => command.query_async(&mut cluster).await,
            (Self::Cluster(mut cluster), RedisCall::Script(script)) => script.invoke_async(&mut cluster).await,
            // Every node passes a message on to all others. The driver would take the channel for a key, and fail while the
            // master of its slot is away.
            (Self::Cluster(mut cluster), RedisCall::Publish(command)) => {
                let any_node = RoutingInfo::SingleNode(SingleNodeRoutingInfo::Random);
                let answer = cluster.route_command(command.clone(), any_node).await?.extract_error()?;
                Ok(from_redis_value(answer)?)
            }
        }
    }
}

/// Each caller has a deadline of its own, so answers need no timeout here.
pub(super) fn connection_config() -> AsyncConnectionConfig {
    AsyncConnectionConfig::new().set_connection_timeout(Some(BACKGROUND_TIMEOUT)).set_response_timeout(None)
}

fn read_certificates(settings: &RedisSettings) -> Result<Option<TlsCertificates>> {
    let Some(file) = &settings.ca_file else { return Ok(None) };
    let root_cert = std::fs::read(file).or_fault("reading REDIS_CA_FILE")?;
    // The driver takes a file without any, and then trusts no server.
    CertificateDer::pem_slice_iter(&root_cert)
        .next()
        .or_fault("reading REDIS_CA_FILE: it has no certificate")?
        .or_fault("reading REDIS_CA_FILE")?;
    Ok(Some(TlsCertificates { client_tls: None, root_cert: Some(root_cert) }))
}

fn open_client(server: &str, certificates: Option<&TlsCertificates>) -> RedisResult<Client> {
    match certificates {
        Some(certificates) => Client::build_with_tls(server, certificates.clone()),
        None => Client::open(server),
    }
}

/// The driver learns the other nodes from these, and follows slots that move and masters that change.
fn open_cluster(nodes: &[Client], certificates: Option<TlsCertificates>) -> RedisResult<ClusterClient> {
    let nodes = nodes.iter().map(|node| node.get_connection_info().clone());
    let mut cluster = ClusterClientBuilder::new(nodes)
        .connection_timeout(NODE_TIMEOUT)
        // A node that has fallen silent must not hold up what the driver asks the others meanwhile.
        .response_timeout(BACKGROUND_TIMEOUT)
        .retries(RETRIES)
        .min_retry_wait(SHORTEST_WAIT)
        .max_retry_wait(LONGEST_WAIT)
        // Waits that do not grow.
        .retry_wait_formula(LONGEST_WAIT, 1);
    if let Some(certificates) = certificates {
        cluster = cluster.certs(certificates);
    }
    cluster.build()
}

/// Connects to one of the nodes, beginning at a random one, so that instances spread over them.
async fn listen_to_any(nodes: &[Client]) -> RedisResult<PubSub> {
    let (before, from) = nodes.split_at(fastrand::usize(..nodes.len().max(1)));
    let mut outcome = Err(std::io::Error::from(std::io::ErrorKind::NotConnected).into());
    for node in from.iter().chain(before) {
        outcome = in_time(NODE_TIMEOUT, node.get_async_pubsub()).await;
        if outcome.is_ok() {
            break;
        }
    }
    outcome
}
