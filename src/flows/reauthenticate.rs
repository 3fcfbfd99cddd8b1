//! Proving again that it is still you, before a sensitive deed.

use super::authenticate::Viewer;
use crate::app::App;
use crate::error::Result;
use crate::records::audit_log::{self, Event};
use crate::records::sessions;
use crate::values::audit::AuditAction;
use crate::values::caller::Caller;
use crate::values::password::Password;
use crate::values::time::Time;

/// Opens the window for sensitive deeds on this session. Answers when it closes.
///
/// # Errors
/// `INVALID_CREDENTIALS`, `ACCOUNT_LOCKED`, `RATE_LIMITED`, `OVERLOADED`.
pub async fn reauthenticate(app: &App, caller: &Caller, viewer: &Viewer, password: &Password) -> Result<Time> {
    let now = app.clock.now();
    let (user, session) = (viewer.user(), viewer.session().id);
    app.confirm_password(caller, (user, session), password, now).await?;

    let mut tx = app.db.begin().await?;
    sessions::note_authenticated(&mut tx, session, now).await?;
    audit_log::write(
        &mut tx,
        caller,
        Event::success(AuditAction::Reauthenticated).by(user.id).in_session(session),
        now,
    )
    .await?;
    tx.commit().await?;
    Ok(now + app.config.reauthentication_window)
}
