//! What the library says when something is wrong, in our words: with a code, and without the client's values.

use async_graphql::{PathSegment, Pos, ServerError};

use super::remarks::without_remarks;
use crate::error::ErrorCode;

/// A document with thousands of faults is told about the first ones only.
const MOST_REQUEST_ERRORS: usize = 20;

/// How far a request came before its errors arose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Nothing ran: the document or its variables are wrong.
    Request,
    /// Fields ran, and some failed.
    Execution,
}

/// Whose names validation texts may quote.
#[derive(Debug, Clone, Copy)]
pub enum Quoting<'a> {
    /// Any name of the schema.
    Schema,
    /// Only names that this document contains, where the schema is not public.
    Document(&'a str),
}

/// An error of our own about a document, with its code.
pub fn document_error(code: ErrorCode, message: impl Into<String>, locations: Vec<Pos>) -> ServerError {
    let mut error = ServerError { locations, ..ServerError::new(message, None) };
    set_code(&mut error, code);
    error
}

/// Gives every error a code, a status and the correlation id, and replaces texts that might repeat a client's values.
///
/// Errors that have a code already (all of our own) keep their text.
pub fn complete(errors: &mut Vec<ServerError>, stage: Stage, quoting: Quoting<'_>, correlation_id: &str) {
    if stage == Stage::Request {
        errors.truncate(MOST_REQUEST_ERRORS);
    }
    for error in errors {
        if !has_code(error) {
            let (code, message) = match stage {
                Stage::Request => restate_request_error(&error.message, quoting),
                Stage::Execution => restate_field_error(error, correlation_id),
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

fn restate_request_error(message: &str, quoting: Quoting<'_>) -> (ErrorCode, String) {
    if let Some(reason) = message.strip_prefix("Invalid value for argument ") {
        // The first quotation is the path; the reason behind it may quote the value.
        let path = reason.split('"').nth(1).unwrap_or_default();
        return (ErrorCode::BadUserInput, format!("Invalid value for argument \"{path}\"."));
    }
    if message.starts_with("Invalid default value for argument") {
        return (ErrorCode::BadUserInput, "Invalid default value of a variable.".to_owned());
    }
    if is_coercion(message) {
        return (ErrorCode::BadUserInput, "Invalid value for an argument.".to_owned());
    }
    if is_limit(message) {
        return (ErrorCode::QueryTooComplex, message.to_owned());
    }
    let message = match quoting {
        Quoting::Schema => message.to_owned(),
        Quoting::Document(document) => quote_only(message, document),
    };
    (ErrorCode::GraphqlValidationFailed, message)
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
    tracing::error!(correlation_id, field, "a field failed with an error that has no code");
    (ErrorCode::Internal, "Something went wrong.".to_owned())
}

/// `InputValueError` and `ContextBase::var_value` of the library begin like this.
fn is_coercion(message: &str) -> bool {
    ["Failed to parse \"", "Expected input type \"", "Variable "].iter().any(|start| message.starts_with(start))
        && !message.starts_with("Variable \"")
}

/// `check_rules`, `check_recursive_depth` and `check_max_directives` of the library say this.
fn is_limit(message: &str) -> bool {
    message == "Query is too complex."
        || message == "Query is nested too deep."
        || message.starts_with("The recursion depth of the query")
        || message.starts_with("The number of directives on the field")
}

/// The message with every quotation struck out but the first, which is what the client wrote, and that one too where the
/// document does not contain it as a word. Names of the schema follow behind it; were they told where the document has
/// them, a dictionary written into it would be confirmed word by word.
fn quote_only(message: &str, document: &str) -> String {
    let document = without_remarks(document);
    let message = message.split(" Did you mean").next().unwrap_or_default();
    let names_types = message.starts_with("Fragment cannot ");
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let is_known = |quoted: &str| {
        let name = quoted.trim_matches(|letter| !is_name(letter));
        document.split(|letter| !is_name(letter)).any(|word| word == name)
    };
    let parts = message.split('"').enumerate().map(|(index, part)| match index % 2 {
        1 if index > 1 || names_types || !is_known(part) => "…",
        _ => part,
    });
    parts.collect::<Vec<_>>().join("\"")
}

/// The refusal of a document that asks for too much: what was counted, and how much of it is allowed.
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

    fn completed(message: &str, stage: Stage, quoting: Quoting<'_>) -> (String, String) {
        let mut errors = vec![ServerError::new(message, None).with_path(vec![PathSegment::Field("login".into())])];
        complete(&mut errors, stage, quoting, "id");
        let extensions = errors[0].extensions.clone().unwrap();
        assert_eq!(extensions.get("correlationId"), Some(&"id".into()));
        assert!(extensions.get("statusCode").is_some());
        let code = extensions.get("code").unwrap().clone().into_json().unwrap();
        (code.as_str().unwrap().to_owned(), errors[0].message.clone())
    }

    #[test]
    fn values_are_never_repeated() {
        for (stage, message) in [
            (
                Stage::Request,
                "Invalid value for argument \"input.kind\", enumeration type \"Kind\" does not contain the value \"hunter2\"",
            ),
            (Stage::Request, "Invalid default value for argument: \"a\", expected type \"hunter2\""),
            (Stage::Request, "Expected input type \"Int\", found \"hunter2\"."),
            (Stage::Execution, "Failed to parse \"Email\": hunter2 (occurred while parsing \"LoginInput\")"),
            (Stage::Execution, "Expected input type \"Int\", found \"hunter2\"."),
            (Stage::Execution, "Variable hunter2 is not defined."),
        ] {
            let (code, message) = completed(message, stage, Quoting::Schema);
            assert_eq!(code, "BAD_USER_INPUT");
            assert!(!message.contains("hunter2"), "{message}");
        }
    }

    #[test]
    fn a_wrong_argument_is_named_by_its_path() {
        let told = "Invalid value for argument \"input.emails.0\", expected type \"String\"";
        assert_eq!(
            completed(told, Stage::Request, Quoting::Schema).1,
            "Invalid value for argument \"input.emails.0\"."
        );
        let told = "Expected input type \"Int\", found null.";
        assert_eq!(completed(told, Stage::Execution, Quoting::Schema).1, "Invalid value for an argument of \"login\".");
    }

    #[test]
    fn a_field_error_nobody_meant_for_the_public_says_nothing() {
        let (code, message) = completed("connection refused", Stage::Execution, Quoting::Schema);
        assert_eq!((code.as_str(), message.as_str()), ("INTERNAL", "Something went wrong."));
    }

    #[test]
    fn a_dictionary_anywhere_in_the_document_confirms_nothing() {
        let told = "Unknown field \"x\" on type \"User\".";
        for document in ["{ me { x } } # User", "{ me(a: \"User\") { x } }", "{ me(a: [User]) { x User: y } }"] {
            assert_eq!(quote_only(told, document), "Unknown field \"x\" on type \"…\".", "{document}");
        }
        let told = "Fragment cannot be spread here as objects of type \"Query\" can never be of type \"User\"";
        let hidden = "Fragment cannot be spread here as objects of type \"…\" can never be of type \"…\"";
        assert_eq!(quote_only(told, "{ Query ... on User { id } }"), hidden);
    }

    #[test]
    fn where_the_schema_is_private_only_the_clients_words_are_quoted() {
        let told = "Unknown field \"pasword\" on type \"User\". Did you mean \"password\"?";
        let document = Quoting::Document("{ me { pasword } }");
        assert_eq!(
            completed(told, Stage::Request, document).1,
            "Unknown field \"pasword\" on type \"…\".".trim_end_matches('.').to_owned() + "."
        );
        assert_eq!(completed(told, Stage::Request, Quoting::Schema).1, told);
        let told = "Variable \"$a\" of type \"Int\" used in position expecting type \"[ID!]!\"";
        let document = Quoting::Document("query($a: Int) { x(y: $a) }");
        let (code, message) = completed(told, Stage::Request, document);
        assert_eq!(message, "Variable \"$a\" of type \"…\" used in position expecting type \"…\"");
        assert_eq!(code, "GRAPHQL_VALIDATION_FAILED");
    }

    #[test]
    fn limits_of_the_library_have_their_own_code() {
        for told in ["Query is too complex.", "Query is nested too deep."] {
            assert_eq!(completed(told, Stage::Request, Quoting::Schema).0, "QUERY_TOO_COMPLEX");
        }
    }

    #[test]
    fn an_error_with_a_code_keeps_its_words() {
        let mut errors = vec![document_error(ErrorCode::BadRequest, "Failed to parse \"x\"", vec![]); 30];
        complete(&mut errors, Stage::Request, Quoting::Schema, "id");
        assert_eq!(errors[0].message, "Failed to parse \"x\"");
        assert_eq!(errors.len(), MOST_REQUEST_ERRORS);
    }
}
