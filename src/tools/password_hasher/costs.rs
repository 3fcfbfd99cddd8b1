//! Which Argon2 parameters stored hashes have. After the settings change there are old ones and new ones.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use argon2::Params;
use argon2::password_hash::phc::PasswordHash;

use super::argon::{OUTPUT_LENGTH, is_absurd};
use crate::error::{OrFault, Result};

/// Memory, passes and lanes.
type Cost = (u32, u32, u32);

/// The distinct parameters in use, today's among them.
pub(super) struct Costs(Mutex<BTreeSet<Cost>>);

impl Costs {
    pub(super) fn of(current: &Params) -> Self {
        Self(Mutex::new(BTreeSet::from([cost(current)])))
    }

    /// What there is besides these parameters, which are learnt where they are new: another instance may have other
    /// settings.
    pub(super) fn besides(&self, own: &Params) -> Result<Vec<Params>> {
        let mut costs = self.lock();
        costs.insert(cost(own));
        costs.iter().filter(|other| **other != cost(own)).copied().map(params).collect()
    }

    /// What is no hash of ours, or absurd, is left out: to verify it is a fault, which takes no time.
    pub(super) fn replace(&self, current: &Params, in_use: &[String]) {
        let read = |text: &String| Params::try_from(&PasswordHash::new(text).ok()?).ok();
        let in_use = in_use.iter().filter_map(read).filter(|params| !is_absurd(params));
        *self.lock() = in_use.map(|params| cost(&params)).chain([cost(current)]).collect();
    }

    fn lock(&self) -> MutexGuard<'_, BTreeSet<Cost>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn cost(params: &Params) -> Cost {
    (params.m_cost(), params.t_cost(), params.p_cost())
}

fn params((memory_kib, iterations, lanes): Cost) -> Result<Params> {
    Params::new(memory_kib, iterations, lanes, Some(OUTPUT_LENGTH))
        .or_fault("repeating the parameters of a stored hash")
}
