//! A request that may run: its document valid and within its limits, with an operation that its variables fit.

use std::sync::Arc;

use async_graphql::Request as SchemaRequest;
use async_graphql::parser::types::{ExecutableDocument, OperationType};

use super::edge::Edge;
use super::graphql_request::GraphqlRequest;
use crate::api::graphql::pipeline::chosen_operation::ChosenOperation;
use crate::api::graphql::pipeline::executable_document;
use crate::api::graphql::pipeline::persisted_documents::{ChosenDocument, RefusedDocument, ValidDocument};
use crate::api::graphql::pipeline::validation::coercion::coerce;
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

/// A request whose document is valid, within its limits, and has an operation that can run.
pub struct Prepared {
    /// The document it is about.
    pub valid: Arc<ValidDocument>,
    /// What of it runs.
    runs: ExecutableDocument,
    /// Query, mutation or subscription.
    pub kind: OperationType,
    /// What it is called in the log.
    pub name: Option<OperationName>,
}

/// Checks a request before the schema sees it, whichever way it came (GraphQL, section 6.1): the document, which operation
/// of it runs, and the values of its variables, which are coerced.
///
/// # Errors
/// What is wrong with the document, with the name of the operation, or with the variables.
pub fn prepare(edge: &Edge, asked: &mut GraphqlRequest, chosen: &ChosenDocument) -> Result<Prepared, RefusedDocument> {
    let settings = &edge.settings;
    let (documents, limits, reveals_schema) = (&settings.documents, &settings.document_limits, settings.reveals_schema);
    let operation_name = asked.operation_name.as_deref();
    let valid = documents.validate(chosen, limits, reveals_schema, operation_name)?;
    let operation = ChosenOperation::choose(&valid.tree, operation_name)?;
    let kind = operation.kind();
    if let Some(types) = documents.types() {
        coerce(types, operation.definition(), &mut asked.variables).map_err(|faults| {
            let errors = faults.into_iter().map(|fault| fault.into_error(reveals_schema)).collect();
            RefusedDocument { kind: Some(kind), errors }
        })?;
    }
    let name = operation.name.map(|name| OperationName(name.chars().take(LONGEST_OPERATION_NAME).collect()));
    let runs = executable_document::for_execution(&valid.tree, &operation, &asked.variables);
    Ok(Prepared { valid, runs, kind, name })
}

impl Prepared {
    /// What the schema is asked. It is given the syntax tree and not the text.
    #[must_use]
    pub fn request(self, asked: GraphqlRequest) -> SchemaRequest {
        let mut request = SchemaRequest::new("").variables(asked.variables);
        request.operation_name = asked.operation_name;
        request.extensions = asked.extensions;
        request.set_parsed_query(self.runs);
        request
    }
}
