//! Subscriptions: audit events as they happen.

use std::sync::Arc;

use async_graphql::{Context, ID, Subscription};
use futures_util::{Stream, StreamExt};

use super::audit::AuditEventFilter;
use super::context::{self, ContextExt, admin};
use super::guards::{self, RoleEnum, access, refuses, require_user};
use super::views::AuditEventView;
use crate::api::graphql::error::{ApiError, Code, missing_data};
use crate::api::graphql::pipeline::subscription_state::SubscriptionState;
use crate::app::charges::Payer;
use crate::app::viewer::Viewer;
use crate::error::{Error, ErrorCode, FieldErrorCode, FieldFault, Result as OwnResult};
use crate::flows::follow_events::{Missed, follow_own, follow_trail};
use crate::records::audit_log::AuditEvent;

/// The root of subscriptions.
#[derive(Default)]
pub struct SubscriptionRoot;

/// Events as they happen, over a WebSocket (`graphql-transport-ws`, with the access token in `connection_init`) or as
/// server-sent events (`Accept: text/event-stream`).
///
/// Events arrive in the order in which they were committed, as far as it is known. Each event arrives at least once:
/// after resuming with `after`, recent events may repeat, so compare their ids. The connection closes with 4403 when
/// the access token expires, when its session ends, or when the user may no longer see the events.
#[Subscription(name = "Subscription")]
impl SubscriptionRoot {
    /// Receive all audit events as they happen.
    #[graphql(
        guard = "guards::admin()",
        directive = access::apply(RoleEnum::Admin, false),
        directive = refuses::apply(vec![Code::ValidationFailed]),
    )]
    async fn audit_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only events that match.")] filter: Option<AuditEventFilter>,
        #[graphql(
            desc = "Id of the last event that was received: all later events are sent first. At the beginning, use the \
                          id of the newest event, read with the list that the events change. VALIDATION_FAILED if it \
                          is unknown or no longer kept; list `auditEvents` instead. Each event read costs one point. \
                          RATE_LIMITED ends the subscription if none is left: resume after `retryAfter` seconds."
        )]
        after: Option<ID>,
    ) -> Result<impl Stream<Item = Result<AuditEventView, ApiError>> + use<>, ApiError> {
        let admin = admin(ctx).await?;
        let filter = AuditEventFilter::parse(filter)?;
        let missed = missed_events(ctx, admin.viewer(), after)?;
        let events = follow_trail(ctx.app()?, &admin, filter, missed).await?;
        signal_state(ctx, events, AuditEventView::in_full)
    }

    /// Receive audit events about your own account, such as a revoked session or a changed role. The event that ends
    /// this session is the last one.
    #[graphql(
        guard = "require_user()",
        directive = access::apply(RoleEnum::User, false),
        directive = refuses::apply(vec![Code::ValidationFailed]),
    )]
    async fn security_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Id of the last event that was received: all later events are sent first. At the beginning, use the \
                          id of the newest event, read with the list that the events change. VALIDATION_FAILED if it \
                          is unknown or no longer kept; list `me.auditEvents` instead. Each event read costs one point. \
                          RATE_LIMITED ends the subscription if none is left: resume after `retryAfter` seconds."
        )]
        after: Option<ID>,
    ) -> Result<impl Stream<Item = Result<AuditEventView, ApiError>> + use<>, ApiError> {
        let viewer = context::viewer(ctx).await?;
        let events = follow_own(ctx.app()?, &viewer, missed_events(ctx, &viewer, after)?).await?;
        signal_state(ctx, events, AuditEventView::for_subject)
    }
}

fn missed_events(ctx: &Context<'_>, viewer: &Viewer, after: Option<ID>) -> OwnResult<Option<Missed>> {
    let Some(after) = after else { return Ok(None) };
    let wrong = |_| FieldFault::new(FieldErrorCode::Invalid, "This is not a valid event id.").at("after");
    let payer = Payer::new(ctx.app()?, ctx.caller()?, Some(viewer.user().id));
    Ok(Some(Missed { after: after.parse().map_err(wrong)?, payer }))
}

/// Tells the transport when the subscription starts, and why it ends.
fn signal_state<S>(
    ctx: &Context<'_>,
    events: S,
    view: fn(AuditEvent) -> AuditEventView,
) -> Result<impl Stream<Item = Result<AuditEventView, ApiError>> + use<S>, ApiError>
where
    S: Stream<Item = OwnResult<Arc<AuditEvent>>> + Send + 'static,
{
    let state = ctx.data::<SubscriptionState>().map_err(missing_data)?.clone();
    state.begin();
    Ok(events.boxed().map(move |event| match event {
        Ok(event) => Ok(view(Arc::unwrap_or_clone(event))),
        Err(error) => {
            state.end(code(&error));
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
