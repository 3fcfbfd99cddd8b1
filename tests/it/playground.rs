//! `/playground` as a browser loads it, without a browser. What its scripts do is tested by tests/reference/browser.

use std::collections::BTreeSet;

use reqwest::header::HeaderMap;

use crate::settings::{PRODUCTION, QUICK};
use crate::support::{Answer, TestApp};

const ENDINGS: [&str; 5] = ["js", "css", "svg", "ttf", "md"];

impl TestApp {
    async fn load(&self, path: &str, headers: &[(&'static str, &str)]) -> Answer {
        let headers: HeaderMap =
            headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        Answer::read(reqwest::Client::new().get(self.url(path)).headers(headers).send().await.unwrap()).await
    }
}

/// What stands between two texts, the first time.
fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    text.split_once(before).and_then(|(_, rest)| rest.split_once(after)).unwrap_or_else(|| panic!("no {before}")).0
}

/// The path of the page's script.
fn script_of(page: &Answer) -> String {
    let script = between(&page.text, "<script type=\"module\"", "></script>");
    between(script, "src=\"", "\"").replace("&#x2f;", "/")
}

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
async fn the_page_has_exactly_this_policy_and_a_new_nonce_each_time() {
    let app = TestApp::start().await;
    let mut nonces = BTreeSet::new();
    for _ in 0..3 {
        let page = app.get("/playground").await;

        assert_eq!(page.status, 200);
        let nonce = between(&page.text, " nonce=\"", "\"");
        assert!(nonce.len() >= 22, "{nonce}");
        assert_eq!(
            page.header("content-security-policy"),
            format!(
                "default-src 'none'; script-src 'self'; style-src 'self'; style-src-elem 'self' 'nonce-{nonce}'; \
                 style-src-attr 'unsafe-inline'; img-src 'self'; font-src 'self'; connect-src 'self'; worker-src 'self'; \
                 manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
            )
        );
        assert_eq!(page.header("cache-control"), "no-store", "a nonce is used once");
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
        nonces.insert(nonce.to_owned());
    }
    assert_eq!(nonces.len(), 3);
}

#[tokio::test]
async fn the_page_holds_no_script_and_no_style_of_its_own() {
    let page = TestApp::start().await.get("/playground").await;

    assert!(
        !page.text.contains("<style") && !page.text.contains(" style=") && !page.text.contains("{{"),
        "{}",
        page.text
    );
    for script in page.text.split("<script").skip(1) {
        assert!(script.contains(" src=\"") && between(script, ">", "</script>").is_empty(), "{script}");
    }
    assert!(!page.text.contains("://"), "something foreign: {}", page.text);
}

#[tokio::test]
async fn every_file_that_a_page_or_a_file_names_is_part_of_the_binary() {
    let app = TestApp::start().await;
    let built = built_files();
    let mut seen = BTreeSet::new();
    for page in ["/playground", "/console", "/demo", "/account"] {
        seen.extend(file_names(&app.get(page).await.text, &built));
    }
    let mut waiting: Vec<_> = seen.iter().cloned().collect();

    while let Some(name) = waiting.pop() {
        let file = app.get(&format!("/playground/assets/{name}")).await;
        assert_eq!(file.status, 200, "{name}");
        assert!(!file.header("content-type").is_empty() && file.header("content-type") != "application/octet-stream");
        waiting.extend(file_names(&file.text, &built).into_iter().filter(|name| seen.insert(name.clone())));
    }

    assert!(seen.len() > 10, "{seen:?}");
    assert_eq!(built, seen, "files that nothing names, or names without a file");
    assert_eq!(app.get("/playground/licenses.md").await.status, 200);
}

#[tokio::test]
async fn a_file_is_kept_by_the_browser_and_not_sent_twice() {
    let app = TestApp::start().await;
    let script = script_of(&app.get("/playground").await);
    let file = app.get(&script).await;
    let etag = file.header("etag");

    assert!(etag.starts_with('"') && etag.len() > 20, "{etag}");
    assert_eq!(file.header("cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(file.header("content-security-policy"), "default-src 'none'; script-src 'self'; frame-ancestors 'none'");
    for known in [etag, &format!("W/{etag}"), &format!("\"other\", {etag}"), "*"] {
        let answer = app.load(&script, &[("if-none-match", known)]).await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str(), answer.header("etag")), (304, "", etag), "{known}");
    }
    assert_eq!(app.load(&script, &[("if-none-match", "\"other\"")]).await.status, 200);
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
    for path in ["/playground", &script] {
        let answer = reqwest::Client::new().head(app.url(path)).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        assert!(answer.headers().contains_key("content-security-policy"), "{path}");
        assert!(answer.bytes().await.unwrap().is_empty(), "{path}");
    }
}

#[tokio::test]
async fn there_is_nothing_else_below_the_page() {
    let app = TestApp::start().await;
    for path in [
        "/index.html",
        "/assets",
        "/assets/",
        "/assets/nothing.js",
        "/..%2fCargo.toml",
        "/%2e%2e/src/main.rs",
        "//etc/passwd",
    ] {
        let answer = app.get(&format!("/playground{path}")).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.text.contains("There is no such page."), "{path}: {}", answer.text);
    }
    let post = reqwest::Client::new().post(app.url("/playground")).send().await.unwrap();
    assert_eq!(post.status(), 405);
}

