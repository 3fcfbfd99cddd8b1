//! Who may look into the development mailbox: only programs on this machine that ask this machine.

use std::net::SocketAddr;

use authgraph::api::http::router::service;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, Version, request::Builder};
use tower::ServiceExt;

use crate::settings::PRODUCTION;
use crate::support::TestApp;

const PAGES: [&str; 5] = [
    "/dev/mailbox",
    "/dev/mailbox/latest?to=admin@example.com",
    "/dev/mailbox/00000000-0000-0000-0000-000000000000",
    "/dev/mailbox/00000000-0000-0000-0000-000000000000/html",
    "/dev/mailbox/mailbox.css",
];

/// A request as the server gets it from this peer, without a Host yet.
fn from(peer: &str) -> Builder {
    Request::get("/dev/mailbox").extension(ConnectInfo(peer.parse::<SocketAddr>().unwrap()))
}

async fn status(app: &TestApp, request: Builder) -> u16 {
    let answer = service(&app.app).unwrap().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    answer.status().as_u16()
}

#[tokio::test]
async fn the_mailbox_is_open_to_this_machine_under_each_of_its_names() {
    let app = TestApp::start().await;
    for host in ["localhost", "localhost:8080", "LOCALHOST:8080", "127.0.0.1:8080", "127.0.0.1", "[::1]:8080", "[::1]"]
    {
        for peer in ["127.0.0.1:4711", "[::1]:4711", "[::ffff:127.0.0.1]:4711"] {
            assert_eq!(status(&app, from(peer).header("host", host)).await, 200, "{host} from {peer}");
        }
    }
}

#[tokio::test]
async fn the_mailbox_answers_no_other_machine() {
    let app = TestApp::with(&[("TRUSTED_PROXIES", "1")]).await;
    for peer in ["192.168.1.7:4711", "203.0.113.7:4711", "[2001:db8::1]:4711", "[::ffff:10.0.0.1]:4711"] {
        assert_eq!(status(&app, from(peer).header("host", "localhost:8080")).await, 404, "{peer}");
        let claims = from(peer).header("host", "localhost:8080").header("x-forwarded-for", "127.0.0.1");
        assert_eq!(status(&app, claims).await, 404, "{peer} that says it is 127.0.0.1");
    }
    let unknown = Request::get("/dev/mailbox").header("host", "localhost:8080");
    assert_eq!(status(&app, unknown).await, 404);
}

#[tokio::test]
async fn the_mailbox_answers_under_no_name_that_others_rule() {
    let app = TestApp::start().await;
    for host in [
        "auth.example.com",
        "evil.example:8080",
        "localhost.evil.example",
        "localhost.",
        "app.localhost",
        "localhost@evil.example",
        "evil@localhost",
        "0.0.0.0:8080",
        "127.0.0.1.nip.io",
        "10.0.0.1",
        "127.1",
        "2130706433",
        "localhost, evil.example",
        "localhost:8080:80",
        "",
    ] {
        assert_eq!(status(&app, from("127.0.0.1:4711").header("host", host)).await, 404, "{host}");
    }
    assert_eq!(status(&app, from("127.0.0.1:4711")).await, 404, "no Host");
    let two = from("127.0.0.1:4711").header("host", "localhost").header("host", "evil.example");
    assert_eq!(status(&app, two).await, 404, "two Hosts");
    let absolute = from("127.0.0.1:4711").uri("http://evil.example/dev/mailbox").header("host", "localhost");
    assert_eq!(status(&app, absolute).await, 404, "another host in the target");
}

#[tokio::test]
async fn the_mailbox_answers_nothing_that_a_proxy_passes_on() {
    let app = TestApp::with(&[("TRUSTED_PROXIES", "127.0.0.1/32")]).await;
    for name in [
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-proto",
        "x-forwarded-anything",
        "Forwarded",
        "X-Real-IP",
        "Via",
        "x-client-ip",
        "true-client-ip",
        "cf-connecting-ip",
    ] {
        let passed_on = from("127.0.0.1:4711").header("host", "localhost").header(name, "127.0.0.1");
        assert_eq!(status(&app, passed_on).await, 404, "{name}");
    }
    let old = from("127.0.0.1:4711").header("host", "localhost").version(Version::HTTP_10);
    assert_eq!(status(&app, old).await, 404, "HTTP/1.0");
}

