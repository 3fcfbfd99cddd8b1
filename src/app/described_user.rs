//! Accounts as the command line shows and exports them.

use std::collections::HashSet;

use chrono::SecondsFormat;
use serde::Serialize;

use crate::app::App;
use crate::error::Result;
use crate::records::mfa;
use crate::records::users::User;
use crate::values::time::Time;
use crate::values::user::UserStatus;

/// An account, without its secrets. `authgraph users import` reads what is written here.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the words of docs/import.md")]
pub struct DescribedUser {
    pub id: String,
    pub email: String,
    pub email_verified: bool,
    pub name: Option<String>,
    pub locale: Option<String>,
    pub role: &'static str,
    pub status: &'static str,
    /// Whether an administrator or the operator locked it. Wrong passwords lock for a while, and that is not told here.
    pub locked: bool,
    pub locked_until: Option<String>,
    pub mfa_enabled: bool,
    pub created_at: String,
    pub last_login_at: Option<String>,
}

/// Describes these accounts, in their order, with one more statement for all of them.
///
/// # Errors
/// `UNAVAILABLE`, or a fault.
pub async fn describe_users(app: &App, users: &[User]) -> Result<Vec<DescribedUser>> {
    let now = app.clock.now();
    if users.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<_> = users.iter().map(|user| user.id).collect();
    let mut with_mfa = HashSet::new();
    // SQLite binds 32,766 values at most.
    for ids in ids.chunks(1_000) {
        with_mfa.extend(mfa::list_of_users(&app.db, ids).await?.into_iter().map(|found| found.user_id));
    }
    Ok(users.iter().map(|user| describe(user, with_mfa.contains(&user.id), now)).collect())
}

fn describe(user: &User, mfa_enabled: bool, now: Time) -> DescribedUser {
    DescribedUser {
        id: user.id.to_string(),
        email: user.email.to_string(),
        email_verified: user.email_verified_at.is_some(),
        name: user.name.clone(),
        locale: user.locale.clone(),
        role: user.role.as_str(),
        status: word(user.status(now)),
        locked: user.lock_by_admin(now).is_some(),
        locked_until: user.lock(now).and_then(|lock| lock.until).map(precise),
        mfa_enabled,
        created_at: precise(user.created_at),
        last_login_at: user.last_login_at.map(precise),
    }
}

/// The word of the schema.
const fn word(status: UserStatus) -> &'static str {
    match status {
        UserStatus::Active => "ACTIVE",
        UserStatus::Invited => "INVITED",
        UserStatus::Locked => "LOCKED",
        UserStatus::Deleted => "DELETED",
        UserStatus::Erased => "ERASED",
    }
}

fn precise(at: Time) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}
