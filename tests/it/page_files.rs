//! The files of the pages: all are part of the binary, and browsers keep them.

use std::collections::BTreeSet;

use crate::pages::{PAGES, script_of};
use crate::support::TestApp;

const ENDINGS: [&str; 5] = ["js", "css", "svg", "ttf", "md"];
/// All files of the pages, in bytes: 6.5 MiB.
const MOST_BYTES: u64 = 6_815_744;

/// The files that `vite build` made.
fn built_files() -> BTreeSet<String> {
    let built = std::fs::read_dir("playground/dist/assets").unwrap();
    built.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// The names in a text that are those of built files, or look as if: `name-1234ABCD.js`.
fn file_names(text: &str, built: &BTreeSet<String>) -> BTreeSet<String> {
    let is_of_name = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    let names = text.split(|letter| !is_of_name(letter)).filter(|name| {
        let Some((stem, ending)) = name.rsplit_once('.') else { return false };
        let hash = stem.get(stem.len().saturating_sub(9)..).unwrap_or_default();
        let has_hash = hash.len() == 9 && hash.starts_with('-') && hash.contains(|c: char| c.is_ascii_uppercase());
        built.contains(*name) || has_hash && ENDINGS.contains(&ending)
    });
    names.map(str::to_owned).collect()
}

#[tokio::test]
async fn every_file_that_a_page_or_a_file_names_is_part_of_the_binary() {
    let app = TestApp::start().await;
    let built = built_files();
    let mut named = BTreeSet::new();
    for page in PAGES {
        let mut waiting: Vec<_> = file_names(&app.get(page).await.text, &built).into_iter().collect();
        let mut seen: BTreeSet<_> = waiting.iter().cloned().collect();
        while let Some(name) = waiting.pop() {
            let file = app.get(&format!("{page}/assets/{name}")).await;
            assert_eq!(file.status, 200, "{page}: {name}");
            assert!(
                !file.header("content-type").is_empty() && file.header("content-type") != "application/octet-stream"
            );
            waiting.extend(file_names(&file.text, &built).into_iter().filter(|name| seen.insert(name.clone())));
        }
        assert!(seen.len() > 2, "{page}: {seen:?}");
        assert_eq!(app.get(&format!("{page}/licenses.md")).await.status, 200);
        named.append(&mut seen);
    }

    assert_eq!(built, named, "files that nothing names, or names without a file");
}

#[tokio::test]
async fn only_the_playground_names_the_files_of_its_editor() {
    let app = TestApp::start().await;
    let built = built_files();
    for page in ["/console", "/demo", "/account"] {
        let page = app.get(page).await;
        assert!(!file_names(&page.text, &built).iter().any(|name| name.starts_with("monaco")), "{}", page.text);
    }
    let playground = app.get("/playground").await.text;
    let late = file_names(&playground, &built);
    assert!(late.iter().any(|name| name.starts_with("monaco") && name.contains(".js")), "{playground}");
}

#[test]
fn the_files_stay_light() {
    let files = ["playground/dist", "playground/dist/assets"].map(|folder| std::fs::read_dir(folder).unwrap());
    let sizes = files.into_iter().flatten().map(|file| file.unwrap().metadata().unwrap());
    let bytes: u64 = sizes.filter(std::fs::Metadata::is_file).map(|file| file.len()).sum();

    assert!((1_000_000..=MOST_BYTES).contains(&bytes), "{bytes} bytes");
}

#[tokio::test]
async fn a_file_is_kept_by_the_browser_and_not_sent_twice() {
    let app = TestApp::start().await;
    for page in PAGES {
        let script = script_of(&app.get(page).await);
        let file = app.get(&script).await;
        let etag = file.header("etag");

        assert!(etag.starts_with('"') && etag.len() > 20, "{etag}");
        assert_eq!(file.header("cache-control"), "public, max-age=31536000, immutable");
        assert_eq!(
            file.header("content-security-policy"),
            "default-src 'none'; script-src 'self'; frame-ancestors 'none'"
        );
        for known in [etag, &format!("W/{etag}"), &format!("\"other\", {etag}"), "*"] {
            let answer = app.load(&script, &[("if-none-match", known)]).await;
            assert_eq!(
                (answer.status.as_u16(), answer.text.as_str(), answer.header("etag")),
                (304, "", etag),
                "{known}"
            );
        }
        assert_eq!(app.load(&script, &[("if-none-match", "\"other\"")]).await.status, 200);
    }
}

#[tokio::test]
async fn files_are_compressed_for_those_who_can_read_it() {
    let app = TestApp::start().await;
    let script = script_of(&app.get("/playground").await);
    for encoding in ["br", "gzip"] {
        let answer = reqwest::Client::new().get(app.url(&script)).header("accept-encoding", encoding).send().await;
        assert_eq!(answer.unwrap().headers()["content-encoding"], encoding);
    }
}

#[tokio::test]
async fn the_head_of_a_page_is_that_of_the_page() {
    let app = TestApp::start().await;
    let script = script_of(&app.get("/playground").await);
    for path in PAGES.into_iter().chain([script.as_str()]) {
        let answer = reqwest::Client::new().head(app.url(path)).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        assert!(answer.headers().contains_key("content-security-policy"), "{path}");
        assert!(answer.bytes().await.unwrap().is_empty(), "{path}");
    }
}
