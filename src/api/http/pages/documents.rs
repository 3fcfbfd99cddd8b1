//! The documents that the pages send.

use std::collections::{HashMap, HashSet};

use super::files::PageFiles;
use super::web_page::WebPage;
use crate::config::Config;
use crate::error::{OrFault, Result};

/// What `vite build` wrote: the text of each operation, and the names of the pages that send it.
const DOCUMENTS: &str = "documents.json";

/// The text of every operation that the enabled pages send by themselves. What people write in the editor of the playground
/// is not among them.
///
/// # Errors
/// A fault where the file is missing or is something else.
pub fn of_enabled_pages(config: &Config) -> Result<HashSet<String>> {
    let file = PageFiles::get(DOCUMENTS).or_fault("finding the documents of the pages")?;
    let documents: HashMap<String, Vec<String>> =
        serde_json::from_slice(&file.data).or_fault("reading the documents of the pages")?;
    let enabled: Vec<_> = WebPage::ALL.iter().filter(|page| page.is_enabled(config)).map(|page| page.name()).collect();
    let is_sent = |pages: &[String]| pages.iter().any(|page| enabled.contains(&page.as_str()));
    Ok(documents.into_iter().filter(|(_, pages)| is_sent(pages)).map(|(text, _)| text).collect())
}
