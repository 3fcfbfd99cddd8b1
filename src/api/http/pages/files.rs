//! The files of the pages, as a browser keeps them.

use std::fmt::Write;

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::{Embed, EmbeddedFile};

use super::policy;

/// The folder whose files have a hash of their content in their names.
const HASHED: &str = "assets/";

/// What `vite build` made of the folder `playground`.
#[derive(Embed)]
#[folder = "playground/dist"]
pub struct PageFiles;

/// The answer to a request for a file. `None`: there is no such file.
pub fn answer(path: &str, request: &HeaderMap) -> Option<Response> {
    // Debug builds read from the disk, where such a path leads to the other files of the build.
    if path.split('/').any(|part| part == "..") {
        return None;
    }
    let file = PageFiles::get(path)?;
    let etag = etag(&file);
    let caching = if path.starts_with(HASHED) { "public, max-age=31536000, immutable" } else { "no-cache" };
    let caching = [(header::ETAG, etag.as_str()), (header::CACHE_CONTROL, caching)];
    if is_known(request, &etag) {
        return Some((StatusCode::NOT_MODIFIED, caching).into_response());
    }
    let about = [(header::CONTENT_TYPE, content_type(path)), (header::CONTENT_SECURITY_POLICY, policy::OF_FILES)];
    Some((caching, about, file.data).into_response())
}

/// A strong validator (RFC 9110, section 8.8.3): the beginning of the file's SHA-256.
fn etag(file: &EmbeddedFile) -> String {
    let mut etag = String::from("\"");
    for byte in file.metadata.sha256_hash().iter().take(16) {
        // Writing to a text cannot fail.
        _ = write!(etag, "{byte:02x}");
    }
    etag + "\""
}

/// Whether the client has this version already (RFC 9110, section 13.1.2: the comparison is weak).
fn is_known(headers: &HeaderMap, etag: &str) -> bool {
    let lines = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|line| line.to_str().ok());
    let mut tags = lines.flat_map(|line| line.split(',')).map(str::trim);
    tags.any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("md") => "text/markdown; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("ttf") => "font/ttf",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    }
}
