//! All the keys we know: which of them signs, and which verify.

use std::sync::Arc;
use std::time::Duration;

use jsonwebtoken::jwk::JwkSet;

use super::Algorithm;
use super::key::Key;
use crate::error::{OrFault, Result};
use crate::values::time::Time;

/// How old a key is before it signs, so that by then all instances and all readers of the JWKS know it.
pub const ACTIVATION: Duration = Duration::from_mins(1);

/// A key and when it was made.
pub(super) struct KeyFile {
    pub(super) created_at: Time,
    pub(super) key: Arc<Key>,
}

impl KeyFile {
    pub(super) fn signs_from(&self) -> Time {
        self.created_at + ACTIVATION
    }
}

/// The keys of one algorithm, the most wanted signer first. Empty where a folder holds none.
pub(super) struct KeyRing {
    keys: Vec<TimedKey>,
}

struct TimedKey {
    key: Arc<Key>,
    signs_from: Time,
}

impl KeyRing {
    /// Of keys in a folder the newest, which comes first, signs once it is old enough.
    pub(super) fn of_files(files: &[KeyFile], algorithm: Algorithm) -> Self {
        let keys = files.iter().map(|file| TimedKey { key: Arc::clone(&file.key), signs_from: file.signs_from() });
        Self::of(keys, algorithm)
    }

    /// Of keys in a text the first signs.
    pub(super) fn of_pem(text: &str, algorithm: Algorithm) -> Result<Self> {
        let keys = Key::read_pem(text).or_fault("reading the signing keys of the settings")?;
        let keys = keys.into_iter().map(|key| TimedKey { key: Arc::new(key), signs_from: Time::MIN_UTC });
        Ok(Self::of(keys, algorithm))
    }

    fn of(keys: impl Iterator<Item = TimedKey>, algorithm: Algorithm) -> Self {
        Self { keys: keys.filter(|timed| timed.key.algorithm == algorithm).collect() }
    }

    /// A fault where no token can be signed and none verified.
    pub(super) fn demand_one(&self) -> Result<()> {
        let doing =
            "looking for a signing key of the configured algorithm: there is none (`authgraph keys rotate` makes one)";
        self.keys.first().map(drop).or_fault(doing)
    }

    /// The first that is old enough; if none is, the oldest, which the others have known longest.
    pub(super) fn signer(&self, now: Time) -> Option<&Key> {
        let ready = self.keys.iter().find(|timed| timed.signs_from <= now);
        ready.or(self.keys.last()).map(|timed| &*timed.key)
    }

    pub(super) fn find(&self, kid: &str) -> Option<Arc<Key>> {
        self.keys.iter().find(|timed| timed.key.kid == kid).map(|timed| Arc::clone(&timed.key))
    }

    pub(super) fn jwks(&self) -> JwkSet {
        JwkSet { keys: self.keys.iter().map(|timed| timed.key.jwk.clone()).collect() }
    }
}
