//! Hashes passwords with Argon2id, and verifies them against hashes of ours and of other systems, on a few threads of its own
//! behind a bounded queue.

mod cost;
mod costs;
mod firebase;
mod foreign;
mod hash_refusal;
mod notation;
mod pool;
mod stored_hash;
mod worker;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use argon2::Params;
use tracing::Instrument;

use self::cost::HashCost;
use self::costs::StoredCosts;
pub use self::hash_refusal::HashRefusal;
pub use self::pool::Priority;
use self::pool::{PoolLimits, WorkerPool};
use self::stored_hash::{OUTPUT_LENGTH, StoredHash, new_salt};
use self::worker::{BlockMemory, Derivation, Derived, HashRequest};
use crate::error::{Fault, OrFault, Result};
use crate::tools::metrics::Durations;
use crate::tools::spans;

/// Whether a text is a hash against which a password can be verified.
///
/// # Errors
/// Why it is not.
pub fn check_hash(text: &str) -> Result<(), HashRefusal> {
    notation::parse(text).map(drop)
}

/// What a hash costs, and how many may be computed and wait at once.
#[derive(Debug, Clone)]
pub struct PasswordHasherSettings {
    /// Memory of one hash in KiB. Each thread keeps as much.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub iterations: u32,
    /// Argon2's parallelism `p`. The lanes of one hash are computed one after the other.
    pub lanes: u32,
    /// How many hashes are computed at once: the cores to give.
    pub threads: usize,
    /// How many more may wait.
    pub queue: usize,
    /// How long one may wait before it is refused.
    pub deadline: Duration,
}

/// The result of a verification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordVerdict {
    /// The password is right.
    Right {
        /// The stored hash has other parameters than the current ones: hash the password anew.
        stale: bool,
    },
    /// It is wrong, or there is no such user.
    Wrong,
}

/// A handle on the hashing threads. Cheap to clone; the threads end with the last one.
#[derive(Clone)]
pub struct PasswordHasher {
    shared: Arc<Shared>,
    priority: Priority,
}

struct Shared {
    pool: WorkerPool<HashRequest, Derived>,
    params: Params,
    /// Stands in for the hash of a user who does not exist, so that the answer takes as long.
    decoy: String,
    /// The parameters that stored hashes have.
    costs: StoredCosts,
    work: Arc<AtomicU64>,
}

impl PasswordHasher {
    /// Starts the threads.
    ///
    /// # Errors
    /// A fault if the parameters are none of Argon2's or absurd, or if a thread cannot be started.
    pub fn start(settings: &PasswordHasherSettings) -> Result<Self> {
        let params = Params::new(settings.memory_kib, settings.iterations, settings.lanes, Some(OUTPUT_LENGTH))
            .or_fault("checking the Argon2 parameters")?;
        if HashCost::argon2id(&params).is_absurd() {
            return Err(Fault::new("checking the Argon2 parameters: one hash would take many seconds").into());
        }
        let limits = PoolLimits { threads: settings.threads, queue: settings.queue, deadline: settings.deadline };
        let blocks = params.block_count();
        let work = Arc::<AtomicU64>::default();
        let counted = Arc::clone(&work);
        let pool = WorkerPool::start(limits, move || BlockMemory::new(blocks, Arc::clone(&counted)))?;
        let decoy = StoredHash::decoy(&params)?.to_phc(&params)?;
        let costs = StoredCosts::new(HashCost::argon2id(&params));
        Ok(Self { shared: Arc::new(Shared { pool, params, decoy, costs, work }), priority: Priority::High })
    }

    /// The same threads, for jobs of this priority.
    #[must_use]
    pub fn with_priority(&self, priority: Priority) -> Self {
        Self { priority, ..self.clone() }
    }

    /// Hashes a new password with a fresh salt into a PHC string: `$argon2id$v=19$m=…,t=…,p=…$salt$hash`.
    ///
    /// # Errors
    /// `Overloaded`, at once if the queue is full, or after the deadline has passed in it.
    pub async fn hash(&self, password: &str) -> Result<String> {
        let (params, salt) = (&self.shared.params, new_salt()?);
        let cost = HashCost::argon2id(params);
        let derivation = Derivation { cost, is_argon2_v16: false, salt: salt.clone(), length: OUTPUT_LENGTH };
        let output = self.ask(HashRequest::new(password, derivation)).await?;
        StoredHash::argon2id(params, salt, output.to_vec()).to_phc(params)
    }

