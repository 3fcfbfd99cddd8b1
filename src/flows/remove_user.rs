//! Deleting somebody else's account, and taking that back while there is something left of it.

use crate::app::App;
use crate::app::viewer::Admin;
use crate::error::{OrFault, Refusal, Result};
use crate::records::audit_log::{self, NewAuditEvent};
use crate::records::outbox::{self, Details, MailKind};
use crate::records::users::{self, User};
use crate::records::{administration, one_time_tokens};
use crate::values::audit::AuditAction;
use crate::values::caller::Caller;
use crate::values::ids::UserId;
use crate::values::session::SessionEndReason;

/// Marks an account as deleted: nobody is in any more, no link of an email works, and only administrators see it. Its
/// address stays taken. Deleting what is deleted changes nothing.
///
/// # Errors
/// `NOT_FOUND`; `CONFLICT` for one's own account and for the last administrator; `FORBIDDEN`.
pub async fn delete_user(app: &App, caller: &Caller, admin: &Admin, id: UserId) -> Result<User> {
    let now = app.clock.now();
    let (actor, session) = (admin.viewer().user().id, admin.viewer().session().id);
    let mut tx = app.begin_as_admin(admin.viewer().session().id, now).await?;
    if id == actor {
        return Err(Refusal::Conflict("Nobody deletes their own account here. Please use deleteAccount.").into());
    }
    let subject = administration::find_to_change(&mut tx, id).await?.ok_or(Refusal::NotFound)?;
    app.keep_an_admin(&mut tx, id, now).await?;
    if users::delete(&mut tx, id, now).await? {
        let ended = app.end_sessions(&mut tx, id, None, SessionEndReason::AccountDeleted, now).await?;
        outbox::withdraw_but_undo(&mut tx, id, now).await?;
        one_time_tokens::revoke_but_undo(&mut tx, id, now).await?;
        // Told where its owner reads, without a word about the administrator.
        let details = Details { at: Some(now), ..Details::caused_by(caller) };
        app.post(&mut tx, MailKind::AccountDeleted, &subject, details, now).await?;
        let event = NewAuditEvent::success(AuditAction::UserDeleted).by_admin(actor, id).in_session(session);
        audit_log::write(&mut tx, caller, event.with("endedSessions", ended), now).await?;
    }
    let user = users::find_in(&mut tx, id).await?.or_fault("reading a user just deleted")?;
    tx.commit().await?;
    app.mail_posted.notify_one();
    Ok(user)
}

/// Takes a deletion back. Its user can sign in again; sessions and links stay over.
///
/// # Errors
/// `NOT_FOUND`; `CONFLICT` where the account is not deleted, or its data is erased; `FORBIDDEN`.
pub async fn restore_user(app: &App, caller: &Caller, admin: &Admin, id: UserId) -> Result<User> {
    let now = app.clock.now();
    let (actor, session) = (admin.viewer().user().id, admin.viewer().session().id);
    let mut tx = app.begin_as_admin(admin.viewer().session().id, now).await?;
    let user = administration::find_to_change(&mut tx, id).await?.ok_or(Refusal::NotFound)?;
    if user.erased_at.is_some() {
        return Err(Refusal::Conflict("The data of this account is erased for good.").into());
    }
    if !administration::restore(&mut tx, id, now).await? {
        return Err(Refusal::Conflict("This account is not deleted.").into());
    }
    let event = NewAuditEvent::success(AuditAction::UserRestored).by_admin(actor, id).in_session(session);
    audit_log::write(&mut tx, caller, event, now).await?;
    let user = users::find_in(&mut tx, id).await?.or_fault("reading a user just restored")?;
    tx.commit().await?;
    Ok(user)
}
