//! One running subscription, whichever way its answers travel: checked as a POST is, and told event by event.

use std::net::IpAddr;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use async_graphql::parser::types::OperationType;
use async_graphql::{Response as SchemaResponse, ServerError};
use axum::http::request::Parts;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;

use super::edge::Edge;
use super::graphql_request::GraphqlRequest;
use super::open_streams::Drain;
use super::prepared::{OperationName, Prepared, prepare};
use super::request::CorrelationId;
use crate::api::graphql::pipeline::error_masking::{self, GraphqlErrorKind, document_error};
use crate::api::graphql::pipeline::extension::ExecutionMarker;
use crate::api::graphql::pipeline::operation_metrics;
use crate::api::graphql::pipeline::persisted_documents::RefusedDocument;
use crate::api::graphql::pipeline::subscription_state::SubscriptionState;
use crate::error::ErrorCode;
use crate::tools::metrics::Metrics;
use crate::values::caller::{Caller, Credentials};

/// Somebody at the door who wants to stay.
#[derive(Clone)]
pub struct Visitor {
    /// What the edge knows.
    pub edge: Edge,
    /// Where they come from.
    pub caller: Caller,
    /// Ties together everything on this connection.
    pub id: CorrelationId,
    /// When they have to go.
    pub drain: Drain,
}

impl Visitor {
    /// Somebody whose request has this head.
    #[must_use]
    pub fn at_the_door(edge: Edge, caller: Caller, id: CorrelationId, head: &Parts) -> Self {
        Self { edge, caller, id, drain: head.extensions.get::<Drain>().cloned().unwrap_or_default() }
    }

    /// The errors of an operation that is over before it began, ready to be sent. It takes a place like any other request.
    pub async fn refuse(&self, RefusedDocument { kind, errors }: RefusedDocument) -> Vec<ServerError> {
        let full = (self.edge.count)(self.caller.clone()).await;
        self.complete(kind, full.map_or(errors, |full| full.errors))
    }

    /// An operation of this kind is over before it began.
    fn complete(&self, kind: Option<OperationType>, mut errors: Vec<ServerError>) -> Vec<ServerError> {
        error_masking::mask_errors(&mut errors, GraphqlErrorKind::Request, &self.id.0);
        self.edge.metrics.operation(operation_metrics::kind(kind), operation_metrics::code(&errors));
        errors
    }
}

/// What a subscription says.
pub enum Told {
    /// An event.
    Next(SchemaResponse),
    /// It never began, and says nothing more.
    Refused(SchemaResponse),
    /// It was ended, and this is the last answer.
    Ended(ErrorCode, SchemaResponse),
    /// There is nothing more to say.
    Complete,
}

/// A subscription that runs while it is asked for its next answer, and ends when it is dropped.
pub struct Subscription {
    responses: BoxStream<'static, SchemaResponse>,
    executed: ExecutionMarker,
    marker: SubscriptionState,
    name: Option<OperationName>,
    id: CorrelationId,
    client: IpAddr,
    begun: Instant,
    events: u64,
    metrics: Metrics,
    /// That of the first error it told of.
    code: &'static str,
}

impl Subscription {
    /// Starts what a socket asks for.
    ///
    /// # Errors
    /// The errors of a document that is refused, ready to be sent.
    pub async fn begin(
        visitor: &Visitor,
        presented: Credentials,
        mut asked: GraphqlRequest,
    ) -> Result<Self, Vec<ServerError>> {
        if let Some(full) = (visitor.edge.refusal)(&visitor.caller) {
            return Err(visitor.complete(None, full.errors));
        }
        match check(&visitor.edge, &mut asked) {
            Ok(prepared) => Ok(Self::of(visitor, presented, prepared, asked)),
            Err(refused) => Err(visitor.refuse(refused).await),
        }
    }

    /// Starts a subscription that has been checked.
    #[must_use]
    pub fn of(visitor: &Visitor, presented: Credentials, prepared: Prepared, asked: GraphqlRequest) -> Self {
        let (executed, marker) = (ExecutionMarker::default(), SubscriptionState::default());
        let name = prepared.name.clone();
        let request = prepared.request(asked).data(visitor.caller.clone()).data(presented);
        Self {
            responses: (visitor.edge.live.subscribe)(request.data(executed.clone()).data(marker.clone())),
            executed,
            marker,
            name,
            id: visitor.id.clone(),
            client: visitor.caller.address,
            begun: Instant::now(),
            events: 0,
            metrics: visitor.edge.metrics.clone(),
            code: operation_metrics::OK,
        }
    }

    /// The next answer.
    pub async fn next(&mut self) -> Told {
        std::future::poll_fn(|context| self.poll_next(context)).await
    }

    /// The next answer, for whoever waits for several subscriptions at once.
    pub fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Told> {
        let response = ready!(self.responses.poll_next_unpin(context));
        Poll::Ready(response.map_or(Told::Complete, |response| self.tell(response)))
    }

    /// Waits until it has begun; or until it says something, which then is a refusal.
    pub async fn begun(&mut self) -> Option<Told> {
        let marker = self.marker.clone();
        tokio::select! {
            biased;
            told = self.next() => Some(told),
            () = marker.begun() => None,
        }
    }

    fn tell(&mut self, mut response: SchemaResponse) -> Told {
        let stage = if self.executed.has_run() { GraphqlErrorKind::Execution } else { GraphqlErrorKind::Request };
        error_masking::mask_errors(&mut response.errors, stage, &self.id.0);
        if self.code == operation_metrics::OK {
            self.code = operation_metrics::code(&response.errors);
        }
        if stage == GraphqlErrorKind::Request {
            return Told::Refused(response);
        }
        self.events += 1;
        match self.marker.ended() {
            // Its user has no points left for this one; the connection is none the worse.
            Some(ErrorCode::RateLimited) => Told::Refused(response),
            Some(code) => Told::Ended(code, response),
            None => Told::Next(response),
        }
    }
}

impl Drop for Subscription {
    /// One line and one count for each operation, however it ends.
    fn drop(&mut self) {
        self.metrics.operation(operation_metrics::kind(Some(OperationType::Subscription)), self.code);
        tracing::info!(
            operation = self.name.as_ref().map(|OperationName(name)| name.as_str()),
            code = self.code,
            events = self.events,
            milliseconds = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX),
            correlation_id = self.id.0,
            client = %self.client,
            "subscription"
        );
    }
}

/// What a socket asks for, checked as any request is. Cookies and limits live where POST is answered.
fn check(edge: &Edge, asked: &mut GraphqlRequest) -> Result<Prepared, RefusedDocument> {
    let refuse = |message: &str| document_error(ErrorCode::BadRequest, message, vec![]);
    let chosen = edge.settings.documents.find(asked.document())?;
    let chosen = chosen.ok_or_else(|| refuse("query is missing."))?;
    let prepared = prepare(edge, asked, &chosen)?;
    match prepared.kind {
        OperationType::Subscription => Ok(prepared),
        OperationType::Query | OperationType::Mutation => {
            let error = refuse("A socket carries subscriptions only; please send queries and mutations by POST.");
            Err(RefusedDocument { kind: Some(prepared.kind), errors: vec![error] })
        }
    }
}
