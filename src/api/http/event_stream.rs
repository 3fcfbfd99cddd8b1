//! A subscription as server-sent events: the "distinct connections" mode of the graphql-sse protocol, for clients
//! without a socket. Each subscription is one request, with the access token in its `Authorization` header.

use async_graphql::{Pos, Response as SchemaResponse};
use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::future::BoxFuture;
use futures_util::stream;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::task_tracker::TaskTrackerToken;
use tracing::{Instrument, Span};

use super::edge::Admitted;
use super::graphql_request::GraphqlRequest;
use super::graphql_response;
use super::media_type::MediaType;
use super::open_streams::{Place, Whose};
use super::prepared::Prepared;
use super::refusal::{self, HttpRefusal};
use super::request::CorrelationId;
use super::subscription::{Subscription, Told, Visitor};
use crate::api::graphql::error::ApiError;
use crate::api::graphql::pipeline::error_masking::{self, GraphqlErrorKind};
use crate::api::graphql::pipeline::operation_metrics;
use crate::error::{Error, ErrorCode, Refusal};
use crate::values::caller::Credentials;
use crate::values::client_network::client_address;

/// An empty comment, so that nobody on the way takes the connection for dead.
const KEEP_ALIVE: &str = ":\n\n";
/// Without its empty line of data, browsers would not deliver it.
const COMPLETE: &str = "event: complete\ndata:\n\n";

const CROWDED: HttpRefusal = HttpRefusal {
    code: ErrorCode::RateLimited,
    ..HttpRefusal::new(StatusCode::TOO_MANY_REQUESTS, "Too many connections are open. Please close one first.")
};

/// Answers with the events of a subscription, until it ends; what is refused before the first is a plain answer.
pub async fn open(
    visitor: Visitor,
    presented: Credentials,
    prepared: Prepared,
    asked: GraphqlRequest,
    media_type: MediaType,
) -> Response {
    let (admitted, places) = match admit(&visitor, &presented).await {
        Ok(admitted) => admitted,
        Err((code, refused)) => {
            visitor.edge.metrics.operation(operation_metrics::kind(Some(prepared.kind)), code.as_str());
            return *refused;
        }
    };
    let name = prepared.name.clone();
    let mut subscription = Subscription::of(&visitor, presented, prepared, asked);
    let first = subscription.begun().await;
    if let Some(Told::Refused(refused)) = first {
        return graphql_response::answer(refused, media_type, GraphqlErrorKind::Request);
    }
    let stream = EventStream::new(&visitor, subscription, first, (admitted.over, places));
    let body = Body::from_stream(stream::unfold(stream, EventStream::step));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream; charset=utf-8")),
        // Or nginx would hold events back.
        (header::HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ];
    let mut response = (headers, body).into_response();
    if let Some(name) = name {
        response.extensions_mut().insert(name);
    }
    response
}

/// Who it is, and their places among the connections.
async fn admit(
    visitor: &Visitor,
    presented: &Credentials,
) -> Result<(Admitted, [Place; 2]), (ErrorCode, Box<Response>)> {
    let (live, limits, id) = (&visitor.edge.live, &visitor.edge.settings.live, &visitor.id);
    let crowded = || (CROWDED.code, Box::new(CROWDED.answer(MediaType::Json, id)));
    let address = Whose::Address(client_address(visitor.caller.address));
    let address = live.open.take(address, limits.connections_per_address).ok_or_else(crowded)?;
    let bearer = presented.bearer.clone().ok_or_else(|| Error::from(Refusal::Unauthenticated));
    let admitted = match bearer {
        Ok(bearer) => (live.admit)(bearer).await,
        Err(error) => Err(error),
    };
    let admitted = admitted.map_err(|error| refuse(error, id))?;
    let user = Whose::User(admitted.user.to_string());
    let user = live.open.take(user, limits.connections_per_user).ok_or_else(crowded)?;
    Ok((admitted, [address, user]))
}

fn refuse(error: Error, id: &CorrelationId) -> (ErrorCode, Box<Response>) {
    let (code, message) = match error {
        Error::Refused(refused) => (refused.code(), refused.to_string()),
        Error::Fault(fault) => {
            tracing::error!(?fault, correlation_id = id.0, "a subscription could not be admitted");
            (ErrorCode::Internal, "Something went wrong on our side.".to_owned())
        }
    };
    let status = StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (code, Box::new(refusal::refusal(status, code, &message, id)))
}

/// The body of the answer, pulled by the connection as fast as the other end takes it.
struct EventStream {
    subscription: Option<Subscription>,
    /// What was said before anybody listened.
    first: Option<Told>,
    over: BoxFuture<'static, Error>,
    stopping: CancellationToken,
    keep_alive: Interval,
    id: CorrelationId,
    span: Span,
    _places: [Place; 2],
    _open: TaskTrackerToken,
}

impl EventStream {
    fn new(
        visitor: &Visitor,
        subscription: Subscription,
        first: Option<Told>,
        (over, places): (BoxFuture<'static, Error>, [Place; 2]),
    ) -> Self {
        let period = visitor.edge.settings.live.ping_interval;
        let mut keep_alive = interval_at(Instant::now() + period, period);
        keep_alive.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            subscription: Some(subscription),
            first,
            over,
            stopping: visitor.drain.stopping.clone(),
            keep_alive,
            id: visitor.id.clone(),
            span: Span::current(),
            _places: places,
            _open: visitor.drain.streams.token(),
        }
    }

    async fn step(mut self) -> Option<(Result<Bytes, axum::Error>, Self)> {
        let span = self.span.clone();
        let text = self.next().instrument(span).await?;
        Some((Ok(Bytes::from(text)), self))
    }

    /// The next piece of text; nothing after the last.
    async fn next(&mut self) -> Option<String> {
        let subscription = self.subscription.as_mut()?;
        if let Some(told) = self.first.take() {
            return Some(self.print(told));
        }
        tokio::select! {
            biased;
            why = &mut self.over => {
                let error = async_graphql::Error::from(ApiError::from(why)).into_server_error(Pos::default());
                let mut last = SchemaResponse::from_errors(vec![error]);
                error_masking::mask_errors(&mut last.errors, GraphqlErrorKind::Execution, &self.id.0);
                Some(self.print(Told::Ended(ErrorCode::Unauthenticated, last)))
            }
            () = self.stopping.cancelled() => Some(self.print(Told::Complete)),
            told = subscription.next() => Some(self.print(told)),
            _ = self.keep_alive.tick() => Some(KEEP_ALIVE.to_owned()),
        }
    }

    fn print(&mut self, told: Told) -> String {
        match told {
            Told::Next(response) => print_next(&response, GraphqlErrorKind::Execution),
            Told::Refused(response) => self.print_last(&response, GraphqlErrorKind::Request),
            Told::Ended(_, response) => self.print_last(&response, GraphqlErrorKind::Execution),
            Told::Complete => {
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
