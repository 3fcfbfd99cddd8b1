//! Texts by key, bounded in bytes: what is asked for again and again stays, whatever is put beside it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use quick_cache::Weighter;
use quick_cache::unsync;

/// What an entry takes beside its key and its text: pointers, counts and its place in the table, rounded up.
const OVERHEAD: usize = 128;
/// Only the first size of the table follows from it.
const TYPICAL_BYTES: u64 = 4 * 1024;

/// A cache. The library's policy is Clock-PRO: an entry that is new, and was not asked for since, leaves before one that
/// was, so that a flood of new entries drives out itself and not what is in use.
pub struct Cache(Mutex<unsync::Cache<Arc<str>, Arc<str>, ByBytes>>);

#[derive(Clone)]
struct ByBytes;

impl Weighter<Arc<str>, Arc<str>> for ByBytes {
    fn weight(&self, key: &Arc<str>, text: &Arc<str>) -> u64 {
        (key.len() + text.len() + OVERHEAD) as u64
    }
}

impl Cache {
    /// Holds so many bytes at most.
    #[must_use]
    pub fn of(bytes: u64) -> Self {
        let expected = usize::try_from(bytes / TYPICAL_BYTES).unwrap_or(usize::MAX);
        Self(Mutex::new(unsync::Cache::with_weighter(expected, bytes, ByBytes)))
    }

    /// The text under this key, which is in use from now on.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Arc<str>> {
        self.entries().get(key).cloned()
    }

    /// Keeps a text, as long as there is room.
    pub fn put(&self, key: &str, text: &str) {
        self.entries().insert(key.into(), text.into());
    }

    fn entries(&self) -> MutexGuard<'_, unsync::Cache<Arc<str>, Arc<str>, ByBytes>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_drives_out_itself_and_never_takes_more_than_there_is() {
        let cache = Cache::of(100_000);
        // Of the flood first: it has filled everything when the entry comes that is going to be used.
        (0..200).for_each(|n| cache.put(&format!("before-{n}"), &"x".repeat(1_000)));
        // As large as the others: something small finds a gap between them.
        let text = "y".repeat(1_000);
        cache.put("used", &text);
        assert!(cache.get("used").is_some());

        for n in 0..10_000 {
            cache.put(&format!("flood-{n}"), &"x".repeat(1_000));
            if n % 20 == 0 {
                assert_eq!(cache.get("used").as_deref(), Some(&*text), "after {n}");
            }
            assert!(cache.entries().weight() <= 100_000);
        }
    }

    #[test]
    fn what_is_larger_than_everything_is_not_kept() {
        let cache = Cache::of(10_000);
        cache.put("small", "text");

        cache.put("large", &"x".repeat(20_000));

        assert!(cache.get("large").is_none() && cache.get("small").is_some());
    }
}
