//! How large an answer becomes, counted while it is made, so that one that is too large is given up and not built.

use std::sync::atomic::{AtomicUsize, Ordering};

use async_graphql::{QueryPathSegment, Response, ServerError, Value};

use super::error_masking::document_error;
use crate::error::ErrorCode;

/// Three times what the standard introspection query gets, which is the largest answer that clients have a use for.
const LARGEST_ANSWER: usize = 1024 * 1024;

/// Quotes, a colon and a comma.
const SIGNS: usize = 4;

/// The bytes of one answer so far.
#[derive(Debug, Default)]
pub struct AnswerSize(AtomicUsize);

impl AnswerSize {
    /// A new answer begins: each event of a subscription has its own.
    pub fn begin(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    /// Adds a field, or an item of a list, under the name it has in the answer. What is inside of it is added by itself.
    pub fn add(&self, place: &QueryPathSegment<'_>, value: Option<&Value>) {
        let name = match place {
            QueryPathSegment::Name(name) => name.len(),
            QueryPathSegment::Index(_) => 0,
        };
        let value = match value {
            Some(Value::String(text)) => text.len(),
            Some(Value::Enum(name)) => name.len(),
            Some(Value::Binary(bytes)) => bytes.len(),
            Some(Value::Null | Value::Number(_) | Value::Boolean(_) | Value::List(_) | Value::Object(_)) | None => 0,
        };
        self.0.fetch_add(name + value + SIGNS, Ordering::Relaxed);
    }

    /// # Errors
    /// `QUERY_TOO_COMPLEX` where the answer is too large already.
    pub fn check(&self) -> Result<(), ServerError> {
        if self.0.load(Ordering::Relaxed) <= LARGEST_ANSWER {
            return Ok(());
        }
        let message = format!("The answer would be larger than {LARGEST_ANSWER} bytes. Ask for less at once.");
        Err(document_error(ErrorCode::QueryTooComplex, message, vec![]))
    }

    /// Replaces an answer that is too large by one error.
    pub fn limit(&self, response: &mut Response) {
        if let Err(error) = self.check() {
            response.data = Value::Null;
            response.errors = vec![error];
        }
    }
}
