//! Exchanging a refresh token for the next one and a new access token.

use std::time::Duration;

use crate::app::sign_in::{NewTokens, OpenedSession};
use crate::app::{App, counters, mail, sign_in};
use crate::error::{ErrorCode, OrFault, Refusal, Result};
use crate::records::audit_log::{self, NewAuditEvent};
use crate::records::outbox::{Details, MailKind};
use crate::records::refresh_tokens::{self, KnownToken, NewToken, RefreshCaller};
use crate::records::sessions::{self, SessionOfUser};
use crate::tools::db::Tx;
use crate::values::audit::AuditAction;
use crate::values::caller::Caller;
use crate::values::device_fingerprint::DeviceFingerprint;
use crate::values::ids::SessionId;
use crate::values::secret_token::{IdempotencyKey, RefreshToken};
use crate::values::session::SessionEndReason;
use crate::values::time::Time;

/// Exchanges the presented token. Of simultaneous uses exactly one wins. A second use gets the same successor again where it
/// is the same attempt (same key, within the replay window) or a race (same device, within the race window, the successor
/// unused); any other second use ends the session (RFC 9700, section 4.14.2).
///
/// Within the race window the device that a token was issued to gets that same token once more. Of many tabs one may be so
/// late that it presents the new token already; if that were used up, the old one in the requests of the other tabs would be
/// a reuse.
///
/// # Errors
/// `UNAUTHENTICATED` for an unknown token, `SESSION_ENDED` with the reason, `REFRESH_TOKEN_REUSED`.
pub async fn refresh(
    app: &App,
    caller: &Caller,
    presented: &RefreshToken,
    key: Option<&IdempotencyKey>,
) -> Result<NewTokens> {
    let result = exchange(app, caller, presented, key).await;
    counters::count_refresh(app, result.as_ref().map(|exchanged| exchanged.how));
    result.map(|exchanged| exchanged.tokens)
}

/// New tokens, and in which way they came about, as the metrics call it.
struct Exchanged {
    tokens: NewTokens,
    how: &'static str,
}

async fn exchange(
    app: &App,
    caller: &Caller,
    presented: &RefreshToken,
    key: Option<&IdempotencyKey>,
) -> Result<Exchanged> {
    let now = app.clock.now();
    let device = DeviceFingerprint::from_caller(caller);
    let by = RefreshCaller { key, device: &device, spares_after: now - race_window(app) };
    let attempt = RefreshAttempt { presented, by, now };
    let mut tx = app.db.begin().await?;

    let Some(session) = refresh_tokens::consume(&mut tx, presented, &attempt.by, now).await? else {
        return answer_second_use(app, tx, caller, &attempt).await;
    };
    let opened = rotate(app, &mut tx, session, &attempt).await?;
    let event = NewAuditEvent::success(AuditAction::SessionRefreshed).by(opened.session().user_id).in_session(session);
    audit_log::write(&mut tx, caller, event, now).await?;
    tx.commit().await?;

    Ok(Exchanged { tokens: opened.sign(app)?, how: "REFRESHED" })
}

/// A token that is presented, by whom, and when.
struct RefreshAttempt<'a> {
    presented: &'a RefreshToken,
    by: RefreshCaller<'a>,
    now: Time,
}

/// How far apart two uses of one token may be to count as a race. An answer that is given again holds the access token of
/// the first, which must still be of use.
fn race_window(app: &App) -> Duration {
    app.config.sessions.refresh_race_window.min(app.config.access_tokens.lifetime / 2)
}

/// Issues the successor of a token that has just been used up.
async fn rotate(app: &App, tx: &mut Tx, session: SessionId, attempt: &RefreshAttempt<'_>) -> Result<OpenedSession> {
    let now = attempt.now;
    let found = sessions::find_with_user_in(tx, session).await?;
    let SessionOfUser { mut session, user } = found.or_fault("reading the session of a spent refresh token")?;
    if user.deleted_at.is_some() {
        return Err(Refusal::SessionEnded { reason: SessionEndReason::AccountDeleted.as_str() }.into());
    }
    if user.lock_by_admin(now).is_some() {
        return Err(Refusal::SessionEnded { reason: SessionEndReason::AccountLocked.as_str() }.into());
    }
    let expires_at = sign_in::session_expiry(app, session.opened_at, now);
    sessions::extend(tx, session.id, expires_at, now).await?;
    (session.last_seen_at, session.expires_at) = (now, expires_at);

    // Derived and not random: a second use can be given the same successor, although only its hash is stored.
    let successor = attempt.presented.successor(&session.refresh_salt);
    let new = NewToken { token: &successor, session: session.id, issued_to: Some(attempt.by.device), expires_at };
    let issued = refresh_tokens::issue(tx, new, now).await?;
    Ok(OpenedSession::from_refresh(user, session, successor, issued))
}

