//! The pages of the server as a browser loads them, without a browser. What their scripts do is tested by
//! tests/reference/browser.

use std::collections::BTreeSet;

use reqwest::header::HeaderMap;

use crate::settings::{PRODUCTION, QUICK, names, read};
use crate::support::{Answer, TestApp};

pub const PAGES: [&str; 4] = ["/playground", "/console", "/demo", "/account"];
const SWITCHES: [(&str, &str); 4] =
    [("/playground", "PLAYGROUND"), ("/console", "CONSOLE"), ("/demo", "DEMO"), ("/account", "ACCOUNT_PAGES")];

impl TestApp {
    pub async fn load(&self, path: &str, headers: &[(&'static str, &str)]) -> Answer {
        let headers: HeaderMap =
            headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        Answer::read(reqwest::Client::new().get(self.url(path)).headers(headers).send().await.unwrap()).await
    }
}

/// What stands between two texts, the first time.
pub fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    text.split_once(before).and_then(|(_, rest)| rest.split_once(after)).unwrap_or_else(|| panic!("no {before}")).0
}

/// The path of the page's script.
pub fn script_of(page: &Answer) -> String {
    let script = between(&page.text, "<script type=\"module\"", "></script>");
    between(script, "src=\"", "\"").replace("&#x2f;", "/")
}

#[tokio::test]
async fn the_playground_has_exactly_this_policy_and_a_new_nonce_each_time() {
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
        nonces.insert(nonce.to_owned());
    }
    assert_eq!(nonces.len(), 3);
}