    /// Compares a password with a stored hash. Without one, which means there is no such user, it does the same work
    /// against a decoy and answers `Wrong`. Where stored hashes have different parameters, every verification does the same
    /// work, so that its duration does not show which the user's own hash has.
    ///
    /// # Errors
    /// `Overloaded` as in [`Self::hash`]; a fault if the stored hash is of an unknown kind or has absurd parameters.
    pub async fn verify(&self, password: &str, phc: Option<&str>) -> Result<PasswordVerdict> {
        let stored = notation::parse(phc.unwrap_or(&self.shared.decoy)).or_fault("reading a stored password hash")?;
        let extra_costs = self.shared.costs.beyond(stored.cost);
        let (cost, is_argon2_v16, length) = (stored.cost, stored.is_argon2_v16, stored.derived_length());
        let derivation = Derivation { cost, is_argon2_v16, salt: stored.salt.clone(), length };
        let question = HashRequest::new(password, derivation).with_extra_work(extra_costs);
        let derived = self.ask(question).await?;
        if stored.matches(&derived)? && phc.is_some() {
            return Ok(PasswordVerdict::Right { stale: stored.is_stale(&self.shared.params) });
        }
        Ok(PasswordVerdict::Wrong)
    }

    /// Waits for a thread and for the hash.
    async fn ask(&self, request: HashRequest) -> Result<Derived> {
        let span = tracing::info_span!(target: spans::STEP, "hash password");
        self.shared.pool.ask(request, self.priority).instrument(span).await
    }

    /// Learns which parameters stored hashes have, each as a hash begins: `$argon2id$v=19$m=…,t=…,p=…`, `$2b$12$`. Those that
    /// are not among them are forgotten.
    pub fn learn_parameters(&self, in_use: &[String]) {
        self.shared.costs.replace(HashCost::argon2id(&self.shared.params), in_use);
    }

    /// How much has been computed, in KiB of memory times passes (of PBKDF2: how many digests). For tests that claim how much something takes.
    #[must_use]
    pub fn work_done(&self) -> u64 {
        self.shared.work.load(Ordering::Relaxed)
    }

    /// Call for each authenticated request. While the hash queue is more than half full, one hashing thread pauses for 50 ms
    /// after such a call, so that these requests keep a core.
    pub fn note_foreground_request(&self) {
        self.shared.pool.note_foreground_request();
    }

    /// How many hashes wait for a thread.
    #[must_use]
    pub fn queue_depth(&self) -> usize {
        self.shared.pool.depth()
    }

