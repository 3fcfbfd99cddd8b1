//! A subscription as server-sent events, for clients without a WebSocket: the "distinct connections" mode of the
//! graphql-sse protocol. Each subscription is one request, with the access token in its `Authorization` header.

use async_graphql::{Pos, Response as SchemaResponse};
use axum::body::{Body, Bytes};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::future::BoxFuture;
use futures_util::stream;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::task_tracker::TaskTrackerToken;
use tracing::{Instrument, Span};

use super::authorization::{Authorized, authorize};
use super::connection_counts::{ConnectionSlot, CountedBy};
use super::graphql_response;
use super::media_type::MediaType;
use super::prepared_operation::PreparedOperation;
use super::refusal::{self, TOO_MANY_STREAMS};
use super::request::{CorrelationId, RequestContext};
use super::server::Drain;
use super::subscription::{Subscription, SubscriptionEvent};
use crate::api::graphql::error::ApiError;
use crate::api::graphql::pipeline::error_masking::{self, GraphqlErrorKind};
use crate::api::graphql::pipeline::operation_metrics;
use crate::error::{Error, ErrorCode, Refusal};
use crate::tools::metrics::OpenStream;
use crate::values::client_network::client_address;

/// An empty comment, so that no proxy on the way takes the connection for dead.
const KEEP_ALIVE: &str = ":\n\n";
/// Browsers deliver this event only because of its empty line of data.
const COMPLETE: &str = "event: complete\ndata:\n\n";

/// Answers with the events of a subscription until it ends. What is refused before the first event is a plain answer.
pub async fn open(
    context: RequestContext,
    head: &Parts,
    operation: PreparedOperation,
    media_type: MediaType,
) -> Response {
    let permission = match admit(&context).await {
        Ok(permission) => permission,
        Err((code, refused)) => {
            context.state.app.metrics.operation(operation_metrics::kind(Some(operation.kind)), code.as_str());
            return *refused;
        }
    };
    let name = operation.name.clone();
    let mut subscription = Subscription::start(&context, operation);
    let first = subscription.begun().await;
    if let Some(SubscriptionEvent::Refused(refused)) = first {
        return graphql_response::answer(refused, media_type, GraphqlErrorKind::Request);
    }
    let drain = head.extensions.get::<Drain>().cloned().unwrap_or_default();
    let stream = EventStream::new(context, &drain, subscription, first, permission);
    let body = Body::from_stream(stream::unfold(stream, EventStream::step));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream; charset=utf-8")),
        // Without this header nginx would hold events back.
        (header::HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ];
    let mut response = (headers, body).into_response();
    if let Some(name) = name {
        response.extensions_mut().insert(name);
    }
    response
}

/// The right to keep a stream open, and its slots among the streams of its address and its user.
struct StreamPermission {
    authorized: Authorized,
    slots: [ConnectionSlot; 2],
}

/// Checks who it is, and reserves the slots. The refusal comes as its code and its answer.
async fn admit(context: &RequestContext) -> Result<StreamPermission, (ErrorCode, Box<Response>)> {
    let RequestContext { state, caller, credentials, id } = context;
    let (limits, open) = (&state.app.config.subscriptions, &state.open_streams);
    let too_many = || (TOO_MANY_STREAMS.code, Box::new(TOO_MANY_STREAMS.answer(MediaType::Json, id)));
    let address = CountedBy::Address(client_address(caller.address));
    let address = open.reserve(address, limits.connections_per_address).ok_or_else(too_many)?;
    let authorized = match credentials.bearer.clone() {
        Some(bearer) => authorize(&state.app, bearer).await,
        None => Err(Refusal::Unauthenticated.into()),
    };
    let authorized = authorized.map_err(|error| refuse(error, id))?;
    let user = CountedBy::User(authorized.user.to_string());
    let user = open.reserve(user, limits.connections_per_user).ok_or_else(too_many)?;
    Ok(StreamPermission { authorized, slots: [address, user] })
}

