//! Mutations that end sessions.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

use super::context::{ContextExt, admin, clear_refresh_cookie, viewer};
use super::costs::{self, cost};
use super::guards::{self, RoleEnum, access, refuses, require_user};
use super::input;
use super::views::{SessionView, UserView};
use crate::api::graphql::error::{ApiResult, Code};
use crate::api::graphql::scalars::int;
use crate::error::Refusal;
use crate::flows;
use crate::flows::end_sessions::SessionSelection;
use crate::records::sessions::{EndedSessions, SessionOfUser};

/// Result of `logout`.
#[derive(SimpleObject)]
pub struct LogoutPayload {
    /// Id of the session that ended.
    session_id: ID,
}

/// Input of `revokeSession`.
#[derive(InputObject)]
pub struct RevokeSessionInput {
    /// Id of one of your own sessions.
    session_id: ID,
}

/// Result of `revokeSession`.
#[derive(SimpleObject)]
pub struct RevokeSessionPayload {
    /// The session after the change.
    session: SessionView,
}

/// Result of `revokeOtherSessions`.
#[derive(SimpleObject)]
pub struct RevokeOtherSessionsPayload {
    /// Ids of the sessions that ended, at most 1,000.
    ended_session_ids: Vec<ID>,
    /// Number of sessions that ended.
    ended_session_count: i32,
    /// The user.
    user: UserView,
}

/// Result of `revokeAllSessions`.
#[derive(SimpleObject)]
pub struct RevokeAllSessionsPayload {
    /// Ids of the sessions that ended, at most 1,000.
    ended_session_ids: Vec<ID>,
    /// Number of sessions that ended.
    ended_session_count: i32,
}

/// Input of `revokeUserSession`.
#[derive(InputObject)]
pub struct RevokeUserSessionInput {
    /// Id of a session of any user.
    session_id: ID,
}

/// Result of `revokeUserSession`.
#[derive(SimpleObject)]
pub struct RevokeUserSessionPayload {
    /// The session after the change.
    session: SessionView,
}

/// Result of `revokeUserSessions`.
#[derive(SimpleObject)]
pub struct RevokeUserSessionsPayload {
    /// Ids of the sessions that ended, at most 1,000.
    pub ended_session_ids: Vec<ID>,
    /// Number of sessions that ended.
    pub ended_session_count: i32,
    /// The user.
    pub user: UserView,
}

/// Input of `disownSession`.
#[derive(InputObject)]
pub struct DisownSessionInput {
    /// Token from the link of the email about a new sign-in. It works once and expires after `DISOWN_SESSION_LIFETIME`.
    #[graphql(secret)]
    token: String,
}

/// Result of `disownSession`.
#[derive(SimpleObject)]
pub struct DisownSessionPayload {
    /// Id of the session that the email was about.
    session_id: ID,
}

/// Mutations that end sessions.
#[derive(Default)]
pub struct SessionMutation;

