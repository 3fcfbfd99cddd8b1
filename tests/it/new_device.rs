//! Sign-ins from devices and networks that were not seen before, and "it was not me".

use std::time::Duration;

use serde_json::json;

use crate::support::{GraphQLRequest, PASSWORD, TestApp};

const BEHIND_PROXY: &[(&str, &str)] = &[("TRUSTED_PROXIES", "1")];
const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0";
const NEWER_FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:154.0) Gecko/20100101 Firefox/154.0";
const CHROME: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
                      Chrome/156.0.0.0 Safari/537.36";
const HOME: &str = "203.0.113.7";
const AWAY: &str = "198.51.100.7";

/// A login with this agent, from this address.
fn login(app: &TestApp, agent: &str, address: &str) -> GraphQLRequest {
    app.login("ann@example.com", PASSWORD).header("user-agent", agent).from(address)
}

/// A member who has registered at home with Firefox.
async fn registered() -> TestApp {
    let app = TestApp::with(BEHIND_PROXY).await;
    app.register("ann@example.com").header("user-agent", FIREFOX).from(HOME).await.ok();
    app
}

/// How many emails told of a new device.
async fn told(app: &TestApp) -> usize {
    app.mail_kinds_to("ann@example.com").await.iter().filter(|kind| *kind == "new_device").count()
}

fn disown(app: &TestApp, token: &str) -> GraphQLRequest {
    app.mutate("disownSession", json!({ "token": token }), "sessionId")
}

#[tokio::test]
async fn neither_a_registration_nor_the_same_device_is_told_of() {
    let app = registered().await;

    login(&app, FIREFOX, HOME).await.signed_in();
    login(&app, NEWER_FIREFOX, "203.0.113.99").await.signed_in();

    assert_eq!(told(&app).await, 0);
}

#[tokio::test]
async fn the_first_sign_in_is_not_told_of() {
    let app = TestApp::with(&[BEHIND_PROXY, &[("EMAIL_VERIFICATION", "required")]].concat()).await;
    app.register("ann@example.com").header("user-agent", FIREFOX).from(HOME).await.ok();
    let token = app.token_to("ann@example.com", "verify_email").await;
    app.verify_email(&token).await.ok();

    login(&app, CHROME, AWAY).await.signed_in();

    assert_eq!(told(&app).await, 0);
}

#[tokio::test]
async fn another_browser_or_another_network_is_told_of_once() {
    let app = registered().await;
    for (mails, (agent, address)) in [(FIREFOX, AWAY), (CHROME, HOME), (FIREFOX, "2001:db8::1")].into_iter().enumerate()
    {
        login(&app, agent, address).await.signed_in();
        assert_eq!(told(&app).await, mails + 1, "{agent} {address}");

        login(&app, agent, address).await.signed_in();
        assert_eq!(told(&app).await, mails + 1, "{agent} {address} again");
    }
}

#[tokio::test]
async fn a_wrong_password_is_not_told_of_and_teaches_nothing() {
    let app = registered().await;

    app.login("ann@example.com", "Wrong-Guess-99").header("user-agent", CHROME).from(AWAY).await;
    assert_eq!(told(&app).await, 0);

    login(&app, CHROME, AWAY).await.signed_in();
    assert_eq!(told(&app).await, 1);
}

#[tokio::test]
async fn a_sign_in_is_told_of_after_its_second_factor_and_not_before() {
    let app = TestApp::with(BEHIND_PROXY).await;
    let ann = app.with_mfa("ann@example.com").await;

    let waiting = app.first_step("ann@example.com").header("user-agent", CHROME).from(AWAY).await;
    let challenge = waiting.text_at("/login/challengeToken");
    assert_eq!(told(&app).await, 0);

    let verified = app.verify_mfa(challenge, &ann.backup_codes[0]).header("user-agent", CHROME).from(AWAY);
    verified.await.signed_in();
    assert_eq!(told(&app).await, 1);
}

