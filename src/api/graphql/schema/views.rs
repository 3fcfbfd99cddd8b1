//! The records behind the objects of the schema. Their fields are defined in the file of their subject.

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
    /// The user of the session.
    pub user: User,
    /// Whether this session made the request, or was opened by it.
    pub is_current: bool,
}

/// An audit event, with or without the details that only administrators see.
#[derive(Debug, Clone)]
pub struct AuditEventView {
    event: AuditEvent,
    is_for_admin: bool,
}

impl AuditEventView {
    /// The event for administrators.
    #[must_use]
    pub const fn in_full(event: AuditEvent) -> Self {
        Self { event, is_for_admin: true }
    }

    /// The event for its subject: hides who else did it, and from where.
    #[must_use]
    pub const fn for_subject(event: AuditEvent) -> Self {
        Self { event, is_for_admin: false }
    }

    /// The event itself.
    #[must_use]
    pub const fn event(&self) -> &AuditEvent {
        &self.event
    }

    /// Whether actor, session, IP address and user agent are hidden.
    #[must_use]
    pub fn hides_details(&self) -> bool {
        !self.is_for_admin && self.event.is_by_another()
    }
}
