//! The second step of a sign-in.

use crate::app::App;
use crate::app::entrant::AuthenticatedUser;
use crate::app::guesses::CodePlace;
use crate::app::sign_in::NewTokens;
use crate::error::{Refusal, Result};
use crate::records::audit_log::{self, NewAuditEvent};
use crate::records::{mfa_challenges, users};
use crate::values::audit::AuditAction;
use crate::values::caller::Caller;
use crate::values::secret_token::ChallengeToken;
use crate::values::user::locked;

/// Opens the session that a challenge stands for. The attempt is counted before the code is looked at, so that many at
/// once are not judged more often than many in a row.
///
/// # Errors
/// `INVALID_TOKEN` for a challenge that is unknown, over or used up; `INVALID_MFA_CODE` with the attempts left;
/// `ACCOUNT_LOCKED`, `RATE_LIMITED`.
pub async fn verify_mfa(app: &App, caller: &Caller, token: &ChallengeToken, typed: &str) -> Result<NewTokens> {
    let now = app.clock.now();
    let most = app.config.mfa.challenge_attempts;
    let counted = mfa_challenges::count_attempt(&app.db, token, most.unwrap_or(i32::MAX), now).await?;
    let challenge = counted.ok_or(Refusal::InvalidToken)?;
    let user = users::find(&app.db, challenge.user_id).await?.filter(|user| user.deleted_at.is_none());
    let user = user.ok_or(Refusal::InvalidToken)?;
    let code = app.verify_code(CodePlace::SignIn(caller), &user, typed, now).await?;

    let mut tx = app.db.begin().await?;
    let Some(method) = app.consume_code(&mut tx, caller, &user, code.as_ref(), now).await? else {
        drop(tx);
        let failed = NewAuditEvent::failure(AuditAction::Login)
            .about(Some(user.id))
            .with("firstFactorAddress", challenge.address)
            .with("firstFactorUserAgent", challenge.user_agent);
        return Err(app
            .refuse_code(caller, (&user, failed), most.map(|most| most - challenge.attempts), now)
            .await?
            .into());
    };
    if !mfa_challenges::consume(&mut tx, token, now).await? {
        return Err(Refusal::InvalidToken.into());
    }
    // The right password came before: a lock that strangers' guesses have made since then keeps no one out.
    if let Some(until) = user.locked_until.filter(|_| user.is_locked_by_admin(now)) {
        // The code and the challenge stay used up: the refusal leaves its trace.
        let failed = NewAuditEvent::failure(AuditAction::Login).about(Some(user.id)).with("reason", "ACCOUNT_LOCKED");
        audit_log::write(&mut tx, caller, failed, now).await?;
        tx.commit().await?;
        return Err(locked(until, now).into());
    }
    let entrant =
        AuthenticatedUser { user, caller, device_name: challenge.device_name, method: challenge.first_factor };
    let opened = app.open_session(&mut tx, entrant, Some(method), now).await?;
    let event = NewAuditEvent::success(AuditAction::Login)
        .by(opened.session().user_id)
        .in_session(opened.session().id)
        .with("method", challenge.first_factor.as_str())
        .with("secondFactor", method.as_str())
        .with("firstFactorAddress", challenge.address)
        .with("firstFactorUserAgent", challenge.user_agent);
    audit_log::write(&mut tx, caller, event, now).await?;
    tx.commit().await?;
    app.mail_posted.notify_one();
    app.remember_device(caller).await;
    opened.sign(app)
}
