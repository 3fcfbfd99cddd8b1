//! Which document a request means, the one it brings or one it names by its hash; and whether it is valid, which is found
//! out once for documents that are asked for again.

use std::fmt;
use std::fmt::Write;
use std::sync::Arc;

use async_graphql::parser::types::{ExecutableDocument, OperationType};
use async_graphql::{Extensions, ServerError, Value};
use aws_lc_rs::digest;

use super::document_limits::{self, DocumentLimits};
use super::error_masking::document_error;
use super::operation::Operation;
use super::validation::schema_types::SchemaTypes;
use super::validation::validate;
use crate::app::App;
use crate::error::ErrorCode;
use crate::tools::cache::MemoryCache;

/// What all remembered documents of an instance take together, in bytes. Each is as long as `document_check` lets it be.
const MOST_BYTES: u64 = 16 * 1024 * 1024;
/// What the syntax tree takes for a token of a document, at most.
const TREE_BYTES_OF_A_TOKEN: usize = 400;

/// Where documents are looked up. Without an app only what a request brings itself is run, and nothing is validated.
#[derive(Clone, Default)]
pub struct Documents(Option<Known>);

#[derive(Clone)]
struct Known {
    app: Arc<App>,
    types: Arc<SchemaTypes>,
    /// Documents that are valid, by the SHA-256 of their text.
    valid: Arc<MemoryCache<Arc<ValidDocument>>>,
}

/// What a request says of its document.
#[derive(Debug, Default)]
pub struct Asked<'a> {
    /// The document.
    pub query: Option<String>,
    /// The id of a trusted document.
    pub id: Option<&'a str>,
    /// Apollo's `persistedQuery`, if it is there.
    pub extensions: Option<&'a Extensions>,
}

/// The document that a request is about.
#[derive(Debug)]
pub struct Chosen {
    text: Arc<str>,
    /// The SHA-256 of the text, where documents are remembered.
    hash: Vec<u8>,
    /// Where it was found to be valid before.
    valid: Option<Arc<ValidDocument>>,
    /// Whether its client will ask for it by its hash.
    is_named: bool,
    is_trusted: bool,
}

/// A document that can run.
#[derive(Debug)]
pub struct ValidDocument {
    /// Its syntax tree.
    pub tree: ExecutableDocument,
    text: Arc<str>,
    tokens: usize,
    has_strings: bool,
}

/// Why a document does not run, and which kind of operation it was about, where that is known.
#[derive(Debug)]
pub struct RefusedDocument {
    /// Query, mutation or subscription.
    pub kind: Option<OperationType>,
    /// What is wrong.
    pub errors: Vec<ServerError>,
}

impl fmt::Debug for Documents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Documents")
    }
}

impl From<ServerError> for RefusedDocument {
    fn from(error: ServerError) -> Self {
        Self { kind: None, errors: vec![error] }
    }
}

impl Documents {
    /// Looks up in the manifest of the settings, and among the documents that were valid.
    #[must_use]
    pub fn of(app: &Arc<App>, types: SchemaTypes) -> Self {
        Self(Some(Known {
            app: Arc::clone(app),
            types: Arc::new(types),
            valid: Arc::new(MemoryCache::with_capacity(MOST_BYTES)),
        }))
    }

    /// The types that values are checked against.
    #[must_use]
    pub fn types(&self) -> Option<&SchemaTypes> {
        self.0.as_ref().map(|known| &*known.types)
    }

    /// Finds the document of a request, or `None` where it names none.
    ///
    /// # Errors
    /// `PERSISTED_QUERY_NOT_FOUND` for a hash that nobody has brought the document of; `BAD_REQUEST` for one that is of
    /// another document, and for a document that is not trusted where only those are.
    pub fn find(&self, asked: Asked<'_>) -> Result<Option<Chosen>, ServerError> {
        let hash = asked.extensions.map_or(Ok(None), persisted_hash)?;
        let Some(known) = &self.0 else { return Ok(asked.query.map(|text| Chosen::new(&text))) };
        let id = asked.id.filter(|_| known.app.trusted_documents.is_some());
        let chosen = match (asked.query, id.or(hash.as_ref().map(|(typed, _)| *typed))) {
            (Some(text), _) => Some(known.brought(&text, hash.as_ref())?),
            (None, Some(id)) => Some(known.named(id, hash)?),
            (None, None) => None,
        };
        chosen.map(|chosen| trusted(&known.app, chosen)).transpose()
    }

    /// The document, parsed, within its limits and valid. It is kept for the next request where none of its user's secrets
    /// can be in it: those are strings, in place of which the documents of applications have variables.
    ///
    /// # Errors
    /// What is wrong with it; names of the schema stand in it where `reveals_schema`.
    pub fn validate(
        &self,
        chosen: &Chosen,
        limits: &DocumentLimits,
        reveals_schema: bool,
        operation_name: Option<&str>,
    ) -> Result<Arc<ValidDocument>, RefusedDocument> {
        if let Some(valid) = &chosen.valid {
            return Ok(Arc::clone(valid));
        }
        let parsed = document_limits::parse(&chosen.text, limits)?;
        let faults = match self.types() {
            Some(types) => validate(types, &parsed.document, parsed.faults),
            None => parsed.faults,
        };
        if !faults.is_empty() {
            let kind = Operation::choose(&parsed.document, operation_name).ok().map(|operation| operation.kind());
            return Err(RefusedDocument {
                kind,
                errors: faults.into_iter().map(|fault| fault.into_error(reveals_schema)).collect(),
            });
        }
        let valid = Arc::new(ValidDocument {
            tree: parsed.document,
            text: Arc::clone(&chosen.text),
            tokens: parsed.tokens as usize,
            has_strings: parsed.has_strings,
        });
        if chosen.is_trusted || !valid.has_strings {
            self.keep(chosen, &valid);
        }
        Ok(valid)
    }

