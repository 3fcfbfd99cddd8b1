//! Ending one's own sessions: one of them, all others, or all.

use crate::app::viewer::Viewer;
use crate::app::{App, revocation};
use crate::error::{Refusal, Result};
use crate::records::audit_log::{self, NewAuditEvent};
use crate::records::sessions::{self, EndedSessions, Session};
use crate::values::audit::AuditAction;
use crate::values::caller::Caller;
use crate::values::ids::SessionId;
use crate::values::session::SessionEndReason;

/// Ends one of the viewer's sessions. One that is over already stays as it is, without an error.
///
/// # Errors
/// `NOT_FOUND` for a session that is not the viewer's.
pub async fn revoke_session(app: &App, caller: &Caller, viewer: &Viewer, id: SessionId) -> Result<Session> {
    let now = app.clock.now();
    let user = viewer.user().id;
    sessions::find_of_user(&app.db, id, user).await?.ok_or(Refusal::NotFound)?;
    let mut tx = app.db.begin().await?;
    if sessions::end(&mut tx, id, SessionEndReason::RevokedByUser, now).await? {
        let event = NewAuditEvent::success(AuditAction::SessionRevoked).by(user).in_session(id);
        audit_log::write(&mut tx, caller, event, now).await?;
    }
    tx.commit().await?;
    Ok(sessions::find_of_user(&app.db, id, user).await?.ok_or(Refusal::NotFound)?)
}

/// Which of the viewer's sessions end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionSelection {
    /// All except the session of the request.
    Others,
    /// All.
    All,
}

/// Ends many of the viewer's sessions at once. Answers which.
pub async fn revoke_sessions(
    app: &App,
    caller: &Caller,
    viewer: &Viewer,
    selection: SessionSelection,
) -> Result<EndedSessions> {
    let now = app.clock.now();
    let user = viewer.user().id;
    let spared = match selection {
        SessionSelection::Others => Some(viewer.session().id),
        SessionSelection::All => None,
    };
    let mut tx = app.db.begin().await?;
    let ended = revocation::end_sessions(&mut tx, user, spared, SessionEndReason::RevokedByUser, now).await?;
    let event = viewer.success(AuditAction::SessionsRevoked).with_ended(&ended);
    audit_log::write(&mut tx, caller, event, now).await?;
    tx.commit().await?;
    Ok(ended)
}
