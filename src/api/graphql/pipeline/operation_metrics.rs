//! The labels of the metrics of operations. Clients cannot choose them.

use async_graphql::parser::types::OperationType;
use async_graphql::resolver_utils::EnumType;
use async_graphql::{ServerError, Value};

use crate::api::graphql::error::Code;
use crate::error::ErrorCode;

/// The label of an operation without errors.
pub const OK: &str = "OK";

/// The kind of an operation; `none` if it is not known.
#[must_use]
pub const fn kind(of: Option<OperationType>) -> &'static str {
    match of {
        Some(OperationType::Query) => "query",
        Some(OperationType::Mutation) => "mutation",
        Some(OperationType::Subscription) => "subscription",
        None => "none",
    }
}

/// The code of the first error. Call it after `mask_errors`, when every error has one.
#[must_use]
pub fn code(errors: &[ServerError]) -> &'static str {
    let Some(first) = errors.first() else { return OK };
    let Some(Value::String(given)) = first.extensions.as_ref().and_then(|extensions| extensions.get("code")) else {
        return ErrorCode::Internal.as_str();
    };
    let known = Code::items().iter().find(|item| item.name == given);
    known.map_or(ErrorCode::Internal.as_str(), |item| item.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::graphql::pipeline::error_masking::document_error;

    #[test]
    fn every_code_of_ours_is_counted_as_itself() {
        for item in Code::items() {
            let ours = ErrorCode::from(item.value);
            assert_eq!(code(&[document_error(ours, "No.", vec![])]), ours.as_str());
        }
        assert_eq!(code(&[]), "OK");
    }

    #[test]
    fn what_is_no_code_of_ours_is_a_fault_of_ours() {
        let mut foreign = document_error(ErrorCode::NotFound, "No.", vec![]);
        foreign.extensions.get_or_insert_default().set("code", "hunter2");

        assert_eq!(code(&[foreign]), "INTERNAL");
        assert_eq!(code(&[ServerError::new("No.", None)]), "INTERNAL");
    }
}
