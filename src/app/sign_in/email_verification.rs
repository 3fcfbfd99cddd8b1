//! The step of a login that an unverified address requires, where the settings demand a verified one.

use super::authenticated_user::AuthenticatedUser;
use crate::app::limits::{self, MailCause};
use crate::app::{App, mail};
use crate::error::Result;
use crate::records::outbox::{self, Details, MailKind};
use crate::records::users::User;
use crate::tools::db::Tx;
use crate::values::time::Time;

/// Whether the user must verify the address before they can sign in.
#[must_use]
pub fn is_required(app: &App, user: &User) -> bool {
    app.config.requires_verified_email() && user.email_verified_at.is_none()
}

/// Reserves a verification email to a user who needs one; false where none is needed, or the recipient has had enough of
/// them. Call it before the transaction begins: the counts may be in Redis, and nothing must wait for that with a connection
/// in its hands.
pub async fn reserve_mail(app: &App, user: &User, now: Time) -> bool {
    is_required(app, user) && limits::may_send_mail(app, MailCause::Verification, &user.email, now).await
}

/// Posts another verification email, if it was reserved. It replaces one that has not left yet.
pub(super) async fn post_mail(tx: &mut Tx, authenticated: &AuthenticatedUser<'_>, now: Time) -> Result<()> {
    let AuthenticatedUser { user, caller, may_send_mail, .. } = authenticated;
    if *may_send_mail {
        outbox::withdraw(tx, MailKind::VerifyEmail, &user.email, now).await?;
        mail::post(tx, MailKind::VerifyEmail, user, Details::caused_by(caller), now).await?;
    }
    Ok(())
}
