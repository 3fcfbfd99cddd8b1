//! Turning the second factor off, and making new backup codes.

use crate::app::App;
use crate::app::guesses::CodePlace;
use crate::app::viewer::Viewer;
use crate::error::{Refusal, Result};
use crate::records::audit_log::{self, NewAuditEvent};
use crate::records::mfa;
use crate::records::outbox::{Details, MailKind};
use crate::values::audit::AuditAction;
use crate::values::caller::Caller;
use crate::values::mfa::{BACKUP_CODES, BackupCode};
use crate::values::password::Password;
use crate::values::time::Time;
use crate::values::user::Role;

/// Turns the second factor off, for whoever knows the password and has a code. A user without a password proves
/// themselves by a fresh sign-in and a code.
///
/// # Errors
/// `CONFLICT` where it is off; `INVALID_CREDENTIALS`, `INVALID_MFA_CODE`, `REAUTHENTICATION_REQUIRED`, `RATE_LIMITED`,
/// `OVERLOADED`.
pub async fn disable_mfa(
    app: &App,
    caller: &Caller,
    viewer: &Viewer,
    password: Option<&Password>,
    typed: &str,
) -> Result<()> {
    let now = app.clock.now();
    let (user, session) = (viewer.user(), viewer.session().id);
    demand_mfa(app, viewer).await?;
    match password {
        Some(password) => {
            app.confirm_password(caller, (user, session), password, now).await?;
        }
        None if user.password_hash.is_some() => return Err(Refusal::InvalidCredentials.into()),
        None => viewer.require_recent(app, now)?,
    }
    let code = app.verify_code(CodePlace::Session(session), user, typed, now).await?;

    let mut tx = app.db.begin().await?;
    viewer.hold(&mut tx, now).await?;
    if app.consume_code(&mut tx, caller, user, code.as_ref(), now).await?.is_none() {
        drop(tx);
        return refuse(app, caller, viewer, AuditAction::MfaDisabled, now).await;
    }
    mfa::disable(&mut tx, user.id).await?;
    audit_log::write(
        &mut tx,
        caller,
        NewAuditEvent::success(AuditAction::MfaDisabled).by(user.id).in_session(session),
        now,
    )
    .await?;
    let details = Details::for_action(viewer.session().device_label(), caller, now);
    app.post(&mut tx, MailKind::MfaDisabled, user, details, now).await?;
    tx.commit().await?;
    app.mail_posted.notify_one();
    Ok(())
}

/// Puts new backup codes in the place of all older ones, for a user who has a code. An administrator needs a fresh proof of
/// identity besides, because a code alone is not one for them.
///
/// # Errors
/// `CONFLICT` where the second factor is off; `INVALID_MFA_CODE`, `REAUTHENTICATION_REQUIRED`, `RATE_LIMITED`.
pub async fn regenerate_backup_codes(
    app: &App,
    caller: &Caller,
    viewer: &Viewer,
    typed: &str,
) -> Result<Vec<BackupCode>> {
    let now = app.clock.now();
    let (user, session) = (viewer.user(), viewer.session().id);
    demand_mfa(app, viewer).await?;
    if user.role == Role::Admin {
        viewer.require_recent(app, now)?;
    }
    let code = app.verify_code(CodePlace::Session(session), user, typed, now).await?;
    let codes: Vec<BackupCode> = (0..BACKUP_CODES).map(|_| BackupCode::random()).collect::<Result<_>>()?;

    let mut tx = app.db.begin().await?;
    viewer.hold(&mut tx, now).await?;
    if app.consume_code(&mut tx, caller, user, code.as_ref(), now).await?.is_none() {
        drop(tx);
        return refuse(app, caller, viewer, AuditAction::BackupCodesRegenerated, now).await;
    }
    mfa::replace_backup_codes(&mut tx, user.id, &codes).await?;
    let event = NewAuditEvent::success(AuditAction::BackupCodesRegenerated).by(user.id).in_session(session);
    audit_log::write(&mut tx, caller, event, now).await?;
    let details = Details::for_action(viewer.session().device_label(), caller, now);
    app.post(&mut tx, MailKind::BackupCodesRegenerated, user, details, now).await?;
    tx.commit().await?;
    app.mail_posted.notify_one();
    Ok(codes)
}

async fn demand_mfa(app: &App, viewer: &Viewer) -> Result<()> {
    if mfa::find(&app.db, viewer.user().id).await?.is_some() {
        return Ok(());
    }
    Err(Refusal::Conflict("The second factor is off.").into())
}

async fn refuse<T>(app: &App, caller: &Caller, viewer: &Viewer, action: AuditAction, now: Time) -> Result<T> {
    let failed = NewAuditEvent::failure(action).by(viewer.user().id).in_session(viewer.session().id);
    Err(app.refuse_code(caller, (viewer.user(), failed), None, now).await?.into())
}