    /// How long hashes waited for a thread.
    #[must_use]
    pub fn waits(&self) -> &Durations {
        &self.shared.pool.waits
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::error::{Error, Refusal};

    /// Made with argon2-cffi 25.1: `PasswordHasher(time_cost=2, memory_cost=1024, parallelism=2)`.
    const FOREIGN: &str =
        "$argon2id$v=19$m=1024,t=2,p=2$q4aBz1TzFNz6Nq+vc9fejg$GzWLni1Uu8sdL88k71ZH+vAC9wGNlmnXzgC+Nak2luk";

    fn hasher() -> PasswordHasher {
        hasher_of(1024, 2)
    }

    fn hasher_of(memory_kib: u32, iterations: u32) -> PasswordHasher {
        let deadline = Duration::from_secs(30);
        PasswordHasher::start(&PasswordHasherSettings {
            memory_kib,
            iterations,
            lanes: 2,
            threads: 1,
            queue: 8,
            deadline,
        })
        .unwrap()
    }

    #[tokio::test]
    async fn the_right_password_is_accepted_and_a_wrong_one_is_not() {
        let hasher = hasher();
        let phc = hasher.hash("correct horse").await.unwrap();

        assert!(phc.starts_with("$argon2id$v=19$m=1024,t=2,p=2$"), "{phc}");
        assert_eq!(hasher.verify("correct horse", Some(&phc)).await.unwrap(), PasswordVerdict::Right { stale: false });
        assert_eq!(hasher.verify("battery staple", Some(&phc)).await.unwrap(), PasswordVerdict::Wrong);
        assert_ne!(hasher.hash("correct horse").await.unwrap(), phc);
    }

    #[tokio::test]
    async fn a_hash_of_another_implementation_verifies() {
        assert_eq!(hasher().verify("password", Some(FOREIGN)).await.unwrap(), PasswordVerdict::Right { stale: false });
        assert_eq!(hasher().verify("Password", Some(FOREIGN)).await.unwrap(), PasswordVerdict::Wrong);
    }

    #[tokio::test]
    async fn a_hash_with_other_parameters_is_stale_even_if_it_needs_more_memory() {
        for (memory_kib, iterations) in [(1024, 3), (512, 2), (2048, 2)] {
            let hasher = hasher_of(memory_kib, iterations);
            assert_eq!(hasher.verify("password", Some(FOREIGN)).await.unwrap(), PasswordVerdict::Right { stale: true });
        }
    }

    #[tokio::test]
    async fn without_a_stored_hash_every_password_is_wrong() {
        let hasher = hasher();
        for password in ["password", ""] {
            assert_eq!(hasher.verify(password, None).await.unwrap(), PasswordVerdict::Wrong);
        }
    }

    #[tokio::test]
    async fn absurd_or_foreign_hashes_are_faults() {
        let hash = "q4aBz1TzFNz6Nq+vc9fejg$GzWLni1Uu8sdL88k71ZH+vAC9wGNlmnXzgC+Nak2luk";
        for parameters in [
            "argon2id$v=19$m=4194304,t=1,p=1",
            "argon2id$v=19$m=1048576,t=100,p=1",
            "argon2id$v=19$m=1024,t=4294967295,p=1",
            "argon2id$v=19$m=8,t=1,p=16",
            "argon2d$v=19$m=1024,t=2,p=2",
            "argon2id$v=20$m=1024,t=2,p=2",
            "scrypt$ln=30,r=8,p=1",
            "scrypt$ln=14,r=8,p=4096",
            "pbkdf2-sha256$i=1000000000,l=32",
            "pbkdf2-sha256$i=0,l=32",
            "fbscrypt$v=1,n=30,r=8,p=1,ss=,sk=GzWLni1Uu8sdL88k71ZH+vAC9wGNlmnXzgC+Nak2luk",
            "md5$i=1",
        ] {
            let verdict = hasher().verify("password", Some(&format!("${parameters}${hash}"))).await;
            assert!(matches!(verdict, Err(Error::Fault(_))), "{parameters}: {verdict:?}");
        }
    }

    #[tokio::test]
    async fn a_full_queue_refuses_at_once() {
        let settings = PasswordHasherSettings {
            memory_kib: 16 * 1024,
            iterations: 2,
            lanes: 1,
            threads: 1,
            queue: 1,
            deadline: Duration::from_secs(30),
        };
        let hasher = PasswordHasher::start(&settings).unwrap();

        let (first, second, third) = tokio::join!(hasher.hash("one"), hasher.hash("two"), hasher.hash("three"));

        assert!(first.is_ok() && second.is_ok());
        let Err(Error::Refused(Refusal::Overloaded { retry_after })) = third else { panic!("{third:?}") };
        assert!(retry_after >= Duration::from_secs(1));
    }

    #[tokio::test]
    async fn a_decoy_takes_as_long_as_the_real_thing() {
        let hasher = hasher_of(4 * 1024, 1);
        let phc = hasher.hash("password").await.unwrap();
        let (mut real, mut decoy) = (Duration::MAX, Duration::MAX);

        // In turns, and only the quickest of each counts: a busy machine makes some slower, and none quicker.
        for _ in 0..50 {
            real = real.min(time(&hasher, Some(&phc)).await);
            decoy = decoy.min(time(&hasher, None).await);
        }

        let ratio = decoy.as_secs_f64() / real.as_secs_f64();
        assert!((0.85..1.15).contains(&ratio), "{ratio}");
    }

    async fn time(hasher: &PasswordHasher, phc: Option<&str>) -> Duration {
        let began = Instant::now();
        assert_eq!(hasher.verify("wrong", phc).await.unwrap(), PasswordVerdict::Wrong);
        began.elapsed()
    }
}
