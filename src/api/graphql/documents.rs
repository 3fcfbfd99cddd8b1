//! Which document a request means: the one it brings, or one it names by its hash.

use std::fmt;
use std::fmt::Write;
use std::sync::Arc;

use async_graphql::{Extensions, ServerError, Value};
use aws_lc_rs::digest;

use super::library_errors::document_error;
use crate::app::App;
use crate::error::ErrorCode;
use crate::tools::cache::Cache;

/// What all remembered documents of an instance take together, in bytes. Each is as long as `document_check` lets it be.
const MOST_BYTES: u64 = 8 * 1024 * 1024;

/// Where documents are looked up. Without an app only what a request brings itself is run.
#[derive(Clone, Default)]
pub struct Documents(Option<Known>);

#[derive(Clone)]
struct Known {
    app: Arc<App>,
    /// Documents that have run, by their hash.
    ran: Arc<Cache>,
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

/// The document that runs.
#[derive(Debug, PartialEq, Eq)]
pub struct Chosen {
    /// Its text.
    pub text: String,
    /// The hash to remember it by, once it has run.
    remember_by: Option<String>,
}

impl fmt::Debug for Documents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Documents")
    }
}

impl Documents {
    /// Looks up in the manifest of the settings, and among the documents that have run.
    #[must_use]
    pub fn of(app: &Arc<App>) -> Self {
        Self(Some(Known { app: Arc::clone(app), ran: Arc::new(Cache::of(MOST_BYTES)) }))
    }

    /// Finds the document of a request, or `None` where it names none.
    ///
    /// # Errors
    /// `PERSISTED_QUERY_NOT_FOUND` for a hash that nobody has brought the document of; `BAD_REQUEST` for one that is of
    /// another document, and for a document that is not trusted where only those are.
    pub fn find(&self, asked: Asked<'_>) -> Result<Option<Chosen>, ServerError> {
        let hash = asked.extensions.map_or(Ok(None), persisted_hash)?;
        let Some(known) = &self.0 else { return Ok(asked.query.map(Chosen::brought)) };
        let app = &known.app;
        let id = asked.id.filter(|_| app.trusted_documents.is_some());
        let chosen = match (asked.query, id.or(hash.as_deref())) {
            (Some(text), _) => Some(Chosen::checked(text, hash.filter(|_| app.config.persisted_queries))?),
            (None, Some(id)) => Some(Chosen::brought(named(known, id, hash.as_deref())?)),
            (None, None) => None,
        };
        chosen.map(|chosen| trusted(app, chosen)).transpose()
    }

    /// Remembers a document that was valid and has run, if its request asked for it.
    pub fn remember(&self, chosen: &Chosen) {
        let (Some(known), Some(hash)) = (&self.0, &chosen.remember_by) else { return };
        if known.ran.get(hash).is_none() {
            known.ran.put(hash, &chosen.text);
        }
    }
}

impl Chosen {
    const fn brought(text: String) -> Self {
        Self { text, remember_by: None }
    }

    fn checked(text: String, hash: Option<String>) -> Result<Self, ServerError> {
        if hash.as_ref().is_some_and(|hash| *hash != sha256(&text)) {
            return Err(document_error(ErrorCode::BadRequest, "sha256Hash is not the hash of this query.", vec![]));
        }
        Ok(Self { text, remember_by: hash })
    }
}

/// The document of this name: a trusted one, or one that has run.
fn named(Known { app, ran }: &Known, id: &str, hash: Option<&str>) -> Result<String, ServerError> {
    if let Some(text) = app.trusted_documents.as_ref().and_then(|trusted| trusted.find(id)) {
        return Ok(text.to_owned());
    }
    if !app.config.persisted_queries {
        // By this text Apollo's link learns to stop trying.
        return Err(not_found("PersistedQueryNotSupported"));
    }
    hash.and_then(|hash| ran.get(hash)).map(|text| text.to_string()).ok_or_else(|| not_found("PersistedQueryNotFound"))
}

/// Apollo's link reads this text, not only the code.
fn not_found(message: &'static str) -> ServerError {
    document_error(ErrorCode::PersistedQueryNotFound, message, vec![])
}

fn trusted(app: &App, chosen: Chosen) -> Result<Chosen, ServerError> {
    let Some(trusted) = &app.trusted_documents else { return Ok(chosen) };
    if trusted.contains(&chosen.text) {
        return Ok(chosen);
    }
    if app.config.trusted_documents_enforced {
        let message = "This server runs only the documents its applications were built with.";
        return Err(document_error(ErrorCode::BadRequest, message, vec![]));
    }
    tracing::warn!(sha256 = sha256(&chosen.text), "a document is not in TRUSTED_DOCUMENTS");
    Ok(chosen)
}

/// `{ persistedQuery: { version: 1, sha256Hash } }`, as Apollo's automatic persisted queries write it.
fn persisted_hash(extensions: &Extensions) -> Result<Option<String>, ServerError> {
    let wrong = || document_error(ErrorCode::BadRequest, "persistedQuery is { version: 1, sha256Hash }.", vec![]);
    let persisted = match extensions.get("persistedQuery") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Object(persisted)) => persisted,
        Some(_) => return Err(wrong()),
    };
    let is_first = matches!(persisted.get("version"), Some(Value::Number(version)) if version.as_u64() == Some(1));
    match persisted.get("sha256Hash") {
        Some(Value::String(hash)) if is_first && is_sha256(hash) => Ok(Some(hash.to_ascii_lowercase())),
        _ => Err(wrong()),
    }
}

fn is_sha256(hash: &str) -> bool {
    hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn sha256(text: &str) -> String {
    let hash = digest::digest(&digest::SHA256, text.as_bytes());
    hash.as_ref().iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