fn production(more: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    let own = ["DATABASE_URL", "JWT_KEYS_DIR"];
    let mut settings: Vec<_> = PRODUCTION.iter().copied().filter(|(name, _)| !own.contains(name)).collect();
    settings.extend([("AUTHGRAPH_ENV", "production"), QUICK]);
    settings.extend_from_slice(more);
    settings
}

#[tokio::test]
async fn production_has_no_playground_unless_it_is_enabled() {
    let off = TestApp::with(&production(&[])).await;
    assert_eq!(off.get("/playground").await.status, 404);
    assert_eq!(off.get("/playground/licenses.md").await.status, 404);

    let on = TestApp::with(&production(&[("PLAYGROUND", "true")])).await;
    let page = on.get("/playground").await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("data-mode=\"production\""), "{}", page.text);
}

#[tokio::test]
async fn development_may_turn_the_playground_off() {
    let app = TestApp::with(&[("PLAYGROUND", "false")]).await;

    assert_eq!(app.get("/playground").await.status, 404);
}

#[tokio::test]
async fn only_the_networks_of_the_setting_see_the_playground() {
    let settings = [("PLAYGROUND_NETWORKS", "10.1.0.0/16, 2001:db8::/32,192.0.2.7"), ("TRUSTED_PROXIES", "1")];
    let app = TestApp::with(&settings).await;
    for (address, expected) in [
        ("10.1.2.3", 200),
        ("::ffff:10.1.2.3", 200),
        ("2001:db8::1", 200),
        ("192.0.2.7", 200),
        ("10.2.0.1", 404),
        ("192.0.2.8", 404),
        ("2001:db9::1", 404),
        ("10.1.2.3, 203.0.113.9", 404),
    ] {
        for path in ["/playground", "/playground/licenses.md"] {
            let answer = app.load(path, &[("x-forwarded-for", address)]).await;
            assert_eq!(answer.status, expected, "{address} {path}");
        }
    }
}

#[tokio::test]
async fn below_a_path_the_page_names_its_files_there() {
    let app = TestApp::with(&[("PUBLIC_URL", "http://localhost:8000/auth/")]).await;
    for path in ["/auth/playground", "/auth/playground/", "/playground"] {
        let page = app.get(path).await;

        let script = script_of(&page);
        assert!(script.starts_with("/auth/playground/assets/"), "{script}");
        assert_eq!(app.get(&script).await.status, 200);
        assert_eq!(between(&page.text, "data-base=\"", "\"").replace("&#x2f;", "/"), "/auth");
    }
}

#[tokio::test]
async fn a_request_for_a_file_counts() {
    let app = TestApp::with(&[("RATE_LIMIT_REQUESTS", "3/1m")]).await;
    for _ in 0..3 {
        assert_eq!(app.get("/playground/licenses.md").await.status, 200);
    }

    assert_eq!(app.get("/playground/licenses.md").await.status, 429);
}
