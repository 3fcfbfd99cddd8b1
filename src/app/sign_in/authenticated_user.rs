//! A user who has just proved who they are.

use crate::records::users::User;
use crate::values::caller::Caller;
use crate::values::session::AuthMethod;

/// A user who has passed the first factor, before they have a session.
#[derive(Debug)]
pub struct AuthenticatedUser<'a> {
    /// The user.
    pub user: User,
    /// The client they use.
    pub caller: &'a Caller,
    /// What the client calls its device, if it says.
    pub device_name: Option<String>,
    /// The first factor.
    pub method: AuthMethod,
}
