//! The parameters of a GraphQL request, read from a JSON body or a query string.

use async_graphql::{Extensions, Variables};
use axum::http::StatusCode;
use serde::{Deserialize, Deserializer};
use url::form_urlencoded;

use super::refusal::HttpRefusal;
use crate::api::graphql::pipeline::persisted_documents::DocumentRequest;

/// The parameters. Other members of the request are ignored, as GraphQL over HTTP demands.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GraphqlRequest {
    /// The document. Some requests name it by a hash in `extensions` instead.
    pub query: Option<String>,
    /// The id of a trusted document.
    #[serde(deserialize_with = "string_or_none")]
    pub document_id: Option<String>,
    /// The name of `documentId` in Relay's examples. Other clients use it for something else.
    #[serde(deserialize_with = "string_or_none")]
    pub id: Option<String>,
    /// Another name of `documentId`.
    #[serde(rename = "doc_id", deserialize_with = "string_or_none")]
    pub doc_id: Option<String>,
    /// Which operation of the document to run.
    pub operation_name: Option<String>,
    /// Values for its variables.
    pub variables: Variables,
    /// Anything else that client and server agree on.
    pub extensions: Extensions,
}

const NOT_JSON: HttpRefusal = HttpRefusal::new(StatusCode::BAD_REQUEST, "The body is not a JSON object in UTF-8.");
const BATCH: HttpRefusal = HttpRefusal::new(StatusCode::BAD_REQUEST, "Batches are not supported: send one operation.");
const WRONG_TYPES: HttpRefusal = HttpRefusal::new(
    StatusCode::BAD_REQUEST,
    "query and operationName must be strings, variables and extensions must be objects, and each may be given once.",
);

impl GraphqlRequest {
    /// Whether it contains a document or names one.
    #[must_use]
    pub fn names_a_document(&self) -> bool {
        let has_id = self.document_id.is_some() || self.id.is_some() || self.doc_id.is_some();
        self.query.is_some() || has_id || self.extensions.contains_key("persistedQuery")
    }

    /// What it says of its document. The text is moved out.
    pub fn document(&mut self) -> DocumentRequest<'_> {
        let query = self.query.take();
        let id = self.document_id.as_deref().or(self.id.as_deref()).or(self.doc_id.as_deref());
        DocumentRequest { query, id, extensions: Some(&self.extensions) }
    }

    /// Reads the body of a POST.
    ///
    /// # Errors
    /// Anything but one JSON object whose members have the right types.
    pub fn from_json(body: &[u8]) -> Result<Self, HttpRefusal> {
        // A reader of JSON may ignore a byte order mark (RFC 8259, section 8.1).
        let body = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body);
        match body.trim_ascii_start().first() {
            Some(b'{') => {}
            Some(b'[') => return Err(BATCH),
            _ => return Err(NOT_JSON),
        }
        // The text of serde_json's error is not passed on: it quotes values.
        let request: Self =
            serde_json::from_slice(body).map_err(|error| if error.is_data() { WRONG_TYPES } else { NOT_JSON })?;
        Ok(request.without_empty_name())
    }

    /// Reads the query string of a GET.
    ///
    /// # Errors
    /// A parameter that is given twice, is not UTF-8, or is not the JSON it should be.
    pub fn from_query_string(text: &str) -> Result<Self, HttpRefusal> {
        let mut request = Self::default();
        let mut seen: Vec<String> = Vec::new();
        for (name, value) in form_urlencoded::parse(text.as_bytes()) {
            // The decoder puts U+FFFD where the bytes are not UTF-8.
            if value.contains('\u{fffd}') || seen.iter().any(|other| *other == name) {
                return Err(WRONG_TYPES);
            }
            match &*name {
                "query" => request.query = Some(value.into_owned()),
                "documentId" | "id" | "doc_id" => request.document_id = Some(value.into_owned()),
                "operationName" => request.operation_name = Some(value.into_owned()),
                "variables" => request.variables = from_parameter(&value)?,
                "extensions" => request.extensions = from_parameter(&value)?,
                _ => continue,
            }
            seen.push(name.into_owned());
        }
        Ok(request.without_empty_name())
    }

    /// An empty `operationName` is the same as none (GraphQL over HTTP, section 5.2).
    fn without_empty_name(self) -> Self {
        Self { operation_name: self.operation_name.filter(|name| !name.is_empty()), ..self }
    }
}

