//! The sender of a request, and the credentials it carries.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

/// The sender of a request, as far as its own words can be trusted.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The client's IP address, as trusted proxies report it.
    pub address: IpAddr,
    /// The header `User-Agent`, at most 512 characters.
    pub user_agent: String,
    /// The id under which the response, the log and the audit trail name this request.
    pub correlation_id: String,
}

impl Caller {
    /// The operator, who uses a command (`means`) and sends no request.
    #[must_use]
    pub fn operator(means: &str) -> Self {
        Self {
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            user_agent: means.to_owned(),
            correlation_id: uuid::Uuid::now_v7().to_string(),
        }
    }
}

/// The credentials of a request, not verified yet.
#[derive(Clone, Default)]
pub struct Credentials {
    /// The token of `Authorization: Bearer`.
    pub bearer: Option<String>,
    /// The refresh token of the cookie, where the client uses one.
    pub refresh_cookie: Option<String>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("bearer", &self.bearer.is_some())
            .field("refresh_cookie", &self.refresh_cookie.is_some())
            .finish()
    }
}
