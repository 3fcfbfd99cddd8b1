//! What the objects of the schema are made of; their fields are in the files of their subjects.

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
