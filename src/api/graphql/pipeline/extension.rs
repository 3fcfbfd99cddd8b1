//! The one hook into the library's execution: charges operations, limits responses and puts errors right.
//!
//! One extension and not several, because each costs a boxed future per field.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use async_graphql::extensions::{
    Extension, ExtensionContext, ExtensionFactory, NextExecute, NextPrepareRequest, NextRequest, NextResolve,
    NextSubscribe, ResolveInfo,
};
use async_graphql::{Request, Response, ServerResult, Value};
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use tracing::{Instrument, Span};

use super::charging::Charging;
use super::cost::CostTable;
use super::response_size::ResponseSize;
use super::spec_errors::FieldErrors;
use super::subscription_state::SubscriptionState;
use crate::api::graphql::viewer_cell::ViewerCell;
use crate::app::App;
use crate::error::ErrorCode;
use crate::tools::spans;

/// Request data that tells afterwards whether any field ran, and what the operation cost. `data: null` alone does not say
/// whether the request was wrong or a field failed, and GraphQL over HTTP answers the two differently.
#[derive(Debug, Clone, Default)]
pub struct ExecutionMarker(Arc<Execution>);

#[derive(Debug, Default)]
struct Execution {
    has_run: AtomicBool,
    points: OnceLock<u32>,
}

impl ExecutionMarker {
    /// Whether the document was valid and its fields ran.
    #[must_use]
    pub fn has_run(&self) -> bool {
        self.0.has_run.load(Ordering::Acquire)
    }

    /// The points that the operation cost, once it has run.
    #[must_use]
    pub fn points(&self) -> Option<u32> {
        self.0.points.get().copied()
    }
}

/// Creates the extension of each request. The prices of fields are read from the schema once.
#[derive(Debug, Clone, Default)]
pub struct PipelineExtension {
    costs: Arc<OnceLock<CostTable>>,
}

impl ExtensionFactory for PipelineExtension {
    fn create(&self) -> Arc<dyn Extension> {
        let charging = Arc::new(Charging::new(Arc::clone(&self.costs)));
        Arc::new(OperationExtension { errors: FieldErrors::default(), charging, size: ResponseSize::default() })
    }
}

struct OperationExtension {
    errors: FieldErrors,
    charging: Arc<Charging>,
    size: ResponseSize,
}

impl OperationExtension {
    /// Prepares an event of a subscription. Only subscriptions have a `SubscriptionState`, and each of their executions
    /// is an event.
    async fn begin_event(&self, ctx: &ExtensionContext<'_>) -> ServerResult<()> {
        let (Some(app), Some(subscription)) = (ctx.data_opt::<Arc<App>>(), ctx.data_opt::<SubscriptionState>()) else {
            return Ok(());
        };
        // What the viewer was allowed at the last event says nothing about this one.
        if let Some(viewer) = ctx.data_opt::<ViewerCell>() {
            viewer.forget().await;
        }
        let charged = self.charging.charge_event(app).await;
        if charged.is_err() {
            subscription.end(ErrorCode::RateLimited);
        }
        charged
    }

    async fn settle(&self, ctx: &ExtensionContext<'_>, response: &mut Response) {
        let Some(app) = ctx.data_opt::<Arc<App>>() else { return };
        let points = self.charging.settle(app, response).await;
        if let (Some(points), Some(marker)) = (points, ctx.data_opt::<ExecutionMarker>()) {
            let _ = marker.0.points.set(points);
        }
    }
}

/// The span of a field of Query or Mutation: of a flow, mostly. The fields below have none.
fn field_span(info: &ResolveInfo<'_>) -> Span {
    if info.path_node.parent.is_some() {
        return Span::none();
    }
    tracing::info_span!(target: spans::STEP, "field", otel.name = info.name, graphql.field.name = info.name)
}

#[async_graphql::async_trait::async_trait]
impl Extension for OperationExtension {
    async fn request(&self, ctx: &ExtensionContext<'_>, next: NextRequest<'_>) -> Response {
        let mut response = next.run(ctx).await;
        // Settles what was refused before it ran; what ran has been settled by `execute`.
        self.settle(ctx, &mut response).await;
        response
    }

    /// A subscription does not pass `request`, so one that was charged and then refused is settled here.
    fn subscribe<'s>(
        &self,
        ctx: &ExtensionContext<'_>,
        stream: BoxStream<'s, Response>,
        next: NextSubscribe<'_>,
    ) -> BoxStream<'s, Response> {
        let responses = next.run(ctx, stream);
        let Some(app) = ctx.data_opt::<Arc<App>>().cloned() else { return responses };
        let charging = Arc::clone(&self.charging);
        let settled = move |mut response: Response| {
            let (app, charging) = (Arc::clone(&app), Arc::clone(&charging));
            async move {
                charging.settle(&app, &mut response).await;
                response
            }
        };
        responses.then(settled).boxed()
    }

    async fn prepare_request(
        &self,
        ctx: &ExtensionContext<'_>,
        request: Request,
        next: NextPrepareRequest<'_>,
    ) -> ServerResult<Request> {
        next.run(ctx, self.charging.check_and_charge(ctx, request).await?).await
    }

    async fn execute(
        &self,
        ctx: &ExtensionContext<'_>,
        operation_name: Option<&str>,
        next: NextExecute<'_>,
    ) -> Response {
        if let Err(refused) = self.begin_event(ctx).await {
            return Response::from_errors(vec![refused]);
        }
        if let Some(marker) = ctx.data_opt::<ExecutionMarker>() {
            marker.0.has_run.store(true, Ordering::Release);
        }
        self.size.begin();
        let mut response = next.run(ctx, operation_name).await;
        self.errors.add_to(&mut response);
        self.size.limit(&mut response);
        self.settle(ctx, &mut response).await;
        response
    }

    async fn resolve(
        &self,
        ctx: &ExtensionContext<'_>,
        info: ResolveInfo<'_>,
        next: NextResolve<'_>,
    ) -> ServerResult<Option<Value>> {
        // Once the response is too large, no further field runs.
        self.size.check()?;
        let key = info.path_node.segment;
        let (return_type, is_nullable) = (info.return_type, !info.return_type.ends_with('!'));
        self.charging.note(info.parent_type, info.name);
        let span = field_span(&info);
        match next.run(ctx, info).instrument(span).await {
            Ok(value) => {
                self.size.add(&key, return_type, value.as_ref());
                Ok(value)
            }
            Err(error) => self.errors.handle(error, is_nullable),
        }
    }
}
