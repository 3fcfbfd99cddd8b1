//! Why there is no answer. No error quotes a URL, a header or a body.

use std::error::Error;

/// Why a request has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// The URL is not one that may be reached. Nothing was sent.
    #[error("the URL may not be reached: {0}")]
    Refused(RefusedUrl),
    /// The server is away or overloaded. Trying again later may help.
    #[error("the server is away: {0}")]
    Away(ServerAway),
    /// The body is larger than the client reads.
    #[error("the answer is too large")]
    TooLarge,
    /// A redirect, which is not followed, or a body that is not what was asked for.
    #[error("the answer was not understood")]
    NotUnderstood,
}

/// Why a URL may not be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RefusedUrl {
    /// Neither `https`, nor `http` where that is permitted.
    #[error("its scheme is not permitted")]
    Scheme,
    /// It has a user name or a password.
    #[error("it has a user name or a password")]
    Credentials,
    /// It has no host.
    #[error("it has no host")]
    NoHost,
    /// Its host is, or resolves only to, addresses that are not public.
    #[error("its address is not public")]
    PrivateAddress,
}

/// How a server is away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ServerAway {
    /// Its name has no address, nobody listens there, or TLS failed.
    #[error("no connection")]
    Connection,
    /// No connection or no complete answer in time.
    #[error("no answer in time")]
    Timeout,
    /// The connection ended before the answer did, or it does not speak HTTP.
    #[error("the connection broke")]
    Broken,
    /// A status of 500 or more, or 429.
    #[error("status {0}")]
    Status(u16),
}

impl HttpError {
    /// Reads the kind of an error, and drops its text, which has the URL in it.
    pub(super) fn of(error: &reqwest::Error) -> Self {
        let mut cause: Option<&(dyn Error + 'static)> = Some(error);
        while let Some(error) = cause {
            // The resolver refuses in the midst of connecting.
            if let Some(refused) = error.downcast_ref::<RefusedUrl>() {
                return Self::Refused(*refused);
            }
            cause = error.source();
        }
        Self::Away(match error {
            error if error.is_timeout() => ServerAway::Timeout,
            error if error.is_connect() => ServerAway::Connection,
            _ => ServerAway::Broken,
        })
    }
}
