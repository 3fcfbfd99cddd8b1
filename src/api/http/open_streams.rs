//! Connections that stay open: how many each user and address may have, and how all of them end at shutdown.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Whose connections are counted together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Whose {
    /// An address, or the network of an IPv6 customer.
    Address(IpAddr),
    /// The network around an address.
    Network(IpAddr),
    /// A user, by id.
    User(String),
    /// The subscriptions over all sockets of a user.
    SubscriptionsOf(String),
    /// Everybody.
    All,
}

/// The connections of this instance that stay open. Clones count together.
#[derive(Debug, Clone, Default)]
pub struct OpenStreams(Arc<Mutex<HashMap<Whose, u32>>>);

/// A place among the connections of somebody, free again when this is dropped.
#[derive(Debug)]
pub struct Place {
    whose: Whose,
    open: OpenStreams,
}

impl OpenStreams {
    /// Takes a place, unless there are `most` already.
    #[must_use]
    pub fn take(&self, whose: Whose, most: u32) -> Option<Place> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.get(&whose).copied().unwrap_or_default() >= most {
            return None;
        }
        *counts.entry(whose.clone()).or_default() += 1;
        drop(counts);
        Some(Place { whose, open: self.clone() })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.open.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Entry::Occupied(mut count) = counts.entry(self.whose.clone()) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }
}

/// How connections that stay open learn that the server stops, and how it waits for them. A request extension.
#[derive(Debug, Clone, Default)]
pub struct Drain {
    /// Cancelled when the server stops.
    pub stopping: CancellationToken,
    /// Everything that has still something to say then.
    pub streams: TaskTracker,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_free_again_when_its_connection_ends() {
        let open = OpenStreams::default();
        let ann = || Whose::User("ann".to_owned());

        let first = open.take(ann(), 2);
        let _second = open.take(ann(), 2).unwrap();

        assert!(first.is_some() && open.take(ann(), 2).is_none());
        assert!(open.take(Whose::User("bob".to_owned()), 2).is_some());
        drop(first);
        assert!(open.take(ann(), 2).is_some());
    }

    #[test]
    fn whoever_has_left_is_forgotten() {
        let open = OpenStreams::default();

        drop(open.take(Whose::User("ann".to_owned()), 1));
        assert!(open.take(Whose::User("bob".to_owned()), 0).is_none());

        assert!(open.0.lock().unwrap().is_empty());
    }
}
