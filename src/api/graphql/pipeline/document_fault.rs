//! What is wrong with a document, told without its literals, and without names that only the schema knows where it is
//! hidden.

use std::fmt::Write;

use async_graphql::{Pos, ServerError};

use crate::api::graphql::pipeline::error_masking::document_error;
use crate::error::ErrorCode;

/// One thing that is wrong with a document or with the values of its variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    code: ErrorCode,
    pos: Pos,
    /// A sentence without its full stop, in which only names stand that the client has written itself.
    message: String,
    /// Its end, in which names of the schema stand. Empty, or begins with a space.
    from_schema: String,
}

impl Fault {
    /// A violation of the rules of GraphQL: `GRAPHQL_VALIDATION_FAILED`.
    pub fn new(pos: Pos, message: impl Into<String>) -> Self {
        Self { code: ErrorCode::GraphqlValidationFailed, pos, message: message.into(), from_schema: String::new() }
    }

    /// A value that does not fit its type: `BAD_USER_INPUT`.
    pub fn of_value(pos: Pos, message: impl Into<String>) -> Self {
        Self { code: ErrorCode::BadUserInput, ..Self::new(pos, message) }
    }

    /// A document that takes too much work to check: `QUERY_TOO_COMPLEX`.
    pub fn too_complex(pos: Pos, message: impl Into<String>) -> Self {
        Self { code: ErrorCode::QueryTooComplex, ..Self::new(pos, message) }
    }

    /// Where it is.
    #[must_use]
    pub const fn pos(&self) -> Pos {
        self.pos
    }

    /// The same, with what only those may read who may read the schema.
    #[must_use]
    pub fn with(mut self, from_schema: impl Into<String>) -> Self {
        self.from_schema = from_schema.into();
        self
    }

    /// As it is answered.
    #[must_use]
    pub fn into_error(self, reveals_schema: bool) -> ServerError {
        let end = if reveals_schema { self.from_schema } else { String::new() };
        document_error(self.code, format!("{}{end}.", self.message), vec![self.pos])
    }
}

/// Where a value stands inside of another one: `input.actions.0`. Every name in it is one of the schema that the client has
/// written, too.
#[derive(Debug, Clone, Copy)]
pub enum Path<'a> {
    /// An argument or a variable.
    Root(&'a str),
    /// A field of an input object.
    Field(&'a Path<'a>, &'a str),
    /// An item of a list.
    Item(&'a Path<'a>, usize),
}

impl Path<'_> {
    fn write(&self, text: &mut String) {
        match self {
            Path::Root(name) => text.push_str(name),
            Path::Field(parent, name) => {
                parent.write(text);
                let _ = write!(text, ".{name}");
            }
            Path::Item(parent, index) => {
                parent.write(text);
                let _ = write!(text, ".{index}");
            }
        }
    }

    /// With points between its parts.
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
        let fault = Fault::new(Pos::default(), "Unknown field \"x\"").with(" on type \"User\"");

        assert_eq!(fault.clone().into_error(true).message, "Unknown field \"x\" on type \"User\".");
        assert_eq!(fault.into_error(false).message, "Unknown field \"x\".");
    }

    #[test]
    fn a_path_is_written_from_its_root() {
        let root = Path::Root("input");
        let list = Path::Field(&root, "actions");
        assert_eq!(Path::Item(&list, 2).to_text(), "input.actions.2");
    }
}