#[tokio::test]
async fn the_email_says_where_and_when() {
    let app = registered().await;
    app.wait(Duration::from_hours(1));
    login(&app, CHROME, AWAY).await.signed_in();

    let mails = app.mails_to("ann@example.com").await;

    let mail = mails.iter().find(|mail| mail.kind == "new_device").unwrap();
    for word in ["Chrome", "Windows", AWAY, "13:00"] {
        assert!(mail.text.contains(word), "no {word} in {}", mail.text);
    }
}

#[tokio::test]
async fn the_email_ends_every_session_at_once_and_offers_a_new_password() {
    let app = registered().await;
    let ann = login(&app, FIREFOX, HOME).await.signed_in();
    let thief = login(&app, CHROME, AWAY).await.signed_in();
    let token = app.token_to("ann@example.com", "new_device").await;

    let disowned = disown(&app, &token).await.ok();

    assert_eq!(disowned.text_at("/disownSession/sessionId"), thief.session);
    assert_eq!(app.me(&thief).await.code(), "UNAUTHENTICATED");
    assert_eq!(app.me(&ann).await.code(), "UNAUTHENTICATED");
    let refused = app.refresh(&thief).await;
    assert_eq!((refused.code(), refused.extension("sessionEndReason")), ("SESSION_ENDED", &json!("REVOKED_BY_USER")));
    assert_eq!(app.audit_trail().await.last().unwrap(), "SESSION_DISOWNED Success");

    let reset = app.token_to("ann@example.com", "reset_password").await;
    app.reset_password(&reset, "Another-Horse-8").await.ok();
    assert_eq!(login(&app, CHROME, AWAY).await.code(), "INVALID_CREDENTIALS");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_mail_works_once() {
    let app = registered().await;
    login(&app, CHROME, AWAY).await.signed_in();
    let token = app.token_to("ann@example.com", "new_device").await;

    let answers = app.at_once((0..10).map(|_| disown(&app, &token))).await;

    assert_eq!(answers.iter().filter(|answer| answer.errors().is_empty()).count(), 1);
    assert_eq!(answers.iter().filter(|answer| answer.codes() == ["INVALID_TOKEN"]).count(), 9);
    let mails = app.mail_kinds_to("ann@example.com").await;
    assert_eq!(mails.iter().filter(|kind| *kind == "reset_password").count(), 1);
}

#[tokio::test]
async fn a_thief_with_two_sessions_keeps_neither() {
    let app = registered().await;
    login(&app, CHROME, AWAY).await.signed_in();
    let unannounced = login(&app, CHROME, AWAY).await.signed_in();
    let token = app.token_to("ann@example.com", "new_device").await;

    disown(&app, &token).await.ok();

    assert_eq!(app.me(&unannounced).await.code(), "UNAUTHENTICATED");
}

#[tokio::test]
async fn a_disowned_device_is_told_of_again() {
    let app = registered().await;
    login(&app, CHROME, AWAY).await.signed_in();
    let token = app.token_to("ann@example.com", "new_device").await;
    disown(&app, &token).await.ok();
    let token = app.token_to("ann@example.com", "reset_password").await;
    app.reset_password(&token, PASSWORD).await.ok();
    login(&app, FIREFOX, HOME).await.signed_in();

    login(&app, CHROME, AWAY).await.signed_in();

    let mails = app.mail_kinds_to("ann@example.com").await;
    assert_eq!(mails.iter().filter(|kind| *kind == "new_device").count(), 2);
}

#[tokio::test]
async fn the_email_works_for_seven_days() {
    let app = registered().await;
    login(&app, CHROME, AWAY).await.signed_in();
    let token = app.token_to("ann@example.com", "new_device").await;

    app.wait(Duration::from_hours(7 * 24));

    assert_eq!(disown(&app, &token).await.code(), "INVALID_TOKEN");
}

#[tokio::test]
async fn no_other_token_of_an_email_ends_a_session() {
    let app = registered().await;
    app.request_password_reset("ann@example.com").await.ok();

    for kind in ["verify_email", "reset_password"] {
        let token = app.token_to("ann@example.com", kind).await;
        assert_eq!(disown(&app, &token).await.code(), "INVALID_TOKEN", "{kind}");
    }
    for token in ["", "nonsense", "ago_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
        assert_eq!(disown(&app, token).await.code(), "INVALID_TOKEN", "{token}");
    }
}
