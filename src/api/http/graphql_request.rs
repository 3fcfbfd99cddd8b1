//! The parameters of a GraphQL request, out of a JSON body or a query string, and nothing taken that is not meant so.

use async_graphql::{Extensions, Variables};
use axum::http::StatusCode;
use serde::{Deserialize, Deserializer};
use url::form_urlencoded;

use super::refusal::HttpRefusal;
use crate::api::graphql::pipeline::persisted_documents::DocumentRequest;

/// What a client asks for. Other members of the request are ignored, as the specification wants.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GraphqlRequest {
    /// The document. Some requests name it by a hash among the extensions instead.
    pub query: Option<String>,
    /// The id of a trusted document.
    #[serde(deserialize_with = "text_or_nothing")]
    pub document_id: Option<String>,
    /// What Relay's examples call it; other clients mean other things by it.
    #[serde(deserialize_with = "text_or_nothing")]
    pub id: Option<String>,
    /// As `id`.
    #[serde(rename = "doc_id", deserialize_with = "text_or_nothing")]
    pub doc_id: Option<String>,
    /// Which operation of the document to run.
    pub operation_name: Option<String>,
    /// Values for its variables.
    pub variables: Variables,
    /// Anything else that client and server agree on.
    pub extensions: Extensions,
}

const NOT_JSON: HttpRefusal = HttpRefusal::new(StatusCode::BAD_REQUEST, "The body is not a JSON object in UTF-8.");
const BATCH: HttpRefusal = HttpRefusal::new(StatusCode::BAD_REQUEST, "Batches are not served: send one operation.");
const WRONG_TYPES: HttpRefusal = HttpRefusal::new(
    StatusCode::BAD_REQUEST,
    "query and operationName are strings, variables and extensions are objects, and each may stand there once.",
);

impl GraphqlRequest {
    /// Whether it brings a document, or names one.
    #[must_use]
    pub fn names_a_document(&self) -> bool {
        self.query.is_some() || self.document_id.is_some() || self.id.is_some() || self.doc_id.is_some()
    }

    /// What it says of its document. The text is handed over.
    pub fn document(&mut self) -> DocumentRequest<'_> {
        let query = self.query.take();
        let id = self.document_id.as_deref().or(self.id.as_deref()).or(self.doc_id.as_deref());
        DocumentRequest { query, id, extensions: Some(&self.extensions) }
    }

    /// Out of the body of a POST.
    ///
    /// # Errors
    /// Anything but one JSON object whose members have the right types.
    pub fn from_json(body: &[u8]) -> Result<Self, HttpRefusal> {
        // RFC 8259, section 8.1: whoever reads JSON may ignore a byte order mark.
        let body = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body);
        match body.trim_ascii_start().first() {
            Some(b'{') => {}
            Some(b'[') => return Err(BATCH),
            _ => return Err(NOT_JSON),
        }
        // serde_json's own text is not passed on: it quotes values.
        let request: Self =
            serde_json::from_slice(body).map_err(|error| if error.is_data() { WRONG_TYPES } else { NOT_JSON })?;
        Ok(request.without_empty_name())
    }

    /// Out of the query string of a GET.
    ///
    /// # Errors
    /// A parameter that stands there twice, is not UTF-8, or is not the JSON it should be.
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

    /// An empty name is the same as none (GraphQL over HTTP, on GET).
    fn without_empty_name(self) -> Self {
        Self { operation_name: self.operation_name.filter(|name| !name.is_empty()), ..self }
    }
}

/// A member that is not ours alone: what is no text there is not meant for us.
fn text_or_nothing<'de, D: Deserializer<'de>>(value: D) -> Result<Option<String>, D::Error> {
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
    fn an_id_that_is_no_text_belongs_to_somebody_else() {
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