#[tokio::test]
async fn no_page_of_the_mailbox_is_left_open() {
    let app = TestApp::start().await;
    for page in PAGES {
        let near = from("127.0.0.1:4711").uri(page).header("host", "localhost");
        let far = from("127.0.0.1:4711").uri(page).header("host", "auth.example.com");
        assert_ne!(status(&app, near).await, 405, "{page}");
        let answer = service(&app.app).unwrap().oneshot(far.body(Body::empty()).unwrap()).await.unwrap();
        let body = axum::body::to_bytes(answer.into_body(), 10_000).await.unwrap();
        assert!(String::from_utf8_lossy(&body).contains("There is no such page."), "{page}: {body:?}");
    }
}

#[tokio::test]
async fn a_server_for_development_behind_a_proxy_shows_no_email_to_the_internet() {
    let settings = [("PUBLIC_URL", "https://auth.example.com"), ("TRUSTED_PROXIES", "1")];
    let app = TestApp::with(&settings).await;
    app.signed_in("admin@example.com").await;
    app.deliver_mail().await;
    assert!(app.get("/dev/mailbox/latest?to=admin@example.com").await.text.contains("ago_"));

    let request = reqwest::Client::new().get(app.url("/dev/mailbox/latest?to=admin@example.com"));
    let answer = request.header("host", "auth.example.com").header("x-forwarded-for", "203.0.113.7").send().await;

    let answer = answer.unwrap();
    assert_eq!(answer.status(), 404);
    assert!(!answer.text().await.unwrap().contains("ago_"));
}

#[tokio::test]
async fn a_proxy_that_passes_on_what_clients_call_the_server_opens_the_mailbox_to_none_of_them() {
    let app = TestApp::start().await;
    let service = service(&app.app).unwrap();
    let asked = async |page: &'static str, peer: &str, host: &str| {
        let request = from(peer).uri(page).header("host", host).body(Body::empty()).unwrap();
        service.clone().oneshot(request).await.unwrap().status().as_u16()
    };
    // Another machine can reach the server; that does not make it a proxy.
    assert_eq!(asked("/health", "192.168.1.7:4711", "laptop.example:8080").await, 200);
    // A request that only knocks at the mailbox does not, either.
    assert_eq!(asked("/dev/mailbox", "127.0.0.1:4711", "auth.example.com").await, 404);
    assert_eq!(asked("/dev/mailbox", "127.0.0.1:4711", "localhost:8080").await, 200);

    assert_eq!(asked("/health", "127.0.0.1:4711", "auth.example.com").await, 200);

    assert_eq!(asked("/dev/mailbox", "127.0.0.1:4711", "localhost").await, 404);
}

/// Each recipe for nginx in the handbook, taken at its word.
#[tokio::test]
async fn the_proxy_of_the_handbook_shows_no_email() {
    let handbook = include_str!("../../docs/operations.md");
    let recipes: Vec<_> = handbook.split("proxy_http_version 1.1;").skip(1).collect();
    assert!(!recipes.is_empty());
    let app = TestApp::start().await;
    for recipe in recipes {
        let recipe = recipe.split("```").next().unwrap();
        let names: Vec<_> =
            recipe.split("proxy_set_header").skip(1).filter_map(|line| line.split_whitespace().next()).collect();
        assert!(["Host", "X-Forwarded-For"].iter().all(|name| names.contains(name)), "{names:?}");

        let mut passed_on = from("127.0.0.1:4711").header("host", "localhost");
        for name in names.iter().filter(|name| **name != "Host") {
            passed_on = passed_on.header(*name, "127.0.0.1");
        }

        assert_eq!(status(&app, passed_on).await, 404);
    }
}

/// By no way of configuring it: production demands a mail server, and has no such pages even without one.
#[tokio::test]
async fn production_has_no_mailbox() {
    let own = ["DATABASE_URL", "JWT_KEYS_DIR"];
    let mut settings: Vec<_> = PRODUCTION.iter().copied().filter(|(name, _)| !own.contains(name)).collect();
    settings.extend([("AUTHGRAPH_ENV", "production"), crate::settings::QUICK]);
    let app = TestApp::with(&settings).await;

    for page in PAGES {
        assert_eq!(app.get(page).await.status, 404, "{page}");
    }
}
