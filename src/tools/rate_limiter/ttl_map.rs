//! Values by key, bounded in number, ordered by when they expire.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// How many expired entries a write removes: more than it adds, and too few for a caller to notice.
const EVICTED_PER_WRITE: usize = 4;

/// A map whose entries expire. It never evicts one that has not: `has_room` says whether one more may be inserted. Times are
/// in microseconds.
pub(super) struct TtlMap<V> {
    capacity: usize,
    entries: HashMap<Arc<str>, TtlEntry<V>>,
    by_expiry: BTreeSet<(i64, Arc<str>)>,
}

struct TtlEntry<V> {
    expires_at: i64,
    value: V,
}

impl<V: Default> TtlMap<V> {
    pub(super) fn with_capacity(capacity: usize) -> Self {
        Self { capacity, entries: HashMap::new(), by_expiry: BTreeSet::new() }
    }

    pub(super) fn get_mut(&mut self, key: &str, now: i64) -> Option<&mut V> {
        self.entries.get_mut(key).filter(|entry| entry.expires_at > now).map(|entry| &mut entry.value)
    }

    /// Finds or inserts the value. It expires then, or when it would have before, whichever is later.
    pub(super) fn get_or_insert_until(&mut self, key: &str, expires_at: i64) -> &mut V {
        let former = self.entries.get_key_value(key).map(|(key, former)| (former.expires_at, key.clone()));
        let (key, expires_at) = if let Some(former) = former {
            self.by_expiry.remove(&former);
            (former.1, expires_at.max(former.0))
        } else {
            (Arc::from(key), expires_at)
        };
        self.by_expiry.insert((expires_at, key.clone()));
        let entry = self.entries.entry(key).or_insert_with(|| TtlEntry { expires_at, value: V::default() });
        entry.expires_at = expires_at;
        &mut entry.value
    }

    pub(super) fn remove(&mut self, key: &str) {
        if let Some((key, entry)) = self.entries.remove_entry(key) {
            self.by_expiry.remove(&(entry.expires_at, key));
        }
    }

    /// Whether one more entry may be inserted, once some of what has expired is removed.
    pub(super) fn has_room(&mut self, now: i64) -> bool {
        let mut evicted = 0;
        while (evicted < EVICTED_PER_WRITE || self.entries.len() >= self.capacity) && self.evict_expired(now) {
            evicted += 1;
        }
        self.entries.len() < self.capacity
    }

    /// Removes the entry that expires first, if it has expired.
    fn evict_expired(&mut self, now: i64) -> bool {
        let has_expired = self.by_expiry.first().is_some_and(|(expires_at, _)| *expires_at <= now);
        let evicted = if has_expired { self.by_expiry.pop_first() } else { None };
        evicted.is_some_and(|(_, key)| self.entries.remove(&key).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(capacity: usize, entries: &[(&str, i64)]) -> TtlMap<()> {
        let mut map = TtlMap::with_capacity(capacity);
        for (key, expires_at) in entries {
            map.get_or_insert_until(key, *expires_at);
        }
        map
    }

    #[test]
    fn an_entry_that_is_used_again_expires_later() {
        let mut map = map(2, &[("busy", 10), ("busy", 30), ("idle", 20), ("idle", 15)]);

        assert!(map.get_mut("busy", 29).is_some() && map.get_mut("busy", 30).is_none());
        assert!(map.get_mut("idle", 19).is_some() && map.get_mut("idle", 20).is_none());
        assert_eq!((map.entries.len(), map.by_expiry.len()), (2, 2));
    }

    #[test]
    fn some_of_what_has_expired_is_removed_with_every_write() {
        let mut map = map(10, &[("a", 10), ("b", 10), ("c", 10), ("d", 20)]);

        assert!(map.has_room(10));

        assert_eq!((map.entries.len(), map.by_expiry.len()), (1, 1));
    }

    #[test]
    fn a_removed_entry_leaves_nothing_behind() {
        let mut map = map(2, &[("a", 10)]);

        map.remove("a");

        assert!(map.entries.is_empty() && map.by_expiry.is_empty());
    }

    #[test]
    fn only_expired_entries_make_room() {
        let mut map = map(2, &[("a", 10), ("b", 20)]);

        assert!(!map.has_room(9));
        assert!(map.has_room(10));
    }
}
