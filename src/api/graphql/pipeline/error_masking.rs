//! Gives every error a code, and hides the texts of the library, which may contain values of the client.

use async_graphql::{PathSegment, Pos, ServerError};

use crate::error::ErrorCode;

/// The most errors that are returned for one document.
const MAX_REQUEST_ERRORS: usize = 20;

/// When the errors of a request arose (GraphQL, section 7.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GraphqlErrorKind {
    /// Before execution: the document or its variables are wrong. The response has no `data`.
    Request,
    /// During execution: some fields failed.
    Execution,
}

/// An error about a document, with its code.
pub fn document_error(code: ErrorCode, message: impl Into<String>, locations: Vec<Pos>) -> ServerError {
    let mut error = ServerError { locations, ..ServerError::new(message, None) };
    set_code(&mut error, code);
    error
}

/// The same error with another HTTP status than its code usually has.
#[must_use]
pub fn with_status(status: u16, mut error: ServerError) -> ServerError {
    error.extensions.get_or_insert_default().set("statusCode", status);
    error
}

/// Gives every error a code, a status and the correlation id. Errors without a code come from the library: their texts
/// are replaced, because they may repeat values of the client.
pub fn mask_errors(errors: &mut Vec<ServerError>, kind: GraphqlErrorKind, correlation_id: &str) {
    if kind == GraphqlErrorKind::Request {
        errors.truncate(MAX_REQUEST_ERRORS);
    }
    for error in errors {
        // Errors of our own have a code, and their texts are public.
        if !has_code(error) {
            let (code, message) = match kind {
                GraphqlErrorKind::Request => restate_request_error(&error.message),
                GraphqlErrorKind::Execution => restate_field_error(error, correlation_id),
            };
            error.message = message;
            set_code(error, code);
        }
        error.extensions.get_or_insert_default().set("correlationId", correlation_id);
    }
}

fn has_code(error: &ServerError) -> bool {
    error.extensions.as_ref().is_some_and(|extensions| extensions.get("code").is_some())
}

fn set_code(error: &mut ServerError, code: ErrorCode) {
    let extensions = error.extensions.get_or_insert_default();
    extensions.set("code", code.as_str());
    extensions.set("statusCode", code.status());
}

/// Documents and variables are checked before the library sees them. What it still refuses are its own limits, and
/// arguments of a subscription.
fn restate_request_error(message: &str) -> (ErrorCode, String) {
    if is_coercion(message) {
        return (ErrorCode::BadUserInput, "Invalid value for an argument.".to_owned());
    }
    if is_limit(message) {
        return (ErrorCode::QueryTooComplex, message.to_owned());
    }
    (ErrorCode::GraphqlValidationFailed, "The document is not valid.".to_owned())
}

fn restate_field_error(error: &ServerError, correlation_id: &str) -> (ErrorCode, String) {
    let field = error.path.iter().rev().find_map(|segment| match segment {
        PathSegment::Field(name) => Some(name.as_str()),
        PathSegment::Index(_) => None,
    });
    let field = field.unwrap_or_default();
    if is_coercion(&error.message) {
        return (ErrorCode::BadUserInput, format!("Invalid value for an argument of \"{field}\"."));
    }
    // An unexpected error: its text may contain values of the client, so it is not logged.
    tracing::error!(correlation_id, field, "a field failed with an error that has no code");
    (ErrorCode::Internal, "Something went wrong.".to_owned())
}

/// How `InputValueError` and `ContextBase::var_value` of the library begin.
fn is_coercion(message: &str) -> bool {
    ["Failed to parse \"", "Expected input type \"", "Variable "].iter().any(|start| message.starts_with(start))
        && !message.starts_with("Variable \"")
}

/// What `check_rules`, `check_recursive_depth` and `check_max_directives` of the library say.
fn is_limit(message: &str) -> bool {
    message == "Query is too complex."
        || message == "Query is nested too deep."
        || message.starts_with("The recursion depth of the query")
        || message.starts_with("The number of directives on the field")
}

/// The refusal of a document that asks for too much, with what was counted and the limit.
pub(super) fn too_complex(what: &str, asked: u32, limit: u32) -> ServerError {
    let message = format!("The document has {asked} {what}; the limit is {limit}.");
    let mut error = document_error(ErrorCode::QueryTooComplex, message, vec![]);
    let extensions = error.extensions.get_or_insert_default();
    extensions.set("cost", asked);
    extensions.set("limit", limit);
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    fn completed(message: &str, kind: GraphqlErrorKind) -> (String, String) {
        let mut errors = vec![ServerError::new(message, None).with_path(vec![PathSegment::Field("login".into())])];
        mask_errors(&mut errors, kind, "id");
        let extensions = errors[0].extensions.clone().unwrap();
        assert_eq!(extensions.get("correlationId"), Some(&"id".into()));
        assert!(extensions.get("statusCode").is_some());
        let code = extensions.get("code").unwrap().clone().into_json().unwrap();
        (code.as_str().unwrap().to_owned(), errors[0].message.clone())
    }

    #[test]
    fn values_are_never_repeated() {
        for (kind, message) in [
            (GraphqlErrorKind::Request, "Expected input type \"Int\", found \"hunter2\"."),
            (GraphqlErrorKind::Execution, "Failed to parse \"Email\": hunter2 (occurred while parsing \"LoginInput\")"),
            (GraphqlErrorKind::Execution, "Expected input type \"Int\", found \"hunter2\"."),
            (GraphqlErrorKind::Execution, "Variable hunter2 is not defined."),
        ] {
            let (code, message) = completed(message, kind);
            assert_eq!(code, "BAD_USER_INPUT");
            assert!(!message.contains("hunter2"), "{message}");
        }
    }

    #[test]
    fn a_wrong_argument_is_named_by_its_field() {
        let message = "Expected input type \"Int\", found null.";
        assert_eq!(completed(message, GraphqlErrorKind::Execution).1, "Invalid value for an argument of \"login\".");
    }

    #[test]
    fn what_the_library_says_of_a_document_is_not_passed_on() {
        let (code, message) = completed("Unknown field \"x\" on type \"User\".", GraphqlErrorKind::Request);
        assert_eq!((code.as_str(), message.as_str()), ("GRAPHQL_VALIDATION_FAILED", "The document is not valid."));
    }

    #[test]
    fn an_unexpected_field_error_says_nothing() {
        let (code, message) = completed("connection refused", GraphqlErrorKind::Execution);
        assert_eq!((code.as_str(), message.as_str()), ("INTERNAL", "Something went wrong."));
    }

    #[test]
    fn limits_of_the_library_have_their_own_code() {
        for message in ["Query is too complex.", "Query is nested too deep."] {
            assert_eq!(completed(message, GraphqlErrorKind::Request).0, "QUERY_TOO_COMPLEX");
        }
    }

    #[test]
    fn an_error_with_a_code_keeps_its_words() {
        let mut errors = vec![document_error(ErrorCode::BadRequest, "Failed to parse \"x\"", vec![]); 30];
        mask_errors(&mut errors, GraphqlErrorKind::Request, "id");
        assert_eq!(errors[0].message, "Failed to parse \"x\"");
        assert_eq!(errors.len(), MAX_REQUEST_ERRORS);
    }
}
