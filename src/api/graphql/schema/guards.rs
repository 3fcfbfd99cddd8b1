//! Who may resolve a field: the guard, and the directives that show it in the schema.

use async_graphql::{Context, Enum, Guard};

use super::context::{self, ContextExt};
use crate::api::graphql::error::{ApiError, Code};
use crate::error::Error;
use crate::values::user;

pub use directives::{access, refuses};

/// Role of a user, which decides what they may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(name = "Role", remote = "user::Role")]
pub enum RoleEnum {
    /// May manage their own account.
    User,
    /// May manage all accounts and read the audit trail.
    Admin,
}

/// The macro generates types for the directives without descriptions.
#[allow(missing_docs, reason = "the macro does not hand descriptions on to the types it makes")]
mod directives {
    use async_graphql::TypeDirective;

    use super::{Code, RoleEnum};

    /// States who may resolve the field; the server enforces it. Refuses with UNAUTHENTICATED, with FORBIDDEN if the
    /// role is missing, and with `REAUTHENTICATION_REQUIRED` if `recentAuth` is true and the user has not called
    /// `reauthenticate` or signed in within `REAUTHENTICATION_WINDOW`.
    #[TypeDirective(location = "FieldDefinition")]
    pub fn access(role: RoleEnum, #[graphql(name = "recentAuth", default = false)] recent_auth: bool) {}

    /// Lists the error codes of the field.
    ///
    /// Every field may also fail with `BAD_USER_INPUT`, `RATE_LIMITED`, UNAVAILABLE and INTERNAL, a mutation also
    /// with CONFLICT and the reason RACE, and a field with `@access` with the codes of that directive. After a subscription has sent the event that ended its session, the
    /// users of that event fail with UNAUTHENTICATED. All other codes refuse a whole request: `QUERY_TOO_COMPLEX`,
    /// OVERLOADED, `BAD_REQUEST` and those of the document.
    #[TypeDirective(location = "FieldDefinition")]
    pub fn refuses(codes: Vec<Code>) {}
}

/// Allows a field to signed-in users only, or to administrators only.
#[derive(Debug, Clone, Copy)]
pub struct RequireUser {
    needs_admin: bool,
    needs_recent_proof: bool,
}

/// Allows every signed-in user.
#[must_use]
pub const fn require_user() -> RequireUser {
    RequireUser { needs_admin: false, needs_recent_proof: false }
}

/// Allows users who proved their identity recently (`REAUTHENTICATION_WINDOW`).
#[must_use]
pub const fn require_recent_auth() -> RequireUser {
    RequireUser { needs_admin: false, needs_recent_proof: true }
}

/// Allows administrators.
#[must_use]
pub const fn admin() -> RequireUser {
    RequireUser { needs_admin: true, needs_recent_proof: false }
}

/// Allows administrators who proved their identity recently.
#[must_use]
pub const fn require_recent_admin() -> RequireUser {
    RequireUser { needs_admin: true, needs_recent_proof: true }
}

impl Guard for RequireUser {
    async fn check(&self, ctx: &Context<'_>) -> async_graphql::Result<()> {
        // An earlier mutation of the document may have ended the session: each one reads the viewer again.
        let is_mutation = ctx.path_node.is_some_and(|node| node.parent.is_none())
            && ctx.query_env.operation.node.ty == async_graphql::parser::types::OperationType::Mutation;
        let viewer = if is_mutation { context::viewer_now(ctx).await } else { context::viewer(ctx).await }?;
        if self.needs_admin {
            viewer.administrator().map_err(ApiError::from)?;
        }
        if self.needs_recent_proof {
            let recent = ctx.app().and_then(|app| viewer.require_recent(app, app.clock.now()));
            recent.map_err(|error: Error| ApiError::from(error))?;
        }
        Ok(())
    }
}
