//! An operation that has been checked and may run: its document is valid and within its limits, and its variables fit.

use std::sync::Arc;

use async_graphql::parser::types::{ExecutableDocument, OperationType, Selection};
use async_graphql::{Positioned, Request as SchemaRequest};

use super::graphql_request::GraphqlRequest;
use crate::api::graphql::pipeline::chosen_operation::ChosenOperation;
use crate::api::graphql::pipeline::executable_document;
use crate::api::graphql::pipeline::operation_limits::SentInUrl;
use crate::api::graphql::pipeline::persisted_documents::{ChosenDocument, RefusedDocument, ValidDocument};
use crate::api::graphql::pipeline::validation::coercion::coerce;
use crate::api::state::AppState;
use crate::values::ids::UserId;

/// The name of an operation, shortened for the log. A response extension.
#[derive(Debug, Clone)]
pub struct OperationName(pub String);

/// The code of the first error of the operation, or OK, for the log. A response extension.
#[derive(Debug, Clone, Copy)]
pub struct OperationCode(pub &'static str);

/// The points that the operation was charged for, for the log. A response extension.
#[derive(Debug, Clone, Copy)]
pub struct OperationPoints(pub u32);

/// Who was signed in while the operation ran, for the log. A response extension.
#[derive(Debug, Clone, Copy)]
pub struct OperationUser(pub UserId);

/// The longest name of an operation in the log, in characters.
const MAX_OPERATION_NAME: usize = 64;

/// An operation that has been checked and may run.
pub struct PreparedOperation {
    /// Query, mutation or subscription.
    pub kind: OperationType,
    /// Its name, for the log.
    pub name: Option<OperationName>,
    /// Where the document was found, and the document, to remember it after it has run.
    document: (ChosenDocument, Arc<ValidDocument>),
    /// The operation that runs, with the fragments it uses.
    runs: ExecutableDocument,
    parameters: GraphqlRequest,
    /// Whether it came in the URL of a request by GET.
    is_in_url: bool,
}

impl PreparedOperation {
    /// Checks a request before the schema sees it, whichever way it came (GraphQL, section 6.1): which document it
    /// means, whether that is valid, which operation of it runs, and the values of its variables, which are coerced.
    /// Returns `None` where the request names no document.
    ///
    /// # Errors
    /// What is wrong with the document, with the name of the operation, or with the variables.
    pub fn prepare(state: &AppState, mut parameters: GraphqlRequest) -> Result<Option<Self>, RefusedDocument> {
        let (documents, reveals_schema) = (&state.documents, state.app.config.graphql.introspection);
        let Some(chosen) = documents.find(parameters.document())? else { return Ok(None) };
        let operation_name = parameters.operation_name.as_deref();
        let valid = documents.validate(&chosen, &state.document_limits, reveals_schema, operation_name)?;
        let operation = ChosenOperation::choose(&valid.tree, operation_name)?;
        let kind = operation.kind();
        if let Some(types) = documents.types() {
            coerce(types, operation.definition(), &mut parameters.variables).map_err(|faults| {
                let errors = faults.into_iter().map(|fault| fault.into_error(reveals_schema)).collect();
                RefusedDocument { kind: Some(kind), errors }
            })?;
        }
        let name = operation.name.map(|name| OperationName(name.chars().take(MAX_OPERATION_NAME).collect()));
        let runs = executable_document::for_execution(&valid.tree, &operation, &parameters.variables);
        Ok(Some(Self { kind, name, document: (chosen, valid), runs, parameters, is_in_url: false }))
    }

    /// Notes that the operation came in a URL. It then must not take a secret.
    #[must_use]
    pub fn sent_in_url(self, is_in_url: bool) -> Self {
        Self { is_in_url, ..self }
    }

    /// The field of the schema that the operation asks for, if it is one alone.
    #[must_use]
    pub fn only_field(&self) -> Option<&str> {
        let (_, operation) = self.runs.operations.iter().next()?;
        match operation.node.selection_set.node.items.as_slice() {
            [Positioned { node: Selection::Field(field), .. }] => Some(field.node.name.node.as_str()),
            _ => None,
        }
    }

    /// The name of the operation, if the document is one that the settings trust, so that clients cannot invent it.
    #[must_use]
    pub fn trusted_name(&self) -> Option<&str> {
        self.name.as_ref().filter(|_| self.document.0.is_trusted()).map(|OperationName(name)| name.as_str())
    }

    /// Makes the request to the schema, which gets the syntax tree instead of the text. Also returns the document, for
    /// `PersistedDocuments::remember`.
    #[must_use]
    pub fn into_request(self) -> (SchemaRequest, (ChosenDocument, Arc<ValidDocument>)) {
        let mut request = SchemaRequest::new("").variables(self.parameters.variables);
        request.operation_name = self.parameters.operation_name;
        request.extensions = self.parameters.extensions;
        request.set_parsed_query(self.runs);
        if self.is_in_url {
            request = request.data(SentInUrl);
        }
        (request, self.document)
    }
}
