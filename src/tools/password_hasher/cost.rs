//! Algorithms and their parameters: all that decides how long a hash takes.

use argon2::{Algorithm, Params};
use aws_lc_rs::pbkdf2;

use super::hash_refusal::HashRefusal;

/// The most memory a hash of Argon2 may ask for: 2 GiB, the first recommendation of RFC 9106, section 4.
const MAX_MEMORY_KIB: u64 = 2 << 20;

/// The most memory times passes that a hash of Argon2 may ask for: some seconds of one core.
const MAX_WORK_KIB: u64 = 8 << 20;

/// The binary logarithm of the most rounds of bcrypt: about two seconds of one core.
const MAX_BCRYPT_COST: u32 = 15;

/// The most memory that scrypt may ask for: 256 MiB. OWASP recommends 128 MiB at most. It is taken for each hash.
const MAX_SCRYPT_KIB: u64 = 256 << 10;

/// The most memory times parallelism of scrypt: some seconds of one core.
const MAX_SCRYPT_WORK_KIB: u64 = 1 << 20;

/// The most computations of the digest in PBKDF2: some seconds of one core. OWASP recommends 1.4 million at most.
const MAX_PBKDF2_WORK: u64 = 10_000_000;

/// An algorithm with its parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum HashCost {
    /// RFC 9106. Of its variants `d` is left out: it is not meant for passwords.
    Argon2 { is_hybrid: bool, memory_kib: u32, iterations: u32, lanes: u32 },
    /// `$2b$` and its older names.
    Bcrypt { log_rounds: u32 },
    /// RFC 7914.
    Scrypt { log_n: u8, block_size: u32, parallelism: u32 },
    /// RFC 8018, section 5.2, with HMAC. Each block of the output costs all iterations.
    Pbkdf2 { digest: Pbkdf2Digest, iterations: u32, length: usize },
}

/// The digest of PBKDF2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Pbkdf2Digest {
    Sha1,
    Sha256,
    Sha512,
}

impl Pbkdf2Digest {
    pub(super) const fn algorithm(self) -> pbkdf2::Algorithm {
        match self {
            Self::Sha1 => pbkdf2::PBKDF2_HMAC_SHA1,
            Self::Sha256 => pbkdf2::PBKDF2_HMAC_SHA256,
            Self::Sha512 => pbkdf2::PBKDF2_HMAC_SHA512,
        }
    }

    /// Bytes of one block.
    const fn block(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }
}

impl HashCost {
    /// The cost of Argon2id with these parameters.
    pub(super) fn argon2id(params: &Params) -> Self {
        let (memory_kib, iterations, lanes) = (params.m_cost(), params.t_cost(), params.p_cost());
        Self::Argon2 { is_hybrid: true, memory_kib, iterations, lanes }
    }

    /// The cost of a variant of Argon2.
    pub(super) fn argon2(algorithm: Algorithm, params: &Params) -> Result<Self, HashRefusal> {
        match (algorithm, Self::argon2id(params)) {
            (Algorithm::Argon2id, cost) => Ok(cost),
            (Algorithm::Argon2i, Self::Argon2 { memory_kib, iterations, lanes, .. }) => {
                Ok(Self::Argon2 { is_hybrid: false, memory_kib, iterations, lanes })
            }
            _ => Err(HashRefusal::Unknown),
        }
    }

    /// Whether one hash would take gigabytes or many seconds. Whoever tries to sign in makes the server pay for it.
    pub(super) fn is_absurd(self) -> bool {
        match self {
            Self::Argon2 { memory_kib, .. } => u64::from(memory_kib) > MAX_MEMORY_KIB || self.work() > MAX_WORK_KIB,
            Self::Bcrypt { log_rounds } => !(4..=MAX_BCRYPT_COST).contains(&log_rounds),
            Self::Scrypt { parallelism, .. } => {
                let memory = self.work() / u64::from(parallelism.max(1));
                memory > MAX_SCRYPT_KIB || self.work() > MAX_SCRYPT_WORK_KIB
            }
            Self::Pbkdf2 { iterations, length, .. } => iterations == 0 || length == 0 || self.work() > MAX_PBKDF2_WORK,
        }
    }

    /// Whether both take time in proportion to [`Self::work`], in the same computations: none of them needs more than the first
    /// cache of a processor.
    pub(super) fn is_on_scale_of(self, other: Self) -> bool {
        match (self, other) {
            (Self::Bcrypt { .. }, Self::Bcrypt { .. }) => true,
            (Self::Pbkdf2 { digest: one, .. }, Self::Pbkdf2 { digest: other, .. }) => one == other,
            _ => false,
        }
    }

    /// What this cost computes more than `done`, which is on its scale and no dearer.
    pub(super) fn remainder_after(self, done: Self) -> Vec<Self> {
        match (self, done) {
            // 2^n - 2^m is the sum of 2^m to 2^(n-1).
            (Self::Bcrypt { log_rounds }, Self::Bcrypt { log_rounds: done }) => {
                (done..log_rounds).map(|log_rounds| Self::Bcrypt { log_rounds }).collect()
            }
            (Self::Pbkdf2 { digest, .. }, _) => {
                let missing = u32::try_from(self.work().saturating_sub(done.work())).unwrap_or(u32::MAX);
                let length = digest.block();
                (missing > 0).then_some(Self::Pbkdf2 { digest, iterations: missing, length }).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    /// How much one hash computes: memory in KiB times passes, for PBKDF2 the number of digests. For comparisons of hashes of
    /// one algorithm.
    pub(super) fn work(self) -> u64 {
        match self {
            Self::Argon2 { memory_kib, iterations, .. } => u64::from(memory_kib).saturating_mul(iterations.into()),
            // The state of Blowfish is 4 KiB.
            Self::Bcrypt { log_rounds } => 4_u64.saturating_mul(1_u64.checked_shl(log_rounds).unwrap_or(u64::MAX)),
            Self::Scrypt { log_n, block_size, parallelism } => {
                let blocks = 1_u64.checked_shl(log_n.into()).unwrap_or(u64::MAX);
                blocks.saturating_mul(block_size.into()).saturating_mul(parallelism.into()) / 8
            }
            Self::Pbkdf2 { digest, iterations, length } => {
                u64::from(iterations).saturating_mul(length.div_ceil(digest.block()) as u64)
            }
        }
    }
}
