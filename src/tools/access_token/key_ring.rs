//! All the keys we know: which of them signs, and which verify.

use std::sync::Arc;
use std::time::Duration;

use jsonwebtoken::jwk::JwkSet;

use super::Algorithm;
use super::key::SigningKey;
use crate::error::{OrFault, Result};
use crate::values::time::Time;

/// How old a key is before it signs, so that by then all instances and all readers of the JWKS know it.
pub const ACTIVATION: Duration = Duration::from_mins(1);

/// A key and when it was made.
pub(super) struct KeyFile {
    pub(super) created_at: Time,
    pub(super) key: Arc<SigningKey>,
}

impl KeyFile {
    pub(super) fn signs_from(&self) -> Time {
        self.created_at + ACTIVATION
    }
}

/// The keys, the most wanted signer of each algorithm first. All of them verify. Empty where a folder holds none.
pub(super) struct KeyRing {
    keys: Vec<TimedKey>,
    algorithm: Algorithm,
}

struct TimedKey {
    key: Arc<SigningKey>,
    signs_from: Time,
}

impl KeyRing {
    /// Of keys in a folder the newest, which comes first, signs once it is old enough.
    pub(super) fn from_files(files: &[KeyFile], algorithm: Algorithm) -> Self {
        let keys = files.iter().map(|file| TimedKey { key: Arc::clone(&file.key), signs_from: file.signs_from() });
        Self::new(keys, algorithm)
    }

    /// Of keys in a text the first signs.
    pub(super) fn from_pem(text: &str, algorithm: Algorithm) -> Result<Self> {
        let keys = SigningKey::read_pem(text).or_fault("reading the signing keys of the settings")?;
        let keys = keys.into_iter().map(|key| TimedKey { key: Arc::new(key), signs_from: Time::MIN_UTC });
        Ok(Self::new(keys, algorithm))
    }

    fn new(keys: impl Iterator<Item = TimedKey>, algorithm: Algorithm) -> Self {
        Self { keys: keys.collect(), algorithm }
    }

    /// A fault where no key is of the configured algorithm.
    pub(super) fn require_one(&self) -> Result<()> {
        let doing =
            "looking for a signing key of the configured algorithm: there is none (`authgraph keys rotate` makes one)";
        self.with_algorithm().next().map(drop).or_fault(doing)
    }

    /// The first of the configured algorithm that is old enough. While a change of the algorithm is that young, the first of
    /// the former one; where there is none either, the oldest, which the others have known longest.
    pub(super) fn signer(&self, now: Time) -> Option<&SigningKey> {
        let is_ready = |timed: &&TimedKey| timed.signs_from <= now;
        let ready = self.with_algorithm().find(is_ready).or_else(|| self.keys.iter().find(is_ready));
        ready.or_else(|| self.keys.last()).map(|timed| &*timed.key)
    }

    fn with_algorithm(&self) -> impl Iterator<Item = &TimedKey> {
        self.keys.iter().filter(|timed| timed.key.algorithm == self.algorithm)
    }

    pub(super) fn find(&self, kid: &str) -> Option<Arc<SigningKey>> {
        self.keys.iter().find(|timed| timed.key.kid == kid).map(|timed| Arc::clone(&timed.key))
    }

    pub(super) fn jwks(&self) -> JwkSet {
        JwkSet { keys: self.keys.iter().map(|timed| timed.key.jwk.clone()).collect() }
    }
}