#[Object]
impl SessionMutation {
    /// End this session. Its tokens stop working and its cookie is deleted; over a WebSocket the cookie stays, with a
    /// token that no longer works.
    #[graphql(
        guard = "require_user()",
        directive = cost::apply(costs::LOGOUT.to_string()),
        directive = access::apply(RoleEnum::User, false),
    )]
    async fn logout(&self, ctx: &Context<'_>) -> ApiResult<Option<LogoutPayload>> {
        let viewer = viewer(ctx).await?;
        let session = flows::logout::logout(ctx.app()?, ctx.caller()?, &viewer).await?;
        clear_refresh_cookie(ctx)?;
        Ok(Some(LogoutPayload { session_id: ID(session.to_string()) }))
    }

    /// End one of your sessions. A session that has already ended is returned unchanged.
    #[graphql(
        guard = "require_user()",
        directive = cost::apply(costs::REVOKE_SESSION.to_string()),
        directive = access::apply(RoleEnum::User, false),
        directive = refuses::apply(vec![Code::NotFound]),
    )]
    async fn revoke_session(
        &self,
        ctx: &Context<'_>,
        input: RevokeSessionInput,
    ) -> ApiResult<Option<RevokeSessionPayload>> {
        let id = input.session_id.parse().map_err(|_| Refusal::NotFound)?;
        let viewer = viewer(ctx).await?;
        let session = flows::end_sessions::revoke_session(ctx.app()?, ctx.caller()?, &viewer, id).await?;
        let is_current = session.id == viewer.session().id;
        Ok(Some(RevokeSessionPayload { session: SessionView { session, user: viewer.user().clone(), is_current } }))
    }

    /// Report a sign-in that was not yours, with the token of the email about it. All sessions end and the password is
    /// removed, because the person who signed in knows it. An email offers a new password.
    #[graphql(
        directive = cost::apply(costs::DISOWN_SESSION.to_string()),
        directive = refuses::apply(vec![Code::InvalidToken]),
    )]
    async fn disown_session(
        &self,
        ctx: &Context<'_>,
        input: DisownSessionInput,
    ) -> ApiResult<Option<DisownSessionPayload>> {
        let token = input::one_time_token(&input.token)?;
        let session = flows::disown_session::disown_session(ctx.app()?, ctx.caller()?, &token).await?;
        Ok(Some(DisownSessionPayload { session_id: ID(session.to_string()) }))
    }

    /// End all your sessions except this one.
    #[graphql(
        guard = "require_user()",
        directive = cost::apply(costs::REVOKE_OTHER_SESSIONS.to_string()),
        directive = access::apply(RoleEnum::User, false),
    )]
    async fn revoke_other_sessions(&self, ctx: &Context<'_>) -> ApiResult<Option<RevokeOtherSessionsPayload>> {
        let ended = revoke(ctx, SessionSelection::Others).await?;
        Ok(Some(RevokeOtherSessionsPayload {
            ended_session_ids: ended_ids(&ended),
            ended_session_count: ended_count(&ended),
            user: UserView(viewer(ctx).await?.user().clone()),
        }))
    }

    /// End all your sessions, including this one. Its cookie is deleted, except over a WebSocket.
    #[graphql(
        guard = "require_user()",
        directive = cost::apply(costs::REVOKE_ALL_SESSIONS.to_string()),
        directive = access::apply(RoleEnum::User, false),
    )]
    async fn revoke_all_sessions(&self, ctx: &Context<'_>) -> ApiResult<Option<RevokeAllSessionsPayload>> {
        let ended = revoke(ctx, SessionSelection::All).await?;
        clear_refresh_cookie(ctx)?;
        Ok(Some(RevokeAllSessionsPayload {
            ended_session_ids: ended_ids(&ended),
            ended_session_count: ended_count(&ended),
        }))
    }

    /// End one session of a user. A session that has already ended is returned unchanged. CONFLICT if the account is
    /// deleted.
    #[graphql(
        guard = "guards::admin()",
        directive = cost::apply(costs::REVOKE_USER_SESSION.to_string()),
        directive = access::apply(RoleEnum::Admin, false),
        directive = refuses::apply(vec![Code::NotFound, Code::Conflict]),
    )]
    async fn revoke_user_session(
        &self,
        ctx: &Context<'_>,
        input: RevokeUserSessionInput,
    ) -> ApiResult<Option<RevokeUserSessionPayload>> {
        let id = input.session_id.parse().map_err(|_| Refusal::NotFound)?;
        let admin = admin(ctx).await?;
        let SessionOfUser { session, user } =
            flows::admin_support::revoke_user_session(ctx.app()?, ctx.caller()?, &admin, id).await?;
        let is_current = session.id == admin.viewer().session().id;
        Ok(Some(RevokeUserSessionPayload { session: SessionView { session, user, is_current } }))
    }
}

async fn revoke(ctx: &Context<'_>, which: SessionSelection) -> ApiResult<EndedSessions> {
    let viewer = viewer(ctx).await?;
    Ok(flows::end_sessions::revoke_sessions(ctx.app()?, ctx.caller()?, &viewer, which).await?)
}

/// Ids of sessions that ended, as payloads name them.
#[must_use]
pub fn ended_ids(ended: &EndedSessions) -> Vec<ID> {
    ended.ids.iter().map(|id| ID(id.to_string())).collect()
}

/// Number of sessions that ended, as payloads name it.
#[must_use]
pub fn ended_count(ended: &EndedSessions) -> i32 {
    int(ended.count)
}
