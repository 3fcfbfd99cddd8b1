//! A new password for whoever knows the old one.

use crate::app::App;
use crate::app::viewer::Viewer;
use crate::error::{FieldFault, Refusal, Result};
use crate::records::audit_log::{self, NewAuditEvent};
use crate::records::one_time_tokens::{self, Purpose};
use crate::records::outbox::{self, Details, Draft, MailKind};
use crate::records::{mfa, sessions, users};
use crate::values::audit::AuditAction;
use crate::values::caller::Caller;
use crate::values::password::{Password, PasswordHash};
use crate::values::session::SessionEndReason;

/// Sets a new password and ends the other sessions. Where the second factor is on, the old password alone is no proof of
/// identity: a fresh one is needed besides. Answers how many ended.
///
/// # Errors
/// `VALIDATION_FAILED`, `INVALID_CREDENTIALS` for a wrong current password, `REAUTHENTICATION_REQUIRED`, `RATE_LIMITED`,
/// `OVERLOADED`.
pub async fn change_password(
    app: &App,
    caller: &Caller,
    viewer: &Viewer,
    current: &Password,
    new: &Password,
) -> Result<u64> {
    let now = app.clock.now();
    let user = viewer.user();
    let faults = app.config.password_policy.faults(new, Some(&user.email), user.name.as_deref());
    if !faults.is_empty() {
        let fields: Vec<FieldFault> = faults.into_iter().map(|fault| fault.at("input.newPassword")).collect();
        return Err(Refusal::ValidationFailed { fields }.into());
    }
    let has_mfa = mfa::find(&app.db, user.id).await?.is_some();
    if has_mfa {
        viewer.require_recent(app, now)?;
    }
    let old_hash = app.confirm_password(caller, (user, viewer.session().id), current, now).await?;
    let new_hash = PasswordHash::from(app.password_hasher.hash(new.expose()).await?);

    let mut tx = app.db.begin().await?;
    viewer.hold(&mut tx, now).await?;
    if !users::change_password(&mut tx, user.id, &old_hash, &new_hash, now).await? {
        return Err(Refusal::InvalidCredentials.into());
    }
    outbox::withdraw(&mut tx, MailKind::ResetPassword, &user.email, now).await?;
    one_time_tokens::revoke(&mut tx, user.id, Purpose::ResetPassword, now).await?;
    let own = viewer.session().id;
    let ended = app.end_sessions(&mut tx, user.id, Some(own), SessionEndReason::PasswordChanged, now).await?;
    if !has_mfa {
        sessions::note_authenticated(&mut tx, own, now).await?;
    }
    let event =
        NewAuditEvent::success(AuditAction::PasswordChanged).by(user.id).in_session(own).with("endedSessions", ended);
    audit_log::write(&mut tx, caller, event, now).await?;
    let details = Details::for_action(viewer.session().device_label(), caller, now);
    let draft = Draft { kind: MailKind::PasswordChanged, recipient: &user.email, user: Some(user.id), details };
    outbox::post(&mut tx, draft, now).await?;
    tx.commit().await?;
    app.mail_posted.notify_one();
    // Reset links that were under way are withdrawn: another one must not wait for the limit they have used up.
    app.forget_guesses(&user.email, caller).await;
    Ok(ended)
}
