//! Signing out.

use crate::app::App;
use crate::app::viewer::Viewer;
use crate::error::Result;
use crate::records::{audit_log, sessions};
use crate::values::audit::AuditAction;
use crate::values::caller::Caller;
use crate::values::ids::SessionId;
use crate::values::session::SessionEndReason;

/// Ends the viewer's session: its access token and its refresh token are refused from now on.
pub async fn logout(app: &App, caller: &Caller, viewer: &Viewer) -> Result<SessionId> {
    let now = app.clock.now();
    let session = viewer.session().id;
    let mut tx = app.db.begin().await?;
    sessions::end(&mut tx, session, SessionEndReason::Logout, now).await?;
    audit_log::write(&mut tx, caller, viewer.success(AuditAction::Logout), now).await?;
    tx.commit().await?;
    Ok(session)
}
