//! Which Argon2 parameters stored hashes have. After the settings change there are old ones and new ones.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use argon2::Params;
use argon2::password_hash::phc::PasswordHash;

use super::argon::{OUTPUT_LENGTH, is_absurd};
use crate::error::{OrFault, Result};

/// Memory, passes and lanes.
type CostParameters = (u32, u32, u32);

/// The distinct parameters in use, the current ones among them.
pub(super) struct StoredCosts(Mutex<BTreeSet<CostParameters>>);

impl StoredCosts {
    pub(super) fn new(current: &Params) -> Self {
        Self(Mutex::new(BTreeSet::from([cost(current)])))
    }

    /// The other parameters in use. Those of `own` are added where they are new: another instance may have other settings.
    pub(super) fn others(&self, own: &Params) -> Result<Vec<Params>> {
        let mut costs = self.lock();
        costs.insert(cost(own));
        costs.iter().filter(|other| **other != cost(own)).copied().map(params).collect()
    }

    /// Replaces the parameters in use. Absurd ones and texts that are no hash are left out: to verify those is a fault, which
    /// takes no time.
    pub(super) fn replace(&self, current: &Params, in_use: &[String]) {
        let read = |text: &String| Params::try_from(&PasswordHash::new(text).ok()?).ok();
        let in_use = in_use.iter().filter_map(read).filter(|params| !is_absurd(params));
        *self.lock() = in_use.map(|params| cost(&params)).chain([cost(current)]).collect();
    }

    fn lock(&self) -> MutexGuard<'_, BTreeSet<CostParameters>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn cost(params: &Params) -> CostParameters {
    (params.m_cost(), params.t_cost(), params.p_cost())
}

fn params((memory_kib, iterations, lanes): CostParameters) -> Result<Params> {
    Params::new(memory_kib, iterations, lanes, Some(OUTPUT_LENGTH))
        .or_fault("repeating the parameters of a stored hash")
}
