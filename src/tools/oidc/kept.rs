//! Keeps a document of an issuer: asks for it once for all who wait, asks again when it is old or does not suffice, and goes
//! on with the old one while the issuer is away.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::OidcError;
use crate::tools::http_client::HttpError;
use crate::values::time::Time;

/// How long a document is used without asking again.
const LIFETIME: Duration = Duration::from_mins(5);
/// After asking, how long a document is used that does not suffice, or an old one while the issuer is away. Without this
/// pause, a stream of forged tokens would become a stream of requests to the issuer.
const PAUSE: Duration = Duration::from_secs(30);
/// How long a document is used while the issuer is away. A key that the issuer has withdrawn must end some time, even if
/// somebody keeps us from asking.
const STALE_LIFETIME: Duration = Duration::from_hours(24);

/// A document that is fetched when it is needed.
pub(super) struct Kept<T> {
    state: Mutex<KeptState<T>>,
    /// Held while asking.
    turn: tokio::sync::Mutex<()>,
}

struct KeptState<T> {
    document: Option<Arc<T>>,
    /// When the document was fetched.
    fetched_at: Option<Time>,
    /// When the issuer was last asked, with whatever result.
    asked_at: Option<Time>,
    /// Why the last attempt failed.
    failure: Option<OidcError>,
    /// How often the issuer was asked.
    attempts: u64,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        let state = KeptState { document: None, fetched_at: None, asked_at: None, failure: None, attempts: 0 };
        Self { state: Mutex::new(state), turn: tokio::sync::Mutex::new(()) }
    }
}

impl<T> Kept<T> {
    /// The document. It may be one that does not suffice, where the issuer was asked a moment ago.
    pub(super) async fn get(
        &self,
        now: Time,
        suffices: impl Fn(&T) -> bool,
        fetch: impl Future<Output = Result<T, OidcError>>,
    ) -> Result<Arc<T>, OidcError> {
        let attempts = {
            let state = self.state();
            if let Some(document) = state.usable(now, suffices) {
                return Ok(document);
            }
            state.attempts
        };

        // A caller that waits here while another one asks takes that answer, also where it is a failure.
        let _turn = self.turn.lock().await;
        let asked_meanwhile = {
            let state = self.state();
            (state.attempts != attempts).then(|| state.outcome(now))
        };
        if let Some(outcome) = asked_meanwhile {
            return outcome;
        }
        let fetched = fetch.await;
        let mut state = self.state();
        state.note(fetched, now);
        state.outcome(now)
    }

    fn state(&self) -> MutexGuard<'_, KeptState<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> KeptState<T> {
    /// What to use without asking.
    fn usable(&self, now: Time, suffices: impl Fn(&T) -> bool) -> Option<Arc<T>> {
        let document = self.document.as_ref()?;
        let is_new = is_within(self.fetched_at, LIFETIME, now) && suffices(document);
        let is_pause = is_within(self.asked_at, PAUSE, now) && is_within(self.fetched_at, STALE_LIFETIME, now);
        (is_new || is_pause).then(|| Arc::clone(document))
    }

    /// The result for those who asked or waited.
    fn outcome(&self, now: Time) -> Result<Arc<T>, OidcError> {
        match (&self.document, self.failure) {
            (Some(document), None) => Ok(Arc::clone(document)),
            (Some(document), Some(_)) if is_within(self.fetched_at, STALE_LIFETIME, now) => Ok(Arc::clone(document)),
            (_, failure) => Err(failure.unwrap_or(OidcError::Http(HttpError::NotUnderstood))),
        }
    }

    fn note(&mut self, fetched: Result<T, OidcError>, now: Time) {
        self.attempts += 1;
        self.asked_at = Some(now);
        match fetched {
            Ok(document) => {
                self.document = Some(Arc::new(document));
                self.fetched_at = Some(now);
                self.failure = None;
            }
            Err(error) => {
                tracing::warn!(%error, has_old_one = self.document.is_some(), "a document of an issuer was not renewed");
                self.failure = Some(error);
            }
        }
    }
}

/// Whether less time than `limit` has passed since. A clock that was set back makes everything old.
fn is_within(since: Option<Time>, limit: Duration, now: Time) -> bool {
    since.and_then(|since| (now - since).to_std().ok()).is_some_and(|passed| passed < limit)
}
