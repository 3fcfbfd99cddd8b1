//! Somebody at the door.

use crate::records::users::User;
use crate::values::caller::Caller;
use crate::values::session::AuthMethod;

/// Somebody who has just proved who they are.
#[derive(Debug)]
pub struct AuthenticatedUser<'a> {
    /// Who it is.
    pub user: User,
    /// Where from.
    pub caller: &'a Caller,
    /// What the client calls its device, if it says.
    pub device_name: Option<String>,
    /// By what proof.
    pub method: AuthMethod,
}
