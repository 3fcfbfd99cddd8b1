//! The documents that an application was built with, as its build tools list them.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::Path;
use std::sync::Arc;

use crate::error::{OrFault, Result};

/// Documents by their id, which is a hash that the build tool chose.
#[derive(Debug, Clone)]
pub struct TrustedDocuments(Arc<TrustedDocumentIndex>);

#[derive(Debug)]
struct TrustedDocumentIndex {
    by_id: HashMap<String, String>,
    texts: HashSet<String>,
}

impl TrustedDocuments {
    /// Reads a manifest: one JSON object, id to document, as the client preset of graphql-codegen
    /// (`persisted-documents.json`) and relay-compiler (`persistConfig.file`) write it.
    ///
    /// # Errors
    /// A fault where the file cannot be read or is something else.
    pub fn open(path: &Path) -> Result<Self> {
        let text = fs::read(path).or_fault("reading TRUSTED_DOCUMENTS")?;
        Self::parse(&text)
    }

    fn parse(text: &[u8]) -> Result<Self> {
        let by_id: HashMap<String, String> =
            serde_json::from_slice(text).or_fault("reading TRUSTED_DOCUMENTS: a JSON object of id and document")?;
        let texts = by_id.values().cloned().collect();
        Ok(Self(Arc::new(TrustedDocumentIndex { by_id, texts })))
    }

    /// The document of this id; `sha256:` in front of it does not matter (GraphQL over HTTP, appendix A).
    #[must_use]
    pub fn find(&self, id: &str) -> Option<&str> {
        self.0.by_id.get(id).or_else(|| self.0.by_id.get(id.strip_prefix("sha256:")?)).map(String::as_str)
    }

    /// Whether this is one of them, character by character.
    #[must_use]
    pub fn contains(&self, document: &str) -> bool {
        self.0.texts.contains(document)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_found_by_id_and_by_text() {
        let trusted = TrustedDocuments::parse(br#"{"abc":"query a { a }","9f":"{ b }"}"#).unwrap();

        assert_eq!((trusted.find("abc"), trusted.find("sha256:9f")), (Some("query a { a }"), Some("{ b }")));
        assert_eq!((trusted.find("x"), trusted.find("sha256:x")), (None, None));
        assert!(trusted.contains("{ b }") && !trusted.contains("{ b  }"));
    }

    #[test]
    fn anything_else_is_a_fault() {
        for text in ["", "[]", r#"{"a":1}"#, r#"{"a":{"b":"c"}}"#] {
            assert!(TrustedDocuments::parse(text.as_bytes()).is_err(), "{text}");
        }
        assert!(TrustedDocuments::open(Path::new("/nowhere")).is_err());
    }
}
