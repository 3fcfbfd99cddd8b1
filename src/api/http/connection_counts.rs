//! Counts connections, and the operations of sockets, by address, network and user.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// What a connection is counted by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum CountedBy {
    /// Its address, or its /64 for IPv6.
    Address(IpAddr),
    /// The network around its address: /24 for IPv4, /48 for IPv6.
    Network(IpAddr),
    /// Its user, by id.
    User(String),
    /// An operation on any socket of this user.
    OperationsOf(String),
    /// Nothing: all connections of this instance together.
    All,
}

/// The connections of this instance. Clones count together.
#[derive(Debug, Clone, Default)]
pub struct ConnectionCounts(Arc<Mutex<HashMap<CountedBy, u32>>>);

/// One counted connection; dropping it gives the slot back.
#[derive(Debug)]
pub struct ConnectionSlot {
    counted_by: CountedBy,
    counts: ConnectionCounts,
}

impl ConnectionCounts {
    /// Counts one more, or returns `None` where there are `max` already.
    #[must_use]
    pub fn reserve(&self, counted_by: CountedBy, max: u32) -> Option<ConnectionSlot> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.get(&counted_by).copied().unwrap_or_default() >= max {
            return None;
        }
        *counts.entry(counted_by.clone()).or_default() += 1;
        drop(counts);
        Some(ConnectionSlot { counted_by, counts: self.clone() })
    }
}

impl Drop for ConnectionSlot {
    fn drop(&mut self) {
        let mut counts = self.counts.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Entry::Occupied(mut count) = counts.entry(self.counted_by.clone()) {
            *count.get_mut() -= 1;
            // Without this the map would grow with every address that was ever seen.
            if *count.get() == 0 {
                count.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_is_free_again_when_its_connection_ends() {
        let counts = ConnectionCounts::default();
        let ann = || CountedBy::User("ann".to_owned());

        let first = counts.reserve(ann(), 2);
        let _second = counts.reserve(ann(), 2).unwrap();

        assert!(first.is_some() && counts.reserve(ann(), 2).is_none());
        assert!(counts.reserve(CountedBy::User("bob".to_owned()), 2).is_some());
        drop(first);
        assert!(counts.reserve(ann(), 2).is_some());
    }

    #[test]
    fn a_user_without_connections_takes_no_memory() {
        let counts = ConnectionCounts::default();

        drop(counts.reserve(CountedBy::User("ann".to_owned()), 1));
        assert!(counts.reserve(CountedBy::User("bob".to_owned()), 0).is_none());

        assert!(counts.0.lock().unwrap().is_empty());
    }
}
