//! The second step of a login.

use crate::app::guesses::CodeContext;
use crate::app::sign_in::authenticated_user::AuthenticatedUser;
use crate::app::sign_in::outcome::LoginOutcome;
use crate::app::sign_in::{self, second_factor};
use crate::app::{App, counters, known_devices};
use crate::error::{Error, FieldErrorCode, FieldFault, Refusal, Result};
use crate::records::audit_log::{self, NewAuditEvent};
use crate::records::mfa_challenges::{self, Challenge};
use crate::records::users::{self, User};
use crate::tools::db::Tx;
use crate::values::audit::AuditAction;
use crate::values::caller::Caller;
use crate::values::secret_token::ChallengeToken;
use crate::values::session::{LoginClient, TokenDelivery};
use crate::values::time::Time;
use crate::values::user::AccountLock;

/// The second step of a login, as a client asks for it.
#[derive(Debug)]
pub struct MfaProof {
    /// The challenge.
    pub token: ChallengeToken,
    /// The code, as it was typed.
    pub code: String,
    /// Whether the answer can set a cookie.
    pub can_set_cookie: bool,
}

/// Opens the session that a challenge stands for. The attempt is counted before the code is checked, so that simultaneous
/// attempts are limited like successive ones.
///
/// # Errors
/// `INVALID_TOKEN` for a challenge that is unknown, over, or used (also by too many attempts); `INVALID_MFA_CODE` with the
/// attempts left; `VALIDATION_FAILED` for a challenge whose client wants a cookie that the answer cannot set;
/// `ACCOUNT_LOCKED`, `RATE_LIMITED`.
pub async fn verify_mfa(app: &App, caller: &Caller, proof: &MfaProof) -> Result<LoginOutcome> {
    let result = check_and_accept(app, caller, proof).await;
    counters::count_mfa(app, &result);
    result
}

async fn check_and_accept(app: &App, caller: &Caller, proof: &MfaProof) -> Result<LoginOutcome> {
    let now = app.clock.now();
    let (challenge, user) = count_attempt(app, proof, now).await?;
    let code = second_factor::verify_code(app, CodeContext::SignIn(caller), &user, &proof.code, now).await?;

    let mut tx = app.db.begin().await?;
    let Some(second) = second_factor::consume_code(&mut tx, caller, &user, code.as_ref(), now).await? else {
        drop(tx);
        let attempts_left = app.config.mfa.challenge_attempts.map(|most| most - challenge.attempts);
        let failed = NewAuditEvent::failure(AuditAction::Login).about(Some(user.id));
        second_factor::count_wrong_code(app, caller, &user, with_first_factor(failed, &challenge), now).await?;
        return Err(Refusal::InvalidMfaCode { attempts_left }.into());
    };
    if !mfa_challenges::consume(&mut tx, &proof.token, now).await? {
        return Err(mfa_challenges::refusal_in(&mut tx, &proof.token, attempts_limit(app)).await?.into());
    }
    // The right password came before, so a lock by wrong passwords of strangers since then does not matter.
    if let Some(lock) = user.lock_by_admin(now) {
        let failed = NewAuditEvent::failure(AuditAction::Login).about(Some(user.id));
        return Err(refuse_locked(tx, caller, failed, lock, now).await?);
    }
    let event = NewAuditEvent::success(AuditAction::Login)
        .by(user.id)
        .with("method", challenge.first_factor.as_str())
        .with("secondFactor", second.as_str());
    let event = with_first_factor(event, &challenge);
    let Challenge { device_name, token_delivery, first_factor: method, .. } = challenge;
    let client = LoginClient { device_name, token_delivery };
    let authenticated = AuthenticatedUser { user, caller, client, method, may_send_mail: false };
    let opened = sign_in::open_session(app, &mut tx, authenticated, Some(second), now).await?;
    audit_log::write(&mut tx, caller, event.in_session(opened.session().id), now).await?;
    tx.commit().await?;
    known_devices::remember(app, caller).await;
    Ok(LoginOutcome::SignedIn(Box::new(opened.sign(app)?), token_delivery))
}

/// Counts an attempt at a challenge. Answers the challenge and its user.
async fn count_attempt(app: &App, proof: &MfaProof, now: Time) -> Result<(Challenge, User)> {
    // Before anything is counted: the client can still send the code in a way that can set the cookie.
    if !proof.can_set_cookie {
        refuse_cookie(app, &proof.token).await?;
    }
    let limit = attempts_limit(app);
    let Some(challenge) = mfa_challenges::count_attempt(&app.db, &proof.token, limit, now).await? else {
        return Err(mfa_challenges::refusal(&app.db, &proof.token, limit).await?.into());
    };
    let user = users::find(&app.db, challenge.user_id).await?.filter(|user| user.deleted_at.is_none());
    let user = user.ok_or(Refusal::EXPIRED_TOKEN)?;
    Ok((challenge, user))
}

/// The most attempts at one challenge.
fn attempts_limit(app: &App) -> i32 {
    app.config.mfa.challenge_attempts.unwrap_or(i32::MAX)
}

/// Refuses a challenge whose client wants a cookie. It stays as it is.
async fn refuse_cookie(app: &App, token: &ChallengeToken) -> Result<()> {
    if mfa_challenges::find_token_delivery(&app.db, token).await? != Some(TokenDelivery::Cookie) {
        return Ok(());
    }
    let message = "This login asked for a cookie, which a WebSocket cannot set. Please send this mutation by POST.";
    Err(FieldFault::new(FieldErrorCode::Invalid, message).at("input.challengeToken").into())
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
