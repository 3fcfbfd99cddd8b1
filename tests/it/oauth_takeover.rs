//! Whoever opened an account with somebody else's address, and waits for its owner, loses everything when the owner comes.

use std::time::Duration;

use serde_json::json;

use crate::support::provider::{Person, TestProvider};
use crate::support::provider_client::{LINKED_MAIL, StartedOAuth};
use crate::support::{MfaMember, PASSWORD, TestApp};

const VICTIM: &str = "victim@example.com";
const ATTACKER: &str = "attacker@evil.example";

/// What an attacker has prepared in an account with the address of the victim, which nobody verified.
struct Trap {
    member: MfaMember,
    /// Confirms a change to the attacker's own address.
    change: String,
    /// A login that waits for its second factor.
    challenge: String,
    /// A linking that has begun.
    linking: StartedOAuth,
    his: Person,
}

async fn set_trap(app: &TestApp, two: &TestProvider) -> Trap {
    let member = app.with_mfa(VICTIM).await;
    let session = &member.session;
    app.update_profile(session, json!({ "name": "Trojan" })).await.ok();
    let his = Person::new("attacker-1", ATTACKER);
    app.linked(session, two, &his).await;
    let challenge = app.challenge(VICTIM).await;
    app.request_email_change(session, ATTACKER).await.ok();
    let change = app.token_to(ATTACKER, "confirm_email_change").await;
    let linking = app.start_oauth_by(session, two.name, "LINK").await;
    Trap { member, change, challenge, linking, his }
}

fn victim() -> Person {
    Person::new("victim-1", VICTIM).named("Victoria")
}

#[tokio::test]
async fn the_owner_of_the_mailbox_gets_the_account_without_what_the_attacker_set() {
    let (app, one, two) = TestApp::with_two_providers(&[]).await;
    set_trap(&app, &two).await;

    let answer = app.log_in_at(&one, &victim()).await;

    let owner = answer.signed_in();
    assert_eq!(answer.at("/completeOAuth/session/authMethods"), &json!(["OAUTH"]));
    let me = "{ me { email emailVerified name hasPassword pendingEmail mfa { enabled } } }";
    let me = app.ask(me).by(&owner).await.ok();
    assert_eq!((me.text_at("/me/email"), me.at("/me/emailVerified")), (VICTIM, &json!(true)));
    assert_ne!(me.at("/me/name"), &json!("Trojan"));
    assert_eq!((me.at("/me/hasPassword"), me.at("/me/pendingEmail")), (&json!(false), &json!(null)));
    assert_eq!(me.at("/me/mfa/enabled"), &json!(false));
    assert_eq!(app.providers_of(&owner).await, ["one"]);
}

#[tokio::test]
async fn nothing_that_the_attacker_holds_opens_the_account_any_more() {
    let (app, one, two) = TestApp::with_two_providers(&[]).await;
    let trap = set_trap(&app, &two).await;
    let session = &trap.member.session;
    let callback = two.sign_in(&trap.linking.url, &Person::new("attacker-2", "second@evil.example"));

    let owner = app.log_in_at(&one, &victim()).await.signed_in();

    assert_eq!(app.me(session).await.code(), "UNAUTHENTICATED");
    assert_eq!(app.refresh(session).await.code(), "SESSION_ENDED");
    app.assert_no_password(VICTIM).await;
    assert_eq!(app.confirm_email_change(&trap.change).await.code(), "INVALID_TOKEN");
    let code = app.next_code(&trap.member.authenticator);
    assert_eq!(app.verify_mfa(&trap.challenge, &code).await.code(), "INVALID_TOKEN");
    assert_eq!(app.link_oauth(session, &trap.linking, &callback).await.code(), "UNAUTHENTICATED");
    let elsewhere = app.log_in_at(&two, &trap.his).await.signed_in();
    assert_ne!(elsewhere.user, owner.user);
    assert_eq!(app.providers_of(&owner).await, ["one"]);
}

#[tokio::test]
async fn a_verification_that_the_attacker_waits_for_does_not_bring_the_password_back() {
    let (app, one) = TestApp::with_provider(&[]).await;
    app.signed_in(VICTIM).await;
    let verification = app.token_to(VICTIM, "verify_email").await;

    app.log_in_at(&one, &victim()).await.signed_in();
    // The owner clicks what has been in the mailbox all the time.
    app.verify_email(&verification).await;

    app.assert_no_password(VICTIM).await;
}

#[tokio::test]
async fn a_verified_account_loses_nothing() {
    let (app, one, two) = TestApp::with_two_providers(&[]).await;
    let owner = app.verified(VICTIM).await;
    app.linked(&owner, &two, &Person::new("victim-2", "other@example.com")).await;

    app.log_in_at(&one, &victim()).await.signed_in();

    app.me(&owner).await.ok();
    app.login(VICTIM, PASSWORD).await.signed_in();
    assert_eq!(app.providers_of(&owner).await, ["two", "one"]);
}

#[tokio::test]
async fn an_unverified_word_of_the_provider_takes_nothing_from_an_unverified_account() {
    let (app, one) = TestApp::with_provider(&[]).await;
    let holder = app.signed_in(VICTIM).await;

    let refused = app.log_in_at(&one, &victim().unverified()).await;

    assert_eq!(refused.refusal(), "OAUTH_FAILED EMAIL_UNVERIFIED");
    app.me(&holder).await.ok();
    app.login(VICTIM, PASSWORD).await.signed_in();
}

#[tokio::test]
async fn emails_that_the_attacker_has_caused_do_not_follow_the_owner() {
    let (app, one) = TestApp::with_provider(&[("TRUSTED_PROXIES", "1")]).await;
    app.signed_in(VICTIM).await;
    app.login(VICTIM, PASSWORD).from("198.51.100.7").await.signed_in();

    app.log_in_at(&one, &victim()).await.signed_in();

    // Neither the link that verifies the address, nor the one that disowns a session of the attacker.
    assert_eq!(app.mail_kinds_to(VICTIM).await, [LINKED_MAIL]);
}

#[tokio::test]
async fn a_new_password_drops_what_was_linked_before_the_address_was_verified() {
    let (app, one, two) = TestApp::with_two_providers(&[]).await;
    let attacker = app.signed_in(VICTIM).await;
    let his = Person::new("attacker-1", ATTACKER);
    app.linked(&attacker, &two, &his).await;
    app.wait(Duration::from_secs(1));
    // The owner clicks the link that came when the attacker registered.
    app.verify_email(&app.token_to(VICTIM, "verify_email").await).await.ok();
    app.log_in_at(&one, &victim()).await.signed_in();

    app.request_password_reset(VICTIM).await.ok();
    let token = app.token_to(VICTIM, "reset_password").await;
    app.reset_password(&token, "Another-Horse-8").await.ok();

    let owner = app.login(VICTIM, "Another-Horse-8").await.signed_in();
    assert_eq!(app.providers_of(&owner).await, ["one"]);
    assert_ne!(app.log_in_at(&two, &his).await.signed_in().user, owner.user);
}
