//! What the objects of the schema are made of; their fields are in the files of their subjects.

use crate::records::audit_log::AuditEvent;
use crate::records::sessions::Session;
use crate::records::users::User;

/// A user, as the schema shows them.
#[derive(Debug, Clone)]
pub struct UserView(pub User);

/// A session, as the schema shows it.
pub struct SessionView {
    /// The session.
    pub session: Session,
    /// Whose it is.
    pub user: User,
    /// Whether it is the session that asks, or the one that has just been opened.
    pub is_current: bool,
}

/// An event of the audit trail, as far as whoever asks may see it.
#[derive(Debug, Clone)]
pub struct AuditEventView {
    event: AuditEvent,
    is_for_admin: bool,
}

impl AuditEventView {
    /// The event as administrators see it.
    #[must_use]
    pub const fn in_full(event: AuditEvent) -> Self {
        Self { event, is_for_admin: true }
    }

    /// The event as its subject sees it: without the traces of somebody else who did it.
    #[must_use]
    pub const fn for_subject(event: AuditEvent) -> Self {
        Self { event, is_for_admin: false }
    }

    /// The event itself.
    #[must_use]
    pub const fn event(&self) -> &AuditEvent {
        &self.event
    }

    /// Whether who did it, from where and in which session, is not for whoever asks.
    #[must_use]
    pub fn hides_details(&self) -> bool {
        !self.is_for_admin && self.event.is_by_another()
    }
}
