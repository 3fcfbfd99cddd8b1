//! What invented people did: the mix of a real server, by day more than by night.

use std::f64::consts::TAU;
use std::time::Duration;

use fastrand::Rng;
use serde_json::{Value, json};

use super::Actor;
use super::people::{caller, id_of};
use crate::records::seeding::PastEvent;
use crate::values::audit::{AuditAction, AuditOutcome};
use crate::values::ids::{EventId, SessionId, UserId};
use crate::values::time::Time;

const DAY_SECONDS: f64 = 86_400.0;

/// How much quieter the nights are than the days; below 1, or time would run backwards.
const NIGHT: f64 = 0.7;

/// Whom an event names.
#[derive(Debug, Clone, Copy)]
enum Told {
    /// A user did it, in a session of theirs.
    ByUser,
    /// A user did it in a session that begins with it.
    InNewSession,
    /// Somebody did something about an account, and was nobody yet.
    About,
    /// Somebody did something about no account.
    AboutNobody,
    /// An administrator did it to a user.
    ByAdmin,
}

/// What happens how often, out of all the weights.
const MIX: [(u64, AuditAction, AuditOutcome, Told); 24] = {
    use AuditAction as A;
    use AuditOutcome::{Failure, Success};
    [
        (5_400, A::SessionRefreshed, Success, Told::ByUser),
        (2_000, A::Login, Success, Told::InNewSession),
        (650, A::Login, Failure, Told::About),
        (550, A::Logout, Success, Told::ByUser),
        (250, A::MfaChallenged, Success, Told::ByUser),
        (150, A::Reauthenticated, Success, Told::ByUser),
        (20, A::Reauthenticated, Failure, Told::ByUser),
        (150, A::ProfileUpdated, Success, Told::ByUser),
        (120, A::EmailVerified, Success, Told::ByUser),
        (60, A::VerificationRequested, Success, Told::AboutNobody),
        (110, A::PasswordResetRequested, Success, Told::About),
        (60, A::PasswordReset, Success, Told::ByUser),
        (60, A::PasswordChanged, Success, Told::ByUser),
        (80, A::SessionRevoked, Success, Told::ByUser),
        (30, A::SessionsRevoked, Success, Told::ByUser),
        (40, A::MfaEnrollmentStarted, Success, Told::ByUser),
        (30, A::MfaEnabled, Success, Told::ByUser),
        (10, A::MfaDisabled, Success, Told::ByUser),
        (20, A::BackupCodeUsed, Success, Told::ByUser),
        (40, A::AccountLocked, Success, Told::About),
        (5, A::RefreshTokenReused, Failure, Told::About),
        (25, A::RegistrationRefused, Failure, Told::About),
        (10, A::UserUpdated, Success, Told::ByAdmin),
        (4, A::UserLocked, Success, Told::ByAdmin),
    ]
};

/// The events of a span of time, one after the other.
pub struct History {
    /// In the order in which they registered.
    actors: Vec<Actor>,
    /// The session each of them was last seen in.
    sessions: Vec<Option<SessionId>>,
    /// How many of them have registered so far.
    registered: usize,
    since: Time,
    span: Duration,
    /// How many events have been told, of how many.
    told: u64,
    of: u64,
}

impl History {
    /// So many events between two times, about these people.
    pub fn new(actors: Vec<Actor>, (since, until): (Time, Time), of: u64) -> Self {
        let registered = actors.partition_point(|actor| actor.created_at < since);
        let sessions = vec![None; actors.len()];
        let span = (until - since).to_std().unwrap_or_default();
        Self { actors, sessions, registered, since, span, told: 0, of }
    }

    /// The next events.
    pub fn tell(&mut self, rng: &mut Rng, count: u64) -> Vec<PastEvent> {
        (0..count).map(|_| self.next(rng)).collect()
    }