/// Reads a member that other clients use for something else: a value that is no string is not meant for this server.
fn string_or_none<'de, D: Deserializer<'de>>(value: D) -> Result<Option<String>, D::Error> {
    Ok(serde_json::Value::deserialize(value)?.as_str().map(str::to_owned))
}

fn from_parameter<'a, T: Deserialize<'a> + Default>(json: &'a str) -> Result<T, HttpRefusal> {
    if json.is_empty() { Ok(T::default()) } else { serde_json::from_str(json).map_err(|_| WRONG_TYPES) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(body: &[u8]) -> &'static str {
        GraphqlRequest::from_json(body).unwrap_err().message
    }

    #[test]
    fn a_request_is_read_and_unknown_members_are_ignored() {
        let body = br#" {"query":"{a}","operationName":"b","variables":{"c":[1]},"extensions":{},"d":1,"d":2} "#;
        let request = GraphqlRequest::from_json(body).unwrap();
        assert_eq!((request.query.as_deref(), request.operation_name.as_deref()), (Some("{a}"), Some("b")));
        assert_eq!(request.variables.len(), 1);
    }

    #[test]
    fn a_byte_order_mark_is_ignored_once() {
        let marked = "\u{feff}{\"query\":\"{a}\"}";
        assert_eq!(GraphqlRequest::from_json(marked.as_bytes()).unwrap().query.as_deref(), Some("{a}"));
        assert_eq!(refused(format!("\u{feff}{marked}").as_bytes()), NOT_JSON.message);
    }

    #[test]
    fn an_id_that_is_no_string_is_ignored() {
        for body in [r#"{"query":"{a}","id":1}"#, r#"{"query":"{a}","id":{"b":[]},"doc_id":null}"#] {
            assert!(GraphqlRequest::from_json(body.as_bytes()).unwrap().document().id.is_none());
        }
        let mut request = GraphqlRequest::from_json(br#"{"id":1,"documentId":"x","doc_id":"y"}"#).unwrap();
        assert_eq!(request.document().id, Some("x"));
    }

    #[test]
    fn null_and_an_empty_name_are_the_same_as_nothing() {
        let body = br#"{"query":"{a}","operationName":"","variables":null,"extensions":null}"#;
        let request = GraphqlRequest::from_json(body).unwrap();
        assert!(request.operation_name.is_none() && request.variables.is_empty());
        let request = GraphqlRequest::from_query_string("query=%7Ba%7D&operationName=&variables=&extensions=").unwrap();
        assert!(request.operation_name.is_none() && request.variables.is_empty());
    }

    #[test]
    fn what_is_no_json_object_is_refused() {
        let nested = format!("{{\"variables\":{{\"a\":{}", "[".repeat(60_000));
        let cut = [br#"{"query":"{a}"#.as_slice(), b"\xff", br#""}"#].concat();
        for body in
            [&b""[..], b"{", b"null", b"1", b"\"{a}\"", b"{} {}", b"{,}", b"{'query':1}", nested.as_bytes(), &cut]
        {
            assert_eq!(refused(body), NOT_JSON.message, "{:?}", String::from_utf8_lossy(body).get(..20));
        }
        assert_eq!(refused(br#"[{"query":"{a}"}]"#), BATCH.message);
    }

    #[test]
    fn wrong_types_and_members_that_stand_twice_are_refused() {
        for body in [
            r#"{"query":1}"#,
            r#"{"query":"{a}","query":"{b}"}"#,
            r#"{"query":"{a}","operationName":{}}"#,
            r#"{"query":"{a}","variables":[]}"#,
            r#"{"query":"{a}","variables":"{}"}"#,
            r#"{"query":"{a}","extensions":false}"#,
        ] {
            assert_eq!(refused(body.as_bytes()), WRONG_TYPES.message, "{body}");
        }
    }

    #[test]
    fn a_query_string_is_read_as_strictly() {
        let request = GraphqlRequest::from_query_string("query=%7Ba%7D&variables=%7B%22b%22%3A1%7D&x=1&x=2").unwrap();
        assert_eq!(request.query.as_deref(), Some("{a}"));
        assert_eq!(request.variables.len(), 1);
        for wrong in ["query=a&query=b", "query=%FF", "variables=%5B%5D", "variables=1", "extensions=%7B"] {
            assert_eq!(GraphqlRequest::from_query_string(wrong).unwrap_err().message, WRONG_TYPES.message, "{wrong}");
        }
    }
}
