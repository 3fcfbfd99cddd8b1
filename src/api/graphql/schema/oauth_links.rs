//! Mutations that link and unlink provider accounts.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

use super::context::{ContextExt, viewer};
use super::costs::{self, RateBucket, cost, rate_limit};
use super::guards::{RoleEnum, access, refuses, require_recent_auth};
use super::oauth_accounts::OAuthAccountView;
use super::oauth_answers::{IdTokenAnswerInput, OAuthAnswerInput, parse_answer};
use super::views::UserView;
use crate::api::graphql::error::{ApiResult, Code};
use crate::error::Refusal;
use crate::flows::link_oauth_account;

/// Input of `linkOAuthAccount`. Give exactly one of its fields.
#[derive(InputObject)]
pub struct LinkOAuthAccountInput {
    /// Answer of the provider to a `startOAuth` with the purpose LINK.
    oauth: Option<OAuthAnswerInput>,
    /// ID token for a `startIdTokenLogin` with the purpose LINK.
    id_token: Option<IdTokenAnswerInput>,
}

/// Result of `linkOAuthAccount`.
#[derive(SimpleObject)]
pub struct LinkOAuthAccountPayload {
    /// The provider account that is linked now.
    oauth_account: OAuthAccountView,
    /// The user after the change.
    user: UserView,
}

/// Input of `unlinkOAuthAccount`.
#[derive(InputObject)]
pub struct UnlinkOAuthAccountInput {
    /// Id of one of your own provider accounts.
    oauth_account_id: ID,
}

/// Result of `unlinkOAuthAccount`.
#[derive(SimpleObject)]
pub struct UnlinkOAuthAccountPayload {
    /// Id of the provider account that was unlinked.
    oauth_account_id: ID,
    /// The user after the change.
    user: UserView,
}

/// Mutations that link and unlink provider accounts.
#[derive(Default)]
pub struct OAuthLinkMutation;

#[Object]
impl OAuthLinkMutation {
    /// Link a provider account, so that you can sign in with it. Its email address may differ from yours. An email reports
    /// it. If it is linked to you already, nothing changes; CONFLICT if it is linked to another user.
    #[graphql(
        name = "linkOAuthAccount",
        guard = "require_recent_auth()",
        directive = access::apply(RoleEnum::User, true),
        directive = cost::apply(costs::LINK_OAUTH_ACCOUNT.to_string()),
        directive = rate_limit::apply(RateBucket::Auth),
        directive = refuses::apply(vec![
            Code::Conflict, Code::InvalidToken, Code::OAuthFailed, Code::Unavailable, Code::ValidationFailed,
        ]),
    )]
    async fn link_oauth_account(
        &self,
        ctx: &Context<'_>,
        input: LinkOAuthAccountInput,
    ) -> ApiResult<Option<LinkOAuthAccountPayload>> {
        let answer = parse_answer(input.oauth, input.id_token)?;
        let viewer = viewer(ctx).await?;
        let linked = link_oauth_account::link_oauth_account(ctx.app()?, ctx.caller()?, &viewer, answer).await?;
        Ok(Some(LinkOAuthAccountPayload { oauth_account: linked.into(), user: UserView(viewer.user().clone()) }))
    }

    /// Unlink one of your provider accounts. An email reports it. CONFLICT if you could not sign in any more: set a
    /// password or link another provider first.
    #[graphql(
        name = "unlinkOAuthAccount",
        guard = "require_recent_auth()",
        directive = access::apply(RoleEnum::User, true),
        directive = cost::apply(costs::UNLINK_OAUTH_ACCOUNT.to_string()),
        directive = refuses::apply(vec![Code::NotFound, Code::Conflict]),
    )]
    async fn unlink_oauth_account(
        &self,
        ctx: &Context<'_>,
        input: UnlinkOAuthAccountInput,
    ) -> ApiResult<Option<UnlinkOAuthAccountPayload>> {
        let id = input.oauth_account_id.parse().map_err(|_| Refusal::NotFound)?;
        let viewer = viewer(ctx).await?;
        let unlinked = link_oauth_account::unlink_oauth_account(ctx.app()?, ctx.caller()?, &viewer, id).await?;
        Ok(Some(UnlinkOAuthAccountPayload {
            oauth_account_id: ID(unlinked.to_string()),
            user: UserView(viewer.user().clone()),
        }))
    }
}
