//! Turns names into the addresses that may be reached. A connection is made to what this returns, and to nothing else.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::guard::Guard;
use super::{RefusedUrl, UrlAuthor};

/// Gives the addresses of a name.
pub type NameScript = dyn Fn(&str) -> Vec<IpAddr> + Send + Sync;

/// Who turns names into addresses.
#[derive(Clone)]
pub enum HostNames {
    /// The system.
    System,
    /// A function, for tests.
    Scripted(Arc<NameScript>),
}

impl HostNames {
    async fn look_up(&self, name: &str) -> std::io::Result<Vec<SocketAddr>> {
        match self {
            // Port 0 means that of the URL.
            Self::System => Ok(tokio::net::lookup_host((name, 0)).await?.collect()),
            Self::Scripted(answer) => Ok(answer(name).into_iter().map(|address| SocketAddr::new(address, 0)).collect()),
        }
    }
}

impl fmt::Debug for HostNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::System => "System",
            Self::Scripted(_) => "Scripted",
        })
    }
}

/// The resolver of one reqwest client, whose URLs all have one kind of author.
pub(super) struct GuardedResolver {
    names: HostNames,
    guard: Arc<Guard>,
    author: UrlAuthor,
}

impl GuardedResolver {
    pub(super) const fn new(names: HostNames, guard: Arc<Guard>, author: UrlAuthor) -> Self {
        Self { names, guard, author }
    }
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (names, guard, author) = (self.names.clone(), Arc::clone(&self.guard), self.author);
        Box::pin(async move {
            let found = names.look_up(name.as_str()).await?;
            let has_none = found.is_empty();
            let permitted: Vec<_> = found.into_iter().filter(|found| guard.permits(found.ip(), author)).collect();
            // A name without any address is away, and not refused.
            if permitted.is_empty() && !has_none {
                return Err(RefusedUrl::PrivateAddress.into());
            }
            Ok(Box::new(permitted.into_iter()) as Addrs)
        })
    }
}
