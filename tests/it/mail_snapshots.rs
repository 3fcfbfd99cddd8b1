//! Every email as the person gets it, kept as a text in `snapshots/`: what a change of a template does can be reviewed.
//!
//! `INSTA_UPDATE=always cargo test --test it mail_snapshots` writes the texts anew.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use insta::{Settings, assert_snapshot};
use serde_json::json;

use crate::support::provider::Person;
use crate::support::{GraphQLRequest, PASSWORD, SignedIn, TestApp};

const ANN: &str = "ann@example.com";
const BOB: &str = "bob@example.com";
const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0";
/// How each token begins; 43 characters follow, which are random.
const TOKEN: &str = "ago_";

async fn start() -> TestApp {
    TestApp::with(&[("TRUSTED_PROXIES", "1"), ("RATE_LIMIT_MFA", "0")]).await
}

/// From the user's own computer.
fn at_home(request: GraphQLRequest) -> GraphQLRequest {
    request.header("user-agent", FIREFOX).from("203.0.113.7")
}

fn register(app: &TestApp) -> GraphQLRequest {
    at_home(app.register_with(json!({ "email": ANN, "password": PASSWORD, "name": "Ann Miller" })))
}

/// A user who has proved her address.
async fn verified(app: &TestApp) -> SignedIn {
    let ann = register(app).await.signed_in();
    let token = app.token_to(ANN, "verify_email").await;
    app.verify_email(&token).await.ok();
    ann
}

/// Compares the newest email of this kind with its snapshot.
async fn check_mail(app: &TestApp, to: &str, kind: &str) {
    let mails = app.mails_to(to).await;
    let mail = mails.iter().rev().find(|mail| mail.kind == kind).unwrap_or_else(|| panic!("no {kind} email to {to}"));
    let head = format!("From: {}\nTo: {}\nSubject: {}", mail.from, mail.summary.to, mail.summary.subject);
    let text = format!("{head}\n\n{}\n\n{}", mail.text.trim_end(), mail.html.trim_end());
    let mut settings = Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| assert_snapshot!(kind, readable(&text)));
}

/// Without what is random, and without what only mail programs see.
fn readable(text: &str) -> String {
    let mut pieces = text.replace("\r\n", "\n").replace("&#847;&zwnj;&nbsp;", "");
    for at in pieces.rmatch_indices(TOKEN).map(|(at, _)| at).collect::<Vec<_>>() {
        pieces.replace_range(at + TOKEN.len()..at + TOKEN.len() + 43, "…");
    }
    pieces
}

#[tokio::test]
async fn verify_email() {
    let app = start().await;
    register(&app).await.ok();

    check_mail(&app, ANN, "verify_email").await;
}

#[tokio::test]
async fn account_exists() {
    let app = TestApp::with(&[("TRUSTED_PROXIES", "1"), ("HIDE_ACCOUNT_EXISTENCE", "true")]).await;
    register(&app).await.ok();
    register(&app).await.ok();

    check_mail(&app, ANN, "account_exists").await;
}

#[tokio::test]
async fn reset_password() {
    let app = start().await;
    register(&app).await.ok();
    at_home(app.request_password_reset(ANN)).await.ok();

    check_mail(&app, ANN, "reset_password").await;
}

#[tokio::test]
async fn password_changed() {
    let app = start().await;
    let ann = register(&app).await.signed_in();
    at_home(app.change_password(&ann, PASSWORD, "Another-Horse-8")).await.ok();

    check_mail(&app, ANN, "password_changed").await;
}

#[tokio::test]
async fn change_of_email() {
    let app = start().await;
    let ann = verified(&app).await;
    at_home(app.request_email_change(&ann, BOB)).await.ok();

    check_mail(&app, ANN, "email_change_requested").await;
    check_mail(&app, BOB, "confirm_email_change").await;

    let token = app.token_to(BOB, "confirm_email_change").await;
    app.confirm_email_change(&token).await.ok();
    check_mail(&app, ANN, "email_changed").await;
}

#[tokio::test]
async fn unverified_email_changed() {
    let app = start().await;
    let ann = register(&app).await.signed_in();
    app.request_email_change(&ann, BOB).await.ok();
    let token = app.token_to(BOB, "confirm_email_change").await;
    app.confirm_email_change(&token).await.ok();

    check_mail(&app, ANN, "unverified_email_changed").await;
}

