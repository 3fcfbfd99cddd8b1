//! An audit event that is not written yet: who did what to whom, and the details.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::sessions::EndedSessions;
use super::users::User;
use crate::values::audit::{AuditAction, AuditOutcome};
use crate::values::audit_chain::spelt_alike;
use crate::values::ids::{SessionId, UserId};

/// The key of the metadata that holds the values that changed.
pub(super) const CHANGES: &str = "changes";
/// The keys of the sessions that an action ended: how many, and which.
pub(super) const ENDED_COUNT: &str = "endedSessions";
pub(super) const ENDED_IDS: &str = "endedSessionIds";

/// A value of a user that changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangedValue {
    /// Which one: `role`.
    pub field: String,
    /// Before. `None` if there was none, and for personal data.
    pub from: Option<String>,
    /// After. `None` if there is none, and for personal data.
    pub to: Option<String>,
}

/// An event that is not written yet.
#[derive(Debug)]
#[must_use = "an event that is not written did not happen"]
pub struct NewAuditEvent {
    pub(super) action: AuditAction,
    pub(super) outcome: AuditOutcome,
    pub(super) actor: Option<UserId>,
    pub(super) subject: Option<UserId>,
    pub(super) session: Option<SessionId>,
    pub(super) metadata: Map<String, Value>,
}

impl NewAuditEvent {
    /// Something was done.
    pub fn success(action: AuditAction) -> Self {
        Self { action, outcome: AuditOutcome::Success, actor: None, subject: None, session: None, metadata: Map::new() }
    }

    /// Something was refused.
    pub fn failure(action: AuditAction) -> Self {
        Self { outcome: AuditOutcome::Failure, ..Self::success(action) }
    }

    /// The user did it, to their own account.
    pub fn by(self, user: UserId) -> Self {
        Self { actor: Some(user), subject: Some(user), ..self }
    }

    /// The administrator did it to the subject.
    pub fn by_admin(self, admin: UserId, subject: UserId) -> Self {
        Self { actor: Some(admin), subject: Some(subject), ..self }
    }

    /// It was done to the user by someone who is not signed in.
    pub fn about(self, user: Option<UserId>) -> Self {
        Self { subject: user, ..self }
    }

    /// The session it was done in, or to.
    pub fn in_session(self, session: SessionId) -> Self {
        Self { session: Some(session), ..self }
    }

    /// The sessions that the action ended: how many as `endedSessions`, which as `endedSessionIds`.
    pub fn with_ended(self, ended: &EndedSessions) -> Self {
        let ids: Vec<String> = ended.ids.iter().map(SessionId::to_string).collect();
        self.with(ENDED_COUNT, ended.count).with(ENDED_IDS, ids)
    }

    /// A value of the user that changed. The trail cannot be changed when personal data is erased, so it tells neither
    /// names nor addresses (docs/adr/0043): use [`Self::with_untold_change`] for them.
    pub fn with_change(mut self, field: &str, from: Option<&str>, to: Option<&str>) -> Self {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let change = json!(ChangedValue { field: field.to_owned(), from: owned(from), to: owned(to) });
        match self.metadata.entry(CHANGES).or_insert_with(|| Value::Array(Vec::new())) {
            Value::Array(changes) => changes.push(change),
            other => *other = Value::Array(vec![change]),
        }
        self
    }

    /// Personal data of the user that changed: only that it did.
    pub fn with_untold_change(self, field: &str) -> Self {
        self.with_change(field, None, None)
    }

    /// What differs between two profiles of a user.
    pub fn with_profile(self, before: &User, after: &User) -> Self {
        let event = if before.name == after.name { self } else { self.with_untold_change("name") };
        if before.locale == after.locale {
            return event;
        }
        event.with_change("locale", before.locale.as_deref(), after.locale.as_deref())
    }

    /// A detail; never a secret.
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.metadata.insert(name.to_owned(), spelt_alike(value.into()));
        self
    }
}
