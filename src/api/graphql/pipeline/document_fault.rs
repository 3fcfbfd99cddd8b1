//! What is wrong with a document or its variables. Hides names that only the schema knows, if it is not public.

use std::fmt::Write;

use async_graphql::{Pos, ServerError};

use crate::api::graphql::pipeline::error_masking::document_error;
use crate::error::ErrorCode;

/// One fault of a document, or of the values of its variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentFault {
    code: ErrorCode,
    pos: Pos,
    /// A sentence without its full stop. It contains only names that the client has written.
    message: String,
    /// The end of the sentence, with names of the schema. Empty, or begins with a space or punctuation.
    from_schema: String,
}

impl DocumentFault {
    /// A violation of the rules of GraphQL: `GRAPHQL_VALIDATION_FAILED`.
    pub fn new(pos: Pos, message: impl Into<String>) -> Self {
        Self { code: ErrorCode::GraphqlValidationFailed, pos, message: message.into(), from_schema: String::new() }
    }

    /// A value that does not fit its type: `BAD_USER_INPUT`.
    pub fn bad_input(pos: Pos, message: impl Into<String>) -> Self {
        Self { code: ErrorCode::BadUserInput, ..Self::new(pos, message) }
    }

    /// A document that takes too much work to check: `QUERY_TOO_COMPLEX`.
    pub fn too_complex(pos: Pos, message: impl Into<String>) -> Self {
        Self { code: ErrorCode::QueryTooComplex, ..Self::new(pos, message) }
    }

    /// Its position in the document.
    #[must_use]
    pub const fn pos(&self) -> Pos {
        self.pos
    }

    /// Adds an end that is shown only if the schema is public.
    #[must_use]
    pub fn with_schema_names(mut self, from_schema: impl Into<String>) -> Self {
        self.from_schema = from_schema.into();
        self
    }

    /// The error for the client.
    #[must_use]
    pub fn into_error(self, reveals_schema: bool) -> ServerError {
        let end = if reveals_schema { self.from_schema } else { String::new() };
        document_error(self.code, format!("{}{end}.", self.message), vec![self.pos])
    }
}

/// The position of a value inside another one: `input.actions.0`. All names in it were written by the client.
#[derive(Debug, Clone, Copy)]
pub enum ValuePath<'a> {
    /// An argument or a variable.
    Root(&'a str),
    /// A field of an input object.
    Field(&'a ValuePath<'a>, &'a str),
    /// An item of a list.
    Item(&'a ValuePath<'a>, usize),
}

impl ValuePath<'_> {
    fn write(&self, text: &mut String) {
        match self {
            ValuePath::Root(name) => text.push_str(name),
            ValuePath::Field(parent, name) => {
                parent.write(text);
                let _ = write!(text, ".{name}");
            }
            ValuePath::Item(parent, index) => {
                parent.write(text);
                let _ = write!(text, ".{index}");
            }
        }
    }

    /// The path, its parts separated by points.
    #[must_use]
    pub fn to_text(self) -> String {
        let mut text = String::new();
        self.write(&mut text);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_a_hidden_schema_stay_hidden() {
        let fault = DocumentFault::new(Pos::default(), "Unknown field \"x\"").with_schema_names(" on type \"User\"");

        assert_eq!(fault.clone().into_error(true).message, "Unknown field \"x\" on type \"User\".");
        assert_eq!(fault.into_error(false).message, "Unknown field \"x\".");
    }

    #[test]
    fn a_path_is_written_from_its_root() {
        let root = ValuePath::Root("input");
        let list = ValuePath::Field(&root, "actions");
        assert_eq!(ValuePath::Item(&list, 2).to_text(), "input.actions.2");
    }
}
