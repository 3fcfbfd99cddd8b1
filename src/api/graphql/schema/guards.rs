//! Who may resolve a field: the check, and the directive that shows it in the schema.

use async_graphql::{Context, Enum, Guard};

use super::context::{self, ContextExt};
use crate::api::graphql::error::{ApiError, Code};
use crate::error::Error;
use crate::values::user;

pub use directives::{refuses, requires};

/// What a user may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "user::Role")]
pub enum Role {
    /// Their own account.
    User,
    /// Everybody's account, and the audit trail.
    Admin,
}

/// The directives. The macro makes types of them that it does not describe.
#[allow(missing_docs, reason = "the macro does not hand descriptions on to the types it makes")]
mod directives {
    use async_graphql::TypeDirective;

    use super::{Code, Role};

    /// Who may resolve a field. The server enforces it; printing it in the schema lets a reader see it.
    /// Refuses with UNAUTHENTICATED, FORBIDDEN, or REAUTHENTICATION_REQUIRED where `recentAuth` is true.
    #[TypeDirective(location = "FieldDefinition")]
    pub fn requires(role: Role, #[graphql(name = "recentAuth")] recent_auth: bool) {}

    /// The codes a field itself may refuse with. Any field may also answer RATE_LIMITED, UNAVAILABLE and INTERNAL.
    #[TypeDirective(location = "FieldDefinition")]
    pub fn refuses(codes: Vec<Code>) {}
}

/// Lets only signed-in users pass.
#[derive(Debug, Clone, Copy)]
pub struct RequireUser {
    needs_admin: bool,
    needs_recent_proof: bool,
}

/// The field is for every signed-in user.
#[must_use]
pub const fn require_user() -> RequireUser {
    RequireUser { needs_admin: false, needs_recent_proof: false }
}

/// The field is for a user who proved who they are a short while ago.
#[must_use]
pub const fn require_recent_auth() -> RequireUser {
    RequireUser { needs_admin: false, needs_recent_proof: true }
}

/// The field is for administrators.
#[must_use]
pub const fn admin() -> RequireUser {
    RequireUser { needs_admin: true, needs_recent_proof: false }
}

/// The field is for administrators who proved who they are a short while ago.
#[must_use]
pub const fn require_recent_admin() -> RequireUser {
    RequireUser { needs_admin: true, needs_recent_proof: true }
}

impl Guard for RequireUser {
    async fn check(&self, ctx: &Context<'_>) -> async_graphql::Result<()> {
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
