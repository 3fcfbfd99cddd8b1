//! Who is calling: an access token becomes a [`Viewer`], or a refusal.

use std::time::Duration;

use crate::app::App;
use crate::error::{ErrorReason, Refusal, Result};
use crate::records::audit_log::NewAuditEvent;
use crate::records::sessions::{self, Session};
use crate::records::users::{self, User};
use crate::tools::db::Tx;
use crate::values::audit::AuditAction;
use crate::values::ids::{SessionId, UserId};
use crate::values::time::Time;
use crate::values::user::Role;

/// How exactly `lastSeenAt` is kept.
const SEEN_INTERVAL: Duration = Duration::from_mins(1);

/// The claims of an access token whose signature, audience and expiry were checked. A checked token is never parsed again.
#[derive(Debug, Clone, Copy)]
pub struct CheckedClaims {
    session: SessionId,
    user: UserId,
    expires_at: Time,
}

/// The checked claims of a request's access token; `None` where it has no valid one.
#[derive(Debug, Clone, Copy, Default)]
pub struct BearerClaims(pub Option<CheckedClaims>);

impl BearerClaims {
    /// Whether the token was issued for this session, which may have ended.
    #[must_use]
    pub fn is_of(&self, session: SessionId) -> bool {
        self.0.is_some_and(|claims| claims.session == session)
    }

    /// Checks a token: signature, audience, expiry.
    #[must_use]
    pub fn verify(app: &App, token: Option<&str>) -> Self {
        let claims = token.and_then(|token| app.access_tokens.verify(token, app.clock.now()));
        Self(claims.and_then(|claims| {
            let expires_at = Time::from_timestamp(claims.exp, 0)?;
            Some(CheckedClaims { session: claims.sid.parse().ok()?, user: claims.sub.parse().ok()?, expires_at })
        }))
    }
}

/// A signed-in user in a living session. Only this module makes one, so a flow that takes one needs no check.
#[derive(Debug, Clone)]
pub struct Viewer {
    user: User,
    session: Session,
    claims: CheckedClaims,
}

impl Viewer {
    /// The user, as the database knew them when the viewer was read.
    #[must_use]
    pub const fn user(&self) -> &User {
        &self.user
    }

    /// The session of the access token.
    #[must_use]
    pub const fn session(&self) -> &Session {
        &self.session
    }

    /// When the access token expires.
    #[must_use]
    pub const fn token_expires_at(&self) -> Time {
        self.claims.expires_at
    }

    /// Reads the viewer again, for a connection that stays open: the token may have expired, or the session may have ended.
    ///
    /// # Errors
    /// As [`authenticate`].
    pub async fn read_again(&self, app: &App) -> Result<Self> {
        read(app, self.claims).await
    }

    /// Holds the viewer's rows until the transaction ends. A flow whose effect outlasts the session begins with it: the
    /// session may have ended since the request was authenticated.
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

    /// The viewer as an administrator.
    ///
    /// # Errors
    /// `FORBIDDEN`.
    pub fn administrator(&self) -> Result<Admin> {
        match self.user.role {
            Role::Admin => Ok(Admin(self.clone())),
            Role::User => Err(Refusal::Forbidden { reason: ErrorReason::RoleTooLow }.into()),
        }
    }

    /// Whether the viewer may see what belongs to this user: their own, and administrators everything.
    #[must_use]
    pub fn may_see(&self, owner: UserId) -> bool {
        self.user.id == owner || self.user.role == Role::Admin
    }

    /// Requires a proof of identity within `REAUTHENTICATION_WINDOW`.
    ///
    /// # Errors
    /// `REAUTHENTICATION_REQUIRED`.
    pub fn require_recent(&self, app: &App, now: Time) -> Result<()> {
        if self.session.authenticated_at + app.config.sessions.reauthentication_window > now {
            return Ok(());
        }
        Err(Refusal::ReauthenticationRequired.into())
    }

    /// The audit event of something the viewer did.
    pub fn success(&self, action: AuditAction) -> NewAuditEvent {
        NewAuditEvent::success(action).by(self.user.id).in_session(self.session.id)
    }

    /// The audit event of something that was refused to the viewer.
    pub fn failure(&self, action: AuditAction) -> NewAuditEvent {
        NewAuditEvent::failure(action).by(self.user.id).in_session(self.session.id)
    }
}

/// A viewer who administers the server, by the role that the database knows now. Only [`Viewer::administrator`] makes one.
#[derive(Debug, Clone)]
pub struct Admin(Viewer);

impl Admin {
    /// The viewer.
    #[must_use]
    pub const fn viewer(&self) -> &Viewer {
        &self.0
    }

    /// The audit event of something the administrator did to a user.
    pub fn success(&self, action: AuditAction, subject: UserId) -> NewAuditEvent {
        NewAuditEvent::success(action).by_admin(self.0.user.id, subject).in_session(self.0.session.id)
    }
}

/// Checks an access token and reads its session and user, so that a session that ends is refused at once on every instance.
///
/// # Errors
/// `UNAUTHENTICATED` for a token that is malformed or expired or whose session or user is gone; `UNAVAILABLE` where the
/// database cannot be asked: a session that may have been revoked is never accepted.
pub async fn authenticate(app: &App, bearer: &str) -> Result<Viewer> {
    authenticate_claims(app, &BearerClaims::verify(app, Some(bearer))).await
}

/// The same for a token whose claims were checked before.
///
/// # Errors
/// As [`authenticate`].
pub async fn authenticate_claims(app: &App, bearer: &BearerClaims) -> Result<Viewer> {
    read(app, bearer.0.ok_or(Refusal::Unauthenticated)?).await
}

async fn read(app: &App, claims: CheckedClaims) -> Result<Viewer> {
    let now = app.clock.now();
    // The token may have expired since its claims were checked.
    if claims.expires_at <= now {
        return Err(Refusal::Unauthenticated.into());
    }
    let found = sessions::find_with_user(&app.db, claims.session).await?.ok_or(Refusal::Unauthenticated)?;
    let is_alive = found.session.end_reason_at(now).is_none() && found.session.ended_at.is_none();
    let is_barred = found.user.deleted_at.is_some() || found.user.lock_by_admin(now).is_some();
    if !is_alive || is_barred || found.user.id != claims.user {
        return Err(Refusal::Unauthenticated.into());
    }
    // Requests like this one keep a core while many passwords are hashed.
    app.password_hasher.note_foreground_request();
    // A reader is not refused because the writer is busy or away.
    if let Err(error) = sessions::note_seen(&app.db, &found.session, SEEN_INTERVAL, now).await {
        tracing::warn!(?error, "a session was seen and it could not be noted");
    }
    Ok(Viewer { user: found.user, session: found.session, claims })
}
