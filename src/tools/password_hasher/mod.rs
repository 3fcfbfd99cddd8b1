//! Hashes and verifies passwords with Argon2id, on a few threads of its own behind a bounded queue.

mod argon;
mod costs;
mod pool;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use argon2::Params;
use argon2::password_hash::phc::Output;
use aws_lc_rs::constant_time;

use self::argon::{Memory, OUTPUT_LENGTH, Question, StoredHash};
use self::costs::Costs;
pub use self::pool::Standing;
use self::pool::{Limits, Pool};
use crate::error::{Fault, OrFault, Result};

/// How dear a hash is, and how many may be computed and wait at once.
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

/// What a verification found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The password is the one.
    Right {
        /// The stored hash has other parameters than the current ones: hash the password anew.
        stale: bool,
    },
    /// It is not, or there is no such user.
    Wrong,
}

/// A handle on the hashing threads. Cheap to clone; the threads end with the last one.
#[derive(Clone)]
pub struct PasswordHasher {
    shared: Arc<Shared>,
    standing: Standing,
}

struct Shared {
    pool: Pool<Question, Output>,
    params: Params,
    /// Stands in for the hash of a user who does not exist, so that the answer takes as long.
    decoy: String,
    /// The parameters that stored hashes have.
    costs: Costs,
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
        if argon::is_absurd(&params) {
            return Err(Fault::new("checking the Argon2 parameters: one hash would take many seconds").into());
        }
        let limits = Limits { threads: settings.threads, queue: settings.queue, deadline: settings.deadline };
        let blocks = params.block_count();
        let work = Arc::<AtomicU64>::default();
        let counted = Arc::clone(&work);
        let pool = Pool::start(limits, move || Memory::of(blocks, Arc::clone(&counted)))?;
        let decoy = StoredHash::of_nothing(params.clone())?.to_phc()?;
        let costs = Costs::of(&params);
        Ok(Self { shared: Arc::new(Shared { pool, params, decoy, costs, work }), standing: Standing::Known })
    }

    /// The same threads, asked by somebody of this standing.
    #[must_use]
    pub fn asked_by(&self, standing: Standing) -> Self {
        Self { standing, ..self.clone() }
    }

    /// Hashes a new password with a fresh salt into a PHC string: `$argon2id$v=19$m=…,t=…,p=…$salt$hash`.
    ///
    /// # Errors
    /// `Overloaded`, at once if the queue is full, or after the deadline has passed in it.
    pub async fn hash(&self, password: &str) -> Result<String> {
        let question = Question::new(password, argon::new_salt()?, self.shared.params.clone());
        let (salt, params) = (question.salt, question.params.clone());
        let output = self.shared.pool.ask(question, self.standing).await?;
        StoredHash { params, salt, output }.to_phc()
    }

    /// Compares a password with a stored hash. Without one, which means there is no such user, it does the same work
    /// against a decoy and answers `Wrong`. Where stored hashes have different parameters, everybody's verification does
    /// the work of each of them once, so that its duration does not tell which the user's own hash has.
    ///
    /// # Errors
    /// `Overloaded` as in [`Self::hash`]; a fault if the stored hash is not Argon2id or has absurd parameters.
    pub async fn verify(&self, password: &str, phc: Option<&str>) -> Result<Verdict> {
        let stored = StoredHash::parse(phc.unwrap_or(&self.shared.decoy))?;
        let besides = self.shared.costs.besides(&stored.params)?;
        let question = Question::new(password, stored.salt, stored.params.clone()).besides(besides);
        let output = self.shared.pool.ask(question, self.standing).await?;
        let is_equal = constant_time::verify_slices_are_equal(output.as_bytes(), stored.output.as_bytes()).is_ok();
        if is_equal && phc.is_some() {
            return Ok(Verdict::Right { stale: stored.is_stale(&self.shared.params) });
        }
        Ok(Verdict::Wrong)
    }

    /// Learns which parameters stored hashes have, each as a hash begins: `$argon2id$v=19$m=…,t=…,p=…`. Those that are not
    /// among them are forgotten.
    pub fn learn_parameters(&self, in_use: &[String]) {
        self.shared.costs.replace(&self.shared.params, in_use);
    }

    /// How much has been computed, in KiB of memory times passes. For tests that claim how much something takes.
    #[must_use]
    pub fn work_done(&self) -> u64 {
        self.shared.work.load(Ordering::Relaxed)
    }

    /// Somebody is being served who wants no hash. While logins flood in, one core is left to requests like theirs:
    /// those who are signed in come first.
    pub fn welcome_guest(&self) {
        self.shared.pool.welcome_guest();
    }

    /// How many hashes wait for a thread.
    #[must_use]
    pub fn queue_depth(&self) -> usize {
        self.shared.pool.depth()
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
    async fn the_right_password_is_told_from_a_wrong_one() {
        let hasher = hasher();
        let phc = hasher.hash("correct horse").await.unwrap();

        assert!(phc.starts_with("$argon2id$v=19$m=1024,t=2,p=2$"), "{phc}");
        assert_eq!(hasher.verify("correct horse", Some(&phc)).await.unwrap(), Verdict::Right { stale: false });
        assert_eq!(hasher.verify("battery staple", Some(&phc)).await.unwrap(), Verdict::Wrong);
        assert_ne!(hasher.hash("correct horse").await.unwrap(), phc);
    }

    #[tokio::test]
    async fn a_hash_of_another_implementation_verifies() {
        assert_eq!(hasher().verify("password", Some(FOREIGN)).await.unwrap(), Verdict::Right { stale: false });
        assert_eq!(hasher().verify("Password", Some(FOREIGN)).await.unwrap(), Verdict::Wrong);
    }

    #[tokio::test]
    async fn a_hash_with_other_parameters_is_stale_even_if_it_needs_more_memory() {
        for (memory_kib, iterations) in [(1024, 3), (512, 2), (2048, 2)] {
            let hasher = hasher_of(memory_kib, iterations);
            assert_eq!(hasher.verify("password", Some(FOREIGN)).await.unwrap(), Verdict::Right { stale: true });
        }
    }

    #[tokio::test]
    async fn without_a_stored_hash_every_password_is_wrong() {
        let hasher = hasher();
        for password in ["password", ""] {
            assert_eq!(hasher.verify(password, None).await.unwrap(), Verdict::Wrong);
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
            "argon2i$v=19$m=1024,t=2,p=2",
            "argon2id$v=16$m=1024,t=2,p=2",
            "argon2id$m=1024,t=2,p=2",
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
        assert_eq!(hasher.verify("wrong", phc).await.unwrap(), Verdict::Wrong);
        began.elapsed()
    }
}