/// Answers the use of a token that could not be used up.
async fn answer_second_use(app: &App, mut tx: Tx, caller: &Caller, attempt: &RefreshAttempt<'_>) -> Result<Exchanged> {
    let now = attempt.now;
    let known = refresh_tokens::find(&mut tx, attempt.presented).await?.ok_or(Refusal::Unauthenticated)?;
    let found = sessions::find_with_user_in(&mut tx, known.session_id).await?;
    let found = found.or_fault("reading the session of a known refresh token")?;
    if let Some(reason) = found.session.end_reason_at(now) {
        return Err(Refusal::SessionEnded { reason: reason.as_str() }.into());
    }
    match classify(app, &mut tx, &found, attempt, known).await? {
        // Nothing is written: the answer is the one that was given before.
        SecondUse::Replay(tokens) => Ok(Exchanged { tokens: tokens.sign(app, found)?, how: "REPLAYED" }),
        SecondUse::Race(tokens) => {
            let event =
                NewAuditEvent::success(AuditAction::SessionRefreshed).by(found.user.id).in_session(found.session.id);
            audit_log::write(&mut tx, caller, event.with("race", true), now).await?;
            tx.commit().await?;
            Ok(Exchanged { tokens: tokens.sign(app, found)?, how: "RACED" })
        }
        SecondUse::Expired => Err(Refusal::SessionEnded { reason: SessionEndReason::Expired.as_str() }.into()),
        SecondUse::Reuse if end_reused(tx, caller, &found, now).await? => Err(Refusal::RefreshTokenReused.into()),
        SecondUse::Reuse => Err(Refusal::SessionEnded { reason: SessionEndReason::TokenReused.as_str() }.into()),
    }
}

/// What a use is that uses up no token.
enum SecondUse {
    /// The client that used the token asks again, because the answer was lost on its way.
    Replay(ReissuedTokens),
    /// The same device at almost the same moment: two tabs of one browser. It is none once the successor was used: then the
    /// chain has gone on without this client.
    Race(ReissuedTokens),
    /// The token was never used, and is too old.
    Expired,
    /// The token is in other hands.
    Reuse,
}

/// The tokens that were given before.
struct ReissuedTokens {
    token: RefreshToken,
    issued: KnownToken,
}

impl ReissuedTokens {
    fn sign(self, app: &App, found: SessionOfUser) -> Result<NewTokens> {
        OpenedSession::from_refresh(found.user, found.session, self.token, self.issued).sign(app)
    }
}

async fn classify(
    app: &App,
    tx: &mut Tx,
    found: &SessionOfUser,
    RefreshAttempt { presented, by, now }: &RefreshAttempt<'_>,
    known: KnownToken,
) -> Result<SecondUse> {
    let Some(used_at) = known.used_at else {
        let is_new = known.issued_to.as_ref() == Some(by.device) && known.issued_at > by.spares_after;
        let token = (*presented).clone();
        return Ok(if is_new { SecondUse::Race(ReissuedTokens { token, issued: known }) } else { SecondUse::Expired });
    };
    let successor = presented.successor(&found.session.refresh_salt);
    let Some(issued) = refresh_tokens::find(tx, &successor).await? else { return Ok(SecondUse::Reuse) };
    let is_unused = issued.used_at.is_none();
    let tokens = ReissuedTokens { token: successor, issued };
    let is_same_attempt = by.key.is_some_and(|key| known.used_key.as_ref() == Some(&key.hash()));
    if is_same_attempt && used_at + app.config.sessions.refresh_replay_window > *now {
        return Ok(SecondUse::Replay(tokens));
    }
    let is_same_device = known.used_by.as_ref() == Some(by.device);
    let is_race = is_unused && is_same_device && used_at > by.spares_after;
    Ok(if is_race { SecondUse::Race(tokens) } else { SecondUse::Reuse })
}

/// Two clients have the same token and one of them is a thief's, so the session ends for both. False where another request
/// has ended it at the same moment; that request answers for it.
async fn end_reused(mut tx: Tx, caller: &Caller, found: &SessionOfUser, now: Time) -> Result<bool> {
    let SessionOfUser { session, user } = found;
    if !sessions::end(&mut tx, session.id, SessionEndReason::TokenReused, now).await? {
        return Ok(false);
    }
    let event = NewAuditEvent::failure(AuditAction::RefreshTokenReused).about(Some(user.id)).in_session(session.id);
    let event = event.with("reason", ErrorCode::RefreshTokenReused.as_str());
    audit_log::write(&mut tx, caller, event, now).await?;
    let details = Details::for_action(session.device_label(), caller, now);
    mail::post(&mut tx, MailKind::SessionCompromised, user, details, now).await?;
    // Committed before the refusal, which must not undo it.
    tx.commit().await?;
    Ok(true)
}
