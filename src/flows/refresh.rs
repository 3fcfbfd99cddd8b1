//! Staying in: a refresh token is spent for its successor and a new access token.

use crate::app::App;
use crate::app::sign_in::{Opened, SignedIn};
use crate::error::{OrFault, Refusal, Result};
use crate::records::audit_log::{self, Event};
use crate::records::outbox::{self, Details, Draft, LetterKind};
use crate::records::refresh_tokens::{self, KnownToken};
use crate::records::sessions::{self, SessionOfUser};
use crate::tools::db::Tx;
use crate::values::audit::AuditAction;
use crate::values::caller::Caller;
use crate::values::device_print::DevicePrint;
use crate::values::ids::SessionId;
use crate::values::secret_token::{IdempotencyKey, RefreshToken};
use crate::values::session::SessionEndReason;
use crate::values::time::Time;

/// Spends the presented token. Of many simultaneous uses exactly one wins. A second use gets the same successor again where
/// it is the same attempt (same key, within the replay window) or a race (same device, within the race window, the
/// successor unused); any other ends the session (RFC 9700, section 4.14.2).
///
/// # Errors
/// `UNAUTHENTICATED` for a token nobody knows, `SESSION_ENDED` with the reason, `REFRESH_TOKEN_REUSED`.
pub async fn refresh(
    app: &App,
    caller: &Caller,
    presented: &RefreshToken,
    key: Option<&IdempotencyKey>,
) -> Result<SignedIn> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;

    let Some(session) = refresh_tokens::spend(&mut tx, presented, key, &DevicePrint::of_caller(caller), now).await?
    else {
        return second_use(app, tx, caller, (presented, key), now).await;
    };
    let opened = rotate(app, &mut tx, session, presented, now).await?;
    let event = Event::success(AuditAction::SessionRefreshed).by(opened.session().user_id).in_session(session);
    audit_log::write(&mut tx, caller, event, now).await?;
    tx.commit().await?;

    opened.sign(app)
}

/// Issues the successor to a session whose token has just been spent.
async fn rotate(app: &App, tx: &mut Tx, session: SessionId, presented: &RefreshToken, now: Time) -> Result<Opened> {
    let found = sessions::find_with_user_in(tx, session).await?;
    let SessionOfUser { mut session, user } = found.or_fault("reading the session of a spent refresh token")?;
    if user.deleted_at.is_some() {
        return Err(Refusal::SessionEnded { reason: SessionEndReason::AccountDeleted.as_str() }.into());
    }
    if user.is_shut(now) {
        return Err(Refusal::SessionEnded { reason: SessionEndReason::AccountLocked.as_str() }.into());
    }
    let expires_at = app.session_expiry(session.opened_at, now);
    sessions::extend(tx, session.id, expires_at, now).await?;
    (session.last_seen_at, session.expires_at) = (now, expires_at);

    let successor = presented.successor(&session.refresh_salt);
    let issued = refresh_tokens::issue(tx, &successor, session.id, expires_at, now).await?;
    Ok(Opened::refreshed(user, session, successor, issued))
}

/// The token was not there to be spent: finds out why.
async fn second_use(
    app: &App,
    mut tx: Tx,
    caller: &Caller,
    (presented, key): (&RefreshToken, Option<&IdempotencyKey>),
    now: Time,
) -> Result<SignedIn> {
    let known = refresh_tokens::find(&mut tx, presented).await?.ok_or(Refusal::Unauthenticated)?;
    let found = sessions::find_with_user_in(&mut tx, known.session_id).await?;
    let found = found.or_fault("reading the session of a known refresh token")?;
    if let Some(reason) = found.session.why_over(now) {
        return Err(Refusal::SessionEnded { reason: reason.as_str() }.into());
    }
    if known.spent_at.is_none() {
        return Err(Refusal::SessionEnded { reason: SessionEndReason::Expired.as_str() }.into());
    }
    let successor = presented.successor(&found.session.refresh_salt);
    if let Some(issued) = refresh_tokens::find(&mut tx, &successor).await? {
        let again = Again { known, issued, successor };
        if key.is_some_and(|key| again.is_replay(app, key, now)) {
            // Nothing is written, so nothing branches.
            return again.answer(app, found);
        }
        if again.is_race(app, caller, now) {
            let (user, session) = (found.user.id, found.session.id);
            let event = Event::success(AuditAction::SessionRefreshed).by(user).in_session(session);
            audit_log::write(&mut tx, caller, event.with("race", true), now).await?;
            tx.commit().await?;
            return again.answer(app, found);
        }
    }
    if end_reused(app, tx, caller, &found, now).await? {
        return Err(Refusal::RefreshTokenReused.into());
    }
    Err(Refusal::SessionEnded { reason: SessionEndReason::TokenReused.as_str() }.into())
}

/// A token that was spent before, and its successor.
struct Again {
    known: KnownToken,
    issued: KnownToken,
    successor: RefreshToken,
}

impl Again {
    /// Whether this is the client that spent the token, asking again because the answer was lost on its way.
    fn is_replay(&self, app: &App, key: &IdempotencyKey, now: Time) -> bool {
        let is_recent = self.known.spent_at.is_some_and(|at| at + app.config.refresh_replay_window > now);
        is_recent && self.known.spent_key.as_ref() == Some(&key.hash())
    }

    /// Whether the same device presents the token twice at almost the same moment, as two tabs of one browser do. Once the
    /// successor is used the chain has gone on, and the old token is in other hands.
    fn is_race(&self, app: &App, caller: &Caller, now: Time) -> bool {
        let is_recent = self.known.spent_at.is_some_and(|at| at + app.config.refresh_race_window > now);
        let is_same_device = self.known.spent_by.as_ref() == Some(&DevicePrint::of_caller(caller));
        is_recent && is_same_device && self.issued.spent_at.is_none()
    }

    /// Gives the answer that was given before.
    fn answer(self, app: &App, found: SessionOfUser) -> Result<SignedIn> {
        Opened::refreshed(found.user, found.session, self.successor, self.issued).sign(app)
    }
}

/// Two hold the same token and one of them is a thief: the session ends for both. False where somebody at the same
/// moment has ended it already; then that one has told of it.
async fn end_reused(app: &App, mut tx: Tx, caller: &Caller, found: &SessionOfUser, now: Time) -> Result<bool> {
    let SessionOfUser { session, user } = found;
    if !sessions::end(&mut tx, session.id, SessionEndReason::TokenReused, now).await? {
        return Ok(false);
    }
    let event = Event::failure(AuditAction::RefreshTokenReused).about(Some(user.id)).in_session(session.id);
    audit_log::write(&mut tx, caller, event, now).await?;
    let draft = Draft {
        kind: LetterKind::SessionCompromised,
        recipient: &user.email,
        user: Some(user.id),
        details: Details::of_deed(session.device_label(), caller, now),
    };
    outbox::post(&mut tx, draft, now).await?;
    // The refusal must not undo the ending.
    tx.commit().await?;
    app.letter_posted.notify_one();
    Ok(true)
}
