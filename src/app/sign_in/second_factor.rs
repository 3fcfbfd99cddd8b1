//! The second factor: the challenge of a login, and the one place where its codes are checked.

use std::time::Duration;

use uuid::Uuid;

use super::authenticated_user::AuthenticatedUser;
use crate::app::guesses::{self, CodeContext};
use crate::app::{App, mail};
use crate::error::{ErrorReason, Refusal, Result};
use crate::records::audit_log::{self, NewAuditEvent};
use crate::records::mfa;
use crate::records::mfa_challenges::{self, NewChallenge};
use crate::records::outbox::{Details, MailKind};
use crate::records::users::{self, User};
use crate::tools::db::Tx;
use crate::tools::totp::TotpSecret;
use crate::values::audit::AuditAction;
use crate::values::caller::Caller;
use crate::values::ids::UserId;
use crate::values::mfa::TypedCode;
use crate::values::secret_token::{ChallengeToken, TokenHash};
use crate::values::session::AuthMethod;
use crate::values::time::Time;

/// How long a login waits for its second factor.
const CHALLENGE_LIFETIME: Duration = Duration::from_mins(5);

/// The owner gets one email when so many codes were wrong in this period.
const WRONG_CODES_NOTIFIED: i64 = 5;
const WRONG_CODES_PERIOD: Duration = Duration::from_hours(24);

/// A login that waits for its second factor. There is no session yet.
#[derive(Debug)]
pub struct MfaChallenge {
    /// Held by this client alone.
    pub token: ChallengeToken,
    /// How long it waits.
    pub expires_at: Time,
    /// The second factors that are accepted.
    pub methods: Vec<AuthMethod>,
}

/// A code that matches, before it is consumed.
#[derive(Debug)]
pub enum MatchedCode {
    /// A code of the authenticator, of this time step (RFC 6238).
    Step(i64),
    /// A possible backup code; whether there is one of this hash is found out when it is consumed.
    Backup(TokenHash),
}

/// Opens a challenge, if the user has a second factor.
pub(super) async fn challenge(
    tx: &mut Tx,
    authenticated: &AuthenticatedUser<'_>,
    now: Time,
) -> Result<Option<MfaChallenge>> {
    let user = authenticated.user.id;
    if mfa::find_in(tx, user).await?.is_none() {
        return Ok(None);
    }
    let expires_at = now + CHALLENGE_LIFETIME;
    let new = NewChallenge {
        user,
        first_factor: authenticated.method,
        client: &authenticated.client,
        caller: authenticated.caller,
        expires_at,
    };
    let token = mfa_challenges::open(tx, new).await?;
    let mut methods = vec![AuthMethod::Totp];
    if mfa::count_backup_codes_in(tx, user).await? > 0 {
        methods.push(AuthMethod::BackupCode);
    }
    Ok(Some(MfaChallenge { token, expires_at, methods }))
}

/// Requires that the second factor is on.
///
/// # Errors
/// `CONFLICT` where it is off.
pub async fn require_enabled(app: &App, user: UserId) -> Result<()> {
    if mfa::find(&app.db, user).await?.is_some() {
        return Ok(());
    }
    Err(Refusal::conflict(ErrorReason::MfaOff, "The second factor is off.").into())
}

/// Checks a code, after counting the attempt. It is not consumed yet: [`consume_code`] does that in the transaction of the
/// flow.
///
/// # Errors
/// `RATE_LIMITED`; a fault where the stored secret cannot be unsealed, which is never the fault of the code.
pub async fn verify_code(
    app: &App,
    context: CodeContext<'_>,
    user: &User,
    typed: &str,
    now: Time,
) -> Result<Option<MatchedCode>> {
    guesses::reserve_code(app, context, user.id, now).await?;
    let Some(authenticator) = mfa::find(&app.db, user.id).await? else { return Ok(None) };
    match TypedCode::parse(typed) {
        None => Ok(None),
        Some(TypedCode::Backup(code)) => Ok(Some(MatchedCode::Backup(code.hash(user.id)))),
        Some(TypedCode::Totp(code)) => {
            let secret = app.sealer.unseal(&authenticator.sealed_secret, user.id.uuid().as_bytes())?;
            let step = TotpSecret::from_bytes(&secret)?.matching_step(code.expose(), now);
            Ok(step.map(MatchedCode::Step))
        }
    }
}

/// Consumes a code that matched. `None` where it was used before, also where another request uses it at the same moment.
pub async fn consume_code(
    tx: &mut Tx,
    caller: &Caller,
    user: &User,
    code: Option<&MatchedCode>,
    now: Time,
) -> Result<Option<AuthMethod>> {
    let Some(code) = code else { return Ok(None) };
    // The user before anything of theirs, in the same order as a reset of the password: the two would deadlock otherwise.
    users::hold(tx, user.id).await?;
    match code {
        MatchedCode::Step(step) => Ok(mfa::use_step(tx, user.id, *step).await?.then_some(AuthMethod::Totp)),
        MatchedCode::Backup(hash) => {
            if !mfa::use_backup_code(tx, user.id, hash, now).await? {
                return Ok(None);
            }
            let remaining = mfa::count_backup_codes_in(tx, user.id).await?;
            let event = NewAuditEvent::success(AuditAction::BackupCodeUsed).by(user.id).with("remaining", remaining);
            audit_log::write(tx, caller, event, now).await?;
            let details = Details { remaining: Some(remaining), ..mail::request_details(caller, now) };
            mail::post(tx, MailKind::BackupCodeUsed, user, details, now).await?;
            Ok(Some(AuthMethod::BackupCode))
        }
    }
}

/// Counts a wrong code and writes it into the audit trail.
pub async fn count_wrong_code(app: &App, caller: &Caller, user: &User, failed: NewAuditEvent, now: Time) -> Result<()> {
    notify_of_wrong_codes(app, caller, Some(user), now).await?;
    let mut tx = app.db.begin().await?;
    audit_log::write(&mut tx, caller, failed.with("reason", "INVALID_MFA_CODE"), now).await?;
    tx.commit().await
}

/// Counts a wrong code of a user's second factor. After the fifth in a day the user gets an email, because a person who types
/// codes knows the password already. Without a user it runs the same statements.
pub async fn notify_of_wrong_codes(app: &App, caller: &Caller, user: Option<&User>, now: Time) -> Result<()> {
    let mut tx = app.db.begin().await?;
    let id = user.map_or(UserId::from(Uuid::nil()), |user| user.id);
    let wrong = mfa::count_wrong_code(&mut tx, id, WRONG_CODES_PERIOD, now).await?;
    if let Some(user) = user.filter(|_| wrong == Some(WRONG_CODES_NOTIFIED)) {
        mail::post(&mut tx, MailKind::MfaCodesRefused, user, mail::request_details(caller, now), now).await?;
    }
    tx.commit().await
}
