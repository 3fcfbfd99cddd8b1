//! Staying in: a refresh token is spent for its successor and a new access token.

use std::time::Duration;

use crate::app::App;
use crate::app::sign_in::{NewTokens, Opened};
use crate::error::{OrFault, Refusal, Result};
use crate::records::audit_log::{self, NewAuditEvent};
use crate::records::outbox::{self, Details, Draft, MailKind};
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

/// Spends the presented token. Of many simultaneous uses exactly one wins. Another use gets the same successor again where
/// it is the same attempt (same key, within the replay window) or a race (same device, within the race window, the
/// successor unused); any other ends the session (RFC 9700, section 4.14.2). Within the race window the device that a
/// token was issued to gets that same token once more: of many tabs one may be so late that it presents the new token
/// already, and if it were spent, the old one in the requests of the others would be a reuse.
///
/// # Errors
/// `UNAUTHENTICATED` for a token nobody knows, `SESSION_ENDED` with the reason, `REFRESH_TOKEN_REUSED`.
pub async fn refresh(
    app: &App,
    caller: &Caller,
    presented: &RefreshToken,
    key: Option<&IdempotencyKey>,
) -> Result<NewTokens> {
    let now = app.clock.now();
    let device = DeviceFingerprint::from_caller(caller);
    let attempt =
        Attempt { presented, by: RefreshCaller { key, device: &device, spares_after: now - race_window(app) }, now };
    let mut tx = app.db.begin().await?;

    let Some(session) = refresh_tokens::consume(&mut tx, presented, &attempt.by, now).await? else {
        return second_use(app, tx, caller, &attempt).await;
    };
    let opened = rotate(app, &mut tx, session, &attempt).await?;
    let event = NewAuditEvent::success(AuditAction::SessionRefreshed).by(opened.session().user_id).in_session(session);
    audit_log::write(&mut tx, caller, event, now).await?;
    tx.commit().await?;

    opened.sign(app)
}

/// A token that is presented, by whom, and when.
struct Attempt<'a> {
    presented: &'a RefreshToken,
    by: RefreshCaller<'a>,
    now: Time,
}

/// How long uses of one token may lie apart and be one race. An answer that is given again holds the access token of the
/// first, which must still be of use.
fn race_window(app: &App) -> Duration {
    app.config.sessions.refresh_race_window.min(app.config.access_tokens.lifetime / 2)
}

/// Issues the successor to a session whose token has just been spent.
async fn rotate(app: &App, tx: &mut Tx, session: SessionId, attempt: &Attempt<'_>) -> Result<Opened> {
    let now = attempt.now;
    let found = sessions::find_with_user_in(tx, session).await?;
    let SessionOfUser { mut session, user } = found.or_fault("reading the session of a spent refresh token")?;
    if user.deleted_at.is_some() {
        return Err(Refusal::SessionEnded { reason: SessionEndReason::AccountDeleted.as_str() }.into());
    }
    if user.is_locked_by_admin(now) {
        return Err(Refusal::SessionEnded { reason: SessionEndReason::AccountLocked.as_str() }.into());
    }
    let expires_at = app.session_expiry(session.opened_at, now);
    sessions::extend(tx, session.id, expires_at, now).await?;
    (session.last_seen_at, session.expires_at) = (now, expires_at);

    let successor = attempt.presented.successor(&session.refresh_salt);
    let new = NewToken { token: &successor, session: session.id, issued_to: Some(attempt.by.device), expires_at };
    let issued = refresh_tokens::issue(tx, new, now).await?;
    Ok(Opened::refreshed(user, session, successor, issued))
}

