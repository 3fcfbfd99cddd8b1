//! The audit trail: events, their list, and who may see which details.

use async_graphql::{Context, ID, Object, SimpleObject};

use super::audit_enums::{AuditActionEnum, AuditOutcomeEnum};
pub use super::audit_filter::AuditEventFilter;
use super::context::{ContextExt, has_token_of, try_viewer, viewer};
use super::guards::{self, RoleEnum, access, refuses};
use super::loaders::loaders;
use super::paging::{AuditEventConnection, ConnectionArguments, connection};
use super::views::{AuditEventView, SessionView, UserView};
use crate::api::graphql::error::{ApiResult, Code};
use crate::api::graphql::scalars::{DateTime, Json, int};
use crate::app::viewer::Viewer;
use crate::error::{Error, ErrorCode, Refusal};
use crate::records::audit_log::{AuditEvent, ChangedValue};
use crate::records::audit_search::{self, EventFilter, EventSlice};
use crate::records::sessions::SessionOfUser;
use crate::values::ids::{EventId, SessionId, UserId};
use crate::values::paging::{ListScope, SortedBy};

/// Queries about the audit trail.
#[derive(Default)]
pub struct AuditQuery;

/// Queries about the audit trail.
#[allow(clippy::too_many_arguments, reason = "the arguments of a Relay connection")]
#[Object]
impl AuditQuery {
    /// List audit events, newest first. At most 100 per page, 20 if no size is given.
    #[graphql(
        guard = "guards::admin()",
        directive = access::apply(RoleEnum::Admin, false),
        directive = refuses::apply(vec![Code::ValidationFailed])
    )]
    async fn audit_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Number of items from the start, 0 to 100.")] first: Option<i32>,
        #[graphql(desc = "Only items after this cursor.")] after: Option<String>,
        #[graphql(desc = "Number of items from the end, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only items before this cursor.")] before: Option<String>,
        #[graphql(desc = "Only events that match.")] filter: Option<AuditEventFilter>,
    ) -> ApiResult<Option<AuditEventConnection>> {
        let filter = AuditEventFilter::parse(filter)?;
        let arguments = ConnectionArguments { first, after, last, before };
        let page = arguments.parse(ListScope::new("audit events", &filter, SortedBy::Time))?;
        let rows = audit_search::list(&ctx.app()?.db, &EventSlice { filter, page: page.clone() }).await?;
        Ok(Some(AuditEventConnection(connection(rows, &page, audit_search::place, AuditEventView::in_full))))
    }
}

/// Lists the events about a user. An administrator sees all of them in full, the user without the
/// details of others.
pub async fn events_about(
    ctx: &Context<'_>,
    user: UserId,
    arguments: ConnectionArguments,
    filter: Option<AuditEventFilter>,
) -> ApiResult<AuditEventConnection> {
    let filter = AuditEventFilter::parse(filter)?;
    let is_others = filter.subject.is_some_and(|subject| subject != user);
    let (filter, view): (_, fn(AuditEvent) -> AuditEventView) = if sees_everything(ctx).await {
        (EventFilter { subject: Some(user), ..filter }, AuditEventView::in_full)
    } else {
        (filter.seen_by_subject(user), AuditEventView::for_subject)
    };
    let page = arguments.parse(ListScope::new("audit events", &filter, SortedBy::Time))?;
    // An event about another subject is never about this user.
    let rows = if is_others {
        Vec::new()
    } else {
        loaders(ctx)?.audit_events(EventSlice { filter, page: page.clone() }).await?
    };
    Ok(AuditEventConnection(connection(rows, &page, audit_search::place, view)))
}

/// Finds an event by id. Administrators can see every event, users only those about themselves.
pub async fn find(ctx: &Context<'_>, viewer: &Viewer, id: EventId) -> ApiResult<Option<AuditEventView>> {
    let found = loaders(ctx)?.audit_event(id).await?;
    if viewer.administrator().is_ok() {
        return Ok(found.map(AuditEventView::in_full));
    }
    let own = found.filter(|event| event.subject_id == Some(viewer.user().id));
    Ok(own.map(AuditEventView::for_subject))
}

async fn sees_everything(ctx: &Context<'_>) -> bool {
    viewer(ctx).await.is_ok_and(|viewer| viewer.administrator().is_ok())
}

/// The user of an event; `None` if there is none or the user was erased. Checks that the viewer's session is still
/// active, because a subscription also delivers the event that ended it.
async fn user_of(ctx: &Context<'_>, id: Option<UserId>) -> ApiResult<Option<UserView>> {
    let Some(id) = id else { return Ok(None) };
    viewer(ctx).await?;
    Ok(loaders(ctx)?.user(id).await?.filter(|user| user.erased_at.is_none()).map(UserView))
}

