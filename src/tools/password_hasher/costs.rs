//! Which algorithms and parameters stored hashes have. After the settings change there are old ones and new ones, and after
//! an import those of another system.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::cost::HashCost;
use super::notation;

/// The distinct costs in use, the current one among them.
pub(super) struct StoredCosts(Mutex<BTreeSet<HashCost>>);

impl StoredCosts {
    pub(super) fn new(current: HashCost) -> Self {
        Self(Mutex::new(BTreeSet::from([current])))
    }

    /// The other costs in use. That of `own` is added where it is new: another instance may have other settings.
    pub(super) fn others(&self, own: HashCost) -> Vec<HashCost> {
        let mut costs = self.lock();
        costs.insert(own);
        costs.iter().filter(|other| **other != own).copied().collect()
    }

    /// Replaces the costs in use, each read from the beginning of a hash. Absurd ones and texts that are no hash are left out:
    /// to verify those is a fault, which takes no time.
    pub(super) fn replace(&self, current: HashCost, in_use: &[String]) {
        let read = in_use.iter().filter_map(|text| notation::cost_of(text).ok());
        *self.lock() = read.filter(|cost| !cost.is_absurd()).chain([current]).collect();
    }

    fn lock(&self) -> MutexGuard<'_, BTreeSet<HashCost>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
