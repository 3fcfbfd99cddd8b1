//! A user who has just proved who they are.

use crate::records::users::User;
use crate::values::caller::Caller;
use crate::values::session::{AuthMethod, LoginClient};

/// A user who has passed the first factor, before they have a session.
#[derive(Debug)]
pub struct AuthenticatedUser<'a> {
    /// The user.
    pub user: User,
    /// Where the request comes from.
    pub caller: &'a Caller,
    /// What the client tells about itself.
    pub client: LoginClient,
    /// The first factor.
    pub method: AuthMethod,
    /// Whether a verification email may be sent, if the address has to be verified first. Reserved by
    /// [`super::email_verification::reserve_mail`], before the transaction begins.
    pub may_send_mail: bool,
}
