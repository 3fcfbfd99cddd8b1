//! Changing one's display name and language.

use crate::app::App;
use crate::app::viewer::Viewer;
use crate::error::{Refusal, Result};
use crate::records::audit_log;
use crate::records::users::{self, User};
use crate::values::audit::AuditAction;
use crate::values::caller::Caller;
use crate::values::user::FieldChange;

/// What to change.
#[derive(Debug)]
#[allow(missing_docs, reason = "the words of UpdateProfileInput")]
pub struct ProfileChange {
    pub name: FieldChange<String>,
    pub locale: FieldChange<String>,
}

/// Changes the profile and answers the user as it is now.
///
/// # Errors
/// `UNAUTHENTICATED` where the session has ended.
pub async fn update_profile(app: &App, caller: &Caller, viewer: &Viewer, change: ProfileChange) -> Result<User> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    viewer.hold(&mut tx, now).await?;
    // Read again: another request may have changed what this one leaves as it is.
    let before = users::find_in(&mut tx, viewer.user().id).await?.ok_or(Refusal::Unauthenticated)?;
    let mut user = before.clone();
    change.name.apply(&mut user.name);
    change.locale.apply(&mut user.locale);
    let user = users::update_profile(&mut tx, &user, now).await?;
    let event = viewer.success(AuditAction::ProfileUpdated).with_profile(&before, &user);
    audit_log::write(&mut tx, caller, event, now).await?;
    tx.commit().await?;
    Ok(user)
}
