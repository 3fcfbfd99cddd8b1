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

    /// What a verification at the cost `own` computes besides, so that it takes as long as at any other cost in use. `own` is
    /// added where it is new: another instance may have other settings.
    ///
    /// Of costs on one scale the dearest alone counts, and a cheaper hash is filled up to it: a database that has raised its
    /// iterations for years has many of them. Memory-hard hashes are computed one by one, because how long one takes depends on
    /// the caches of the processor, too.
    pub(super) fn beyond(&self, own: HashCost) -> Vec<HashCost> {
        let mut costs = self.lock();
        costs.insert(own);
        let mut extra = Vec::new();
        for &cost in costs.iter().filter(|cost| **cost != own) {
            let is_exceeded =
                |other: &HashCost| other.is_on_scale_of(cost) && (other.work(), *other) > (cost.work(), cost);
            if costs.iter().any(is_exceeded) {
                continue;
            }
            if cost.is_on_scale_of(own) {
                extra.extend(cost.remainder_after(own));
            } else {
                extra.push(cost);
            }
        }
        extra
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

#[cfg(test)]
mod tests {
    use super::super::cost::Pbkdf2Digest::{Sha1, Sha256};
    use super::*;

    const ARGON2: HashCost = HashCost::Argon2 { is_hybrid: true, memory_kib: 1024, iterations: 2, lanes: 1 };

    const fn pbkdf2(iterations: u32, length: usize) -> HashCost {
        HashCost::Pbkdf2 { digest: Sha256, iterations, length }
    }

    /// What a verification computes in all, on each scale.
    fn total(costs: &StoredCosts, own: HashCost) -> [u64; 5] {
        let of = |fits: fn(&HashCost) -> bool| {
            let all = costs.beyond(own).into_iter().chain([own]).filter(fits);
            all.map(HashCost::work).sum()
        };
        [
            of(|cost| matches!(cost, HashCost::Argon2 { .. })),
            of(|cost| matches!(cost, HashCost::Bcrypt { .. })),
            of(|cost| matches!(cost, HashCost::Scrypt { .. })),
            of(|cost| matches!(cost, HashCost::Pbkdf2 { digest: Sha1, .. })),
            of(|cost| matches!(cost, HashCost::Pbkdf2 { digest: Sha256, .. })),
        ]
    }

    #[test]
    fn a_login_paid_for_every_iteration_count_that_a_database_ever_had() {
        let old = [12_000, 20_000, 36_000, 100_000, 260_000, 600_000].map(|iterations| pbkdf2(iterations, 32));
        let others = [
            pbkdf2(300_000, 64),
            HashCost::Pbkdf2 { digest: Sha1, iterations: 1000, length: 20 },
            HashCost::Bcrypt { log_rounds: 4 },
            HashCost::Bcrypt { log_rounds: 10 },
            HashCost::Bcrypt { log_rounds: 12 },
            HashCost::Scrypt { log_n: 10, block_size: 8, parallelism: 1 },
            HashCost::Scrypt { log_n: 11, block_size: 8, parallelism: 1 },
        ];
        let costs = StoredCosts(Mutex::new(old.into_iter().chain(others).chain([ARGON2]).collect()));

        let expected = [2048, 4 << 12, 1024 + 2048, 1000, 600_000];

        for own in old.into_iter().chain(others).chain([ARGON2]) {
            assert_eq!(total(&costs, own), expected, "{own:?}");
        }
    }

    #[test]
    fn a_dearer_hash_than_all_that_were_known_raises_the_work_of_the_others() {
        let costs = StoredCosts::new(ARGON2);

        assert_eq!(total(&costs, pbkdf2(5000, 32)), [2048, 0, 0, 0, 5000]);
        assert_eq!(total(&costs, ARGON2), [2048, 0, 0, 0, 5000]);
    }
}
