//! The events of invented users: in the proportions of a real server, more by day than by night.

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

/// Which users an event names.
#[derive(Debug, Clone, Copy)]
enum Participants {
    /// A user, in one of their sessions.
    ByUser,
    /// A user, in a session that begins with the event.
    InNewSession,
    /// An account; its actor is unknown.
    About,
    /// No account.
    WithoutAccount,
    /// An administrator as the actor, a user as the subject.
    ByAdmin,
}

/// Events with their weights.
const MIX: [(u64, AuditAction, AuditOutcome, Participants); 24] = {
    use AuditAction as A;
    use AuditOutcome::{Failure, Success};
    [
        (5_400, A::SessionRefreshed, Success, Participants::ByUser),
        (2_000, A::Login, Success, Participants::InNewSession),
        (650, A::Login, Failure, Participants::About),
        (550, A::Logout, Success, Participants::ByUser),
        (250, A::MfaChallenged, Success, Participants::ByUser),
        (150, A::Reauthenticated, Success, Participants::ByUser),
        (20, A::Reauthenticated, Failure, Participants::ByUser),
        (150, A::ProfileUpdated, Success, Participants::ByUser),
        (120, A::EmailVerified, Success, Participants::ByUser),
        (60, A::VerificationRequested, Success, Participants::WithoutAccount),
        (110, A::PasswordResetRequested, Success, Participants::About),
        (60, A::PasswordReset, Success, Participants::ByUser),
        (60, A::PasswordChanged, Success, Participants::ByUser),
        (80, A::SessionRevoked, Success, Participants::ByUser),
        (30, A::SessionsRevoked, Success, Participants::ByUser),
        (40, A::MfaEnrollmentStarted, Success, Participants::ByUser),
        (30, A::MfaEnabled, Success, Participants::ByUser),
        (10, A::MfaDisabled, Success, Participants::ByUser),
        (20, A::BackupCodeUsed, Success, Participants::ByUser),
        (40, A::AccountLocked, Success, Participants::About),
        (5, A::RefreshTokenReused, Failure, Participants::About),
        (25, A::RegistrationRefused, Failure, Participants::About),
        (10, A::UserUpdated, Success, Participants::ByAdmin),
        (4, A::UserLocked, Success, Participants::ByAdmin),
    ]
};

/// The events of a period, one after the other.
pub struct History {
    /// In the order in which they registered.
    actors: Vec<Actor>,
    /// The last session of each of them.
    sessions: Vec<Option<SessionId>>,
    /// How many of them have registered so far.
    registered: usize,
    since: Time,
    span: Duration,
    /// How many events were made, and how many there will be.
    made: u64,
    of: u64,
}

impl History {
    /// `of` events between two times, about these users.
    pub fn new(actors: Vec<Actor>, (since, until): (Time, Time), of: u64) -> Self {
        let registered = actors.partition_point(|actor| actor.created_at < since);
        let sessions = vec![None; actors.len()];
        let span = (until - since).to_std().unwrap_or_default();
        Self { actors, sessions, registered, since, span, made: 0, of }
    }

    /// The next events.
    pub fn next_events(&mut self, rng: &mut Rng, count: u64) -> Vec<PastEvent> {
        (0..count).map(|_| self.next(rng)).collect()
    }

    fn next(&mut self, rng: &mut Rng) -> PastEvent {
        let at = self.since + warped(self.span, self.made, self.of);
        self.made += 1;
        // At most every other event is a registration, however few events there are.
        if let Some(new) =
            self.actors.get(self.registered).filter(|new| new.created_at <= at && self.made.is_multiple_of(2))
        {
            let event = event(rng, (AuditAction::UserRegistered, AuditOutcome::Success), at);
            self.registered += 1;
            return PastEvent { actor: Some(new.id), subject: Some(new.id), ..event };
        }
        let (action, outcome, participants) = pick(rng);
        let event = event(rng, (action, outcome), at);
        match (participants, self.pick_user(rng)) {
            (Participants::WithoutAccount, _) | (_, None) => event,
            (Participants::About, Some(who)) => PastEvent { subject: self.id(who), ..event },
            (Participants::ByAdmin, Some(who)) => {
                PastEvent { actor: self.actors.first().map(|admin| admin.id), subject: self.id(who), ..event }
            }
            (Participants::ByUser, Some(who)) => {
                let session = self.sessions.get(who).copied().flatten();
                PastEvent { actor: self.id(who), subject: self.id(who), session, ..event }
            }
            (Participants::InNewSession, Some(who)) => {
                let session = Some(SessionId::from(id_of(at)));
                if let Some(last) = self.sessions.get_mut(who) {
                    *last = session;
                }
                PastEvent { actor: self.id(who), subject: self.id(who), session, ..event }
            }
        }
    }

    /// A registered user. Some are picked much more often than others.
    fn pick_user(&self, rng: &mut Rng) -> Option<usize> {
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

fn pick(rng: &mut Rng) -> (AuditAction, AuditOutcome, Participants) {
    let mut left = rng.u64(..MIX.iter().map(|(weight, ..)| weight).sum::<u64>());
    for (weight, action, outcome, participants) in MIX {
        if left < weight {
            return (action, outcome, participants);
        }
        left -= weight;
    }
    (AuditAction::SessionRefreshed, AuditOutcome::Success, Participants::ByUser)
}

/// How far into the period the n-th of `of` events is: evenly spread, but for days and nights.
#[allow(clippy::cast_precision_loss, reason = "microseconds of invented events do not matter")]
fn warped(span: Duration, n: u64, of: u64) -> Duration {
    let even = span.as_secs_f64() * n as f64 / of.max(1) as f64;
    let warped = even + NIGHT * DAY_SECONDS / TAU * (even / DAY_SECONDS * TAU).sin();
    let micros = Duration::from_secs_f64(warped.clamp(0.0, span.as_secs_f64())).as_micros();
    Duration::from_micros(u64::try_from(micros).unwrap_or_default())
}
