//! Which operation of a document runs.

use async_graphql::parser::types::{ExecutableDocument, OperationDefinition, OperationType};
use async_graphql::{Name, Positioned, ServerError, Value, Variables};

use super::error_masking::document_error;
use crate::error::ErrorCode;

/// The operation of a request.
#[derive(Debug, Clone, Copy)]
pub struct ChosenOperation<'a> {
    /// Its name, if it has one.
    pub name: Option<&'a Name>,
    definition: &'a Positioned<OperationDefinition>,
}

impl<'a> ChosenOperation<'a> {
    /// The operation of this name, or the only one (GraphQL, section 6.1).
    ///
    /// # Errors
    /// `BAD_REQUEST` if the name is unknown, or missing although there are several operations.
    pub fn choose(document: &'a ExecutableDocument, name: Option<&str>) -> Result<Self, ServerError> {
        let refuse = |message: &str| Err(document_error(ErrorCode::BadRequest, message, vec![]));
        let mut operations = document.operations.iter().map(|(name, definition)| Self { name, definition });
        if let Some(wanted) = name {
            let is_wanted = |operation: &Self| operation.name.is_some_and(|name| name == wanted);
            return operations
                .find(is_wanted)
                .map_or_else(|| refuse("The document has no operation of that name."), Ok);
        }
        match (operations.next(), operations.next()) {
            (Some(only), None) => Ok(only),
            _ => refuse("The document has several operations; operationName must say which one to run."),
        }
    }

    /// The definition of the operation.
    #[must_use]
    pub const fn definition(&self) -> &'a OperationDefinition {
        &self.definition.node
    }

    /// The definition and its position.
    pub(super) const fn positioned(&self) -> &'a Positioned<OperationDefinition> {
        self.definition
    }

    /// Query, mutation or subscription.
    #[must_use]
    pub fn kind(&self) -> OperationType {
        self.definition.node.ty
    }
}

/// The value of a variable: from the request, or its default.
#[must_use]
pub fn variable<'a>(name: &Name, operation: &'a OperationDefinition, variables: &'a Variables) -> Option<&'a Value> {
    let mut definitions = operation.variable_definitions.iter().map(|definition| &definition.node);
    let mut default = || definitions.find(|definition| definition.name.node == *name)?.default_value.as_ref();
    variables.get(name).or_else(|| default().map(|value| &value.node))
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::*;

    fn chosen(document: &str, name: Option<&str>) -> Option<OperationType> {
        ChosenOperation::choose(&parse_query(document).unwrap(), name).ok().map(|operation| operation.kind())
    }

    #[test]
    fn the_only_operation_or_the_named_one_is_chosen() {
        assert_eq!(chosen("mutation { a }", None), Some(OperationType::Mutation));
        assert_eq!(chosen("mutation m { a }", None), Some(OperationType::Mutation));
        assert_eq!(chosen("mutation m { a } query q { a }", Some("q")), Some(OperationType::Query));
        assert_eq!(chosen("mutation m { a } query q { a }", None), None);
        assert_eq!(chosen("mutation m { a } query q { a }", Some("x")), None);
        assert_eq!(chosen("{ a }", Some("q")), None);
    }
}
