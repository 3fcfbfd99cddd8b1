//! Coming in with an e-mail address and a password.

use crate::app::App;
use crate::app::charges::Prepaid;
use crate::app::entrant::AuthenticatedUser;
use crate::app::guesses::Room;
use crate::app::limits::{Attempt, MailCause};
use crate::app::second_factor::MfaChallenge;
use crate::app::sign_in::{FirstFactorOutcome, NewTokens};
use crate::error::{Error, Refusal, Result};
use crate::records::audit_log::{self, NewAuditEvent};
use crate::records::outbox::{self, Details, Draft, MailKind};
use crate::records::users::{self, User};
use crate::tools::password_hasher::PasswordVerdict;
use crate::values::audit::AuditAction;
use crate::values::caller::Caller;
use crate::values::email_address::EmailAddress;
use crate::values::ids::UserId;
use crate::values::password::{Password, PasswordHash};
use crate::values::session::AuthMethod;
use crate::values::time::Time;
use crate::values::user::locked;

/// How a first factor ends.
#[derive(Debug)]
pub enum LoggedIn {
    /// In.
    NewTokens(Box<NewTokens>),
    /// The second factor is awaited.
    MfaRequired(MfaChallenge),
}

/// Signs in. Unknown address and wrong password get one answer after one duration: there is always one hash, also where
/// strangers have used up the guesses of an account. Only there does a known device get in with the right password, and
/// a wrong one is refused as a stranger's is, so that nobody learns from it which devices an account knows.
///
/// # Errors
/// `INVALID_CREDENTIALS`; `ACCOUNT_LOCKED` and `EMAIL_NOT_VERIFIED` only for the right password; `RATE_LIMITED`, `OVERLOADED`.
pub async fn login(
    app: &App,
    caller: &Caller,
    prepaid: &Prepaid,
    email: &EmailAddress,
    password: &Password,
    device_name: Option<String>,
) -> Result<LoggedIn> {
    let now = app.clock.now();
    app.reserve_once(&Attempt::Proof, prepaid, caller, now).await?;
    let room = app.reserve_guess(email, caller, now).await;

    let user = users::find_by_email(&app.db, email).await?.filter(|user| user.deleted_at.is_none());
    let is_known = app.knows_device(user.as_ref().map(|user| user.id), caller).await?;
    let hash = user.as_ref().and_then(|user| user.password_hash.clone());
    let hasher = app.hasher_for(caller).await;
    let verdict = hasher.verify(password.expose(), hash.as_ref().map(PasswordHash::expose)).await?;
    let (is_judged, passes_lock) = (room.admits(is_known), room.passes_lock(is_known));
    let shown = user.as_ref().filter(|user| !is_hidden(app, user));
    let (PasswordVerdict::Right { stale }, true, Some(user), Some(hash)) = (verdict, is_judged, shown, hash) else {
        let is_guess = is_judged && verdict == PasswordVerdict::Wrong;
        return Err(refuse_guess(app, caller, (user.as_ref(), is_guess), room, now).await?);
    };

    let mut tx = app.db.begin().await?;
    let Some(user) = users::accept_password(&mut tx, user.id, &hash, passes_lock, now).await? else {
        drop(tx);
        return Err(refuse_right_password(app, caller, user, now).await?);
    };
    if app.config.requires_verified_email() && user.email_verified_at.is_none() {
        drop(tx);
        return Err(refuse_unverified(app, caller, &user, now).await?);
    }
    let id = user.id;
    let entrant = AuthenticatedUser { user, caller, device_name, method: AuthMethod::Password };
    let admission = app.admit(&mut tx, entrant, now).await?;
    let event = match &admission {
        FirstFactorOutcome::In(opened) => {
            NewAuditEvent::success(AuditAction::Login).by(id).in_session(opened.session().id)
        }
        FirstFactorOutcome::SecondFactor(_) => NewAuditEvent::success(AuditAction::MfaChallenged).by(id),
    };
    audit_log::write(&mut tx, caller, event.with("method", AuthMethod::Password.as_str()), now).await?;
    tx.commit().await?;
    app.mail_posted.notify_one();
    app.forget_guesses_of_device(email, caller).await;

    if stale {
        renew_hash(app, id, &hash, password).await;
    }
    match admission {
        FirstFactorOutcome::In(opened) => {
            app.remember_device(caller).await;
            Ok(LoggedIn::NewTokens(Box::new(opened.sign(app)?)))
        }
        FirstFactorOutcome::SecondFactor(challenge) => Ok(LoggedIn::MfaRequired(challenge)),
    }
}

