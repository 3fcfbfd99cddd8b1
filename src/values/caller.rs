//! Who is on the other end of a request, before anybody has signed in.

use std::net::IpAddr;

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
