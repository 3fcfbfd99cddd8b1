//! Makes errors of fields follow the GraphQL specification, where the library does not.
//!
//! An error of a nullable field becomes null there and leaves its siblings alone (section 6.4.4), every error keeps the
//! path of the field it came from, and errors are listed in the order of the document.

use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::{PathSegment, Pos, Response, ServerError, ServerResult, Value};

/// Errors of nullable fields, collected while the other fields run.
#[derive(Default)]
pub struct FieldErrors(Mutex<Vec<ServerError>>);

/// The path of the field that an error came from. The library overwrites `path` when the error leaves an item of a
/// list.
struct Origin(Vec<PathSegment>);

impl FieldErrors {
    /// Collects the error of a nullable field, which becomes null, or passes the error on to its parent.
    ///
    /// # Errors
    /// The error of a field that cannot be null.
    pub fn handle(&self, mut error: ServerError, is_nullable: bool) -> ServerResult<Option<Value>> {
        if error.source::<Origin>().is_none() {
            error.source = Some(Arc::new(Origin(error.path.clone())));
        }
        if !is_nullable {
            return Err(error);
        }
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(error);
        Ok(Some(Value::Null))
    }

    /// Adds the collected errors to the response, with their paths and in the order of the document.
    pub fn add_to(&self, response: &mut Response) {
        response.errors.append(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
        for error in &mut response.errors {
            restore_path(error);
        }
        response.errors.sort_by_cached_key(document_order);
    }
}

fn restore_path(error: &mut ServerError) {
    if let Some(Origin(path)) = error.source::<Origin>() {
        error.path = path.clone();
    }
}

/// By position in the document; errors of one field in several items of a list, by index.
fn document_order(error: &ServerError) -> (Option<Pos>, Vec<usize>) {
    let indices = error.path.iter().filter_map(|segment| match segment {
        PathSegment::Index(index) => Some(*index),
        PathSegment::Field(_) => None,
    });
    (error.locations.first().copied(), indices.collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unused_async, reason = "resolvers are async")]

    use async_graphql::{EmptyMutation, EmptySubscription, Error, Object, Request, Result, Schema, Subscription};
    use futures_util::{Stream, StreamExt, stream};

    use super::*;
    use crate::api::graphql::pipeline::extension::{ExecutionMarker, PipelineExtension};

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
            Schema::build(Query, EmptyMutation, EmptySubscription).extension(PipelineExtension::default()).finish();
        let response = schema.execute(query).await;
        let errors = response.errors.iter().map(|error| {
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
        (serde_json::to_string(&response.data).unwrap(), errors.collect())
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
        let schema = Schema::build(Query, EmptyMutation, Items).extension(PipelineExtension::default()).finish();
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
            Schema::build(Query, EmptyMutation, EmptySubscription).extension(PipelineExtension::default()).finish();
        for (query, has_run) in [("{ nothing }", true), ("{ strictItem { strict } }", true), ("{ unknown }", false)] {
            let marker = ExecutionMarker::default();
            schema.execute(Request::new(query).data(marker.clone())).await;
            assert_eq!(marker.has_run(), has_run, "{query}");
        }
    }
}