/// Whether an account does not show yet: its address was never verified, and only whoever registered it knows the password.
/// Where the existence of accounts is hidden it answers as if the password were wrong, with the same statements, or it would
/// tell who has registered.
fn is_hidden(app: &App, user: &User) -> bool {
    app.config.registration.hide_account_existence && user.email_verified_at.is_none()
}

/// The end of a login that gets nowhere, with the same statements for every address. Only a guess that was judged counts
/// against the account.
async fn refuse_guess(
    app: &App,
    caller: &Caller,
    (user, is_guess): (Option<&User>, bool),
    room: Room,
    now: Time,
) -> Result<Error> {
    let refusal = room.refusal();
    let reason = match (is_guess, &refusal) {
        (true, _) => "INVALID_CREDENTIALS",
        (false, Some(_)) => "RATE_LIMITED",
        (false, None) => "EMAIL_NOT_VERIFIED",
    };
    let failed = NewAuditEvent::failure(AuditAction::Login).about(user.map(|user| user.id)).with("reason", reason);
    app.count_failure(caller, user.filter(|_| is_guess), failed, now).await?;
    Ok(refusal.unwrap_or(Refusal::InvalidCredentials).into())
}

/// The password was right and yet nobody comes in: the account is locked, or was changed while we were hashing.
async fn refuse_right_password(app: &App, caller: &Caller, user: &User, now: Time) -> Result<Error> {
    let current = users::find(&app.db, user.id).await?;
    let mut tx = app.db.begin().await?;
    // A lock of wrong passwords that lasts longer than any was made before the clock was set back.
    users::shorten_lock(&mut tx, user.id, now + app.config.lockout.duration).await?;
    let locked_until = current.and_then(|user| user.locked_until_at_most(now, app.config.lockout.duration));
    let reason = if locked_until.is_some() { "ACCOUNT_LOCKED" } else { "INVALID_CREDENTIALS" };
    let event = NewAuditEvent::failure(AuditAction::Login).about(Some(user.id)).with("reason", reason);
    audit_log::write(&mut tx, caller, event, now).await?;
    tx.commit().await?;
    Ok(locked_until.map_or(Refusal::InvalidCredentials, |until| locked(until, now)).into())
}

/// The right password before the address is verified: a new email goes out.
async fn refuse_unverified(app: &App, caller: &Caller, user: &User, now: Time) -> Result<Error> {
    let sends_mail = app.may_send_mail(MailCause::Verification, &user.email, now).await;
    let mut tx = app.db.begin().await?;
    let event = NewAuditEvent::failure(AuditAction::Login).about(Some(user.id)).with("reason", "EMAIL_NOT_VERIFIED");
    audit_log::write(&mut tx, caller, event, now).await?;
    if sends_mail {
        outbox::withdraw(&mut tx, MailKind::VerifyEmail, &user.email, now).await?;
        let draft = Draft {
            kind: MailKind::VerifyEmail,
            recipient: &user.email,
            user: Some(user.id),
            details: Details::caused_by(caller),
        };
        outbox::post(&mut tx, draft, now).await?;
    }
    tx.commit().await?;
    app.mail_posted.notify_one();
    Ok(Refusal::EmailNotVerified.into())
}

/// Hashes the password anew with today's parameters. A full queue is no reason to refuse a login: the next one tries again.
async fn renew_hash(app: &App, user: UserId, old: &PasswordHash, password: &Password) {
    let renewed = match app.password_hasher.hash(password.expose()).await {
        Ok(new) => users::renew_hash(&app.db, user, old, &PasswordHash::from(new)).await,
        Err(error) => Err(error),
    };
    if let Err(error) = renewed {
        tracing::warn!(?error, "a password hash was not renewed");
    }
}
