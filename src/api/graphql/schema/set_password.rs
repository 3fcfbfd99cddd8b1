//! The mutation that gives an account its first password.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

use super::context::{ContextExt, viewer};
use super::costs::{self, cost};
use super::guards::{RoleEnum, access, refuses, require_recent_auth};
use super::session_endings::{ended_count, ended_ids};
use super::views::UserView;
use crate::api::graphql::error::{ApiResult, Code};
use crate::flows;
use crate::values::password::Password;

/// Input of `setPassword`.
#[derive(InputObject)]
pub struct SetPasswordInput {
    /// Password that follows `authConfig.passwordPolicy`.
    #[graphql(secret)]
    new_password: String,
}

/// Result of `setPassword`.
#[derive(SimpleObject)]
pub struct SetPasswordPayload {
    /// Ids of the other sessions that ended, at most 1,000.
    ended_session_ids: Vec<ID>,
    /// Number of other sessions that ended.
    ended_session_count: i32,
    /// The user after the change.
    user: UserView,
}

/// The mutation that gives an account its first password.
#[derive(Default)]
pub struct SetPasswordMutation;

#[Object]
impl SetPasswordMutation {
    /// Set a password for an account that has none (`User.hasPassword`), so that you can also log in with it. All other
    /// sessions end. CONFLICT if there is a password: call `changePassword`.
    #[graphql(
        guard = "require_recent_auth()",
        directive = access::apply(RoleEnum::User, true),
        directive = cost::apply(costs::SET_PASSWORD.to_string()),
        directive = refuses::apply(vec![Code::Conflict, Code::ValidationFailed, Code::Overloaded]),
    )]
    async fn set_password(&self, ctx: &Context<'_>, input: SetPasswordInput) -> ApiResult<Option<SetPasswordPayload>> {
        let (viewer, password) = (viewer(ctx).await?, Password::typed(input.new_password));
        let (user, ended) = flows::set_password::set_password(ctx.app()?, ctx.caller()?, &viewer, &password).await?;
        Ok(Some(SetPasswordPayload {
            ended_session_ids: ended_ids(&ended),
            ended_session_count: ended_count(&ended),
            user: UserView(user),
        }))
    }
}
