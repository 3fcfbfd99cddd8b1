//! The mutation that changes a session without ending it.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};

use super::account::parse_change;
use super::context::{ContextExt, viewer};
use super::costs::{self, cost};
use super::guards::{RoleEnum, access, refuses, require_user};
use super::views::SessionView;
use crate::api::graphql::error::{ApiResult, Code};
use crate::error::Refusal;
use crate::flows;
use crate::values::user::parse_name;

/// Input of `updateSession`.
#[derive(InputObject)]
pub struct UpdateSessionInput {
    /// Id of one of your own sessions.
    session_id: ID,
    /// Name of the device, 1 to 80 characters. Null removes it; omitted, it stays.
    device_name: MaybeUndefined<String>,
}

/// Result of `updateSession`.
#[derive(SimpleObject)]
pub struct UpdateSessionPayload {
    /// The session after the change.
    session: SessionView,
}

/// The mutation that changes a session without ending it.
#[derive(Default)]
pub struct SessionUpdateMutation;

#[Object]
impl SessionUpdateMutation {
    /// Rename the device of one of your active sessions.
    #[graphql(
        guard = "require_user()",
        directive = cost::apply(costs::UPDATE_SESSION.to_string()),
        directive = access::apply(RoleEnum::User, false),
        directive = refuses::apply(vec![Code::ValidationFailed, Code::NotFound]),
    )]
    async fn update_session(
        &self,
        ctx: &Context<'_>,
        input: UpdateSessionInput,
    ) -> ApiResult<Option<UpdateSessionPayload>> {
        let device_name = parse_change(input.device_name, parse_name).map_err(|fault| fault.at("input.deviceName"))?;
        let id = input.session_id.parse().map_err(|_| Refusal::NotFound)?;
        let viewer = viewer(ctx).await?;
        let session =
            flows::update_session::update_session(ctx.app()?, ctx.caller()?, &viewer, id, device_name).await?;
        let is_current = session.id == viewer.session().id;
        Ok(Some(UpdateSessionPayload { session: SessionView { session, user: viewer.user().clone(), is_current } }))
    }
}
