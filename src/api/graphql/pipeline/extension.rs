//! Where the library's execution leaves the GraphQL specification, it is put right here, by one extension.
//!
//! One and not two, because every extension costs a boxed future per field.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use async_graphql::extensions::{
    Extension, ExtensionContext, ExtensionFactory, NextExecute, NextPrepareRequest, NextRequest, NextResolve,
    NextSubscribe, ResolveInfo,
};
use async_graphql::{PathSegment, Pos, Request, Response, ServerError, ServerResult, Value};
use futures_util::StreamExt;
use futures_util::stream::BoxStream;

use super::charging::Charging;
use super::cost::CostTable;
use super::response_size::AnswerSize;
use super::stream_marker::StreamMarker;
use crate::api::graphql::schema::context::ViewerCell;
use crate::app::App;
use crate::error::ErrorCode;

/// Put into the data of a request, it tells afterwards whether anything ran: `data: null` alone does not say whether the
/// request was wrong or a field failed, and GraphQL over HTTP answers the two differently.
#[derive(Debug, Clone, Default)]
pub struct ExecutionMarker(Arc<AtomicBool>);

impl ExecutionMarker {
    /// Whether the document was found good and its fields ran.
    #[must_use]
    pub fn has_run(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// The extension: an error on a nullable field becomes null there and leaves its siblings alone (GraphQL, section 6.4.4),
/// every error keeps the path of the field it arose in, and errors come in the order of the document.
///
/// It is also where every operation is charged, whichever way it came.
#[derive(Debug, Clone, Default)]
pub struct SpecifiedExecution {
    costs: Arc<OnceLock<CostTable>>,
}

impl ExtensionFactory for SpecifiedExecution {
    fn create(&self) -> Arc<dyn Extension> {
        let admission = Arc::new(Charging::new(Arc::clone(&self.costs)));
        Arc::new(Execution { handled: Mutex::default(), admission, size: AnswerSize::default() })
    }
}

struct Execution {
    handled: Mutex<Vec<ServerError>>,
    admission: Arc<Charging>,
    size: AnswerSize,
}

impl Execution {
    /// Where the marker of a stream is, every execution is an event.
    async fn charge_event(&self, ctx: &ExtensionContext<'_>) -> ServerResult<()> {
        let (Some(app), Some(marker)) = (ctx.data_opt::<Arc<App>>(), ctx.data_opt::<StreamMarker>()) else {
            return Ok(());
        };
        if let Some(viewer) = ctx.data_opt::<ViewerCell>() {
            viewer.forget().await;
        }
        let admitted = self.admission.charge_event(app).await;
        if admitted.is_err() {
            marker.end(ErrorCode::RateLimited);
        }
        admitted
    }

    async fn settle(&self, ctx: &ExtensionContext<'_>, response: &mut Response) {
        if let Some(app) = ctx.data_opt::<Arc<App>>() {
            self.admission.settle(app, response).await;
        }
    }
}

/// Where an error arose. The library overwrites `path` when the error leaves an item of a list.
struct Origin(Vec<PathSegment>);

#[async_graphql::async_trait::async_trait]
impl Extension for Execution {
    async fn request(&self, ctx: &ExtensionContext<'_>, next: NextRequest<'_>) -> Response {
        let mut response = next.run(ctx).await;
        self.settle(ctx, &mut response).await;
        response
    }

    /// A subscription that is refused after it was charged is settled with its refusal.
    fn subscribe<'s>(
        &self,
        ctx: &ExtensionContext<'_>,
        stream: BoxStream<'s, Response>,
        next: NextSubscribe<'_>,
    ) -> BoxStream<'s, Response> {
        let responses = next.run(ctx, stream);
        let Some(app) = ctx.data_opt::<Arc<App>>().cloned() else { return responses };
        let admission = Arc::clone(&self.admission);
        let settled = move |mut response: Response| {
            let (app, admission) = (Arc::clone(&app), Arc::clone(&admission));
            async move {
                admission.settle(&app, &mut response).await;
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
        next.run(ctx, self.admission.check_and_charge(ctx, request).await?).await
    }

    async fn execute(
        &self,
        ctx: &ExtensionContext<'_>,
        operation_name: Option<&str>,
        next: NextExecute<'_>,
    ) -> Response {
        if let Err(refused) = self.charge_event(ctx).await {
            return Response::from_errors(vec![refused]);
        }
        if let Some(marker) = ctx.data_opt::<ExecutionMarker>() {
            marker.0.store(true, Ordering::Release);
        }
        self.size.begin();
        let mut response = next.run(ctx, operation_name).await;
        response.errors.append(&mut self.handled.lock().unwrap_or_else(PoisonError::into_inner));
        for error in &mut response.errors {
            restore_path(error);
        }
        response.errors.sort_by_cached_key(document_order);
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
        self.size.check()?;
        let place = info.path_node.segment;
        let is_nullable = !info.return_type.ends_with('!');
        self.admission.note(info.parent_type, info.name);
        let error = match next.run(ctx, info).await {
            Ok(value) => {
                self.size.add(&place, value.as_ref());
                return Ok(value);
            }
            Err(error) => remember_path(error),
        };
        if !is_nullable {
            return Err(error);
        }
        self.handled.lock().unwrap_or_else(PoisonError::into_inner).push(error);
        Ok(Some(Value::Null))
    }
}

fn remember_path(mut error: ServerError) -> ServerError {
    if error.source::<Origin>().is_none() {
        error.source = Some(Arc::new(Origin(error.path.clone())));
    }
    error
}

fn restore_path(error: &mut ServerError) {
    if let Some(Origin(path)) = error.source::<Origin>() {
        error.path = path.clone();
    }
}

/// Position first; the same field of several list items, by index.
fn document_order(error: &ServerError) -> (Option<Pos>, Vec<usize>) {
    let indices = error.path.iter().filter_map(|segment| match segment {
        PathSegment::Index(index) => Some(*index),
        PathSegment::Field(_) => None,
    });
    (error.locations.first().copied(), indices.collect())
}

#[cfg(test)]
#[allow(clippy::unused_async, reason = "resolvers are async")]
mod tests {
    use async_graphql::{EmptyMutation, EmptySubscription, Error, Object, Result, Schema, Subscription};
    use futures_util::{Stream, StreamExt, stream};

    use super::*;

    struct Query;
    struct Item(i32);

    #[Object]
    impl Item {
        async fn number(&self) -> i32 {
            self.0
        }
        async fn shy(&self) -> Result<Option<i32>> {
            Err(Error::new("shy"))
        }
        async fn strict(&self) -> Result<i32> {
            if self.0 == 1 { Err(Error::new("strict")) } else { Ok(self.0) }
        }
        async fn children(&self) -> Vec<Option<Item>> {
            vec![Some(Item(0)), Some(Item(1)), None]
        }
        async fn strict_children(&self) -> Vec<Item> {
            vec![Item(0), Item(1)]
        }
    }

    #[Object]
    impl Query {
        async fn item(&self) -> Option<Item> {
            Some(Item(2))
        }
        async fn strict_item(&self) -> Item {
            Item(1)
        }
        async fn nothing(&self) -> Result<Option<i32>> {
            Err(Error::new("nothing"))
        }
        async fn halves(&self) -> Vec<Option<Result<i32>>> {
            vec![Some(Ok(1)), Some(Err(Error::new("half"))), None]
        }
    }

    struct Items;

    #[Subscription]
    impl Items {
        async fn items(&self) -> impl Stream<Item = Item> {
            stream::iter([Item(1), Item(2)])
        }
    }

    /// The answer as JSON, the order of its keys included, with errors as `message@path`.
    async fn answer(query: &str) -> (String, Vec<String>) {
        let schema =
            Schema::build(Query, EmptyMutation, EmptySubscription).extension(SpecifiedExecution::default()).finish();
        let response = schema.execute(query).await;
        let told = response.errors.iter().map(|error| {
            assert_eq!(error.locations.len(), 1);
            let path: Vec<_> = error
                .path
                .iter()
                .map(|segment| match segment {
                    PathSegment::Field(name) => name.clone(),
                    PathSegment::Index(index) => index.to_string(),
                })
                .collect();
            format!("{}@{}", error.message, path.join("."))
        });
        (serde_json::to_string(&response.data).unwrap(), told.collect())
    }

    #[tokio::test]
    async fn a_failing_nullable_field_leaves_its_siblings_alone() {
        let (data, errors) = answer("{ nothing item { number shy } again: nothing }").await;
        assert_eq!(data, r#"{"nothing":null,"item":{"number":2,"shy":null},"again":null}"#);
        assert_eq!(errors, ["nothing@nothing", "shy@item.shy", "nothing@again"]);
    }

    #[tokio::test]
    async fn a_failing_strict_field_nulls_the_nearest_nullable_parent() {
        let (data, errors) = answer("{ item { number children { number strict } } }").await;
        assert_eq!(data, r#"{"item":{"number":2,"children":[{"number":0,"strict":0},null,null]}}"#);
        assert_eq!(errors, ["strict@item.children.1.strict"]);

        let (data, errors) = answer("{ item { strictChildren { strict } } nothing }").await;
        assert_eq!(data, r#"{"item":null,"nothing":null}"#);
        assert_eq!(errors, ["strict@item.strictChildren.1.strict", "nothing@nothing"]);

        let (data, errors) = answer("{ strictItem { strict } }").await;
        assert_eq!(data, "null");
        assert_eq!(errors, ["strict@strictItem.strict"]);
    }

    #[tokio::test]
    async fn items_of_lists_fail_alone_and_in_order() {
        let (data, errors) = answer("{ halves item { strictChildren { shy } } }").await;
        assert_eq!(data, r#"{"halves":[1,null,null],"item":{"strictChildren":[{"shy":null},{"shy":null}]}}"#);
        assert_eq!(errors, ["half@halves.1", "shy@item.strictChildren.0.shy", "shy@item.strictChildren.1.shy"]);
    }

    #[tokio::test]
    async fn every_event_of_a_subscription_has_its_own_errors() {
        let schema = Schema::build(Query, EmptyMutation, Items).extension(SpecifiedExecution::default()).finish();
        let events: Vec<_> = schema.execute_stream("subscription { items { number shy } }").collect().await;
        for (event, number) in events.iter().zip(1..) {
            assert_eq!(event.data, async_graphql::value!({ "items": { "number": number, "shy": null } }));
            assert_eq!(event.errors.len(), 1);
        }
        assert_eq!(events.len(), 2);
    }

    #[tokio::test]
    async fn the_marker_tells_a_request_error_from_a_field_error() {
        let schema =
            Schema::build(Query, EmptyMutation, EmptySubscription).extension(SpecifiedExecution::default()).finish();
        for (query, has_run) in [("{ nothing }", true), ("{ strictItem { strict } }", true), ("{ unknown }", false)] {
            let marker = ExecutionMarker::default();
            schema.execute(Request::new(query).data(marker.clone())).await;
            assert_eq!(marker.has_run(), has_run, "{query}");
        }
    }
}
