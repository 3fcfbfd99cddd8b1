//! Emails to users: posting one in the transaction of a flow, and composing it when it leaves.

pub mod compose;
mod links;
mod notices;

use crate::error::Result;
use crate::records::outbox::{self, Details, Draft, MailKind};
use crate::records::users::User;
use crate::tools::db::Tx;
use crate::tools::user_agent;
use crate::values::caller::Caller;
use crate::values::session::device_label;
use crate::values::time::Time;

/// Posts an email to a user's own address. The commit of the transaction wakes the mailer.
pub async fn post(tx: &mut Tx, kind: MailKind, user: &User, details: Details, now: Time) -> Result<()> {
    outbox::post(tx, Draft { kind, recipient: &user.email, user: Some(user.id), details }, now).await
}

/// What an email says about a request that belongs to no session: device, address and time.
#[must_use]
pub fn request_details(caller: &Caller, now: Time) -> Details {
    let parsed = user_agent::parse(&caller.user_agent);
    let label = device_label(None, parsed.browser.as_deref(), parsed.os.as_deref());
    Details::for_action(label, caller, now)
}
