//! Subscriptions: the audit trail as it grows.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, Subscription};
use futures_util::{Stream, StreamExt};

use super::context::{self, Asks, admin};
use super::error::{ApiError, Code, missing_data};
use super::guards::{self, Role, refuses, requires, signed_in};
use super::stream_marker::StreamMarker;
use crate::error::{Error, ErrorCode, FieldFault, Refusal, Result as OwnResult};
use crate::flows::follow_events::{follow_own, follow_trail};
use crate::records::audit_log::Recorded;
use crate::values::ids::EventId;

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
        #[graphql(desc = "The last event that was seen: everything since then comes first. Refused with \
                          VALIDATION_FAILED where it is unknown or no longer kept; list `auditEvents` then.")]
        after: Option<ID>,
    ) -> Result<impl Stream<Item = Result<AuditEvent, ApiError>> + use<>, ApiError> {
        let (admin, bearer) = (admin(ctx).await?, bearer(ctx)?);
        let wanted = Box::new(|_: &Recorded| true);
        let events = follow_trail(ctx.app()?, &admin, bearer, wanted, event_id(after)?).await?;
        tell(ctx, events)
    }

    /// What is done to the caller: a client learns at once that its session was revoked, its role changed, its e-mail
    /// confirmed elsewhere. The event that ends the session of this connection is the last one.
    #[graphql(
        guard = "signed_in()",
        directive = requires::apply(Role::User, false),
        directive = refuses::apply(vec![Code::ValidationFailed]),
    )]
    async fn security_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The last event that was seen: everything since then comes first. Refused with \
                          VALIDATION_FAILED where it is unknown or no longer kept; list `me.auditEvents` then.")]
        after: Option<ID>,
    ) -> Result<impl Stream<Item = Result<AuditEvent, ApiError>> + use<>, ApiError> {
        let (viewer, bearer) = (context::viewer(ctx).await?, bearer(ctx)?);
        let events = follow_own(ctx.app()?, &viewer, bearer, event_id(after)?).await?;
        tell(ctx, events)
    }
}

fn bearer<'a>(ctx: &'a Context<'_>) -> Result<&'a str, ApiError> {
    Ok(ctx.presented()?.bearer.as_deref().ok_or(Refusal::Unauthenticated)?)
}

fn event_id(after: Option<ID>) -> OwnResult<Option<EventId>> {
    let parsed = after.map(|id| id.parse::<EventId>()).transpose();
    let wrong = |_| FieldFault::new("INVALID", "This is not the id of an event.").at("after");
    Ok(parsed.map_err(wrong)?)
}

/// Tells the transport when it begins, and why it ends.
fn tell<S>(ctx: &Context<'_>, events: S) -> Result<impl Stream<Item = Result<AuditEvent, ApiError>> + use<S>, ApiError>
where
    S: Stream<Item = OwnResult<Arc<Recorded>>> + Send + 'static,
{
    let marker = ctx.data::<StreamMarker>().map_err(missing_data)?.clone();
    marker.begin();
    Ok(events.boxed().map(move |event| match event {
        Ok(event) => Ok(AuditEvent(event)),
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

/// An event.
pub struct AuditEvent(Arc<Recorded>);

/// An event.
#[Object]
impl AuditEvent {
    /// Its id.
    async fn id(&self) -> ID {
        ID(self.0.id.to_string())
    }
    /// What.
    async fn action(&self) -> String {
        self.0.action.as_str().to_owned()
    }
    /// From.
    async fn user_agent(&self) -> Option<&str> {
        self.0.user_agent.as_deref()
    }
    /// Request.
    async fn correlation_id(&self) -> &str {
        &self.0.correlation_id
    }
}
