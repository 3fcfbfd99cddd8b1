//! The list of a user's sessions.

use async_graphql::{Context, Object};

use super::context::viewer;
use super::costs::{self, cost};
use super::loaders::{SessionsFilter, SessionsKey, loaders};
use super::paging::{ConnectionArguments, PageInfo, RelayConnection, RelayEdge, connection};
use super::views::SessionView;
use crate::api::graphql::error::ApiResult;
use crate::records::sessions;
use crate::records::users::User;
use crate::values::paging::{ListScope, SortedBy};
use crate::values::session::SessionStatus;

/// A page of a list.
pub struct SessionConnection {
    page: RelayConnection<SessionView>,
    filter: SessionsFilter,
}

/// A page of a list.
#[Object]
impl SessionConnection {
    /// Items with their cursors.
    async fn edges(&self) -> &[RelayEdge<SessionView>] {
        self.page.edges()
    }

    /// Items without their cursors.
    async fn nodes(&self) -> Vec<&SessionView> {
        self.page.nodes()
    }

    /// Position of this page in the list.
    async fn page_info(&self) -> &PageInfo {
        self.page.page_info()
    }

    /// Number of sessions in the list. Counting takes longer the more there are.
    #[graphql(directive = cost::apply(costs::TOTAL_COUNT.to_string()))]
    async fn total_count(&self, ctx: &Context<'_>) -> ApiResult<i64> {
        loaders(ctx)?.session_count(self.filter).await
    }
}

/// Lists a user's sessions, newest first.
///
/// # Errors
/// `VALIDATION_FAILED`.
pub async fn of_user(
    ctx: &Context<'_>,
    user: &User,
    arguments: ConnectionArguments,
    status: Option<SessionStatus>,
) -> ApiResult<SessionConnection> {
    let page = arguments.parse(ListScope::new("sessions", &status, SortedBy::Time))?;
    let current = viewer(ctx).await.ok().map(|viewer| viewer.session().id);
    let filter = SessionsFilter { user: user.id, status };
    let rows = loaders(ctx)?.sessions(SessionsKey { filter, page: page.clone() }).await?;
    let page = connection(rows, &page, sessions::place, |session| SessionView {
        is_current: current == Some(session.id),
        session,
        user: user.clone(),
    });
    Ok(SessionConnection { page, filter })
}
