//! Watching a connection that stays open, to close it as soon as its user may not have it any more.

use std::convert::Infallible;
use std::time::Duration;

use crate::app::App;
use crate::app::audit_feed::Listener;
use crate::app::viewer::Viewer;
use crate::error::{Error, ErrorReason, Refusal, Result};

/// How long subscriptions have to notice an event by themselves before the connection closes. They check the session before
/// they send anything more, and may still send the event that ends them.
const GRACE: Duration = Duration::from_millis(100);
/// The shortest pause between two checks of a viewer whose time should be over.
const SOON: Duration = Duration::from_secs(1);

/// Waits until a viewer may not stay connected any more, and answers why: the access token has expired, the session or the
/// account is over, the role has changed since the connection opened, or the database cannot be asked.
pub async fn over(app: &App, viewer: &Viewer) -> Error {
    match watch(app, viewer).await {
        Ok(never) => match never {},
        Err(why) => why,
    }
}

async fn watch(app: &App, opened_by: &Viewer) -> Result<Infallible> {
    // Before the first check: later events are received, and earlier ones show in the check.
    let mut listener = app.feed.listen().await?;
    loop {
        // Before the session is read: a token or session that expires meanwhile is checked again at once.
        let now = app.clock.now();
        let viewer = opened_by.read_again(app).await?;
        if viewer.user().role != opened_by.user().role {
            return Err(Refusal::Forbidden { reason: ErrorReason::RoleTooLow }.into());
        }
        let until = viewer.token_expires_at().min(viewer.session().expires_at).max(now + SOON);
        tokio::select! {
            () = app.clock.reached(until) => {}
            event = next_event_about(&mut listener, &viewer) => {
                event?;
                tokio::time::sleep(GRACE).await;
            }
            // For changes without an event.
            () = tokio::time::sleep(app.config.subscriptions.ping_interval) => {}
        }
    }
}

/// Waits for an event that may have changed what the viewer may do.
async fn next_event_about(listener: &mut Listener, viewer: &Viewer) -> Result<()> {
    loop {
        match listener.next().await {
            Ok(event) if event.concerns(viewer.user().id, viewer.session().id) => return Ok(()),
            Ok(_) => {}
            // It may be among the events that were missed.
            Err(Error::Refused(Refusal::Overloaded { .. })) => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}
