//! Finds the document of a request, in it or by hash or id, and caches documents that are valid.

mod hash;

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use async_graphql::parser::types::{ExecutableDocument, OperationType};
use async_graphql::{Extensions, ServerError};

use self::hash::DocumentHash;
use super::chosen_operation::ChosenOperation;
use super::document_limits::{self, DocumentLimits};
use super::error_masking::document_error;
use super::validation::schema_types::SchemaTypes;
use super::validation::validate;
use crate::app::App;
use crate::error::ErrorCode;
use crate::tools::cache::MemoryCache;

/// The size of all cached documents of an instance, in bytes. One document is as large as `document_limits` allows.
const MAX_CACHE_BYTES: u64 = 16 * 1024 * 1024;
/// The most bytes that the syntax tree needs for one token.
const TREE_BYTES_PER_TOKEN: usize = 400;

/// Finds and caches documents. Without an app it finds only what a request brings, and validates nothing.
#[derive(Clone, Default)]
pub struct PersistedDocuments(Option<DocumentCache>);

#[derive(Clone)]
struct DocumentCache {
    app: Arc<App>,
    types: Arc<SchemaTypes>,
    /// The texts of the server's own pages, which are trusted beside those of the settings.
    of_pages: Arc<HashSet<String>>,
    /// Valid documents, by the SHA-256 of their text.
    valid: Arc<MemoryCache<Arc<ValidDocument>>>,
}

/// What a request says about its document.
#[derive(Debug, Default)]
pub struct DocumentRequest<'a> {
    /// The text.
    pub query: Option<String>,
    /// The id of a trusted document.
    pub id: Option<&'a str>,
    /// The extensions, which may have Apollo's `persistedQuery`.
    pub extensions: Option<&'a Extensions>,
}

/// The document of a request.
#[derive(Debug)]
pub struct ChosenDocument {
    text: Arc<str>,
    /// The SHA-256 of the text, if documents are cached.
    hash: Vec<u8>,
    /// The cached document.
    valid: Option<Arc<ValidDocument>>,
    /// Whether the client will send only its hash from now on.
    is_persisted: bool,
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

/// Why a document does not run, and the kind of its operation, if cache.
#[derive(Debug)]
pub struct RefusedDocument {
    /// Query, mutation or subscription.
    pub kind: Option<OperationType>,
    /// What is wrong.
    pub errors: Vec<ServerError>,
}

impl fmt::Debug for PersistedDocuments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersistedDocuments")
    }
}

impl From<ServerError> for RefusedDocument {
    fn from(error: ServerError) -> Self {
        Self { kind: None, errors: vec![error] }
    }
}

impl PersistedDocuments {
    /// Finds documents in the manifest of the settings (`TRUSTED_DOCUMENTS`) and in the cache. Trusts those `of_pages`, too.
    #[must_use]
    pub fn new(app: &Arc<App>, types: SchemaTypes, of_pages: HashSet<String>) -> Self {
        Self(Some(DocumentCache {
            app: Arc::clone(app),
            types: Arc::new(types),
            of_pages: Arc::new(of_pages),
            valid: Arc::new(MemoryCache::with_capacity(MAX_CACHE_BYTES)),
        }))
    }

    /// The types that values are checked against.
    #[must_use]
    pub fn types(&self) -> Option<&SchemaTypes> {
        self.0.as_ref().map(|cache| &*cache.types)
    }

    /// Finds the document of a request; `None` if it has neither text nor id.
    ///
    /// # Errors
    /// `PERSISTED_QUERY_NOT_FOUND` for an unknown hash. `BAD_REQUEST` if hash and text differ, or if only trusted
    /// documents are allowed and this is none.
    pub fn find(&self, request: DocumentRequest<'_>) -> Result<Option<ChosenDocument>, ServerError> {
        let hash = request.extensions.map_or(Ok(None), hash::from_extensions)?;
        let Some(cache) = &self.0 else { return Ok(request.query.map(|text| ChosenDocument::new(&text))) };
        // Ids only name trusted documents; where there are none the field is ignored.
        let id = request.id.filter(|_| cache.app.trusted_documents.is_some());
        let chosen = match (request.query, id.or(hash.as_ref().map(|hash| hash.text))) {
            (Some(text), _) => Some(cache.with_query(&text, hash.as_ref())?),
            (None, Some(id)) => Some(cache.by_id(id, hash)?),
            (None, None) => None,
        };
        chosen.map(|chosen| cache.check_trusted(chosen)).transpose()
    }

