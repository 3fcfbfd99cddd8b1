//! New backup codes.

use crate::app::guesses::CodeContext;
use crate::app::sign_in::second_factor;
use crate::app::viewer::Viewer;
use crate::app::{App, mail};
use crate::error::{Refusal, Result};
use crate::records::outbox::{Details, MailKind};
use crate::records::{audit_log, mfa};
use crate::values::audit::AuditAction;
use crate::values::caller::Caller;
use crate::values::mfa::{BACKUP_CODES, BackupCode};
use crate::values::user::Role;

/// Replaces all backup codes, for a user who gives a code. An administrator needs a recent proof of identity as well,
/// because for them a code alone is not one.
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
    let (user, session) = (viewer.user(), viewer.session());
    second_factor::require_enabled(app, user.id).await?;
    if user.role == Role::Admin {
        viewer.require_recent(app, now)?;
    }
    let code = second_factor::verify_code(app, CodeContext::Session(session.id), user, typed, now).await?;
    let codes: Vec<BackupCode> = (0..BACKUP_CODES).map(|_| BackupCode::random()).collect::<Result<_>>()?;

    let mut tx = app.db.begin().await?;
    viewer.hold(&mut tx, now).await?;
    if second_factor::consume_code(&mut tx, caller, user, code.as_ref(), now).await?.is_none() {
        drop(tx);
        let failed = viewer.failure(AuditAction::BackupCodesRegenerated);
        second_factor::count_wrong_code(app, caller, user, failed, now).await?;
        return Err(Refusal::InvalidMfaCode { attempts_left: None }.into());
    }
    mfa::replace_backup_codes(&mut tx, user.id, &codes).await?;
    audit_log::write(&mut tx, caller, viewer.success(AuditAction::BackupCodesRegenerated), now).await?;
    let details = Details::for_action(session.device_label(), caller, now);
    mail::post(&mut tx, MailKind::BackupCodesRegenerated, user, details, now).await?;
    tx.commit().await?;
    Ok(codes)
}
