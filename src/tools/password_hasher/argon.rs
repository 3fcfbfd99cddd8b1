//! One Argon2id computation in memory that is reused and wiped, and the PHC string that keeps its result.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{ARGON2ID_IDENT, Algorithm, Argon2, Block, Params, Version};
use aws_lc_rs::rand;
use zeroize::{Zeroize, Zeroizing};

use super::pool::Worker;
use crate::error::{Fault, OrFault, Result};

/// Length in bytes of the hashes we make.
pub(super) const OUTPUT_LENGTH: usize = 32;

/// Length in bytes of the salts we draw (RFC 9106, section 3.1).
const SALT_LENGTH: usize = 16;

/// The most memory a hash may ask for: 2 GiB, the first recommendation of RFC 9106, section 4.
const MAX_MEMORY_KIB: u64 = 2 << 20;

/// The most memory times passes that a hash may ask for: some seconds of one core.
const MAX_WORK_KIB: u64 = 8 << 20;

/// A password, a salt and parameters to compute the output for; and parameters whose work is done too, for nothing but time.
pub(super) struct HashRequest {
    password: Zeroizing<String>,
    pub(super) salt: Salt,
    pub(super) params: Params,
    extra_work: Vec<Params>,
}

/// The block memory of one thread. To allocate and fault in 64 MiB for every hash costs a quarter of the throughput.
pub(super) struct BlockMemory {
    blocks: Vec<Block>,
    ordinary: usize,
    work: Arc<AtomicU64>,
}

/// The parts of a PHC string. Not `Debug`, so that none is logged.
pub(super) struct StoredHash {
    pub(super) params: Params,
    pub(super) salt: Salt,
    pub(super) output: Output,
}

impl HashRequest {
    pub(super) fn new(password: &str, salt: Salt, params: Params) -> Self {
        Self { password: Zeroizing::new(password.to_owned()), salt, params, extra_work: Vec::new() }
    }

    /// The same, with the work of these parameters done too.
    pub(super) fn with_extra_work(self, extra_work: Vec<Params>) -> Self {
        Self { extra_work, ..self }
    }
}

impl BlockMemory {
    /// Memory that keeps `ordinary` blocks between hashes, taken at the first. What is computed in it is added to `work`.
    pub(super) const fn new(ordinary: usize, work: Arc<AtomicU64>) -> Self {
        Self { blocks: Vec::new(), ordinary, work }
    }

    fn compute(&mut self, password: &str, salt: Salt, params: Params) -> Result<Output> {
        let wanted = params.block_count();
        if self.blocks.len() < wanted {
            // A vector that grows may leave a copy of its content behind.
            self.blocks.zeroize();
            self.blocks.try_reserve_exact(wanted).or_fault("taking memory for a password hash")?;
            self.blocks.resize(wanted, Block::new());
        }
        self.work.fetch_add(u64::from(params.m_cost()) * u64::from(params.t_cost()), Ordering::Relaxed);

        let length = params.output_len().unwrap_or(OUTPUT_LENGTH);
        let mut output = Zeroizing::new(vec![0; length]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into_with_memory(password.as_bytes(), &salt, &mut output, &mut *self.blocks)
            .or_fault("computing a password hash")?;
        Output::new(&output).or_fault("keeping a password hash")
    }
}

impl Worker<HashRequest, Output> for BlockMemory {
    fn answer(&mut self, question: HashRequest) -> Result<Output> {
        let HashRequest { password, salt, params, extra_work } = question;
        let output = self.compute(&password, salt, params)?;
        for params in extra_work {
            black_box(self.compute(&password, salt, params)?);
        }
        Ok(output)
    }

    /// Wipes the memory: an attacker who reads it can guess passwords at less cost. While hashes follow one another there
    /// is no need, because the first pass of each overwrites the one before; wiping costs a twentieth of a hash.
    fn rest(&mut self) {
        self.blocks.iter_mut().zeroize();
        self.blocks.truncate(self.ordinary);
        self.blocks.shrink_to_fit();
    }
}

impl StoredHash {
    /// A hash that no password has, of the cost that `params` say.
    pub(super) fn decoy(params: Params) -> Result<Self> {
        let mut random = [0; OUTPUT_LENGTH];
        rand::fill(&mut random).or_fault("drawing a decoy")?;
        let output = Output::new(&random).or_fault("making a decoy")?;
        Ok(Self { params, salt: new_salt()?, output })
    }

    pub(super) fn parse(phc: &str) -> Result<Self> {
        let hash = PasswordHash::new(phc).or_fault("reading a stored password hash")?;
        let params = Params::try_from(&hash).or_fault("reading the parameters of a stored password hash")?;
        if hash.algorithm != ARGON2ID_IDENT || hash.version != Some(Version::V0x13.into()) {
            return Err(Fault::new("reading a stored password hash that is not Argon2id version 19").into());
        }
        if is_absurd(&params) {
            return Err(Fault::new("reading a stored password hash with absurd parameters").into());
        }
        let salt = hash.salt.or_fault("reading the salt of a stored password hash")?;
        let output = hash.hash.or_fault("reading the output of a stored password hash")?;
        Ok(Self { params, salt, output })
    }

    pub(super) fn to_phc(&self) -> Result<String> {
        let phc = PasswordHash {
            algorithm: ARGON2ID_IDENT,
            version: Some(Version::V0x13.into()),
            params: ParamsString::try_from(&self.params).or_fault("writing Argon2 parameters")?,
            salt: Some(self.salt),
            hash: Some(self.output),
        };
        Ok(phc.to_string())
    }

    pub(super) fn is_stale(&self, current: &Params) -> bool {
        self.params != *current || self.salt.len() != SALT_LENGTH
    }
}

/// Whether one hash would take gigabytes or many seconds.
pub(super) fn is_absurd(params: &Params) -> bool {
    let memory = u64::from(params.m_cost());
    memory > MAX_MEMORY_KIB || memory.saturating_mul(params.t_cost().into()) > MAX_WORK_KIB
}

pub(super) fn new_salt() -> Result<Salt> {
    let mut salt = [0; SALT_LENGTH];
    rand::fill(&mut salt).or_fault("drawing a salt")?;
    Salt::new(&salt).or_fault("making a salt")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_wiped_at_rest_and_what_was_taken_beyond_the_ordinary_is_given_back() {
        let mut memory = BlockMemory::new(64, Arc::default());
        for memory_kib in [64, 256] {
            let params = Params::new(memory_kib, 1, 1, Some(OUTPUT_LENGTH)).unwrap();
            memory.answer(HashRequest::new("password", new_salt().unwrap(), params)).unwrap();
            assert!(!memory.blocks.iter().all(is_blank));

            memory.rest();

            assert_eq!(memory.blocks.len(), 64);
            assert!(memory.blocks.iter().all(is_blank));
        }
    }

    fn is_blank(block: &Block) -> bool {
        block.as_ref().iter().all(|word| *word == 0)
    }
}
