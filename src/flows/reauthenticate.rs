//! Proving again that it is still you, before a sensitive deed.

use super::authenticate::Viewer;
use crate::app::App;
use crate::app::guesses::CodePlace;
use crate::error::Result;
use crate::records::audit_log::{self, Event};
use crate::records::sessions;
use crate::values::audit::AuditAction;
use crate::values::caller::Caller;
use crate::values::password::Password;
use crate::values::time::Time;

/// By what somebody proves it.
#[derive(Debug)]
pub enum Proof {
    /// The account's password.
    Password(Password),
    /// A code of the second factor, where it is on.
    Code(String),
}

/// Opens the window for sensitive deeds on this session. Answers when it closes.
///
/// # Errors
/// `INVALID_CREDENTIALS`, `INVALID_MFA_CODE`, `ACCOUNT_LOCKED`, `RATE_LIMITED`, `OVERLOADED`.
pub async fn reauthenticate(app: &App, caller: &Caller, viewer: &Viewer, proof: &Proof) -> Result<Time> {
    let now = app.clock.now();
    let (user, session) = (viewer.user(), viewer.session().id);
    let code = match proof {
        Proof::Password(password) => {
            app.confirm_password(caller, (user, session), password, now).await?;
            None
        }
        Proof::Code(typed) => Some(app.judge_code(CodePlace::Session(session), user, typed, now).await?),
    };

    let mut tx = app.db.begin().await?;
    if let Some(code) = code
        && app.use_code(&mut tx, caller, user, code.as_ref(), now).await?.is_none()
    {
        drop(tx);
        let failed = Event::failure(AuditAction::Reauthenticated).by(user.id).in_session(session);
        return Err(app.refuse_code(caller, failed, None, now).await?.into());
    }
    sessions::note_authenticated(&mut tx, session, now).await?;
    audit_log::write(
        &mut tx,
        caller,
        Event::success(AuditAction::Reauthenticated).by(user.id).in_session(session),
        now,
    )
    .await?;
    tx.commit().await?;
    app.letter_posted.notify_one();
    Ok(now + app.config.reauthentication_window)
}