/// The session of an event, as it is now, if the viewer may see it: users see their own sessions, administrators all.
async fn session_of(ctx: &Context<'_>, id: SessionId) -> ApiResult<Option<SessionView>> {
    let Some(SessionOfUser { session, user }) = loaders(ctx)?.session(id).await? else { return Ok(None) };
    let is_current = has_token_of(ctx, id)?;
    match try_viewer(ctx).await {
        Ok(viewer) if !viewer.may_see(user.id) => Ok(None),
        Ok(_) => Ok(Some(SessionView { session, user, is_current })),
        // A subscription also delivers the event that ended the viewer's session. It shows that session and nothing of
        // its user (`SessionView::user`).
        Err(Error::Refused(Refusal::Unauthenticated)) if is_current => {
            Ok(Some(SessionView { session, user, is_current }))
        }
        Err(error) => Err(error.into()),
    }
}

/// A value that changed.
#[derive(SimpleObject)]
pub struct AuditChange {
    /// Field of the user that changed, such as `role` or `name`.
    field: String,
    /// Value before. Null if there was none, and always for personal data: `name` and `email`.
    from: Option<String>,
    /// Value after. Null if there is none, and always for personal data: `name` and `email`.
    to: Option<String>,
}

impl From<ChangedValue> for AuditChange {
    fn from(ChangedValue { field, from, to }: ChangedValue) -> Self {
        Self { field, from, to }
    }
}

/// Something that happened to an account or to the server. Events never change. They are kept for `AUDIT_RETENTION`.
#[Object(name = "AuditEvent")]
impl AuditEventView {
    /// Opaque id that never changes: `event_…`.
    pub async fn id(&self) -> ID {
        ID(self.event().id.to_string())
    }

    /// When it happened.
    async fn at(&self) -> DateTime {
        self.event().at.into()
    }

    /// What was done or attempted.
    async fn action(&self) -> AuditActionEnum {
        self.event().action.into()
    }

    /// Whether it succeeded.
    async fn outcome(&self) -> AuditOutcomeEnum {
        self.event().outcome.into()
    }

    /// Who did it. Null if the request was not authenticated, if the server did it itself, or if the user was erased. Users who
    /// are not administrators see only themselves.
    async fn actor(&self, ctx: &Context<'_>) -> ApiResult<Option<UserView>> {
        if self.hides_details() {
            return Ok(None);
        }
        user_of(ctx, self.event().actor_id).await
    }

    /// The user it happened to. Null if the event is not about an account, or if the user was erased.
    async fn subject(&self, ctx: &Context<'_>) -> ApiResult<Option<UserView>> {
        user_of(ctx, self.event().subject_id).await
    }

    /// The session that was opened, used or ended; the one that was used if the action ended several. Null if it is no
    /// longer kept. Session, IP address and user agent of another user's action are visible only to administrators.
    async fn session(&self, ctx: &Context<'_>) -> ApiResult<Option<SessionView>> {
        match self.event().session_id.filter(|_| !self.hides_details()) {
            Some(id) => session_of(ctx, id).await,
            None => Ok(None),
        }
    }

    /// Id of the session that was used or affected, also if it is no longer kept.
    async fn session_id(&self) -> Option<ID> {
        self.event().session_id.filter(|_| !self.hides_details()).map(|id| ID(id.to_string()))
    }

    /// Why it was refused. Null if `outcome` is SUCCESS, and if a newer server has another reason.
    async fn reason(&self) -> Option<Code> {
        self.event().reason()?.parse::<ErrorCode>().ok().map(Into::into)
    }

    /// The values that an administrator or a user changed, before and after.
    async fn changes(&self) -> Vec<AuditChange> {
        self.event().changes().into_iter().map(Into::into).collect()
    }

    /// Ids of the sessions that an administrator ended, or an action that can end several, such as `SESSIONS_REVOKED`. At
    /// most the newest 1,000.
    async fn ended_session_ids(&self) -> Vec<ID> {
        self.event().ended_sessions().1.into_iter().map(ID::from).collect()
    }

    /// Number of these sessions. 0 for all other events.
    async fn ended_session_count(&self) -> i32 {
        int(self.event().ended_sessions().0)
    }

    /// IP address of the request.
    async fn ip_address(&self) -> Option<&str> {
        self.event().address.as_deref().filter(|_| !self.hides_details())
    }

    /// `User-Agent` header of the request.
    async fn user_agent(&self) -> Option<&str> {
        self.event().user_agent.as_deref().filter(|agent| !self.hides_details() && !agent.is_empty())
    }

    /// Identifies the request in the response header `x-request-id` and in the server's log.
    async fn correlation_id(&self) -> &str {
        &self.event().correlation_id
    }

    /// Details that depend on the action, such as `method` or `registration`. Newer servers may add keys. Contains no
    /// secrets.
    async fn metadata(&self) -> Json {
        Json(self.event().metadata.0.clone())
    }
}
