//! The one HTTP client for requests to other servers. It reaches public addresses only, follows no redirect, and gives up
//! after a fixed time and a fixed size.
//!
//! Two checks keep a URL from reaching into the private network (server-side request forgery). `guard` looks at the URL
//! before the request: reqwest asks its resolver about names only, so an address that is written in the URL would pass.
//! `resolver` looks at the addresses that the connection is then made to, so that a name cannot answer with one
//! address for the check and another for the connection (DNS rebinding).

mod error;
mod guard;
mod message;
mod outbound_url;
mod resolver;

use std::sync::Arc;
use std::time::Duration;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use reqwest::redirect;
use rustls::{ClientConfig, RootCertStore};
use tracing::Instrument;

pub use self::error::{HttpError, RefusedUrl, ServerAway};
use self::guard::Guard;
pub use self::message::{HttpAnswer, OutboundRequest};
pub use self::outbound_url::{OutboundUrl, UrlAuthor};
use self::resolver::GuardedResolver;
pub use self::resolver::{HostNames, NameScript};
use crate::error::{Fault, OrFault, Result};
use crate::tools::spans;

/// How long a connection without a request is kept, in seconds.
const IDLE_LIFETIME: Duration = Duration::from_secs(30);

/// What a client may do.
#[derive(Debug, Clone)]
pub struct HttpClientSettings {
    /// The header `User-Agent`. GitHub refuses requests without one.
    pub user_agent: String,
    /// From the look-up of the name to the end of the TLS handshake.
    pub connect_timeout: Duration,
    /// From the start of a request to the last byte of its answer.
    pub total_timeout: Duration,
    /// The size of a body above which an answer is refused, in bytes.
    pub max_answer_bytes: usize,
    /// Networks that are not public and may be reached all the same, by URLs of the operator alone.
    pub allowed_networks: Vec<IpNet>,
    /// Whether `http://` is permitted: for development.
    pub plain_http: bool,
    /// Who turns names into addresses.
    pub names: HostNames,
}

impl HttpClientSettings {
    /// For a server that the operator alone names: it may be anywhere, and without TLS. The settings decide
    /// whether production accepts that. A URL of a stranger still has to be public.
    #[must_use]
    pub fn for_operator() -> Self {
        let everywhere = [Ipv4Net::default().into(), Ipv6Net::default().into()];
        Self { allowed_networks: everywhere.into(), plain_http: true, ..Self::default() }
    }
}

impl Default for HttpClientSettings {
    /// For production: HTTPS to public addresses, 3 seconds to connect, 8 in all, 64 KiB.
    fn default() -> Self {
        Self {
            user_agent: concat!("authgraph/", env!("CARGO_PKG_VERSION")).to_owned(),
            connect_timeout: Duration::from_secs(3),
            total_timeout: Duration::from_secs(8),
            max_answer_bytes: 64 * 1024,
            allowed_networks: Vec::new(),
            plain_http: false,
            names: HostNames::System,
        }
    }
}

/// Sends requests. Build it once: it reads the certificates of the system, and keeps connections.
pub struct HttpClient {
    guard: Arc<Guard>,
    total_timeout: Duration,
    max_answer_bytes: usize,
    /// For URLs of the operator. Connections are not shared with the other client: one to a private address, which only
    /// the operator may reach, would otherwise serve a stranger's URL of the same name.
    for_operator: reqwest::Client,
    for_strangers: reqwest::Client,
}

