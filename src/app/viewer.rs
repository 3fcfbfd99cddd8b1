//! Who is calling: an access token becomes a `Viewer`, or nothing.

use std::time::Duration;

use crate::app::App;
use crate::error::{Refusal, Result};
use crate::records::sessions::{self, Session};
use crate::records::users::{self, User};
use crate::tools::access_token::Claims;
use crate::tools::db::Tx;
use crate::values::ids::SessionId;
use crate::values::time::Time;
use crate::values::user::Role;

/// How exactly `lastSeenAt` is kept.
const SEEN_INTERVAL: Duration = Duration::from_mins(1);

/// A signed-in user in a living session. Only [`authenticate`] makes one, so a flow that takes one needs no check.
#[derive(Debug, Clone)]
pub struct Viewer {
    user: User,
    session: Session,
}

impl Viewer {
    /// Who it is, as the database knows it now.
    #[must_use]
    pub const fn user(&self) -> &User {
        &self.user
    }

    /// The session the token belongs to.
    #[must_use]
    pub const fn session(&self) -> &Session {
        &self.session
    }

    /// Holds the viewer's rows until the transaction ends. A flow whose effect outlasts the session begins with it: the
    /// session may have ended since the request was let in.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` where the session is over.
    pub async fn hold(&self, tx: &mut Tx, now: Time) -> Result<()> {
        users::hold(tx, self.user.id).await?;
        if sessions::hold_living(tx, self.session.id, now).await? {
            Ok(())
        } else {
            Err(Refusal::Unauthenticated.into())
        }
    }

    /// The administrator this is.
    ///
    /// # Errors
    /// `FORBIDDEN`.
    pub fn administrator(&self) -> Result<Admin> {
        match self.user.role {
            Role::Admin => Ok(Admin(self.clone())),
            Role::User => Err(Refusal::Forbidden.into()),
        }
    }

    /// Demands a proof of identity within the window of the settings.
    ///
    /// # Errors
    /// `REAUTHENTICATION_REQUIRED`.
    pub fn require_recent(&self, app: &App, now: Time) -> Result<()> {
        if self.session.authenticated_at + app.config.sessions.reauthentication_window > now {
            return Ok(());
        }
        Err(Refusal::ReauthenticationRequired.into())
    }
}

/// A viewer who administers the server, by the role the database knows now. Only [`Viewer::administrator`] makes one.
#[derive(Debug, Clone)]
pub struct Admin(Viewer);

impl Admin {
    /// Who it is.
    #[must_use]
    pub const fn viewer(&self) -> &Viewer {
        &self.0
    }
}

/// What a request's access token says, once its signature has been checked; nothing where it has no good token.
#[derive(Debug, Clone, Default)]
pub struct BearerClaims(pub Option<Claims>);

impl BearerClaims {
    /// Checks a token: signature, audience, expiry.
    #[must_use]
    pub fn of(app: &App, token: Option<&str>) -> Self {
        Self(token.and_then(|token| app.access_tokens.verify(token, app.clock.now())))
    }
}

/// Checks an access token and reads its session and user, so that an ending bites at once on every instance.
///
/// # Errors
/// `UNAUTHENTICATED` for a token that is malformed or expired or whose session or user is gone; `UNAVAILABLE` where the
/// database cannot tell: what may have been revoked is not allowed.
pub async fn authenticate(app: &App, bearer: &str) -> Result<Viewer> {
    authenticate_claims(app, &BearerClaims::of(app, Some(bearer))).await
}

/// The same for a token whose signature has been checked before.
///
/// # Errors
/// As [`authenticate`].
pub async fn authenticate_claims(app: &App, bearer: &BearerClaims) -> Result<Viewer> {
    let now = app.clock.now();
    let claims = bearer.0.as_ref().filter(|claims| claims.exp > now.timestamp()).ok_or(Refusal::Unauthenticated)?;
    let id: SessionId = claims.sid.parse().map_err(|_| Refusal::Unauthenticated)?;

    let found = sessions::find_with_user(&app.db, id).await?.ok_or(Refusal::Unauthenticated)?;
    let is_alive = found.session.end_reason_at(now).is_none() && found.session.ended_at.is_none();
    let is_out = found.user.deleted_at.is_some() || found.user.is_locked_by_admin(now);
    if !is_alive || is_out || found.user.id.to_string() != claims.sub {
        return Err(Refusal::Unauthenticated.into());
    }
    app.password_hasher.note_foreground_request();
    // A writer that is busy or away must not keep readers out.
    if let Err(error) = sessions::note_seen(&app.db, &found.session, SEEN_INTERVAL, now).await {
        tracing::warn!(?error, "a session was seen and it could not be noted");
    }
    Ok(Viewer { user: found.user, session: found.session })
}
