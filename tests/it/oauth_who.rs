//! Whom a provider's word does not let in: the deleted, the locked, and those who want an address that is held.

use std::time::Duration;

use authgraph::flows::erase_users::erase_users;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::support::provider::{Person, TestProvider};
use crate::support::{Answer, SignedIn, TestApp};

const ANN: &str = "ann@example.com";
const HOME: &str = "203.0.113.7";
const AWAY: &str = "198.51.100.7";
const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0";
const BEHIND_PROXY: &[(&str, &str)] = &[("TRUSTED_PROXIES", "1")];

fn ann() -> Person {
    Person::new("ann-1", ANN)
}

#[tokio::test]
async fn a_deleted_user_stays_out() {
    let (app, one) = TestApp::with_provider(&[]).await;
    let admin = app.administrator("root@example.com").await;
    let known = app.log_in_at(&one, &ann()).await.signed_in();
    let by_address = app.verified("bob@example.com").await;
    for user in [&known, &by_address] {
        app.delete_user(&admin, &user.user).await.ok();
    }

    assert_eq!(app.log_in_at(&one, &ann()).await.refusal(), "OAUTH_FAILED DELETED");
    let refused = app.log_in_at(&one, &Person::new("bob-1", "bob@example.com")).await;
    assert!(["OAUTH_FAILED DELETED", "EMAIL_TAKEN"].contains(&refused.refusal().as_str()), "{}", refused.text);

    assert_eq!((app.rows("users").await, app.rows("oauth_accounts").await), (3, 1));
    app.restore_user(&admin, &known.user).await.ok();
    assert_eq!(app.log_in_at(&one, &ann()).await.signed_in().user, known.user);
}

#[tokio::test]
async fn the_provider_accounts_of_an_erased_user_are_gone() {
    let (app, one) = TestApp::with_provider(&[]).await;
    let gone = app.log_in_at(&one, &ann()).await.signed_in();
    app.delete_account(&gone, ANN).await.ok();
    app.wait(Duration::from_hours(31 * 24));

    assert_eq!(erase_users(&app.app, &CancellationToken::new()).await.unwrap(), 1);

    assert_eq!(app.rows("oauth_accounts").await, 0);
    assert_ne!(app.log_in_at(&one, &ann()).await.signed_in().user, gone.user);
}

#[tokio::test]
async fn a_lock_by_an_administrator_holds_whichever_way_the_user_comes() {
    let (app, one) = TestApp::with_provider(&[]).await;
    let admin = app.administrator("root@example.com").await;
    let known = app.log_in_at(&one, &ann()).await.signed_in();
    let by_address = app.verified("bob@example.com").await;
    for user in [&known, &by_address] {
        app.lock_user(&admin, &user.user, json!(null)).await.ok();
    }

    assert_eq!(app.log_in_at(&one, &ann()).await.code(), "ACCOUNT_LOCKED");
    let bob = Person::new("bob-1", "bob@example.com");
    assert_eq!(app.log_in_at(&one, &bob).await.code(), "ACCOUNT_LOCKED");

    app.unlock_user(&admin, &known.user).await.ok();
    app.log_in_at(&one, &ann()).await.signed_in();
}

#[tokio::test]
async fn an_address_that_its_owner_can_still_take_back_is_not_given_to_a_stranger() {
    let (app, one) = TestApp::with_provider(&[]).await;
    let owner = app.verified(ANN).await;
    app.request_email_change(&owner, "ann@new.example").await.ok();
    app.confirm_email_change(&app.token_to("ann@new.example", "confirm_email_change").await).await.ok();

    assert_eq!(app.log_in_at(&one, &ann()).await.code(), "EMAIL_TAKEN");
    assert_eq!((app.rows("users").await, app.rows("oauth_accounts").await), (1, 0));

    app.wait(Duration::from_hours(7 * 24) + Duration::from_secs(1));
    assert_ne!(app.log_in_at(&one, &ann()).await.signed_in().user, owner.user);
}

/// A login with Firefox from this address.
async fn log_in_from(app: &TestApp, one: &TestProvider, address: &str) -> Answer {
    app.arrive_from(one, &ann()).await.header("user-agent", FIREFOX).from(address).await
}

#[tokio::test]
async fn guesses_of_strangers_lock_out_strangers_and_not_the_device_of_the_owner() {
    let (app, one) = TestApp::with_provider(BEHIND_PROXY).await;
    app.verified(ANN).await;
    log_in_from(&app, &one, HOME).await.signed_in();
    for _ in 0..5 {
        let guess = app.login(ANN, "Wrong-Guess-99").from("192.0.2.1").await;
        assert_eq!(guess.code(), "INVALID_CREDENTIALS");
    }

    assert_eq!(log_in_from(&app, &one, AWAY).await.code(), "ACCOUNT_LOCKED");
    log_in_from(&app, &one, HOME).await.signed_in();

    app.wait(Duration::from_mins(15));
    log_in_from(&app, &one, AWAY).await.signed_in();
}

#[tokio::test]
async fn a_login_with_a_provider_on_a_new_device_is_told_by_email() {
    let (app, one) = TestApp::with_provider(BEHIND_PROXY).await;
    log_in_from(&app, &one, HOME).await.signed_in();
    log_in_from(&app, &one, HOME).await.signed_in();
    let told = async || app.mail_kinds_to(ANN).await.iter().filter(|kind| *kind == "new_device").count();
    assert_eq!(told().await, 0);

    log_in_from(&app, &one, AWAY).await.signed_in();

    assert_eq!(told().await, 1);
}

/// Ann, and a thief who knows her password and has linked his own account at a provider to hers.
async fn stolen(app: &TestApp, two: &TestProvider) -> (SignedIn, SignedIn, Person) {
    let owner = app.verified(ANN).await;
    let thief = app.login(ANN, crate::support::PASSWORD).from(AWAY).await.signed_in();
    let his = Person::new("thief-1", "thief@evil.example");
    app.linked(&thief, two, &his).await;
    (owner, thief, his)
}

#[tokio::test]
async fn a_disowned_session_takes_the_provider_accounts_with_it() {
    let (app, _, two) = TestApp::with_two_providers(BEHIND_PROXY).await;
    let (owner, _, his) = stolen(&app, &two).await;
    let token = app.token_to(ANN, "new_device").await;

    app.mutate("disownSession", json!({ "token": token }), "sessionId").await.ok();

    assert_eq!(app.rows("oauth_accounts").await, 0);
    assert_ne!(app.log_in_at(&two, &his).await.signed_in().user, owner.user);
}

#[tokio::test]
async fn an_undone_change_of_address_takes_the_provider_accounts_with_it() {
    let (app, _, two) = TestApp::with_two_providers(BEHIND_PROXY).await;
    let (owner, thief, his) = stolen(&app, &two).await;
    app.request_email_change(&thief, "thief@elsewhere.example").await.ok();
    app.confirm_email_change(&app.token_to("thief@elsewhere.example", "confirm_email_change").await).await.ok();
    let undo = app.token_to(ANN, "email_changed").await;

    app.undo_email_change(&undo).await.ok();

    assert_eq!(app.rows("oauth_accounts").await, 0);
    assert_ne!(app.log_in_at(&two, &his).await.signed_in().user, owner.user);
}
