//! The audit trail, as the schema shows it: one event, a list of them, and what to look for.

use async_graphql::{Context, ID, Json, Object, SimpleObject};
use serde_json::Value;

pub use super::audit_filter::AuditEventFilter;
use super::audit_enums::{AuditAction, AuditOutcome};
use super::context::{ContextExt, viewer};
use super::guards::{self, Role, refuses, requires};
use super::loaders::loaders;
use super::paging::{Connection, ConnectionArguments, PageEdge, PageInfo, connection};
use super::views::{AuditEventView, UserView};
use crate::api::graphql::error::{ApiResult, Code};
use crate::api::graphql::scalars::DateTime;
use crate::app::viewer::Viewer;
use crate::records::audit_log::{self, AuditEvent};
use crate::records::audit_search::{self, Filter, Slice};
use crate::values::ids::{EventId, UserId};
use crate::values::paging::{Scope, SortedBy};

/// What can be asked about the audit trail.
#[derive(Default)]
pub struct AuditQuery;

/// What can be asked about the audit trail.
#[allow(clippy::too_many_arguments, reason = "the arguments of a Relay connection")]
#[Object]
impl AuditQuery {
    /// What happened, newest first; at most 100 a page, 20 where no size is given.
    #[graphql(
        guard = "guards::admin()",
        directive = requires::apply(Role::Admin, false),
        directive = refuses::apply(vec![Code::ValidationFailed])
    )]
    async fn audit_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start.")] first: Option<i32>,
        #[graphql(desc = "Start behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end.")] last: Option<i32>,
        #[graphql(desc = "End before this cursor.")] before: Option<String>,
        #[graphql(desc = "Only events like these.")] filter: Option<AuditEventFilter>,
    ) -> ApiResult<Option<AuditEventConnection>> {
        let filter = AuditEventFilter::read(filter)?;
        let arguments = ConnectionArguments { first, after, last, before };
        let page = arguments.parse(Scope::of("audit events", &filter, SortedBy::Time))?;
        let rows = audit_search::list(&ctx.app()?.db, &Slice { filter, page: page.clone() }).await?;
        Ok(Some(connection(rows, &page, audit_search::place, AuditEventView::in_full)))
    }
}

/// What was done to a user: everything for an administrator, and for the user what concerns them.
///
/// # Errors
/// `VALIDATION_FAILED`.
pub async fn history_of(
    ctx: &Context<'_>,
    user: UserId,
    arguments: ConnectionArguments,
    filter: Option<AuditEventFilter>,
) -> ApiResult<AuditEventConnection> {
    let filter = AuditEventFilter::read(filter)?;
    let is_others = filter.subject.is_some_and(|subject| subject != user);
    let (filter, view): (_, fn(AuditEvent) -> AuditEventView) = if sees_everything(ctx).await {
        (Filter { subject: Some(user), ..filter }, AuditEventView::in_full)
    } else {
        (filter.seen_by_subject(user), AuditEventView::for_subject)
    };
    let page = arguments.parse(Scope::of("audit events", &filter, SortedBy::Time))?;
    // What was done to somebody else was not done to this user.
    let rows =
        if is_others { Vec::new() } else { loaders(ctx)?.audit_events(Slice { filter, page: page.clone() }).await? };
    Ok(connection(rows, &page, audit_search::place, view))
}

/// The event of this id, if whoever asks may see it: an administrator any, a user what was done to them.
///
/// # Errors
/// `UNAVAILABLE`, or a fault.
pub async fn find(ctx: &Context<'_>, viewer: &Viewer, id: EventId) -> ApiResult<Option<AuditEventView>> {
    let found = audit_log::find(&ctx.app()?.db, id).await?;
    if viewer.administrator().is_ok() {
        return Ok(found.map(AuditEventView::in_full));
    }
    let own = found.filter(|event| event.subject_id == Some(viewer.user().id));
    Ok(own.map(AuditEventView::for_subject))
}

async fn sees_everything(ctx: &Context<'_>) -> bool {
    viewer(ctx).await.is_ok_and(|viewer| viewer.administrator().is_ok())
}

/// The user of an event; `None` for nobody, and for one who was erased. Only for a viewer whose session still lives: a
/// subscription also tells the event that ended it.
async fn user_of(ctx: &Context<'_>, id: Option<UserId>) -> ApiResult<Option<UserView>> {
    let Some(id) = id else { return Ok(None) };
    viewer(ctx).await?;
    Ok(loaders(ctx)?.user(id).await?.filter(|user| user.erased_at.is_none()).map(UserView))
}

/// Something that happened. It never changes, and stays as long as the operator keeps the trail.
#[Object(name = "AuditEvent")]
impl AuditEventView {
    /// Opaque, for ever the same: `event_…`.
    pub async fn id(&self) -> ID {
        ID(self.event().id.to_string())
    }

    /// When it happened.
    async fn at(&self) -> DateTime {
        self.event().at.into()
    }

    /// What was done, or tried.
    async fn action(&self) -> AuditAction {
        self.event().action.into()
    }

    /// How it ended.
    async fn outcome(&self) -> AuditOutcome {
        self.event().outcome.into()
    }

    /// Who did it. Null where nobody proved who they are, where the server did it by itself, where the user has been
    /// erased, and, for whoever is no administrator, where it was somebody else.
    async fn actor(&self, ctx: &Context<'_>) -> ApiResult<Option<UserView>> {
        if self.hides_details() {
            return Ok(None);
        }
        user_of(ctx, self.event().actor_id).await
    }

    /// Whom it was done to. Null where it concerns no account, or where the user has been erased.
    async fn subject(&self, ctx: &Context<'_>) -> ApiResult<Option<UserView>> {
        user_of(ctx, self.event().subject_id).await
    }

    /// The session it was done in, or to. Like the address and the agent, only administrators see it where somebody else
    /// did it.
    async fn session_id(&self) -> Option<ID> {
        self.event().session_id.filter(|_| !self.hides_details()).map(|id| ID(id.to_string()))
    }

    /// Where it was done from.
    async fn ip_address(&self) -> Option<&str> {
        self.event().address.as_deref().filter(|_| !self.hides_details())
    }

    /// What the client said it was.
    async fn user_agent(&self) -> Option<&str> {
        self.event().user_agent.as_deref().filter(|agent| !self.hides_details() && !agent.is_empty())
    }

    /// Ties the event to the answer of the request, and to the server's log.
    async fn correlation_id(&self) -> &str {
        &self.event().correlation_id
    }

    /// Details that depend on the action, such as `reason`, `method`, `endedSessions`. Never a secret.
    async fn metadata(&self) -> Json<Value> {
        Json(self.event().metadata.0.clone())
    }
}

/// A page of the audit trail.
#[derive(SimpleObject)]
#[graphql(name = "AuditEventConnection")]
pub struct AuditEventConnection {
    /// The events, with their cursors.
    edges: Vec<AuditEventEdge>,
    /// Where the page stands.
    page_info: PageInfo,
}

/// An event, and its place in the list.
#[derive(SimpleObject)]
#[graphql(name = "AuditEventEdge")]
pub struct AuditEventEdge {
    /// For `after` and `before`.
    cursor: String,
    /// The event.
    node: AuditEventView,
}

impl Connection<AuditEventView> for AuditEventConnection {
    fn of(edges: Vec<PageEdge<AuditEventView>>, page_info: PageInfo) -> Self {
        let edges = edges.into_iter().map(|PageEdge { cursor, node }| AuditEventEdge { cursor, node }).collect();
        Self { edges, page_info }
    }
}
