//! The one way in: whoever has proved who they are gets a session and its tokens here, and nowhere else.

use super::App;
use super::entrant::AuthenticatedUser;
use super::second_factor::MfaChallenge;
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

/// Somebody is signed in.
#[derive(Debug)]
pub struct NewTokens {
    /// For every request, for a short time.
    pub access: SignedAccessToken,
    /// For the next access token, once.
    pub refresh: RefreshToken,
    /// How long the refresh token is accepted.
    pub refresh_expires_at: Time,
    /// The session both belong to.
    pub session: Session,
    /// Who it is.
    pub user: User,
}

/// How far a first factor leads.
#[derive(Debug)]
#[must_use = "nobody is in before the answer is looked at"]
pub enum FirstFactorOutcome {
    /// In.
    In(Box<Opened>),
    /// To the second factor.
    SecondFactor(MfaChallenge),
}

/// A session whose access token is not signed yet: signing waits until the transaction is over.
#[derive(Debug)]
#[must_use = "an opened session is of no use before it is signed"]
pub struct Opened {
    user: User,
    session: Session,
    refresh: RefreshToken,
    issued: KnownToken,
}

impl Opened {
    /// A session that has just been given its next refresh token.
    pub fn refreshed(user: User, session: Session, refresh: RefreshToken, issued: KnownToken) -> Self {
        Self { user, session, refresh, issued }
    }

    /// The session.
    #[must_use]
    pub const fn session(&self) -> &Session {
        &self.session
    }

    /// Signs the access token. Everything in it follows from the refresh token it goes with, so that an answer that
    /// is given twice is identical (with RS256 and Ed25519; an ES256 signature differs each time).
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

impl App {
    /// The gate behind every first factor: whoever has a second factor waits for it, everybody else is in.
    ///
    /// # Errors
    /// `UNAVAILABLE`, or a fault.
    pub async fn admit(&self, tx: &mut Tx, entrant: AuthenticatedUser<'_>, now: Time) -> Result<FirstFactorOutcome> {
        match self.challenge(tx, &entrant, now).await? {
            Some(challenge) => Ok(FirstFactorOutcome::SecondFactor(challenge)),
            None => Ok(FirstFactorOutcome::In(Box::new(self.open_session(tx, entrant, None, now).await?))),
        }
    }

    /// Opens a session for somebody who has taken every step. Only [`App::admit`], the second step itself, and
    /// registration, whose account is a moment old, call it.
    ///
    /// # Errors
    /// `UNAVAILABLE`, or a fault.
    pub async fn open_session(
        &self,
        tx: &mut Tx,
        entrant: AuthenticatedUser<'_>,
        second: Option<AuthMethod>,
        now: Time,
    ) -> Result<Opened> {
        let AuthenticatedUser { mut user, caller, device_name, method } = entrant;
        let parsed = user_agent::parse(&caller.user_agent);
        let print = DeviceFingerprint::new(parsed.browser.as_deref(), parsed.os.as_deref(), caller.address);
        let device = SessionDevice { name: device_name, browser: parsed.browser, os: parsed.os };
        let methods = [Some(method), second].into_iter().flatten().collect();
        let expires_at = self.session_expiry(now, now);
        let session = sessions::new(user.id, device, caller, methods, (now, expires_at))?;
        sessions::open(tx, &session).await?;
        users::note_login(tx, user.id, now).await?;
        user.last_login_at = Some(now);
        if known_devices::record_device(tx, user.id, &print, now).await? == DeviceStatus::New {
            let deed = Details::for_action(session.device_label(), caller, now);
            self.post(tx, MailKind::NewDevice, &user, Details { session: Some(session.id), ..deed }, now).await?;
        }
        let refresh = RefreshToken::random()?;
        let new = NewToken { token: &refresh, session: session.id, issued_to: None, expires_at };
        let issued = refresh_tokens::issue(tx, new, now).await?;
        Ok(Opened { user, session, refresh, issued })
    }

    /// When a session ends that nobody refreshes from now on.
    #[must_use]
    pub fn session_expiry(&self, opened_at: Time, now: Time) -> Time {
        let idle_end = now + self.config.sessions.refresh_token_lifetime;
        if self.config.sessions.max_lifetime.is_zero() {
            return idle_end;
        }
        idle_end.min(opened_at + self.config.sessions.max_lifetime)
    }
}
