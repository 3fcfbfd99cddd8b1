//! Bounds the size of a response while it is built.

use std::sync::atomic::{AtomicUsize, Ordering};

use async_graphql::{QueryPathSegment, Response, ServerError, Value};

use super::error_masking::document_error;
use crate::error::ErrorCode;

/// The largest response, in bytes: three times that of the standard introspection query, the largest that clients need.
const MAX_RESPONSE_BYTES: usize = 1024 * 1024;

/// The scalar whose values have values inside.
const JSON: &str = "JSON";

/// Quotes, a colon and a comma.
const PUNCTUATION_BYTES: usize = 4;

/// The size of a response so far, in bytes.
#[derive(Debug, Default)]
pub struct ResponseSize(AtomicUsize);

impl ResponseSize {
    /// Starts a response. Each event of a subscription is one.
    pub fn begin(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    /// Adds a field, or an item of a list, with its name in the response. The fields and items below it are added
    /// separately, except what is inside a value of the scalar JSON: the library resolves that as a whole.
    pub fn add(&self, key: &QueryPathSegment<'_>, return_type: &str, value: Option<&Value>) {
        let name = match key {
            QueryPathSegment::Name(name) => name.len(),
            QueryPathSegment::Index(_) => 0,
        };
        let value = match value {
            Some(json) if return_type.trim_end_matches('!') == JSON => nested_bytes(json),
            Some(Value::String(text)) => text.len(),
            Some(Value::Enum(name)) => name.len(),
            Some(Value::Binary(bytes)) => bytes.len(),
            Some(Value::Null | Value::Number(_) | Value::Boolean(_) | Value::List(_) | Value::Object(_)) | None => 0,
        };
        self.0.fetch_add(name + value + PUNCTUATION_BYTES, Ordering::Relaxed);
    }

    /// Refuses to go on if the response is too large already.
    ///
    /// # Errors
    /// `QUERY_TOO_COMPLEX`.
    pub fn check(&self) -> Result<(), ServerError> {
        if self.0.load(Ordering::Relaxed) <= MAX_RESPONSE_BYTES {
            return Ok(());
        }
        let message = format!("The response would be larger than {MAX_RESPONSE_BYTES} bytes. Ask for less at once.");
        Err(document_error(ErrorCode::QueryTooComplex, message, vec![]))
    }

    /// Replaces a response that is too large by one error.
    pub fn limit(&self, response: &mut Response) {
        if let Err(error) = self.check() {
            response.data = Value::Null;
            response.errors = vec![error];
        }
    }
}

/// The size of a value with everything inside it, in bytes.
fn nested_bytes(value: &Value) -> usize {
    let inside: usize = match value {
        Value::Object(fields) => fields.iter().map(|(name, value)| name.len() + nested_bytes(value)).sum(),
        Value::List(items) => items.iter().map(nested_bytes).sum(),
        Value::String(text) => text.len(),
        Value::Enum(name) => name.len(),
        Value::Binary(bytes) => bytes.len(),
        Value::Null | Value::Number(_) | Value::Boolean(_) => 0,
    };
    inside + PUNCTUATION_BYTES
}