    /// Parses and validates the document within its limits. Caches it if it cannot contain a secret of its user:
    /// secrets are strings, and the documents of applications have variables in their place.
    ///
    /// # Errors
    /// What is wrong with it, with names of the schema only if `reveals_schema`.
    pub fn validate(
        &self,
        chosen: &ChosenDocument,
        limits: &DocumentLimits,
        reveals_schema: bool,
        operation_name: Option<&str>,
    ) -> Result<Arc<ValidDocument>, RefusedDocument> {
        if let Some(valid) = &chosen.valid {
            return Ok(Arc::clone(valid));
        }
        // Bounded first: validation expects a document whose size is limited.
        let parsed = document_limits::parse(&chosen.text, limits)?;
        let faults = match self.types() {
            Some(types) => validate(types, &parsed.document, parsed.faults),
            None => parsed.faults,
        };
        if !faults.is_empty() {
            // For the metrics of refused operations.
            let kind = ChosenOperation::choose(&parsed.document, operation_name).ok().map(|operation| operation.kind());
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
            self.cache(chosen, &valid);
        }
        Ok(valid)
    }

    /// Caches a document that has run, if the client request for it with a hash.
    pub fn remember(&self, chosen: &ChosenDocument, valid: &Arc<ValidDocument>) {
        if chosen.is_persisted && chosen.valid.is_none() {
            self.cache(chosen, valid);
        }
    }

    fn cache(&self, chosen: &ChosenDocument, valid: &Arc<ValidDocument>) {
        if let Some(cache) = &self.0 {
            let bytes = valid.text.len() + valid.tokens * TREE_BYTES_PER_TOKEN;
            cache.valid.put(&chosen.hash, Arc::clone(valid), bytes);
        }
    }
}

impl DocumentCache {
    /// The document whose text is in the request.
    fn with_query(&self, text: &str, hash: Option<&DocumentHash<'_>>) -> Result<ChosenDocument, ServerError> {
        let chosen = self.with_text(text);
        if hash.is_some_and(|hash| self.app.config.graphql.persisted_queries && hash.bytes != chosen.hash) {
            return Err(document_error(ErrorCode::BadRequest, "sha256Hash is not the SHA-256 of the query.", vec![]));
        }
        Ok(ChosenDocument { is_persisted: hash.is_some() && self.app.config.graphql.persisted_queries, ..chosen })
    }

    /// The document of this id or hash: a trusted one, or a cached one.
    fn by_id(&self, id: &str, hash: Option<DocumentHash<'_>>) -> Result<ChosenDocument, ServerError> {
        if let Some(text) = self.app.trusted_documents.as_ref().and_then(|trusted| trusted.find(id)) {
            return Ok(self.with_text(text));
        }
        if !self.app.config.graphql.persisted_queries {
            // Apollo's link stops sending hashes when it reads this text.
            return Err(not_found("PersistedQueryNotSupported"));
        }
        let hash = hash.ok_or_else(|| not_found("PersistedQueryNotFound"))?.bytes;
        let valid = self.valid.get(&hash).ok_or_else(|| not_found("PersistedQueryNotFound"))?;
        Ok(ChosenDocument { hash, valid: Some(Arc::clone(&valid)), ..ChosenDocument::new(&valid.text) })
    }

    fn with_text(&self, text: &str) -> ChosenDocument {
        let hash = hash::sha256(text);
        ChosenDocument { valid: self.valid.get(&hash), hash, ..ChosenDocument::new(text) }
    }

    /// Refuses a document that is not trusted, or only logs it, as the settings say.
    fn check_trusted(&self, chosen: ChosenDocument) -> Result<ChosenDocument, ServerError> {
        let Some(trusted) = &self.app.trusted_documents else { return Ok(chosen) };
        if trusted.contains(&chosen.text) || self.of_pages.contains(&*chosen.text) {
            return Ok(ChosenDocument { is_trusted: true, ..chosen });
        }
        if self.app.config.graphql.trusted_documents_enforced {
            let message = "This server runs only trusted documents.";
            return Err(document_error(ErrorCode::BadRequest, message, vec![]));
        }
        let sha256 = hash::to_hexadecimal(&chosen.hash);
        tracing::warn!(sha256, "a document is not in TRUSTED_DOCUMENTS");
        Ok(chosen)
    }
}

impl ChosenDocument {
    /// Whether the settings, or the pages of this server, name the document.
    #[must_use]
    pub const fn is_trusted(&self) -> bool {
        self.is_trusted
    }

    fn new(text: &str) -> Self {
        Self { text: text.into(), hash: Vec::new(), valid: None, is_persisted: false, is_trusted: false }
    }
}

/// Apollo's link reads the text of this error, not only the code.
fn not_found(message: &'static str) -> ServerError {
    document_error(ErrorCode::PersistedQueryNotFound, message, vec![])
}
