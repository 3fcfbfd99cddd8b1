//! The hash that names a persisted document, as Apollo's automatic persisted queries write it.

use std::fmt::Write;

use async_graphql::{Extensions, ServerError, Value};
use aws_lc_rs::digest;

use crate::api::graphql::pipeline::error_masking::document_error;
use crate::error::ErrorCode;

/// A SHA-256 as the client wrote it, and its bytes.
pub(super) struct DocumentHash<'a> {
    pub(super) text: &'a str,
    pub(super) bytes: Vec<u8>,
}

/// Reads `{ persistedQuery: { version: 1, sha256Hash } }`.
pub(super) fn from_extensions(extensions: &Extensions) -> Result<Option<DocumentHash<'_>>, ServerError> {
    let invalid = || {
        let message = "extensions.persistedQuery must be { version: 1, sha256Hash }.";
        document_error(ErrorCode::BadRequest, message, vec![])
    };
    let persisted = match extensions.get("persistedQuery") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Object(persisted)) => persisted,
        Some(_) => return Err(invalid()),
    };
    let is_version_1 = matches!(persisted.get("version"), Some(Value::Number(version)) if version.as_u64() == Some(1));
    match persisted.get("sha256Hash") {
        Some(Value::String(text)) if is_version_1 => {
            Ok(Some(DocumentHash { text, bytes: from_hexadecimal(text).ok_or_else(invalid)? }))
        }
        _ => Err(invalid()),
    }
}

/// The SHA-256 of a text.
pub(super) fn sha256(text: &str) -> Vec<u8> {
    digest::digest(&digest::SHA256, text.as_bytes()).as_ref().to_vec()
}

pub(super) fn to_hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

fn from_hexadecimal(text: &str) -> Option<Vec<u8>> {
    let is_hexadecimal = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let pairs = (0..32).map(|at| u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok());
    if is_hexadecimal { pairs.collect() } else { None }
}
