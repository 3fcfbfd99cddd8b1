//! Watching over a connection that stays open: whoever may no longer be there is told to go.

use std::convert::Infallible;
use std::time::Duration;

use crate::app::App;
use crate::app::audit_feed::Listener;
use crate::app::viewer::{Viewer, authenticate};
use crate::error::{Error, Refusal, Result};
use crate::values::ids::{SessionId, UserId};
use crate::values::time::Time;
use crate::values::user::Role;

/// What subscriptions get to notice an event by themselves: they look before they tell anything more, and may still tell
/// the event that ends them.
const COURTESY: Duration = Duration::from_millis(100);
/// How soon, at the earliest, somebody is looked at again whose time should have been up.
const SOON: Duration = Duration::from_secs(1);

/// Checks the access token of a connection that is going to stay open.
///
/// # Errors
/// As [`authenticate`].
pub async fn admit(app: &App, bearer: &str) -> Result<Viewer> {
    authenticate(app, bearer).await
}

/// Waits until the owner of an access token may no longer be there: it has expired, its session or its user's account is
/// over, the role is another than `role`, which it was when the connection opened, or nobody can tell.
pub async fn over(app: &App, bearer: &str, role: Role) -> Error {
    match watch(app, bearer, role).await {
        Ok(never) => match never {},
        Err(why) => why,
    }
}

async fn watch(app: &App, bearer: &str, role: Role) -> Result<Infallible> {
    // What happens from here on is heard; what happened before is seen by the first look.
    let mut listener = app.feed.listen().await?;
    loop {
        let (user, session, until) = look(app, bearer, role).await?;
        tokio::select! {
            () = app.clock.reached(until) => {}
            heard = news_about(&mut listener, user, session) => {
                heard?;
                tokio::time::sleep(COURTESY).await;
            }
            // For what no event tells.
            () = tokio::time::sleep(app.config.subscriptions.ping_interval) => {}
        }
    }
}

/// Who it is, and until when nothing needs to happen for them to be gone.
async fn look(app: &App, bearer: &str, role: Role) -> Result<(UserId, SessionId, Time)> {
    let now = app.clock.now();
    let viewer = authenticate(app, bearer).await?;
    if viewer.user().role != role {
        return Err(Refusal::Forbidden.into());
    }
    let claims = app.access_tokens.verify(bearer, now).ok_or(Refusal::Unauthenticated)?;
    let token_expires_at = Time::from_timestamp(claims.exp, 0).ok_or(Refusal::Unauthenticated)?;
    let until = token_expires_at.min(viewer.session().expires_at).max(now + SOON);
    Ok((viewer.user().id, viewer.session().id, until))
}

/// Waits for an event that may have changed what they may.
async fn news_about(listener: &mut Listener, user: UserId, session: SessionId) -> Result<()> {
    loop {
        match listener.next().await {
            Ok(event) if event.concerns(user, session) => return Ok(()),
            Ok(_) => {}
            // What was missed may have been it.
            Err(Error::Refused(Refusal::Overloaded { .. })) => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}
