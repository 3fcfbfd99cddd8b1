//! Turning the second factor off.

use crate::app::guesses::CodeContext;
use crate::app::sign_in::second_factor;
use crate::app::viewer::Viewer;
use crate::app::{App, mail, password_confirmation};
use crate::error::{Refusal, Result};
use crate::records::outbox::{Details, MailKind};
use crate::records::{audit_log, mfa};
use crate::values::audit::AuditAction;
use crate::values::caller::Caller;
use crate::values::password::Password;

/// Turns the second factor off, for a user who gives the password and a code. A user without a password needs a recent
/// login and a code.
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
    let (user, session) = (viewer.user(), viewer.session());
    second_factor::require_enabled(app, user.id).await?;
    match password {
        Some(password) => {
            password_confirmation::require(app, caller, viewer, password, now).await?;
        }
        None if user.password_hash.is_some() => return Err(Refusal::InvalidCredentials.into()),
        None => viewer.require_recent(app, now)?,
    }
    let code = second_factor::verify_code(app, CodeContext::Session(session.id), user, typed, now).await?;

    let mut tx = app.db.begin().await?;
    viewer.hold(&mut tx, now).await?;
    if second_factor::consume_code(&mut tx, caller, user, code.as_ref(), now).await?.is_none() {
        drop(tx);
        let failed = viewer.failure(AuditAction::MfaDisabled);
        second_factor::count_wrong_code(app, caller, user, failed, now).await?;
        return Err(Refusal::InvalidMfaCode { attempts_left: None }.into());
    }
    mfa::disable(&mut tx, user.id).await?;
    audit_log::write(&mut tx, caller, viewer.success(AuditAction::MfaDisabled), now).await?;
    let details = Details::for_action(session.device_label(), caller, now);
    mail::post(&mut tx, MailKind::MfaDisabled, user, details, now).await?;
    tx.commit().await
}
