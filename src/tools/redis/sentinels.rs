//! Sentinels: servers that watch a master and its replicas, and know which one is the master now.

use deadpool_redis::redis::sentinel::{SentinelClient, SentinelClientBuilder, SentinelServerType};
use deadpool_redis::redis::{Client, ConnectionAddr, RedisConnectionInfo, RedisResult, TlsCertificates, TlsMode};

use super::RedisSettings;
use crate::values::secret::Secret;

/// The sentinels that are named, and how to reach the master.
pub(super) struct Sentinels {
    servers: Vec<ConnectionAddr>,
    master_name: String,
    /// User, password and database of `REDIS_URL`.
    master: RedisConnectionInfo,
    username: Option<String>,
    password: Option<Secret>,
    certificates: Option<TlsCertificates>,
}

impl Sentinels {
    /// Prepares to ask these servers.
    pub(super) fn open(
        sentinels: &[Client],
        certificates: Option<TlsCertificates>,
        settings: &RedisSettings,
    ) -> RedisResult<Self> {
        let first = sentinels.first().map(|sentinel| sentinel.get_connection_info().redis_settings().clone());
        let this = Self {
            servers: sentinels.iter().map(|sentinel| sentinel.get_connection_info().addr().clone()).collect(),
            master_name: settings.sentinel_master.clone(),
            master: first.unwrap_or_default(),
            username: settings.sentinel_username.clone(),
            password: settings.sentinel_password.clone(),
            certificates,
        };
        // What cannot work shows at the start.
        this.client()?;
        Ok(this)
    }

    /// Asks for the master, which has to confirm that it is one. Connections to sentinels are closed again: they are needed
    /// only after a failover.
    pub(super) async fn master(&self) -> RedisResult<Client> {
        self.client()?.async_get_client().await
    }

    /// Hosts and ports, for the log.
    pub(super) fn addresses(&self) -> String {
        let servers: Vec<_> = self.servers.iter().map(ToString::to_string).collect();
        format!("{} of the sentinels {}", self.master_name, servers.join(", "))
    }

    fn client(&self) -> RedisResult<SentinelClient> {
        let master = SentinelServerType::Master;
        let mut client = SentinelClientBuilder::new(self.servers.clone(), &self.master_name, master)?
            .set_client_to_redis_db(self.master.db());
        if let Some(username) = self.master.username() {
            client = client.set_client_to_redis_username(username);
        }
        if let Some(password) = self.master.password() {
            client = client.set_client_to_redis_password(password);
        }
        if let Some(username) = &self.username {
            client = client.set_client_to_sentinel_username(username);
        }
        if let Some(password) = &self.password {
            client = client.set_client_to_sentinel_password(password.expose());
        }
        // The scheme of REDIS_URL is that of the sentinels and of the master.
        if let Some(ConnectionAddr::TcpTls { insecure, .. }) = self.servers.first() {
            client = client.set_client_to_redis_tls_mode(if *insecure { TlsMode::Insecure } else { TlsMode::Secure });
        }
        if let Some(certificates) = &self.certificates {
            client = client.set_client_to_redis_certificates(certificates.clone());
        }
        client.build()
    }
}