impl HttpClient {
    /// Reads the authorities that the system trusts (also by `SSL_CERT_FILE` and `SSL_CERT_DIR`).
    ///
    /// # Errors
    /// A fault where the system trusts no authority, so that no server could be verified.
    pub fn open(settings: &HttpClientSettings) -> Result<Self> {
        let tls = trusting_the_system()?;
        let guard = Arc::new(Guard::new(settings.allowed_networks.clone(), settings.plain_http));
        let build = |author| {
            let resolver = GuardedResolver::new(settings.names.clone(), Arc::clone(&guard), author);
            reqwest::Client::builder()
                .tls_backend_preconfigured(tls.clone())
                .dns_resolver(Arc::new(resolver))
                // A redirect could lead anywhere, and the proxy of the environment would look up names itself.
                .redirect(redirect::Policy::none())
                .no_proxy()
                .https_only(!settings.plain_http)
                .referer(false)
                .user_agent(settings.user_agent.clone())
                .connect_timeout(settings.connect_timeout)
                .pool_idle_timeout(IDLE_LIFETIME)
                .build()
                .or_fault("building the HTTP client")
        };
        let (for_operator, for_strangers) = (build(UrlAuthor::Operator)?, build(UrlAuthor::Stranger)?);
        let (total_timeout, max_answer_bytes) = (settings.total_timeout, settings.max_answer_bytes);
        Ok(Self { guard, total_timeout, max_answer_bytes, for_operator, for_strangers })
    }

    /// Sends a request and reads the whole answer. Every status from 200 to 499 is an answer, except redirects and 429.
    ///
    /// Only the host, the status and the kind of a failure are logged: paths, queries, headers and bodies may be secret.
    ///
    /// # Errors
    /// Every value of [`HttpError`].
    pub async fn send(&self, request: OutboundRequest) -> Result<HttpAnswer, HttpError> {
        let host = request.url.url().host_str().unwrap_or_default().to_owned();
        let span = request.span(&host);
        let outcome =
            match tokio::time::timeout(self.total_timeout, self.exchange(request)).instrument(span.clone()).await {
                Ok(outcome) => outcome,
                Err(_) => Err(HttpError::Away(ServerAway::Timeout)),
            };
        match &outcome {
            Ok(answer) => {
                span.record("http.response.status_code", i64::from(answer.status));
                tracing::debug!(host, status = answer.status, "another server answered");
            }
            Err(error) => {
                spans::fail(&span, &error.to_string());
                tracing::debug!(host, %error, "another server did not answer");
            }
        }
        outcome
    }

    /// Looks at a URL without a request, as [`Self::send`] does before one. Names are not looked up.
    ///
    /// # Errors
    /// [`HttpError::Refused`].
    pub fn check(&self, url: &OutboundUrl) -> Result<(), HttpError> {
        self.guard.check(url)
    }

    async fn exchange(&self, request: OutboundRequest) -> Result<HttpAnswer, HttpError> {
        self.guard.check(&request.url)?;
        let client = match request.url.author() {
            UrlAuthor::Operator => &self.for_operator,
            UrlAuthor::Stranger => &self.for_strangers,
        };
        let answer = client.execute(request.into_request()).await.map_err(|error| HttpError::of(&error))?;

        // A status that is no answer is told before its body is read.
        let status = answer.status();
        if status.is_server_error() || status == reqwest::StatusCode::TOO_MANY_REQUESTS {
            return Err(HttpError::Away(ServerAway::Status(status.as_u16())));
        }
        if status.is_redirection() || status.is_informational() {
            return Err(HttpError::NotUnderstood);
        }
        let body = self.read(answer).await?;
        Ok(HttpAnswer { status: status.as_u16(), body })
    }

    /// Reads a body piece by piece, so that never more than the limit is held.
    async fn read(&self, mut answer: reqwest::Response) -> Result<Vec<u8>, HttpError> {
        let announced = answer.content_length().unwrap_or_default();
        if usize::try_from(announced).is_ok_and(|length| length > self.max_answer_bytes) {
            return Err(HttpError::TooLarge);
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| HttpError::of(&error))? {
            if body.len() + chunk.len() > self.max_answer_bytes {
                return Err(HttpError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

fn trusting_the_system() -> Result<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        let cause = "looking for authorities that vouch for other servers: none in the system's store (Debian: \
            ca-certificates)";
        return Err(Fault::new(cause).into());
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .or_fault("preparing TLS to other servers")?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}