    fn next(&mut self, rng: &mut Rng) -> PastEvent {
        let at = self.since + warped(self.span, self.told, self.of);
        self.told += 1;
        // Not more than every other event is a registration, however few events are wanted.
        if let Some(new) =
            self.actors.get(self.registered).filter(|new| new.created_at <= at && self.told.is_multiple_of(2))
        {
            let event = event(rng, (AuditAction::UserRegistered, AuditOutcome::Success), at);
            self.registered += 1;
            return PastEvent { actor: Some(new.id), subject: Some(new.id), ..event };
        }
        let (action, outcome, told) = throw(rng);
        let event = event(rng, (action, outcome), at);
        match (told, self.anybody(rng)) {
            (Told::AboutNobody, _) | (_, None) => event,
            (Told::About, Some(who)) => PastEvent { subject: self.id(who), ..event },
            (Told::ByAdmin, Some(who)) => {
                PastEvent { actor: self.actors.first().map(|admin| admin.id), subject: self.id(who), ..event }
            }
            (Told::ByUser, Some(who)) => {
                let session = self.sessions.get(who).copied().flatten();
                PastEvent { actor: self.id(who), subject: self.id(who), session, ..event }
            }
            (Told::InNewSession, Some(who)) => {
                let session = Some(SessionId::from(id_of(at)));
                if let Some(last) = self.sessions.get_mut(who) {
                    *last = session;
                }
                PastEvent { actor: self.id(who), subject: self.id(who), session, ..event }
            }
        }
    }

    /// Somebody who has registered; some come much more often than others.
    fn anybody(&self, rng: &mut Rng) -> Option<usize> {
        let most = rng.u64(..(self.registered as u64).max(1)) + 1;
        let who = usize::try_from(rng.u64(..most)).ok()?;
        (who < self.registered).then_some(who)
    }

    fn id(&self, who: usize) -> Option<UserId> {
        self.actors.get(who).map(|actor| actor.id)
    }
}

fn event(rng: &mut Rng, (action, outcome): (AuditAction, AuditOutcome), at: Time) -> PastEvent {
    let caller = caller(rng);
    PastEvent {
        id: EventId::from(id_of(at)),
        at,
        action,
        outcome,
        actor: None,
        subject: None,
        session: None,
        address: caller.address.to_string(),
        user_agent: caller.user_agent,
        correlation_id: caller.correlation_id,
        metadata: metadata(action, outcome),
    }
}

fn metadata(action: AuditAction, outcome: AuditOutcome) -> Value {
    match (action, outcome) {
        (AuditAction::Login, AuditOutcome::Success) | (AuditAction::MfaChallenged, _) => {
            json!({ "method": "PASSWORD" })
        }
        (AuditAction::RegistrationRefused, _) => json!({ "reason": "EMAIL_TAKEN" }),
        (AuditAction::SessionsRevoked | AuditAction::PasswordReset | AuditAction::PasswordChanged, _) => {
            json!({ "endedSessions": 1 })
        }
        (AuditAction::BackupCodeUsed, _) => json!({ "remaining": 7 }),
        (_, AuditOutcome::Failure) => json!({ "reason": "INVALID_CREDENTIALS" }),
        (_, AuditOutcome::Success | AuditOutcome::Unknown) => json!({}),
    }
}

fn throw(rng: &mut Rng) -> (AuditAction, AuditOutcome, Told) {
    let mut left = rng.u64(..MIX.iter().map(|(weight, ..)| weight).sum::<u64>());
    for (weight, action, outcome, told) in MIX {
        if left < weight {
            return (action, outcome, told);
        }
        left -= weight;
    }
    (AuditAction::SessionRefreshed, AuditOutcome::Success, Told::ByUser)
}

/// How far into the span the n-th of so many events is: evenly, but with days and nights.
#[allow(clippy::cast_precision_loss, reason = "nobody counts the microseconds of invented events")]
fn warped(span: Duration, n: u64, of: u64) -> Duration {
    let even = span.as_secs_f64() * n as f64 / of.max(1) as f64;
    let warped = even + NIGHT * DAY_SECONDS / TAU * (even / DAY_SECONDS * TAU).sin();
    let micros = Duration::from_secs_f64(warped.clamp(0.0, span.as_secs_f64())).as_micros();
    Duration::from_micros(u64::try_from(micros).unwrap_or_default())
}