#[tokio::test]
async fn account_deleted() {
    let app = start().await;
    let ann = register(&app).await.signed_in();
    at_home(app.delete_account(&ann, ANN)).await.ok();

    check_mail(&app, ANN, "account_deleted").await;
}

#[tokio::test]
async fn new_device() {
    let app = start().await;
    register(&app).await.ok();
    app.login(ANN, PASSWORD).header("user-agent", FIREFOX).from("198.51.100.7").await.signed_in();

    check_mail(&app, ANN, "new_device").await;
}

#[tokio::test]
async fn session_compromised() {
    let app = start().await;
    let ann = register(&app).await.signed_in();
    app.refresh(&ann).await.signed_in();
    assert_eq!(at_home(app.refresh(&ann)).await.code(), "REFRESH_TOKEN_REUSED");

    check_mail(&app, ANN, "session_compromised").await;
}

#[tokio::test]
async fn second_factor() {
    let app = start().await;
    let ann = register(&app).await.signed_in();
    let authenticator = app.enrolled(&ann).await;
    let confirmed = at_home(app.confirm_enrollment(&ann, &app.code(&authenticator))).await.ok();
    check_mail(&app, ANN, "mfa_enabled").await;

    let backup_code = confirmed.text_at("/confirmMfaEnrollment/backupCodes/0");
    let challenge = app.challenge(ANN).await;
    at_home(app.verify_mfa(&challenge, backup_code)).await.ok();
    check_mail(&app, ANN, "backup_code_used").await;

    at_home(app.regenerate_backup_codes(&ann, &app.next_code(&authenticator))).await.ok();
    check_mail(&app, ANN, "backup_codes_regenerated").await;

    at_home(app.disable_mfa(&ann, Some(PASSWORD), &app.next_code(&authenticator))).await.ok();
    check_mail(&app, ANN, "mfa_disabled").await;
}

#[tokio::test]
async fn mfa_codes_refused() {
    let app = start().await;
    let ann = app.with_mfa(ANN).await;
    for _ in 0..5 {
        let challenge = app.challenge(ANN).await;
        let wrong = app.wrong_code(&ann.authenticator);
        assert_eq!(at_home(app.verify_mfa(&challenge, &wrong)).await.code(), "INVALID_MFA_CODE");
    }

    check_mail(&app, ANN, "mfa_codes_refused").await;
}

#[tokio::test]
async fn mfa_reset() {
    let app = start().await;
    let admin = app.administrator("root@example.com").await;
    let ann = app.with_mfa(ANN).await;
    app.reset_user_mfa(&admin, &ann.session.user).await.ok();

    check_mail(&app, ANN, "mfa_reset").await;
}

#[tokio::test]
async fn providers() {
    let (app, one) = TestApp::with_provider(&[("TRUSTED_PROXIES", "1"), ("OIDC_ONE_DISPLAY_NAME", "Ann & Co")]).await;
    let ann = register(&app).await.signed_in();
    let started = app.start_oauth_by(&ann, "one", "LINK").await;
    let callback = one.sign_in(&started.url, &Person::new("ann-1", ANN));
    let linked = at_home(app.link_oauth(&ann, &started, &callback)).await.ok();
    check_mail(&app, ANN, "provider_linked").await;

    at_home(app.unlink_oauth(&ann, linked.text_at("/linkOAuthAccount/oauthAccount/id"))).await.ok();
    check_mail(&app, ANN, "provider_unlinked").await;
}

#[tokio::test]
async fn invitation() {
    let app = start().await;
    let admin = app.administrator("root@example.com").await;
    app.create_user(&admin, json!({ "email": ANN, "name": "Ann Miller" })).await.ok();

    check_mail(&app, ANN, "invitation").await;
}

#[test]
fn every_email_has_a_snapshot() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let names = |folder: &str, ending: &str| -> BTreeSet<String> {
        let files = fs::read_dir(root.join(folder)).unwrap().map(|file| file.unwrap().file_name());
        files.filter_map(|file| file.to_str().unwrap().strip_suffix(ending).map(str::to_owned)).collect()
    };

    let mut templates = names("src/tools/mail_templates", ".txt");
    templates.retain(|name| !["layout", "occasion"].contains(&name.as_str()));

    assert!(templates.len() > 15, "{templates:?}");
    assert_eq!(names("tests/it/snapshots", ".snap"), templates);
}
