//! Subscriptions: the audit trail as it grows.

use std::sync::Arc;

use async_graphql::{Context, ID, Subscription};
use futures_util::{Stream, StreamExt};

use super::audit::AuditEventFilter;
use super::context::{self, ContextExt, admin};
use super::guards::{self, Role, refuses, require_user, requires};
use super::views::AuditEventView;
use crate::api::graphql::error::{ApiError, Code, missing_data};
use crate::api::graphql::pipeline::stream_marker::StreamMarker;
use crate::app::charges::Payer;
use crate::app::viewer::Viewer;
use crate::error::{Error, ErrorCode, FieldFault, Result as OwnResult};
use crate::flows::follow_events::{Missed, follow_own, follow_trail};
use crate::records::audit_log::AuditEvent;

/// What can be followed.
#[derive(Default)]
pub struct LiveSubscription;

/// What can be followed: over a WebSocket (`graphql-transport-ws`, with the access token in `connection_init`), or with
/// `Accept: text/event-stream`.
///
/// Events come in the order of their commits, as good as it can be told, each at least once: who comes back with `after`
/// may get those again that were committed shortly before; compare their ids. The connection closes with 4403 when the
/// access token expires, its session ends, or the account may see this no more.
#[Subscription(name = "Subscription")]
impl LiveSubscription {
    /// Every audit event as it happens, on whichever instance it happened.
    #[graphql(
        guard = "guards::admin()",
        directive = requires::apply(Role::Admin, false),
        directive = refuses::apply(vec![Code::ValidationFailed]),
    )]
    async fn audit_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only events like these.")] filter: Option<AuditEventFilter>,
        #[graphql(desc = "The last event that was seen: everything since then comes first. Refused with \
                          VALIDATION_FAILED where it is unknown or no longer kept; list `auditEvents` then. Each event that \
                          is read costs a point. RATE_LIMITED ends the subscription where none is left: wait \
                          `retryAfter` seconds and go on after the last event that came.")]
        after: Option<ID>,
    ) -> Result<impl Stream<Item = Result<AuditEventView, ApiError>> + use<>, ApiError> {
        let admin = admin(ctx).await?;
        let filter = AuditEventFilter::read(filter)?;
        let missed = missed(ctx, admin.viewer(), after)?;
        let events = follow_trail(ctx.app()?, &admin, filter, missed).await?;
        tell(ctx, events, AuditEventView::in_full)
    }

    /// What is done to the caller: a client learns at once that its session was revoked, its role changed, its e-mail
    /// confirmed elsewhere. The event that ends the session of this connection is the last one.
    #[graphql(
        guard = "require_user()",
        directive = requires::apply(Role::User, false),
        directive = refuses::apply(vec![Code::ValidationFailed]),
    )]
    async fn security_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The last event that was seen: everything since then comes first. Refused with \
                          VALIDATION_FAILED where it is unknown or no longer kept; list `me.auditEvents` then. Each event that \
                          is read costs a point. RATE_LIMITED ends the subscription where none is left: wait \
                          `retryAfter` seconds and go on after the last event that came.")]
        after: Option<ID>,
    ) -> Result<impl Stream<Item = Result<AuditEventView, ApiError>> + use<>, ApiError> {
        let viewer = context::viewer(ctx).await?;
        let events = follow_own(ctx.app()?, &viewer, missed(ctx, &viewer, after)?).await?;
        tell(ctx, events, AuditEventView::for_subject)
    }
}

fn missed(ctx: &Context<'_>, viewer: &Viewer, after: Option<ID>) -> OwnResult<Option<Missed>> {
    let Some(after) = after else { return Ok(None) };
    let wrong = |_| FieldFault::new("INVALID", "This is not the id of an event.").at("after");
    let payer = Payer::new(ctx.app()?, ctx.caller()?, Some(viewer.user().id));
    Ok(Some(Missed { after: after.parse().map_err(wrong)?, payer }))
}

/// Tells the transport when it begins, and why it ends.
fn tell<S>(
    ctx: &Context<'_>,
    events: S,
    view: fn(AuditEvent) -> AuditEventView,
) -> Result<impl Stream<Item = Result<AuditEventView, ApiError>> + use<S>, ApiError>
where
    S: Stream<Item = OwnResult<Arc<AuditEvent>>> + Send + 'static,
{
    let marker = ctx.data::<StreamMarker>().map_err(missing_data)?.clone();
    marker.begin();
    Ok(events.boxed().map(move |event| match event {
        Ok(event) => Ok(view(Arc::unwrap_or_clone(event))),
        Err(error) => {
            marker.end(code(&error));
            Err(error.into())
        }
    }))
}

fn code(error: &Error) -> ErrorCode {
    match error {
        Error::Refused(refused) => refused.code(),
        Error::Fault(_) => ErrorCode::Internal,
    }
}
