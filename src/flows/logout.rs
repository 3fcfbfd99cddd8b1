//! Leaving.

use crate::app::App;
use crate::app::viewer::Viewer;
use crate::error::Result;
use crate::records::audit_log::{self, NewAuditEvent};
use crate::records::sessions;
use crate::values::audit::AuditAction;
use crate::values::caller::Caller;
use crate::values::ids::SessionId;
use crate::values::session::SessionEndReason;

/// Ends the viewer's session: its access token is refused from now on and its refresh chain is over.
///
/// # Errors
/// `UNAVAILABLE`, or a fault.
pub async fn logout(app: &App, caller: &Caller, viewer: &Viewer) -> Result<SessionId> {
    let now = app.clock.now();
    let session = viewer.session().id;
    let mut tx = app.db.begin().await?;
    sessions::end(&mut tx, session, SessionEndReason::Logout, now).await?;
    let event = NewAuditEvent::success(AuditAction::Logout).by(viewer.user().id).in_session(session);
    audit_log::write(&mut tx, caller, event, now).await?;
    tx.commit().await?;
    Ok(session)
}
