//! Any object by its id (Relay's `node` and `nodes`), with the access rules of the other fields.

use std::sync::Arc;

use async_graphql::{Context, ID, Object};
use futures_util::future;

use super::audit;
use super::context::try_viewer;
use super::guards::refuses;
use super::loaders::loaders;
use super::oauth_accounts::OAuthAccountView;
use super::views::{AuditEventView, SessionView, UserView};
use crate::api::graphql::error::{ApiResult, Code};
use crate::app::viewer::Viewer;
use crate::error::{Error, FieldErrorCode, FieldFault, Refusal};
use crate::records::sessions::SessionOfUser;
use crate::values::ids::{EventId, OAuthAccountId, SessionId, UserId};
use crate::values::paging::PAGE_LIMIT;

pub use interface::Node;

/// The macro generates a method for the field without a description.
#[allow(missing_docs, reason = "the macro does not hand the description of the field on to the method it makes")]
mod interface {
    use async_graphql::{ID, Interface};

    use super::{AuditEventView, OAuthAccountView, SessionView, UserView};

    /// An object with a globally unique id.
    #[derive(Interface)]
    #[graphql(field(name = "id", ty = "ID", desc = "Opaque id that never changes."))]
    pub enum Node {
        /// `user_…`
        User(Box<UserView>),
        /// `session_…`
        Session(Box<SessionView>),
        /// `event_…`
        AuditEvent(Box<AuditEventView>),
        /// `oauth_…`
        OAuthAccount(Box<OAuthAccountView>),
    }
}

/// Queries for any object by its id.
#[derive(Default)]
pub struct NodeQuery;

#[Object]
impl NodeQuery {
    /// Get any object by its id, with the access rules of the other fields. Null if it does not exist or you may not
    /// see it.
    async fn node(&self, ctx: &Context<'_>, #[graphql(desc = "Id of the object.")] id: ID) -> ApiResult<Option<Node>> {
        let Some(viewer) = viewer_if_signed_in(ctx).await? else { return Ok(None) };
        find(ctx, &viewer, &id).await
    }

    /// Get objects by their ids, in the order of the ids, with the access rules of the other fields. Null for each that
    /// does not exist or that you may not see.
    #[graphql(directive = refuses::apply(vec![Code::ValidationFailed]))]
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Ids of the objects, at most 100.")] ids: Vec<ID>,
    ) -> ApiResult<Option<Vec<Option<Node>>>> {
        if ids.len() > PAGE_LIMIT {
            let fault = FieldFault::new(FieldErrorCode::OutOfRange, format!("Use at most {PAGE_LIMIT} ids."));
            return Err(fault.at("ids").into());
        }
        let Some(viewer) = viewer_if_signed_in(ctx).await? else { return Ok(Some(ids.iter().map(|_| None).collect())) };
        // All at once, so that the loaders read objects of one kind with one statement.
        future::try_join_all(ids.iter().map(|id| find(ctx, &viewer, id))).await.map(Some)
    }
}

/// Finds an object by its id. The result is the same, nothing, for an object that does not exist and one of another user.
async fn find(ctx: &Context<'_>, viewer: &Viewer, id: &str) -> ApiResult<Option<Node>> {
    if let Ok(id) = id.parse::<UserId>() {
        return Ok(find_user(ctx, viewer, id).await?.map(|user| Node::User(Box::new(user))));
    }
    if let Ok(id) = id.parse::<SessionId>() {
        return Ok(find_session(ctx, viewer, id).await?.map(|session| Node::Session(Box::new(session))));
    }
    if let Ok(id) = id.parse::<EventId>() {
        return Ok(audit::find(ctx, viewer, id).await?.map(|event| Node::AuditEvent(Box::new(event))));
    }
    if let Ok(id) = id.parse::<OAuthAccountId>() {
        return Ok(find_oauth_account(ctx, viewer, id).await?.map(|account| Node::OAuthAccount(Box::new(account))));
    }
    Ok(None)
}

async fn find_user(ctx: &Context<'_>, viewer: &Viewer, id: UserId) -> ApiResult<Option<UserView>> {
    if !viewer.may_see(id) {
        return Ok(None);
    }
    Ok(loaders(ctx)?.user(id).await?.map(UserView))
}

async fn find_session(ctx: &Context<'_>, viewer: &Viewer, id: SessionId) -> ApiResult<Option<SessionView>> {
    let found = loaders(ctx)?.session(id).await?;
    let seen = found.filter(|found| viewer.may_see(found.user.id));
    Ok(seen.map(|SessionOfUser { session, user }| SessionView {
        is_current: session.id == viewer.session().id,
        session,
        user,
    }))
}

async fn find_oauth_account(
    ctx: &Context<'_>,
    viewer: &Viewer,
    id: OAuthAccountId,
) -> ApiResult<Option<OAuthAccountView>> {
    let found = loaders(ctx)?.oauth_account(id).await?;
    Ok(found.filter(|account| viewer.may_see(account.user_id)).map(Into::into))
}

/// The viewer; `None` without a valid token.
async fn viewer_if_signed_in(ctx: &Context<'_>) -> ApiResult<Option<Arc<Viewer>>> {
    match try_viewer(ctx).await {
        Ok(viewer) => Ok(Some(viewer)),
        Err(Error::Refused(Refusal::Unauthenticated)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
