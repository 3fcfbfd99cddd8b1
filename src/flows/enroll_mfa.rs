//! Turning the second factor on: a secret is shown, and a code of it confirms.

use std::time::Duration;

use crate::app::guesses::{self, CodeContext};
use crate::app::sign_in::second_factor;
use crate::app::viewer::Viewer;
use crate::app::{App, mail};
use crate::error::{ErrorReason, Refusal, Result};
use crate::records::outbox::{Details, MailKind};
use crate::records::{audit_log, mfa};
use crate::tools::qr_code;
use crate::tools::totp::TotpSecret;
use crate::values::audit::AuditAction;
use crate::values::caller::Caller;
use crate::values::mfa::{BACKUP_CODES, BackupCode, TypedCode};
use crate::values::time::Time;

/// How long a shown secret waits to be confirmed.
const ENROLLMENT_LIFETIME: Duration = Duration::from_mins(15);

/// What an authenticator app needs, shown once.
pub struct Enrollment {
    /// The secret, to type.
    pub secret: String,
    /// The `otpauth:` URI.
    pub uri: String,
    /// The URI as a picture.
    pub qr_code: String,
    /// How long it waits to be confirmed.
    pub expires_at: Time,
}

/// Makes a secret. The second factor stays off until a code of it confirms.
///
/// # Errors
/// `REAUTHENTICATION_REQUIRED`; `CONFLICT` where the second factor is on already.
pub async fn start_mfa_enrollment(app: &App, caller: &Caller, viewer: &Viewer) -> Result<Enrollment> {
    let now = app.clock.now();
    viewer.require_recent(app, now)?;
    let user = viewer.user();
    if mfa::find(&app.db, user.id).await?.is_some() {
        return Err(Refusal::conflict(
            ErrorReason::MfaOn,
            "The second factor is on already. Please turn it off first.",
        )
        .into());
    }
    let secret = TotpSecret::random()?;
    let uri = secret.uri(&app.config.mfa.issuer, user.email.as_str())?;
    let sealed = app.sealer.seal(secret.expose(), user.id.uuid().as_bytes())?;
    let expires_at = now + ENROLLMENT_LIFETIME;
    let mut tx = app.db.begin().await?;
    viewer.hold(&mut tx, now).await?;
    mfa::enroll(&mut tx, user.id, viewer.session().id, sealed, expires_at).await?;
    audit_log::write(&mut tx, caller, viewer.success(AuditAction::MfaEnrollmentStarted), now).await?;
    tx.commit().await?;
    Ok(Enrollment { secret: secret.to_base32(), qr_code: qr_code::data_uri(&uri)?, uri, expires_at })
}

/// Turns the second factor on, and answers the backup codes.
///
/// # Errors
/// `INVALID_MFA_CODE`; `CONFLICT` where there is nothing to confirm; `RATE_LIMITED`.
pub async fn confirm_mfa_enrollment(
    app: &App,
    caller: &Caller,
    viewer: &Viewer,
    typed: &str,
) -> Result<Vec<BackupCode>> {
    let now = app.clock.now();
    let (user, session) = (viewer.user(), viewer.session());
    guesses::reserve_code(app, CodeContext::Session(session.id), user.id, now).await?;
    let no_enrollment =
        Refusal::conflict(ErrorReason::NoEnrollment, "There is no enrollment to confirm. Please start one.");
    let sealed = mfa::find_enrollment(&app.db, user.id, session.id, now).await?.ok_or(no_enrollment.clone())?;
    let secret = TotpSecret::from_bytes(&app.sealer.unseal(&sealed, user.id.uuid().as_bytes())?)?;
    let step = match TypedCode::parse(typed) {
        Some(TypedCode::Totp(code)) => secret.matching_step(code.expose(), now),
        Some(TypedCode::Backup(_)) | None => None,
    };
    let Some(step) = step else {
        second_factor::count_wrong_code(app, caller, user, viewer.failure(AuditAction::MfaEnabled), now).await?;
        return Err(Refusal::InvalidMfaCode { attempts_left: None }.into());
    };
    let codes: Vec<BackupCode> = (0..BACKUP_CODES).map(|_| BackupCode::random()).collect::<Result<_>>()?;

    let mut tx = app.db.begin().await?;
    viewer.hold(&mut tx, now).await?;
    // The secret that was compared must still be the one that waits.
    if !mfa::enable(&mut tx, user.id, &sealed, step, now).await? {
        return Err(no_enrollment.into());
    }
    mfa::replace_backup_codes(&mut tx, user.id, &codes).await?;
    audit_log::write(&mut tx, caller, viewer.success(AuditAction::MfaEnabled), now).await?;
    let details = Details::for_action(session.device_label(), caller, now);
    mail::post(&mut tx, MailKind::MfaEnabled, user, details, now).await?;
    tx.commit().await?;
    Ok(codes)
}