    /// Remembers a document that has run, if its request asked for it.
    pub fn remember(&self, chosen: &Chosen, valid: &Arc<ValidDocument>) {
        if chosen.is_named && chosen.valid.is_none() {
            self.keep(chosen, valid);
        }
    }

    fn keep(&self, chosen: &Chosen, valid: &Arc<ValidDocument>) {
        if let Some(known) = &self.0 {
            let bytes = valid.text.len() + valid.tokens * TREE_BYTES_OF_A_TOKEN;
            known.valid.put(&chosen.hash, Arc::clone(valid), bytes);
        }
    }
}

/// A hash as it was typed, and its bytes.
type Hash<'a> = (&'a str, Vec<u8>);

impl Known {
    /// The document that a request brings.
    fn brought(&self, text: &str, hash: Option<&Hash<'_>>) -> Result<Chosen, ServerError> {
        let chosen = self.with_text(text);
        if hash.is_some_and(|(_, hash)| self.app.config.graphql.persisted_queries && *hash != chosen.hash) {
            return Err(document_error(ErrorCode::BadRequest, "sha256Hash is not the hash of this query.", vec![]));
        }
        Ok(Chosen { is_named: hash.is_some() && self.app.config.graphql.persisted_queries, ..chosen })
    }

    /// The document of this name: a trusted one, or one that was valid.
    fn named(&self, id: &str, hash: Option<Hash<'_>>) -> Result<Chosen, ServerError> {
        if let Some(text) = self.app.trusted_documents.as_ref().and_then(|trusted| trusted.find(id)) {
            return Ok(self.with_text(text));
        }
        if !self.app.config.graphql.persisted_queries {
            // By this text Apollo's link learns to stop trying.
            return Err(not_found("PersistedQueryNotSupported"));
        }
        let (_, hash) = hash.ok_or_else(|| not_found("PersistedQueryNotFound"))?;
        let valid = self.valid.get(&hash).ok_or_else(|| not_found("PersistedQueryNotFound"))?;
        Ok(Chosen { hash, valid: Some(Arc::clone(&valid)), ..Chosen::new(&valid.text) })
    }

    fn with_text(&self, text: &str) -> Chosen {
        let hash = digest::digest(&digest::SHA256, text.as_bytes()).as_ref().to_vec();
        Chosen { valid: self.valid.get(&hash), hash, ..Chosen::new(text) }
    }
}

impl Chosen {
    fn new(text: &str) -> Self {
        Self { text: text.into(), hash: Vec::new(), valid: None, is_named: false, is_trusted: false }
    }
}

/// Apollo's link reads this text, not only the code.
fn not_found(message: &'static str) -> ServerError {
    document_error(ErrorCode::PersistedQueryNotFound, message, vec![])
}

fn trusted(app: &App, chosen: Chosen) -> Result<Chosen, ServerError> {
    let Some(trusted) = &app.trusted_documents else { return Ok(chosen) };
    if trusted.contains(&chosen.text) {
        return Ok(Chosen { is_trusted: true, ..chosen });
    }
    if app.config.graphql.trusted_documents_enforced {
        let message = "This server runs only the documents its applications were built with.";
        return Err(document_error(ErrorCode::BadRequest, message, vec![]));
    }
    let sha256 = hexadecimal(&chosen.hash);
    tracing::warn!(sha256, "a document is not in TRUSTED_DOCUMENTS");
    Ok(chosen)
}

/// `{ persistedQuery: { version: 1, sha256Hash } }`, as Apollo's automatic persisted queries write it.
fn persisted_hash(extensions: &Extensions) -> Result<Option<Hash<'_>>, ServerError> {
    let wrong = || document_error(ErrorCode::BadRequest, "persistedQuery is { version: 1, sha256Hash }.", vec![]);
    let persisted = match extensions.get("persistedQuery") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Object(persisted)) => persisted,
        Some(_) => return Err(wrong()),
    };
    let is_first = matches!(persisted.get("version"), Some(Value::Number(version)) if version.as_u64() == Some(1));
    match persisted.get("sha256Hash") {
        Some(Value::String(typed)) if is_first => Ok(Some((typed, sha256_bytes(typed).ok_or_else(wrong)?))),
        _ => Err(wrong()),
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

fn sha256_bytes(typed: &str) -> Option<Vec<u8>> {
    let is_hexadecimal = typed.len() == 64 && typed.bytes().all(|byte| byte.is_ascii_hexdigit());
    let pairs = (0..32).map(|at| u8::from_str_radix(typed.get(2 * at..2 * at + 2)?, 16).ok());
    if is_hexadecimal { pairs.collect() } else { None }
}