#[tokio::test]
async fn the_other_pages_have_exactly_this_policy() {
    let app = TestApp::start().await;
    for path in ["/console", "/demo", "/account", "/console/users", "/account/verify-email?token=x"] {
        let page = app.get(path).await;

        assert_eq!(
            page.header("content-security-policy"),
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
             base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
             require-trusted-types-for 'script'; trusted-types 'none'",
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_page_holds_no_script_and_no_style_of_its_own() {
    let app = TestApp::start().await;
    for path in PAGES {
        let page = app.get(path).await;

        assert_eq!(page.status, 200, "{path}");
        assert_eq!(page.header("cache-control"), "no-store", "{path}");
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8", "{path}");
        for foreign in ["<style", " style=", "{{", "://"] {
            assert!(!page.text.contains(foreign), "{path}: {foreign} in {}", page.text);
        }
        for script in page.text.split("<script").skip(1) {
            assert!(script.contains(" src=\"") && between(script, ">", "</script>").is_empty(), "{script}");
        }
    }
}

#[tokio::test]
async fn a_page_answers_at_the_paths_that_it_shows_itself() {
    let app = TestApp::start().await;
    for path in [
        "/playground/oauth/callback",
        "/console/users",
        "/console/users/user_1",
        "/demo/step",
        "/account/reset-password",
    ] {
        let page = app.get(path).await;

        assert_eq!(page.status, 200, "{path}");
        let name = path.split('/').nth(1).unwrap();
        assert_eq!(between(&page.text, "data-page=\"", "\""), name, "{path}");
        assert!(script_of(&page).starts_with(&format!("/{name}/assets/")), "{path}");
    }
}

#[tokio::test]
async fn there_is_nothing_else_below_the_playground_and_no_file_but_those_of_the_build() {
    let app = TestApp::start().await;
    let beside = ["/index.html", "/assets", "/..%2fCargo.toml", "/documents.json", "//etc/passwd"];
    let beside = beside.map(|path| format!("/playground{path}"));
    let files = PAGES.iter().flat_map(|page| {
        ["/assets/nothing.js", "/assets/..%2fdocuments.json", "/%2e%2e/src/main.rs"].map(|path| format!("{page}{path}"))
    });
    for path in beside.into_iter().chain(files) {
        let answer = app.get(&path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.text.contains("There is no such page."), "{path}: {}", answer.text);
    }
    for page in PAGES {
        let post = reqwest::Client::new().post(app.url(page)).send().await.unwrap();
        assert_eq!(post.status(), 405, "{page}");
    }
}

fn production(more: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    let own = ["DATABASE_URL", "JWT_KEYS_DIR"];
    let mut settings: Vec<_> = PRODUCTION.iter().copied().filter(|(name, _)| !own.contains(name)).collect();
    settings.extend([("AUTHGRAPH_ENV", "production"), QUICK]);
    settings.extend_from_slice(more);
    settings
}

#[tokio::test]
async fn production_has_no_page_unless_it_is_enabled() {
    let off = TestApp::with(&production(&[("FRONTEND_URL", "https://app.example.com")])).await;
    for page in PAGES {
        for path in ["", "/licenses.md", "/oauth/callback"] {
            assert_eq!(off.get(&format!("{page}{path}")).await.status, 404, "{page}{path}");
        }
    }

    let on =
        TestApp::with(&production(&[("PLAYGROUND", "true"), ("CONSOLE", "true"), ("ACCOUNT_PAGES", "true")])).await;
    for path in ["/playground", "/console", "/account"] {
        let page = on.get(path).await;
        assert_eq!(page.status, 200, "{path}");
        assert!(page.text.contains("data-mode=\"production\""), "{}", page.text);
    }
    assert_eq!(on.get("/demo").await.status, 404);
}

#[test]
fn production_refuses_the_demo() {
    let settings: Vec<_> =
        PRODUCTION.iter().copied().chain([("AUTHGRAPH_ENV", "production"), ("DEMO", "true")]).collect();

    assert_eq!(names(&read(&settings).unwrap_err()), ["DEMO"]);
}

#[tokio::test]
async fn development_may_turn_each_page_off() {
    for (page, switch) in SWITCHES {
        let mut settings = SWITCHES.map(|(_, other)| (other, if other == switch { "false" } else { "true" })).to_vec();
        settings.push(("FRONTEND_URL", "http://localhost:3000"));
        let app = TestApp::with(&settings).await;

        for other in PAGES {
            assert_eq!(
                app.get(other).await.status.as_u16(),
                if other == page { 404 } else { 200 },
                "{switch}: {other}"
            );
        }
    }
}

#[tokio::test]
async fn only_the_networks_of_the_settings_see_the_playground_and_the_console() {
    for (page, setting) in [("/playground", "PLAYGROUND_NETWORKS"), ("/console", "CONSOLE_NETWORKS")] {
        let app = TestApp::with(&[(setting, "10.1.0.0/16, 2001:db8::/32,192.0.2.7"), ("TRUSTED_PROXIES", "1")]).await;
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
            for path in ["", "/licenses.md", "/oauth/callback"] {
                let answer = app.load(&format!("{page}{path}"), &[("x-forwarded-for", address)]).await;
                assert_eq!(answer.status, expected, "{address} {page}{path}");
            }
        }
        let other = if page == "/console" { "/playground" } else { "/console" };
        assert_eq!(
            app.load(other, &[("x-forwarded-for", "10.2.0.1")]).await.status,
            200,
            "{other} has a setting of its own"
        );
    }
}

#[tokio::test]
async fn below_a_path_a_page_names_its_files_there() {
    let app = TestApp::with(&[("PUBLIC_URL", "http://localhost:8000/auth/")]).await;
    for name in PAGES {
        for path in
            [format!("/auth{name}"), format!("/auth{name}/"), name.to_owned(), format!("/auth{name}/oauth/callback")]
        {
            let page = app.get(&path).await;

            let script = script_of(&page);
            assert!(script.starts_with(&format!("/auth{name}/assets/")), "{script}");
            assert_eq!(app.get(&script).await.status, 200);
            assert_eq!(between(&page.text, "data-base=\"", "\"").replace("&#x2f;", "/"), "/auth");
        }
    }
}

#[tokio::test]
async fn every_request_for_a_page_or_a_file_counts() {
    for page in PAGES {
        let app = TestApp::with(&[("RATE_LIMIT_REQUESTS", "3/1m")]).await;
        for path in ["", "/licenses.md", "/oauth/callback"] {
            assert_eq!(app.get(&format!("{page}{path}")).await.status, 200, "{page}{path}");
        }

        assert_eq!(app.get(page).await.status, 429, "{page}");
    }
}
