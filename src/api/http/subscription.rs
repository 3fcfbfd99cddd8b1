//! One running subscription, whichever way its events travel.

use std::task::{Context, Poll, ready};
use std::time::Instant;

use async_graphql::Response as SchemaResponse;
use async_graphql::parser::types::OperationType;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;

use super::prepared_operation::{OperationName, PreparedOperation};
use super::request::RequestContext;
use crate::api::graphql::pipeline::error_masking::{self, GraphqlErrorKind};
use crate::api::graphql::pipeline::extension::ExecutionMarker;
use crate::api::graphql::pipeline::operation_metrics;
use crate::api::graphql::pipeline::subscription_state::SubscriptionState;
use crate::api::graphql::schema::loaders::LoadersCell;
use crate::api::graphql::viewer_cell::ViewerCell;
use crate::error::ErrorCode;

/// What a subscription produces.
pub enum SubscriptionEvent {
    /// An event.
    Next(SchemaResponse),
    /// It is refused, and nothing follows. The connection stays open.
    Refused(SchemaResponse),
    /// It was ended for this reason, and this is the last answer. The connection ends, too.
    Ended(ErrorCode, SchemaResponse),
    /// Nothing follows.
    Complete,
}

/// A subscription. It runs while it is polled for its next event, and ends when it is dropped.
pub struct Subscription {
    context: RequestContext,
    responses: BoxStream<'static, SchemaResponse>,
    executed: ExecutionMarker,
    marker: SubscriptionState,
    viewer: ViewerCell,
    name: Option<OperationName>,
    begun: Instant,
    events: u64,
    /// The code of the first error so far, or OK.
    code: &'static str,
}

impl Subscription {
    /// Starts a subscription that has been checked.
    #[must_use]
    pub fn start(context: &RequestContext, operation: PreparedOperation) -> Self {
        let (executed, marker, name) =
            (ExecutionMarker::default(), SubscriptionState::default(), operation.name.clone());
        let (request, _) = operation.into_request();
        let viewer = ViewerCell::default();
        let request = request
            .data(context.caller.clone())
            .data(context.credentials.clone())
            .data(viewer.clone())
            .data(LoadersCell::default())
            .data(executed.clone())
            .data(marker.clone());
        Self {
            responses: context.state.schema.execute_stream(request),
            context: context.clone(),
            executed,
            marker,
            viewer,
            name,
            begun: Instant::now(),
            events: 0,
            code: operation_metrics::OK,
        }
    }

    /// Waits for the next event.
    pub async fn next(&mut self) -> SubscriptionEvent {
        std::future::poll_fn(|context| self.poll_next(context)).await
    }

    /// Polls for the next event, for a caller that waits for several subscriptions at once.
    pub fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<SubscriptionEvent> {
        let response = ready!(self.responses.poll_next_unpin(context));
        Poll::Ready(response.map_or(SubscriptionEvent::Complete, |response| self.event(response)))
    }

    /// Waits until the subscription has begun, or returns what it produced before that, which then is a refusal.
    pub async fn begun(&mut self) -> Option<SubscriptionEvent> {
        let marker = self.marker.clone();
        tokio::select! {
            biased;
            event = self.next() => Some(event),
            () = marker.begun() => None,
        }
    }

    fn event(&mut self, mut response: SchemaResponse) -> SubscriptionEvent {
        let stage = if self.executed.has_run() { GraphqlErrorKind::Execution } else { GraphqlErrorKind::Request };
        error_masking::mask_errors(&mut response.errors, stage, &self.context.id.0);
        if self.code == operation_metrics::OK {
            self.code = operation_metrics::code(&response.errors);
        }
        if stage == GraphqlErrorKind::Request {
            return SubscriptionEvent::Refused(response);
        }
        self.events += 1;
        match self.marker.ended() {
            // The user has no points left for this subscription. Others on the same connection go on.
            Some(ErrorCode::RateLimited) => SubscriptionEvent::Refused(response),
            Some(code) => SubscriptionEvent::Ended(code, response),
            None => SubscriptionEvent::Next(response),
        }
    }
}

impl Drop for Subscription {
    /// Writes one line and counts once for each subscription, however it ends.
    fn drop(&mut self) {
        let kind = operation_metrics::kind(Some(OperationType::Subscription));
        self.context.state.app.metrics.operation(kind, self.code);
        tracing::info!(
            operation = self.name.as_ref().map(|OperationName(name)| name.as_str()),
            code = self.code,
            cost = self.executed.points(),
            events = self.events,
            milliseconds = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX),
            correlation_id = self.context.id.0,
            client = %self.context.caller.address,
            user = self.viewer.user().map(tracing::field::display),
            "subscription"
        );
    }
}
