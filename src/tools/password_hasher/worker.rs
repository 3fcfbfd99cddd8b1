//! One computation of a hash. The memory of Argon2 is reused and wiped.

use std::hint::black_box;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use argon2::{Algorithm, Argon2, Block, Params, Version};
use aws_lc_rs::pbkdf2;
use zeroize::{Zeroize, Zeroizing};

use super::cost::HashCost;
use super::foreign::BCRYPT_OUTPUT;
use super::pool::Worker;
use crate::error::{OrFault, Result};

/// bcrypt reads no more of a password, its final zero included.
const BCRYPT_PASSWORD: usize = 72;

/// What a password becomes: bytes that are compared with a stored hash.
pub(super) type Derived = Zeroizing<Vec<u8>>;

/// What to derive from a password.
#[derive(Clone)]
pub(super) struct Derivation {
    pub(super) cost: HashCost,
    /// Of Argon2 alone.
    pub(super) is_argon2_v16: bool,
    pub(super) salt: Vec<u8>,
    /// Bytes of the result.
    pub(super) length: usize,
}

/// A password and what to derive from it; and costs whose work is done too, for nothing but time.
pub(super) struct HashRequest {
    password: Zeroizing<String>,
    derivation: Derivation,
    extra_work: Vec<HashCost>,
}

/// The block memory of one thread. To allocate and fault in 64 MiB for every hash costs a quarter of the throughput.
pub(super) struct BlockMemory {
    blocks: Vec<Block>,
    ordinary: usize,
    work: Arc<AtomicU64>,
}

impl HashRequest {
    pub(super) fn new(password: &str, derivation: Derivation) -> Self {
        Self { password: Zeroizing::new(password.to_owned()), derivation, extra_work: Vec::new() }
    }

    /// The same, with the work of these costs done too.
    pub(super) fn with_extra_work(self, extra_work: Vec<HashCost>) -> Self {
        Self { extra_work, ..self }
    }
}

impl Derivation {
    /// The same, at another cost.
    fn at_cost(&self, cost: HashCost) -> Self {
        let length = match cost {
            HashCost::Pbkdf2 { length, .. } => length,
            HashCost::Bcrypt { .. } => BCRYPT_OUTPUT,
            HashCost::Argon2 { .. } | HashCost::Scrypt { .. } => super::stored_hash::OUTPUT_LENGTH,
        };
        // bcrypt takes salts of this length alone.
        let mut salt = self.salt.clone();
        salt.resize(16, 0);
        Self { cost, is_argon2_v16: false, salt, length }
    }
}

impl BlockMemory {
    /// Memory that keeps `ordinary` blocks between hashes, taken at the first. What is computed in it is added to `work`.
    pub(super) const fn new(ordinary: usize, work: Arc<AtomicU64>) -> Self {
        Self { blocks: Vec::new(), ordinary, work }
    }

    fn compute(&mut self, password: &[u8], derivation: &Derivation) -> Result<Derived> {
        self.work.fetch_add(derivation.cost.work(), Ordering::Relaxed);
        let Derivation { cost, salt, length, .. } = derivation;
        let mut output = Zeroizing::new(vec![0; *length]);
        match *cost {
            HashCost::Argon2 { .. } => self.compute_argon2(password, derivation, &mut output)?,
            HashCost::Bcrypt { log_rounds } => compute_bcrypt(log_rounds, password, salt, &mut output)?,
            HashCost::Scrypt { log_n, block_size, parallelism } => {
                let params =
                    scrypt::Params::new(log_n, block_size, parallelism).or_fault("reading scrypt's parameters")?;
                scrypt::scrypt(password, salt, &params, &mut output).or_fault("computing scrypt")?;
            }
            HashCost::Pbkdf2 { digest, iterations, .. } => {
                let iterations = NonZeroU32::new(iterations).or_fault("reading the iterations of PBKDF2")?;
                pbkdf2::derive(digest.algorithm(), iterations, salt, password, &mut output);
            }
        }
        Ok(output)
    }

    fn compute_argon2(&mut self, password: &[u8], derivation: &Derivation, output: &mut [u8]) -> Result<()> {
        let HashCost::Argon2 { is_hybrid, memory_kib, iterations, lanes } = derivation.cost else { return Ok(()) };
        let params = Params::new(memory_kib, iterations, lanes, Some(output.len()))
            .or_fault("reading the parameters of a stored hash")?;
        let wanted = params.block_count();
        if self.blocks.len() < wanted {
            // A vector that grows may leave a copy of its content behind.
            self.blocks.zeroize();
            self.blocks.try_reserve_exact(wanted).or_fault("taking memory for a password hash")?;
            self.blocks.resize(wanted, Block::new());
        }
        let algorithm = if is_hybrid { Algorithm::Argon2id } else { Algorithm::Argon2i };
        let version = if derivation.is_argon2_v16 { Version::V0x10 } else { Version::V0x13 };
        Argon2::new(algorithm, version, params)
            .hash_password_into_with_memory(password, &derivation.salt, output, &mut *self.blocks)
            .or_fault("computing a password hash")
    }
}

/// As OpenBSD: a zero ends the password, and what goes beyond 72 bytes does not count.
fn compute_bcrypt(log_rounds: u32, password: &[u8], salt: &[u8], output: &mut [u8]) -> Result<()> {
    let salt = salt.try_into().or_fault("reading a salt of bcrypt")?;
    let mut password = Zeroizing::new([password, &[0]].concat());
    password.truncate(BCRYPT_PASSWORD);
    let computed = Zeroizing::new(bcrypt::bcrypt(log_rounds, salt, &password));
    output.copy_from_slice(computed.get(..output.len()).or_fault("cutting a hash of bcrypt")?);
    Ok(())
}

impl Worker<HashRequest, Derived> for BlockMemory {
    fn answer(&mut self, question: HashRequest) -> Result<Derived> {
        let HashRequest { password, derivation, extra_work } = question;
        let output = self.compute(password.as_bytes(), &derivation)?;
        for cost in extra_work {
            black_box(self.compute(password.as_bytes(), &derivation.at_cost(cost))?);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_wiped_at_rest_and_what_was_taken_beyond_the_ordinary_is_given_back() {
        let mut memory = BlockMemory::new(64, Arc::default());
        for memory_kib in [64, 256] {
            let cost = HashCost::Argon2 { is_hybrid: true, memory_kib, iterations: 1, lanes: 1 };
            let derivation = Derivation { cost, is_argon2_v16: false, salt: vec![7; 16], length: 32 };
            memory.answer(HashRequest::new("password", derivation)).unwrap();
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