fn refuse(error: Error, id: &CorrelationId) -> (ErrorCode, Box<Response>) {
    let (code, message) = match error {
        Error::Refused(refused) => (refused.code(), refused.to_string()),
        Error::Fault(fault) => {
            tracing::error!(?fault, correlation_id = id.0, "a subscription could not be authorized");
            (ErrorCode::Internal, "Something went wrong on our side.".to_owned())
        }
    };
    let status = StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (code, Box::new(refusal::refusal(status, code, &message, id)))
}

/// The body of the answer, pulled by the connection as fast as the client reads it.
struct EventStream {
    context: RequestContext,
    subscription: Option<Subscription>,
    /// What the subscription produced before the stream began.
    first: Option<SubscriptionEvent>,
    ends: BoxFuture<'static, Error>,
    stopping: CancellationToken,
    keep_alive: Interval,
    span: Span,
    _slots: [ConnectionSlot; 2],
    _counted: OpenStream,
    _open: TaskTrackerToken,
}

impl EventStream {
    fn new(
        context: RequestContext,
        drain: &Drain,
        subscription: Subscription,
        first: Option<SubscriptionEvent>,
        permission: StreamPermission,
    ) -> Self {
        let period = context.state.app.config.subscriptions.ping_interval;
        let mut keep_alive = interval_at(Instant::now() + period, period);
        keep_alive.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let counted = context.state.app.metrics.open_stream("event_stream");
        Self {
            context,
            subscription: Some(subscription),
            first,
            ends: permission.authorized.ends,
            stopping: drain.stopping.clone(),
            keep_alive,
            span: Span::current(),
            _slots: permission.slots,
            _counted: counted,
            _open: drain.streams.token(),
        }
    }

    async fn step(mut self) -> Option<(Result<Bytes, axum::Error>, Self)> {
        let span = self.span.clone();
        let text = self.next().instrument(span).await?;
        Some((Ok(Bytes::from(text)), self))
    }

    /// The next piece of text; `None` after the last.
    async fn next(&mut self) -> Option<String> {
        let subscription = self.subscription.as_mut()?;
        if let Some(event) = self.first.take() {
            return Some(self.print(event));
        }
        tokio::select! {
            biased;
            reason = &mut self.ends => {
                let error = async_graphql::Error::from(ApiError::from(reason)).into_server_error(Pos::default());
                let mut last = SchemaResponse::from_errors(vec![error]);
                error_masking::mask_errors(&mut last.errors, GraphqlErrorKind::Execution, &self.context.id.0);
                Some(self.print(SubscriptionEvent::Ended(ErrorCode::Unauthenticated, last)))
            }
            () = self.stopping.cancelled() => Some(self.print(SubscriptionEvent::Complete)),
            event = subscription.next() => Some(self.print(event)),
            _ = self.keep_alive.tick() => Some(KEEP_ALIVE.to_owned()),
        }
    }

    fn print(&mut self, event: SubscriptionEvent) -> String {
        match event {
            SubscriptionEvent::Next(response) => print_next(&response, GraphqlErrorKind::Execution),
            SubscriptionEvent::Refused(response) => self.print_last(&response, GraphqlErrorKind::Request),
            SubscriptionEvent::Ended(_, response) => self.print_last(&response, GraphqlErrorKind::Execution),
            SubscriptionEvent::Complete => {
                self.subscription = None;
                COMPLETE.to_owned()
            }
        }
    }

    fn print_last(&mut self, response: &SchemaResponse, stage: GraphqlErrorKind) -> String {
        self.subscription = None;
        format!("{}{COMPLETE}", print_next(response, stage))
    }
}

fn print_next(response: &SchemaResponse, stage: GraphqlErrorKind) -> String {
    // JSON has no line breaks of its own, so one line of data is enough.
    let data = graphql_response::body(response, stage).unwrap_or_default();
    format!("event: next\ndata: {data}\n\n")
}
