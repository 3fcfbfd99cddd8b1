//! Renaming the device of one of one's own sessions.

use crate::app::App;
use crate::app::viewer::Viewer;
use crate::error::{Refusal, Result};
use crate::records::audit_log::{self, NewAuditEvent};
use crate::records::sessions::{self, Session};
use crate::values::audit::AuditAction;
use crate::values::caller::Caller;
use crate::values::ids::SessionId;
use crate::values::user::FieldChange;

/// Renames the device of one of the viewer's active sessions, and answers the session as it is then.
///
/// # Errors
/// `NOT_FOUND` for a session that has ended or is not the viewer's; `UNAUTHENTICATED` where the viewer's own has ended.
pub async fn update_session(
    app: &App,
    caller: &Caller,
    viewer: &Viewer,
    id: SessionId,
    device_name: FieldChange<String>,
) -> Result<Session> {
    let now = app.clock.now();
    let user = viewer.user().id;
    // Before anything is held: nobody can make a session of another user wait.
    sessions::find_of_user(&app.db, id, user).await?.ok_or(Refusal::NotFound)?;
    let mut tx = app.db.begin().await?;
    viewer.hold(&mut tx, now).await?;
    if !sessions::hold_living(&mut tx, id, now).await? {
        return Err(Refusal::NotFound.into());
    }
    // Read again, now that nobody else can change it.
    let mut session = sessions::find_with_user_in(&mut tx, id).await?.ok_or(Refusal::NotFound)?.session;
    let before = session.device_name.clone();
    device_name.apply(&mut session.device_name);
    if session.device_name != before {
        sessions::rename_device(&mut tx, id, session.device_name.as_deref()).await?;
        // The names themselves are personal, and the trail is kept longer than the session.
        let event = NewAuditEvent::success(AuditAction::SessionUpdated).by(user).in_session(id);
        audit_log::write(&mut tx, caller, event.with_untold_change("deviceName"), now).await?;
    }
    tx.commit().await?;
    Ok(session)
}
