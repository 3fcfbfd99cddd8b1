//! Signing in: a user who has proved who they are gets a session and its tokens here, and nowhere else.

pub mod authenticated_user;
pub mod email_verification;
pub mod oauth_flow;
pub mod oauth_user;
pub mod outcome;
pub mod password;
pub mod second_factor;

use self::authenticated_user::AuthenticatedUser;
use self::outcome::FirstFactorOutcome;
use super::{App, mail};
use crate::error::Result;
use crate::records::known_devices::{self, DeviceStatus};
use crate::records::outbox::{Details, MailKind};
use crate::records::refresh_tokens::{self, KnownToken, NewToken};
use crate::records::sessions::{self, Session, SessionDevice};
use crate::records::users::{self, User};
use crate::tools::access_token::{NewAccessToken, SignedAccessToken};
use crate::tools::db::Tx;
use crate::tools::user_agent;
use crate::values::device_fingerprint::DeviceFingerprint;
use crate::values::secret_token::RefreshToken;
use crate::values::session::AuthMethod;
use crate::values::time::Time;

/// The tokens of a user who is signed in.
#[derive(Debug)]
pub struct NewTokens {
    /// Sent with every request; valid for a short time.
    pub access: SignedAccessToken,
    /// Exchanged once for the next access token.
    pub refresh: RefreshToken,
    /// How long the refresh token is accepted.
    pub refresh_expires_at: Time,
    /// The session of both tokens.
    pub session: Session,
    /// The user.
    pub user: User,
}

/// A session whose access token is not signed yet. Signing waits until the transaction is committed.
#[derive(Debug)]
#[must_use = "an opened session is of no use before its access token is signed"]
pub struct OpenedSession {
    user: User,
    session: Session,
    refresh: RefreshToken,
    issued: KnownToken,
}

impl OpenedSession {
    /// A session that has just got its next refresh token.
    pub fn from_refresh(user: User, session: Session, refresh: RefreshToken, issued: KnownToken) -> Self {
        Self { user, session, refresh, issued }
    }

    /// The session.
    #[must_use]
    pub const fn session(&self) -> &Session {
        &self.session
    }

    /// Signs the access token. All its claims follow from the refresh token it goes with, so that an answer that is given
    /// twice is identical (with RS256 and Ed25519; an ES256 signature differs each time).
    ///
    /// # Errors
    /// A fault of the signer.
    pub fn sign(self, app: &App) -> Result<NewTokens> {
        let details = NewAccessToken {
            subject: self.user.id.to_string(),
            session: self.session.id.to_string(),
            token_id: self.issued.id.to_string(),
            role: self.user.role.as_str().to_owned(),
        };
        let access = app.access_tokens.sign(details, self.issued.issued_at)?;
        Ok(NewTokens {
            access,
            refresh: self.refresh,
            refresh_expires_at: self.issued.expires_at,
            session: self.session,
            user: self.user,
        })
    }
}

/// Continues after a first factor, whichever it was. An address that must be verified comes before everything else; a user
/// with a second factor gets a challenge, any other user a session.
pub async fn complete_first_factor(
    app: &App,
    tx: &mut Tx,
    authenticated: AuthenticatedUser<'_>,
    now: Time,
) -> Result<FirstFactorOutcome> {
    if email_verification::is_required(app, &authenticated.user) {
        email_verification::post_mail(tx, &authenticated, now).await?;
        return Ok(FirstFactorOutcome::VerificationRequired(authenticated.user.email));
    }
    if let Some(challenge) = second_factor::challenge(tx, &authenticated, now).await? {
        return Ok(FirstFactorOutcome::SecondFactorRequired(challenge));
    }
    let delivery = authenticated.client.token_delivery;
    let opened = open_session(app, tx, authenticated, None, now).await?;
    Ok(FirstFactorOutcome::SignedIn(Box::new(opened), delivery))
}

/// Opens a session for a user who has passed every step. Call it only from [`complete_first_factor`], from the second step,
/// and from a registration, whose account cannot have a second factor yet.
pub async fn open_session(
    app: &App,
    tx: &mut Tx,
    authenticated: AuthenticatedUser<'_>,
    second: Option<AuthMethod>,
    now: Time,
) -> Result<OpenedSession> {
    let AuthenticatedUser { mut user, caller, client, method, .. } = authenticated;
    let parsed = user_agent::parse(&caller.user_agent);
    let fingerprint = DeviceFingerprint::new(parsed.browser.as_deref(), parsed.os.as_deref(), caller.address);
    let device = SessionDevice { name: client.device_name, browser: parsed.browser, os: parsed.os };
    let methods = [Some(method), second].into_iter().flatten().collect();
    let expires_at = session_expiry(app, now, now);
    let session = sessions::new(user.id, device, caller, methods, (now, expires_at))?;
    sessions::open(tx, &session).await?;
    users::note_login(tx, user.id, now).await?;
    user.last_login_at = Some(now);
    user.invited_at = None;
    // The owner hears of a device that has never signed in before, and can disown the session.
    if known_devices::record_device(tx, user.id, &fingerprint, now).await? == DeviceStatus::New {
        let details = Details::for_action(session.device_label(), caller, now);
        let details = Details { session: Some(session.id), ..details };
        mail::post(tx, MailKind::NewDevice, &user, details, now).await?;
    }
    let refresh = RefreshToken::random()?;
    let new = NewToken { token: &refresh, session: session.id, issued_to: None, expires_at };
    let issued = refresh_tokens::issue(tx, new, now).await?;
    Ok(OpenedSession { user, session, refresh, issued })
}

/// When a session ends if it is not refreshed from now on.
#[must_use]
pub fn session_expiry(app: &App, opened_at: Time, now: Time) -> Time {
    let idle_end = now + app.config.sessions.refresh_token_lifetime;
    if app.config.sessions.max_lifetime.is_zero() {
        return idle_end;
    }
    idle_end.min(opened_at + app.config.sessions.max_lifetime)
}