/// The token was not there to be spent: finds out why.
async fn second_use(app: &App, mut tx: Tx, caller: &Caller, attempt: &Attempt<'_>) -> Result<NewTokens> {
    let now = attempt.now;
    let known = refresh_tokens::find(&mut tx, attempt.presented).await?.ok_or(Refusal::Unauthenticated)?;
    let found = sessions::find_with_user_in(&mut tx, known.session_id).await?;
    let found = found.or_fault("reading the session of a known refresh token")?;
    if let Some(reason) = found.session.end_reason_at(now) {
        return Err(Refusal::SessionEnded { reason: reason.as_str() }.into());
    }
    match again(app, &mut tx, &found, attempt, known).await? {
        // Nothing is written, so nothing branches.
        Again::Replay(answer) => answer.give(app, found),
        Again::Race(answer) => {
            let event =
                NewAuditEvent::success(AuditAction::SessionRefreshed).by(found.user.id).in_session(found.session.id);
            audit_log::write(&mut tx, caller, event.with("race", true), now).await?;
            tx.commit().await?;
            answer.give(app, found)
        }
        Again::Expired => Err(Refusal::SessionEnded { reason: SessionEndReason::Expired.as_str() }.into()),
        Again::Reuse if end_reused(app, tx, caller, &found, now).await? => Err(Refusal::RefreshTokenReused.into()),
        Again::Reuse => Err(Refusal::SessionEnded { reason: SessionEndReason::TokenReused.as_str() }.into()),
    }
}

/// What a use is that spends nothing.
enum Again {
    /// The client that spent the token asks again, because the answer was lost on its way.
    Replay(Given),
    /// The same device at almost the same moment: two tabs of one browser. Once the successor is used the chain has gone on,
    /// and the old token is in other hands.
    Race(Given),
    /// The token was never used, and is too old.
    Expired,
    /// Somebody else has the token.
    Reuse,
}

/// The tokens that were given before.
struct Given {
    token: RefreshToken,
    issued: KnownToken,
}

impl Given {
    fn give(self, app: &App, found: SessionOfUser) -> Result<NewTokens> {
        Opened::refreshed(found.user, found.session, self.token, self.issued).sign(app)
    }
}

async fn again(
    app: &App,
    tx: &mut Tx,
    found: &SessionOfUser,
    Attempt { presented, by, now }: &Attempt<'_>,
    known: KnownToken,
) -> Result<Again> {
    let Some(used_at) = known.used_at else {
        let is_new = known.issued_to.as_ref() == Some(by.device) && known.issued_at > by.spares_after;
        let token = (*presented).clone();
        return Ok(if is_new { Again::Race(Given { token, issued: known }) } else { Again::Expired });
    };
    let successor = presented.successor(&found.session.refresh_salt);
    let Some(issued) = refresh_tokens::find(tx, &successor).await? else { return Ok(Again::Reuse) };
    let is_unused = issued.used_at.is_none();
    let given = Given { token: successor, issued };
    let is_same_attempt = by.key.is_some_and(|key| known.used_key.as_ref() == Some(&key.hash()));
    if is_same_attempt && used_at + app.config.sessions.refresh_replay_window > *now {
        return Ok(Again::Replay(given));
    }
    let is_same_device = known.used_by.as_ref() == Some(by.device);
    Ok(if is_unused && is_same_device && used_at > by.spares_after { Again::Race(given) } else { Again::Reuse })
}

/// Two hold the same token and one of them is a thief: the session ends for both. False where somebody at the same
/// moment has ended it already; then that one has told of it.
async fn end_reused(app: &App, mut tx: Tx, caller: &Caller, found: &SessionOfUser, now: Time) -> Result<bool> {
    let SessionOfUser { session, user } = found;
    if !sessions::end(&mut tx, session.id, SessionEndReason::TokenReused, now).await? {
        return Ok(false);
    }
    let event = NewAuditEvent::failure(AuditAction::RefreshTokenReused).about(Some(user.id)).in_session(session.id);
    audit_log::write(&mut tx, caller, event, now).await?;
    let draft = Draft {
        kind: MailKind::SessionCompromised,
        recipient: &user.email,
        user: Some(user.id),
        details: Details::for_action(session.device_label(), caller, now),
    };
    outbox::post(&mut tx, draft, now).await?;
    // The refusal must not undo the ending.
    tx.commit().await?;
    app.mail_posted.notify_one();
    Ok(true)
}
