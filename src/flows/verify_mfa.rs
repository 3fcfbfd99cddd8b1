//! The second step of a login.

use crate::app::guesses::CodeContext;
use crate::app::sign_in::authenticated_user::AuthenticatedUser;
use crate::app::sign_in::{self, NewTokens, second_factor};
use crate::app::{App, known_devices};
use crate::error::{Error, ErrorReason, Refusal, Result};
use crate::records::audit_log::{self, NewAuditEvent};
use crate::records::mfa_challenges::{self, Challenge};
use crate::records::users;
use crate::tools::db::Tx;
use crate::values::audit::AuditAction;
use crate::values::caller::Caller;
use crate::values::secret_token::ChallengeToken;
use crate::values::time::Time;
use crate::values::user::AccountLock;

/// Opens the session that a challenge stands for. The attempt is counted before the code is checked, so that simultaneous
/// attempts are limited like successive ones.
///
/// # Errors
/// `INVALID_TOKEN` for a challenge that is unknown, over or used up; `INVALID_MFA_CODE` with the attempts left;
/// `ACCOUNT_LOCKED`, `RATE_LIMITED`.
pub async fn verify_mfa(app: &App, caller: &Caller, token: &ChallengeToken, typed: &str) -> Result<NewTokens> {
    let now = app.clock.now();
    let most = app.config.mfa.challenge_attempts;
    let counted = mfa_challenges::count_attempt(&app.db, token, most.unwrap_or(i32::MAX), now).await?;
    let challenge = counted.ok_or(Refusal::InvalidToken { reason: ErrorReason::Unknown })?;
    let user = users::find(&app.db, challenge.user_id).await?.filter(|user| user.deleted_at.is_none());
    let user = user.ok_or(Refusal::InvalidToken { reason: ErrorReason::Unknown })?;
    let code = second_factor::verify_code(app, CodeContext::SignIn(caller), &user, typed, now).await?;

    let mut tx = app.db.begin().await?;
    let Some(method) = second_factor::consume_code(&mut tx, caller, &user, code.as_ref(), now).await? else {
        drop(tx);
        let attempts_left = most.map(|most| most - challenge.attempts);
        let failed = NewAuditEvent::failure(AuditAction::Login).about(Some(user.id));
        second_factor::count_wrong_code(app, caller, &user, with_first_factor(failed, &challenge), now).await?;
        return Err(Refusal::InvalidMfaCode { attempts_left }.into());
    };
    if !mfa_challenges::consume(&mut tx, token, now).await? {
        return Err(Refusal::InvalidToken { reason: ErrorReason::Unknown }.into());
    }
    // The right password came before, so a lock by wrong passwords of strangers since then does not matter.
    if let Some(lock) = user.lock_by_admin(now) {
        let failed = NewAuditEvent::failure(AuditAction::Login).about(Some(user.id));
        return Err(refuse_locked(tx, caller, failed, lock, now).await?);
    }
    let event = NewAuditEvent::success(AuditAction::Login)
        .by(user.id)
        .with("method", challenge.first_factor.as_str())
        .with("secondFactor", method.as_str());
    let event = with_first_factor(event, &challenge);
    let authenticated =
        AuthenticatedUser { user, caller, device_name: challenge.device_name, method: challenge.first_factor };
    let opened = sign_in::open_session(app, &mut tx, authenticated, Some(method), now).await?;
    audit_log::write(&mut tx, caller, event.in_session(opened.session().id), now).await?;
    tx.commit().await?;
    known_devices::remember(app, caller).await;
    opened.sign(app)
}

/// Adds where the first factor came from: the two steps of one login may come from different clients.
fn with_first_factor(event: NewAuditEvent, challenge: &Challenge) -> NewAuditEvent {
    event
        .with("firstFactorAddress", challenge.address.clone())
        .with("firstFactorUserAgent", challenge.user_agent.clone())
}

/// Commits, so that the code and the challenge stay used up and the refusal is in the trail.
async fn refuse_locked(
    mut tx: Tx,
    caller: &Caller,
    failed: NewAuditEvent,
    lock: AccountLock,
    now: Time,
) -> Result<Error> {
    audit_log::write(&mut tx, caller, failed.with("reason", "ACCOUNT_LOCKED"), now).await?;
    tx.commit().await?;
    Ok(lock.refusal(now).into())
}
