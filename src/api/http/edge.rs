//! What the edge knows of everything behind it: how it behaves, and whom it asks.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::{Request as SchemaRequest, Response as SchemaResponse};
use axum::http::{HeaderName, HeaderValue};
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use serde::Serialize;

use super::open_streams::OpenStreams;
use super::proxy_watch::ProxyWatch;
use crate::api::graphql::pipeline::document_limits::DocumentLimits;
use crate::api::graphql::pipeline::persisted_documents::PersistedDocuments;
use crate::error::{Error, Result};
use crate::tools::metrics::Metrics;
use crate::values::caller::Caller;
use crate::values::ids::UserId;
use crate::values::trusted_proxies::TrustedProxies;

/// What the edge needs to know of everything behind it.
#[derive(Clone)]
pub struct Edge {
    /// How it behaves.
    pub settings: Arc<EdgeSettings>,
    /// Runs a request, which brings its `ViewerCell`, against the schema, which must have the extension
    /// `SpecifiedExecution`.
    pub execute: Execute,
    /// The refusal of a caller whose address is known here to have no place left. Nothing of the request need be read.
    pub refusal: Doorman,
    /// Counts a request that the schema does not see; its refusal where its address has no place left.
    pub count: Arc<dyn Fn(Caller) -> BoxFuture<'static, Option<SchemaResponse>> + Send + Sync>,
    /// Counts a request whose client or time went away before it was known what it wants.
    pub abandoned: Arc<dyn Fn(Caller) + Send + Sync>,
    /// ContextExt the dependencies whether they work.
    pub readiness: Arc<dyn Fn() -> BoxFuture<'static, Service> + Send + Sync>,
    /// The public keys, as JSON.
    pub jwks: Arc<dyn Fn() -> String + Send + Sync>,
    /// Counts what it does.
    pub metrics: Metrics,
    /// What connections that stay open need beside all this.
    pub live: Live,
}

/// Runs a request against the schema.
pub type Execute = Arc<dyn Fn(SchemaRequest) -> BoxFuture<'static, SchemaResponse> + Send + Sync>;

/// Tells whom not to let in, without reading what they want.
pub type Doorman = Arc<dyn Fn(&Caller) -> Option<SchemaResponse> + Send + Sync>;

/// What connections that stay open need.
#[derive(Clone)]
pub struct Live {
    /// Starts a subscription, with one answer for each event. The schema must have the extension `SpecifiedExecution`.
    pub subscribe: Arc<dyn Fn(SchemaRequest) -> BoxStream<'static, SchemaResponse> + Send + Sync>,
    /// Checks an access token.
    pub admit: Arc<dyn Fn(String) -> BoxFuture<'static, Result<Admitted>> + Send + Sync>,
    /// How many there are.
    pub open: OpenStreams,
}

/// Somebody who may keep a connection open.
pub struct Admitted {
    /// Who it is.
    pub user: UserId,
    /// Waits until they may no longer, and says why.
    pub over: BoxFuture<'static, Error>,
}

/// What one connection may do that stays open, and how many there may be.
#[derive(Debug, Clone)]
pub struct LiveSettings {
    /// Connections of one user on this instance.
    pub connections_per_user: u32,
    /// Connections of one address on this instance.
    pub connections_per_address: u32,
    /// Subscriptions that one socket carries at once.
    pub operations: usize,
    /// Subscriptions over all sockets of one user on this instance.
    pub operations_per_user: u32,
    /// Messages that a client may send over one socket in a second.
    pub messages_per_second: u32,
    /// How long a client may take to say who it is.
    pub init_timeout: Duration,
    /// How often the other end is asked for a sign of life, and how long it may take to give one.
    pub ping_interval: Duration,
    /// How long the other end may take to accept a message.
    pub write_timeout: Duration,
    /// The origin of this server itself, for pages that it serves.
    pub own_origin: String,
}

impl Default for LiveSettings {
    fn default() -> Self {
        Self {
            connections_per_user: 16,
            connections_per_address: 256,
            operations: 16,
            operations_per_user: 64,
            messages_per_second: 50,
            init_timeout: Duration::from_secs(3),
            ping_interval: Duration::from_secs(25),
            write_timeout: Duration::from_secs(5),
            own_origin: String::new(),
        }
    }
}

/// How the edge behaves.
#[derive(Debug, Clone)]
pub struct EdgeSettings {
    /// Whether the server is reached by TLS only.
    pub production: bool,
    /// Whether validation errors may quote names of the schema.
    pub reveals_schema: bool,
    /// Whose word about the client's address is believed.
    pub trusted_proxies: TrustedProxies,
    /// The name of the cookie with the refresh token.
    pub refresh_cookie: String,
    /// The origins of the frontends, exactly as browsers write them: `https://app.example.com`, `capacitor://localhost`.
    pub origins: Vec<HeaderValue>,
    /// Headers that their pages may send, beside the common ones.
    pub cors_headers: Vec<HeaderName>,
    /// The largest body, in bytes.
    pub body_limit: usize,
    /// How long a request may take.
    pub time_limit: Duration,
    /// What one document may ask for.
    pub document_limits: DocumentLimits,
    /// What connections that stay open may do.
    pub live: LiveSettings,
    /// Documents that requests name instead of bringing them.
    pub documents: PersistedDocuments,
    /// Notices a proxy that the settings do not know of.
    pub proxy_watch: Arc<ProxyWatch>,
}

impl Default for EdgeSettings {
    fn default() -> Self {
        Self {
            production: false,
            reveals_schema: false,
            trusted_proxies: TrustedProxies::None,
            refresh_cookie: "refresh_token".to_owned(),
            origins: Vec::new(),
            cors_headers: Vec::new(),
            body_limit: 64 * 1024,
            time_limit: Duration::from_secs(30),
            document_limits: DocumentLimits::default(),
            live: LiveSettings::default(),
            documents: PersistedDocuments::default(),
            proxy_watch: Arc::default(),
        }
    }
}

/// Whether to send traffic to this instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// It serves as well as its dependencies do.
    Serving(Readiness),
    /// It was told to stop, and finishes what it has.
    Stopping,
}

/// Whether the dependencies answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Readiness {
    /// Nothing works without it.
    pub database: DatabaseState,
    /// Limits and revocation work without it too, on this instance alone.
    pub kv: KvState,
    /// Told only where something is wrong: live events of other instances come late without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<ChannelState>,
}

/// What is wrong with the channel on which instances wake each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChannelState {
    /// Redis does not allow its user to use it.
    Refused,
}

/// Whether the database answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DatabaseState {
    /// It answered in time.
    Up,
    /// It did not.
    Down,
}

/// Where limits and revocations are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum KvState {
    /// In Redis, which answers.
    Up,
    /// In the process, because Redis does not answer.
    Fallback,
    /// In the process, as configured.
    InProcess,
}
