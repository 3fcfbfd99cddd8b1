//! Which operation of a document runs, and whether it has the variables it needs.

use async_graphql::parser::types::{ExecutableDocument, OperationDefinition, OperationType, Selection};
use async_graphql::{Name, Positioned, ServerError, Value, Variables};

use super::library_errors::document_error;
use crate::error::ErrorCode;

/// The operation that a request is about.
#[derive(Debug, Clone, Copy)]
pub struct Operation<'a> {
    /// Its name, if it has one.
    pub name: Option<&'a Name>,
    definition: &'a Positioned<OperationDefinition>,
}

impl<'a> Operation<'a> {
    /// The named operation, or the only one (GraphQL, section 6.1).
    ///
    /// # Errors
    /// `BAD_REQUEST` if the name is unknown, or missing where there are several.
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

    /// The operation itself.
    #[must_use]
    pub const fn definition(&self) -> &'a OperationDefinition {
        &self.definition.node
    }

    /// Query, mutation or subscription.
    #[must_use]
    pub fn kind(&self) -> OperationType {
        self.definition.node.ty
    }

    /// Checks that a subscription has one field at its root (GraphQL, section 5.2.4.1). The library would run any number,
    /// and pass over those in a fragment.
    ///
    /// # Errors
    /// `GRAPHQL_VALIDATION_FAILED`.
    pub fn check_only_root_field(&self) -> Result<(), ServerError> {
        match self.definition.node.selection_set.node.items.as_slice() {
            [only] if matches!(only.node, Selection::Field(_)) => Ok(()),
            _ => {
                let message = "A subscription has exactly one field at its root, and not in a fragment.";
                let code = ErrorCode::GraphqlValidationFailed;
                Err(document_error(code, message, vec![self.definition.pos]))
            }
        }
    }

    /// Checks that every variable that must have a value has one. Their types are checked by the library's validation,
    /// which looks only at variables in use.
    ///
    /// # Errors
    /// `BAD_USER_INPUT`, naming the first variable without a value.
    pub fn check_variables(&self, variables: &Variables) -> Result<(), ServerError> {
        for variable in &self.definition.node.variable_definitions {
            let variable = &variable.node;
            let given = variables.get(&variable.name.node).or(variable.default_value.as_ref().map(|value| &value.node));
            if !variable.var_type.node.nullable && matches!(given, None | Some(Value::Null)) {
                let message = format!("The variable \"${}\" needs a value.", variable.name.node);
                return Err(document_error(ErrorCode::BadUserInput, message, vec![variable.name.pos]));
            }
        }
        Ok(())
    }
}

/// The value of a variable, which is given or stands in the document.
#[must_use]
pub fn variable<'a>(name: &Name, operation: &'a OperationDefinition, variables: &'a Variables) -> Option<&'a Value> {
    let mut definitions = operation.variable_definitions.iter().map(|definition| &definition.node);
    let mut default = || definitions.find(|definition| definition.name.node == *name)?.default_value.as_ref();
    variables.get(name).or_else(|| default().map(|value| &value.node))
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;
    use async_graphql::value;

    use super::*;

    fn chosen(document: &str, name: Option<&str>) -> Option<OperationType> {
        Operation::choose(&parse_query(document).unwrap(), name).ok().map(|operation| operation.kind())
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

    #[test]
    fn a_subscription_has_one_field_at_its_root() {
        for (document, is_fine) in [
            ("subscription { a { b c } }", true),
            ("subscription { x: a }", true),
            ("subscription { a b }", false),
            ("subscription { a ...f } fragment f on Subscription { b }", false),
            ("subscription { ...f } fragment f on Subscription { a }", false),
            ("subscription { ... on Subscription { a } }", false),
        ] {
            let document = parse_query(document).unwrap();
            let told = Operation::choose(&document, None).unwrap().check_only_root_field();
            assert_eq!(told.is_ok(), is_fine, "{document:?}");
        }
    }

    #[test]
    fn a_variable_that_must_have_a_value_has_one() {
        let document = parse_query("query($a: Int!, $b: Int! = 1, $c: Int) { x(a: $a, b: $b, c: $c) }").unwrap();
        let operation = Operation::choose(&document, None).unwrap();
        for (given, is_fine) in [
            (value!({ "a": 1 }), true),
            (value!({ "a": 1, "c": null }), true),
            (value!({ "a": null }), false),
            (value!({ "a": 1, "b": null }), false),
            (value!({}), false),
        ] {
            let told = operation.check_variables(&Variables::from_value(given));
            assert_eq!(told.is_ok(), is_fine, "{told:?}");
        }
    }
}
