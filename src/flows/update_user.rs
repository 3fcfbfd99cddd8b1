//! Changing role and profile of another user. Each of the two has its own audit event.

use crate::app::viewer::Admin;
use crate::app::{App, admin_actions};
use crate::error::{OrFault, Result};
use crate::records::administration;
use crate::records::audit_log;
use crate::records::users::{self, User};
use crate::tools::db::Tx;
use crate::values::audit::AuditAction;
use crate::values::caller::Caller;
use crate::values::ids::UserId;
use crate::values::time::Time;
use crate::values::user::{FieldChange, Role};

/// What to change. The rest stays as it is.
#[derive(Debug)]
#[allow(missing_docs, reason = "the words of UpdateUserInput")]
pub struct UserChange {
    pub role: Option<Role>,
    pub name: FieldChange<String>,
    pub locale: FieldChange<String>,
}

/// A change that is being made.
struct AccountUpdate<'a> {
    app: &'a App,
    caller: &'a Caller,
    admin: &'a Admin,
    user: User,
    now: Time,
}

/// Changes an account in one transaction, and answers the account as it is then. What is already so is no change.
///
/// # Errors
/// `NOT_FOUND`; `CONFLICT` for a deleted account, one's own role, and the last administrator; `FORBIDDEN`.
pub async fn update_user(app: &App, caller: &Caller, admin: &Admin, id: UserId, change: UserChange) -> Result<User> {
    let now = app.clock.now();
    let mut tx = admin_actions::begin(app, admin, now).await?;
    let user = admin_actions::find_to_change(&mut tx, id, now).await?;
    let update = AccountUpdate { app, caller, admin, user, now };
    if let Some(role) = change.role {
        update.role(&mut tx, role).await?;
    }
    update.profile(&mut tx, change.name, change.locale).await?;
    let user = users::find_in(&mut tx, id).await?.or_fault("reading a user just changed")?;
    tx.commit().await?;
    Ok(user)
}

impl AccountUpdate<'_> {
    async fn role(&self, tx: &mut Tx, role: Role) -> Result<()> {
        let (id, before) = (self.user.id, self.user.role);
        if before == role {
            return Ok(());
        }
        admin_actions::refuse_own(self.admin, id, "You cannot change your own role.")?;
        admin_actions::require_another_admin(self.app, tx, id, self.now).await?;
        administration::set_role(tx, id, role, self.now).await?;
        let event = self.admin.success(AuditAction::RoleChanged, id);
        let event = event.with_change("role", Some(before.as_str()), Some(role.as_str()));
        audit_log::write(tx, self.caller, event, self.now).await
    }

    async fn profile(&self, tx: &mut Tx, name: FieldChange<String>, locale: FieldChange<String>) -> Result<()> {
        let mut changed = self.user.clone();
        name.apply(&mut changed.name);
        locale.apply(&mut changed.locale);
        if changed.name == self.user.name && changed.locale == self.user.locale {
            return Ok(());
        }
        users::update_profile(tx, &changed, self.now).await?;
        let event = self.admin.success(AuditAction::UserUpdated, self.user.id).with_profile(&self.user, &changed);
        audit_log::write(tx, self.caller, event, self.now).await
    }
}
