//! Values by key in this process, bounded in bytes: what is read again and again stays, however much else is put.

use std::sync::{Mutex, MutexGuard, PoisonError};

use quick_cache::Weighter;
use quick_cache::unsync;

/// What an entry takes beside its key and its value: pointers, counts and its slot in the table, rounded up.
const OVERHEAD: usize = 128;
/// The size of an entry for which the table is first allocated.
const TYPICAL_BYTES: u64 = 4 * 1024;

/// A cache. The library's policy is Clock-PRO: an entry that is new and was not read since is evicted before one that was,
/// so a flood of new entries evicts itself and not what is in use.
pub struct MemoryCache<V: Clone>(Mutex<Entries<V>>);

type Entries<V> = unsync::Cache<Box<[u8]>, CacheEntry<V>, ByBytes>;

#[derive(Clone)]
struct CacheEntry<V> {
    value: V,
    bytes: usize,
}

#[derive(Clone)]
struct ByBytes;

impl<V> Weighter<Box<[u8]>, CacheEntry<V>> for ByBytes {
    fn weight(&self, key: &Box<[u8]>, entry: &CacheEntry<V>) -> u64 {
        (key.len() + entry.bytes + OVERHEAD) as u64
    }
}

impl<V: Clone> MemoryCache<V> {
    /// A cache that takes so many bytes at most.
    #[must_use]
    pub fn with_capacity(bytes: u64) -> Self {
        let expected = usize::try_from(bytes / TYPICAL_BYTES).unwrap_or(usize::MAX);
        Self(Mutex::new(unsync::Cache::with_weighter(expected, bytes, ByBytes)))
    }

    /// The value under this key. Reading it marks it as in use.
    #[must_use]
    pub fn get(&self, key: &[u8]) -> Option<V> {
        self.entries().get(key).map(|entry| entry.value.clone())
    }

    /// Keeps a value that takes so many bytes, until others need the space.
    pub fn put(&self, key: &[u8], value: V, bytes: usize) {
        self.entries().insert(key.into(), CacheEntry { value, bytes });
    }

    /// Removes a value.
    pub fn remove(&self, key: &[u8]) {
        self.entries().remove(key);
    }

    fn entries(&self) -> MutexGuard<'_, Entries<V>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_drives_out_itself_and_never_takes_more_than_there_is() {
        let cache = MemoryCache::with_capacity(100_000);
        // Of the flood first: it has filled everything when the entry comes that is going to be used.
        (0..200).for_each(|n| cache.put(format!("before-{n}").as_bytes(), "flood", 1_000));
        // As large as the others: something small finds a gap between them.
        cache.put(b"used", "used", 1_000);
        assert!(cache.get(b"used").is_some());

        for n in 0..10_000 {
            cache.put(format!("flood-{n}").as_bytes(), "flood", 1_000);
            if n % 20 == 0 {
                assert_eq!(cache.get(b"used"), Some("used"), "after {n}");
            }
            assert!(cache.entries().weight() <= 100_000);
        }
    }

    #[test]
    fn what_is_larger_than_everything_is_not_kept() {
        let cache = MemoryCache::with_capacity(10_000);
        cache.put(b"small", (), 4);

        cache.put(b"large", (), 20_000);

        assert!(cache.get(b"large").is_none() && cache.get(b"small").is_some());
    }
}
