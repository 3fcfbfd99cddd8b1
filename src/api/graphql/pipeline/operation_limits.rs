//! The limits of a single operation, checked before it is charged.

use async_graphql::parser::types::OperationType;
use async_graphql::{Request, ServerResult};

use super::chosen_operation::ChosenOperation;
use super::cost::{CostTable, OperationCost};
use super::document_limits::check_limit;
use super::error_masking::{document_error, with_status};
use crate::error::ErrorCode;

/// How many fields with a secret one operation may have. With one, aliases cannot multiply guesses.
const MOST_SECRETS: u32 = 1;
/// How many fields one operation may resolve: five hundred objects with forty fields each.
const MOST_FIELDS: u32 = 20_000;
/// The same for fields of the schema itself. The standard introspection query needs half of it.
const MOST_SCHEMA_FIELDS: u32 = 150_000;
/// The limits of a subscription for each event. They are lower, because it runs again for every event and subscriber.
const MOST_FIELDS_OF_AN_EVENT: u32 = 200;
const MOST_POINTS_OF_AN_EVENT: u32 = 50;

/// Request data: the operation came in the URL of a request by GET. URLs are kept in the logs of proxies, in caches and in
/// the history of browsers.
#[derive(Debug, Clone, Copy)]
pub struct SentInUrl;

/// The chosen operation of a request, measured before it runs.
pub struct MeasuredOperation {
    /// Query, mutation or subscription.
    pub kind: OperationType,
    /// What it costs at most.
    pub cost: OperationCost,
}

impl MeasuredOperation {
    /// Chooses the operation of a request and estimates its cost.
    ///
    /// # Errors
    /// `BAD_REQUEST`, as [`ChosenOperation::choose`].
    pub fn measure(costs: &CostTable, request: &mut Request) -> ServerResult<Self> {
        // Taken out because `parsed_query` borrows the whole request.
        let (name, variables) = (request.operation_name.clone(), std::mem::take(&mut request.variables));
        let document = request.parsed_query()?;
        let operation = ChosenOperation::choose(document, name.as_deref())?;
        let cost = OperationCost::new(costs, document, operation.definition(), &variables);
        let measured = Self { kind: operation.kind(), cost };
        request.variables = variables;
        Ok(measured)
    }

    /// Refuses an operation that takes a secret and came in a URL.
    ///
    /// # Errors
    /// `BAD_REQUEST`, with the status 405 as for any operation that needs POST.
    pub fn keep_secrets_out_of_urls(&self) -> ServerResult<()> {
        if self.cost.secrets == 0 {
            return Ok(());
        }
        Err(with_status(
            405,
            document_error(ErrorCode::BadRequest, "An operation that takes a secret needs POST.", vec![]),
        ))
    }

    /// Checks the limits that do not depend on the caller.
    ///
    /// # Errors
    /// `QUERY_TOO_COMPLEX`.
    pub fn check(&self, max_complexity: u32) -> ServerResult<()> {
        let cost = &self.cost;
        check_limit("points", cost.points, max_complexity)?;
        check_limit("fields that take a secret", cost.secrets, MOST_SECRETS)?;
        check_limit("fields to resolve", cost.fields, MOST_FIELDS)?;
        check_limit("fields of the schema to resolve", cost.schema_fields, MOST_SCHEMA_FIELDS)?;
        if self.kind == OperationType::Subscription {
            check_limit("points for each event", cost.points, MOST_POINTS_OF_AN_EVENT)?;
            check_limit("fields to resolve for each event", cost.fields, MOST_FIELDS_OF_AN_EVENT)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unused_async, reason = "resolvers are async")]

    use std::sync::atomic::{AtomicUsize, Ordering};

    use async_graphql::{EmptyMutation, EmptySubscription, InputObject, Object, Response, Schema};

    use super::*;
    use crate::api::graphql::pipeline::extension::PipelineExtension;

    static RUNS: AtomicUsize = AtomicUsize::new(0);

    struct Query;

    #[derive(InputObject)]
    struct Strength {
        guess: Guess,
    }

    #[derive(InputObject)]
    struct Guess {
        #[graphql(secret)]
        password: String,
    }

    #[Object]
    impl Query {
        async fn strength(&self, #[graphql(secret)] password: String) -> usize {
            RUNS.fetch_add(1, Ordering::Relaxed) + password.len()
        }
        async fn strength_of(&self, input: Strength) -> usize {
            RUNS.fetch_add(1, Ordering::Relaxed) + input.guess.password.len()
        }
        async fn open(&self, name: String) -> String {
            name
        }
    }

    async fn asked(document: &str, is_in_url: bool) -> Response {
        let schema =
            Schema::build(Query, EmptyMutation, EmptySubscription).extension(PipelineExtension::default()).finish();
        let request = Request::new(document);
        schema.execute(if is_in_url { request.data(SentInUrl) } else { request }).await
    }

    #[tokio::test]
    async fn an_operation_that_takes_a_secret_does_not_run_by_get() {
        for document in [
            "{ strength(password: \"hunter2\") }",
            "{ open(name: \"x\") strength(password: \"hunter2\") }",
            "{ ...x } fragment x on Query { a: strength(password: \"hunter2\") }",
            "{ strengthOf(input: {guess: {password: \"hunter2\"}}) }",
        ] {
            let before = RUNS.load(Ordering::Relaxed);
            let refused = asked(document, true).await;
            assert_eq!(RUNS.load(Ordering::Relaxed), before, "{document}");
            assert_eq!(refused.data, async_graphql::Value::Null);
            let [error] = &refused.errors[..] else { panic!("{:?}", refused.errors) };
            assert_eq!(error.message, "An operation that takes a secret needs POST.");
            let extensions = error.extensions.as_ref().unwrap();
            assert_eq!(extensions.get("code"), Some(&"BAD_REQUEST".into()));
            assert_eq!(extensions.get("statusCode"), Some(&405.into()));

            assert!(asked(document, false).await.errors.is_empty(), "{document}");
        }
        assert!(asked("{ open(name: \"x\") }", true).await.errors.is_empty());
    }
}
