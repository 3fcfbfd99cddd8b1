//! The audit trail, as the schema shows it: one event, a list of them, and what to look for.

use std::net::IpAddr;
use std::str::FromStr;

use async_graphql::{Context, ID, InputObject, Json, Object, SimpleObject};
use serde_json::Value;
use uuid::Uuid;

use super::audit_words::{AuditAction, AuditOutcome};
use super::context::{Asks, viewer};
use super::error::{ApiResult, Code};
use super::guards::{self, Role, refuses, requires};
use super::input::Faults;
use super::paging::{Connection, ConnectionArguments, PageEdge, PageInfo, connection};
use super::scalars::DateTime;
use super::views::{AuditEventView, UserView};
use crate::app::App;
use crate::error::{FieldFault, Result};
use crate::records::audit_log::{self, Recorded};
use crate::records::audit_search::{self, Filter};
use crate::records::users;
use crate::values::audit;
use crate::values::ids::{EventId, NotAnId, UserId};
use crate::values::time::Time;

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
        let arguments = ConnectionArguments { first, after, last, before };
        let filter = AuditEventFilter::read(filter)?;
        Ok(Some(page_of(ctx.app()?, arguments, &filter, AuditEventView::in_full).await?))
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
    let is_admin = sees_everything(ctx).await;
    if filter.subject.is_some_and(|subject| subject != user) {
        return Ok(connection(Vec::new(), arguments.parse()?, place, AuditEventView::in_full));
    }
    let (filter, view): (_, fn(Recorded) -> AuditEventView) = if is_admin {
        (Filter { subject: Some(user), ..filter }, AuditEventView::in_full)
    } else {
        (filter.seen_by_subject(user), AuditEventView::for_subject)
    };
    Ok(page_of(ctx.app()?, arguments, &filter, view).await?)
}

/// The event of this id, if whoever asks may see it: an administrator any, a user what was done to them.
///
/// # Errors
/// `UNAUTHENTICATED`.
pub async fn find(ctx: &Context<'_>, id: EventId) -> ApiResult<Option<AuditEventView>> {
    let viewer = viewer(ctx).await?;
    let found = audit_log::find(&ctx.app()?.db, id).await?;
    if viewer.administrator().is_ok() {
        return Ok(found.map(AuditEventView::in_full));
    }
    let own = found.filter(|event| event.subject_id == Some(viewer.user().id));
    Ok(own.map(AuditEventView::for_subject))
}

async fn page_of(
    app: &App,
    arguments: ConnectionArguments,
    filter: &Filter,
    view: fn(Recorded) -> AuditEventView,
) -> Result<AuditEventConnection> {
    let page = arguments.parse()?;
    let rows = audit_search::list(&app.db, filter, page).await?;
    Ok(connection(rows, page, place, view))
}

fn place(event: &Recorded) -> (Time, Uuid) {
    (event.at, event.id.uuid())
}

async fn sees_everything(ctx: &Context<'_>) -> bool {
    viewer(ctx).await.is_ok_and(|viewer| viewer.administrator().is_ok())
}

/// The user of an event; `None` for nobody, and for one who was erased.
async fn user_of(ctx: &Context<'_>, id: Option<UserId>) -> ApiResult<Option<UserView>> {
    let Some(id) = id else { return Ok(None) };
    Ok(users::find(&ctx.app()?.db, id).await?.map(UserView))
}

/// What to look for in the audit trail. What is left out is not asked for; what is there must all be so.
#[derive(InputObject, Default)]
pub struct AuditEventFilter {
    /// One of these was done.
    actions: Option<Vec<AuditAction>>,
    /// It ended so.
    outcome: Option<AuditOutcome>,
    /// This user did it.
    actor_id: Option<ID>,
    /// It was done to this user.
    subject_id: Option<ID>,
    /// It was done in this session, or to it.
    session_id: Option<ID>,
    /// It was done from this address (IPv4 or IPv6), exactly.
    ip_address: Option<String>,
    /// It was done at this time or later.
    since: Option<DateTime>,
    /// It was done before this time.
    until: Option<DateTime>,
}

impl AuditEventFilter {
    /// Reads the filter of a field; without one, everything matches.
    ///
    /// # Errors
    /// `VALIDATION_FAILED` with every fault.
    pub fn read(typed: Option<Self>) -> Result<Filter> {
        let Some(typed) = typed else { return Ok(Filter::default()) };
        let mut faults = Faults::default();
        let actions = faults.check("filter.actions", known_actions(typed.actions.unwrap_or_default()));
        let outcome = faults.check("filter.outcome", known_outcome(typed.outcome));
        let actor = faults.check("filter.actorId", id(typed.actor_id.as_ref()));
        let subject = faults.check("filter.subjectId", id(typed.subject_id.as_ref()));
        let session = faults.check("filter.sessionId", id(typed.session_id.as_ref()));
        let address = faults.check("filter.ipAddress", address(typed.ip_address.as_deref()));
        let (since, until) = (typed.since.map(|at| at.0), typed.until.map(|at| at.0));
        let read = || {
            let (actor, subject) = (actor?, subject?);
            let (session, address) = (session?, address?);
            let (actions, outcome) = (actions?, outcome?);
            Some(Filter { actions, outcome, actor, subject, session, address, since, until, own_only: false })
        };
        faults.finish(read())
    }
}

fn known_actions(typed: Vec<AuditAction>) -> std::result::Result<Vec<audit::AuditAction>, FieldFault> {
    if typed.contains(&AuditAction::Unknown) {
        return Err(unknown());
    }
    Ok(typed.into_iter().map(Into::into).collect())
}

fn known_outcome(typed: Option<AuditOutcome>) -> std::result::Result<Option<audit::AuditOutcome>, FieldFault> {
    if typed == Some(AuditOutcome::Unknown) {
        return Err(unknown());
    }
    Ok(typed.map(Into::into))
}

fn unknown() -> FieldFault {
    FieldFault::new("INVALID", "Nobody can look for what is not known.")
}

fn id<T: FromStr<Err = NotAnId>>(typed: Option<&ID>) -> std::result::Result<Option<T>, FieldFault> {
    let parsed = typed.map(|id| id.parse()).transpose();
    parsed.map_err(|_| FieldFault::new("INVALID", "This is not an id of this kind."))
}

/// An address as the trail spells it.
fn address(typed: Option<&str>) -> std::result::Result<Option<String>, FieldFault> {
    let parsed = typed.map(|typed| typed.trim().parse::<IpAddr>().map(|address| address.to_string())).transpose();
    parsed.map_err(|_| FieldFault::new("INVALID", "This is not an IPv4 or IPv6 address."))
}

/// Something that happened. It never changes, and stays as long as the operator keeps the trail.
#[Object(name = "AuditEvent")]
impl AuditEventView {
    /// Opaque, for ever the same: `event_…`.
    async fn id(&self) -> ID {
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
