//! A request that may run: its document parsed, within its limits, with an operation that fits its variables.

use async_graphql::parser::types::{ExecutableDocument, OperationType};
use async_graphql::{Request as SchemaRequest, ServerError};

use super::edge::Edge;
use super::graphql_request::GraphqlRequest;
use crate::api::graphql::document_check;
use crate::api::graphql::operation::Operation;
use crate::values::ids::UserId;

/// The name of the operation that ran, cut for the log; a response extension.
#[derive(Debug, Clone)]
pub struct OperationName(pub String);

/// The code of the first error of the operation, or OK; a response extension for the log.
#[derive(Debug, Clone, Copy)]
pub struct OperationCode(pub &'static str);

/// Who was signed in while the operation ran; a response extension for the log.
#[derive(Debug, Clone, Copy)]
pub struct OperationUser(pub UserId);

const LONGEST_OPERATION_NAME: usize = 64;

/// A request whose document is parsed, within its limits, and has an operation that can run.
pub struct Prepared {
    document: ExecutableDocument,
    /// Query, mutation or subscription.
    pub kind: OperationType,
    /// What it is called in the log.
    pub name: Option<OperationName>,
}

/// Checks a request before the schema sees it, whichever way it came.
///
/// # Errors
/// The one error of a document or of variables that are refused.
pub fn prepare(edge: &Edge, asked: &GraphqlRequest, query: &str) -> Result<Prepared, ServerError> {
    let document = document_check::parse(query, &edge.settings.document_limits)?;
    let operation = Operation::choose(&document, asked.operation_name.as_deref())?;
    operation.check_variables(&asked.variables)?;
    let kind = operation.kind();
    let name = operation.name.map(|name| OperationName(name.chars().take(LONGEST_OPERATION_NAME).collect()));
    if kind == OperationType::Subscription {
        operation.check_only_root_field()?;
    }
    Ok(Prepared { document, kind, name })
}

impl Prepared {
    /// What the schema is asked.
    #[must_use]
    pub fn request(self, asked: GraphqlRequest, query: &str) -> SchemaRequest {
        let mut request = SchemaRequest::new(query).variables(asked.variables);
        request.operation_name = asked.operation_name;
        request.extensions = asked.extensions;
        request.set_parsed_query(self.document);
        request
    }
}
