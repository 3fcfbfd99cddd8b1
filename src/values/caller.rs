//! Who is on the other end of a request, before anybody has signed in.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

/// Where a request comes from, as far as it can be trusted.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The client's address, behind as many proxies as the settings trust.
    pub address: IpAddr,
    /// What the client says it is; at most 512 characters.
    pub user_agent: String,
    /// Ties together the answer, the log and the audit trail.
    pub correlation_id: String,
}

impl Caller {
    /// Whoever runs the process, by this means: there is no request to tell of.
    #[must_use]
    pub fn operator(means: &str) -> Self {
        Self {
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            user_agent: means.to_owned(),
            correlation_id: uuid::Uuid::now_v7().to_string(),
        }
    }
}

/// The credentials a request carries. Nobody has checked them yet.
#[derive(Clone, Default)]
pub struct Credentials {
    /// The token of `Authorization: Bearer`.
    pub bearer: Option<String>,
    /// The refresh token, where the client has asked for a cookie.
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
