//! The pages that emails link to, and where providers send a browser back: those of the server, or those of a frontend.

use authgraph::config::Config;

use crate::settings::{PRODUCTION, QUICK, names, read};
use crate::support::TestApp;

const ANN: &str = "ann@example.com";
/// The pages where people sign in, and the settings that turn them off.
const PAGES: [(&str, &str); 4] =
    [("playground", "PLAYGROUND"), ("console", "CONSOLE"), ("demo", "DEMO"), ("account", "ACCOUNT_PAGES")];
const FRONTEND: (&str, &str) = ("FRONTEND_URL", "https://app.example.com");

fn production<'a>(more: &[(&'a str, &'a str)]) -> Result<Config, Vec<String>> {
    let own = |name: &str| more.iter().any(|(own, _)| *own == name);
    let rest = PRODUCTION.iter().copied().filter(|(name, _)| !own(name));
    read(&rest.chain([("AUTHGRAPH_ENV", "production")]).chain(more.iter().copied()).collect::<Vec<_>>())
}

fn accepts(config: &Config, uri: &str) -> bool {
    config.oauth.redirect_uris.accept(uri)
}

/// Production needs its database and keys from the test.
fn running(more: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    let own = ["DATABASE_URL", "JWT_KEYS_DIR"];
    let rest = PRODUCTION.iter().copied().filter(|(name, _)| !own.contains(name));
    rest.chain([("AUTHGRAPH_ENV", "production"), QUICK]).chain(more.iter().copied()).collect()
}

#[tokio::test]
async fn without_a_frontend_emails_link_to_pages_that_the_server_has() {
    let app = TestApp::with(&[("PUBLIC_URL", "http://localhost:8080/auth")]).await;
    app.signed_in(ANN).await;

    let mail = app.mails_to(ANN).await.remove(0);

    let link = mail.text.split_whitespace().find(|word| word.contains("token=")).unwrap();
    assert!(link.starts_with("http://localhost:8080/auth/account/verify-email?token=ago_"), "{link}");
    // A proxy takes the path of PUBLIC_URL away.
    let page = app.get("/account/verify-email?token=ago_anything").await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("data-page=\"account\"") && !page.text.contains("ago_"), "{}", page.text);
}

#[tokio::test]
async fn every_page_that_emails_link_to_is_there_and_tells_nobody_where_it_was() {
    let app = TestApp::with(&running(&[])).await;
    for page in ["verify-email", "reset-password", "confirm-email-change", "undo-email-change", "disown-session"]
        .into_iter()
        .chain(["accept-invitation", "sign-in", "sessions", "oauth/callback"])
    {
        let answer = app.get(&format!("/account/{page}?token=x&code=y&state=z")).await;

        assert_eq!(answer.status, 200, "{page}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{page}");
        assert_eq!(answer.header("cache-control"), "no-store", "{page}");
    }
}

#[tokio::test]
async fn a_frontend_has_the_links_and_the_server_has_no_pages_unless_it_is_told_to() {
    let without = TestApp::with(&[FRONTEND]).await;
    assert_eq!(without.get("/account").await.status, 404);
    assert_eq!(without.get("/account/verify-email").await.status, 404);

    let both = TestApp::with(&[FRONTEND, ("ACCOUNT_PAGES", "true")]).await;
    both.signed_in(ANN).await;

    assert_eq!(both.get("/account/verify-email").await.status, 200);
    let mail = both.mails_to(ANN).await.remove(0);
    assert!(mail.text.contains("https://app.example.com/verify-email?token="), "{}", mail.text);
}

#[test]
fn emails_must_link_somewhere() {
    for faults in [read(&[("ACCOUNT_PAGES", "false")]), production(&[("ACCOUNT_PAGES", "false")])] {
        let faults = faults.unwrap_err();
        assert_eq!(names(&faults), ["ACCOUNT_PAGES"]);
        assert!(faults[0].contains("got false") && faults[0].contains("FRONTEND_URL"), "{faults:?}");
    }
    assert!(production(&[FRONTEND, ("ACCOUNT_PAGES", "false")]).is_ok());
}

#[test]
fn providers_may_send_a_browser_back_to_the_pages_that_are_on() {
    let development = read(&[]).unwrap();
    for (page, setting) in PAGES {
        let callback = format!("http://localhost:8080/{page}/oauth/callback");
        assert!(accepts(&development, &callback), "{page}");
        assert!(!accepts(&development, &format!("{callback}/")) && !accepts(&development, &format!("{callback}?x")));

        let off = read(&[FRONTEND, ("AUTHGRAPH_ENV", "development"), (setting, "false")]).unwrap();
        assert!(!accepts(&off, &callback), "{page} is off");
    }
    let below_a_path = read(&[("PUBLIC_URL", "http://localhost:8080/auth/")]).unwrap();
    assert!(accepts(&below_a_path, "http://localhost:8080/auth/console/oauth/callback"));
    let beside = [FRONTEND, ("ACCOUNT_PAGES", "true"), ("OAUTH_REDIRECT_URIS", "com.example.app:/oauth")];
    let beside = production(&beside).unwrap();
    assert!(accepts(&beside, "https://auth.example.com/account/oauth/callback"));
    assert!(accepts(&beside, "com.example.app:/oauth"), "and to those of the setting");
}

#[test]
fn production_sends_no_browser_to_a_page_that_is_off_or_on_localhost() {
    let default = production(&[]).unwrap();
    for (page, _) in PAGES {
        let callback = format!("https://auth.example.com/{page}/oauth/callback");
        assert_eq!(accepts(&default, &callback), page == "account", "{page}");
    }
    let console = production(&[("CONSOLE", "true")]).unwrap();
    assert!(accepts(&console, "https://auth.example.com/console/oauth/callback"));
    let local = production(&[("PUBLIC_URL", "http://localhost:8080"), ("CONSOLE", "true")]).unwrap();
    assert!(local.oauth.redirect_uris.is_empty(), "{:?}", local.oauth.redirect_uris);
}

#[tokio::test]
async fn a_sign_in_at_a_provider_comes_back_to_a_page_of_the_server() {
    let (app, _one) = TestApp::with_provider(&[]).await;
    let start = |page: &str| {
        let back = format!("http://localhost:8080/{page}/oauth/callback");
        app.ask(format!("mutation {{ startOAuth(input: {{provider: \"one\", redirectUri: \"{back}\"}}) {{ url }} }}"))
    };
    for (page, _) in PAGES {
        assert!(start(page).await.ok().text_at("/startOAuth/url").contains(&format!("%2F{page}%2Foauth%2Fcallback")));
    }
    assert_eq!(start("elsewhere").await.code(), "VALIDATION_FAILED");
}
