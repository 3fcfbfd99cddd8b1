//! A refresh race is no compromise: tabs of one browser, an app that resumes twice.

use std::time::Duration;

use serde_json::json;

use crate::support::{Answer, SignedIn, TestApp};

const ANN: &str = "ann@example.com";
/// The default.
const OPEN: &[(&str, &str)] = &[("REFRESH_RACE_WINDOW", "10s"), ("TRUSTED_PROXIES", "1")];
const HOME: &str = "203.0.113.7";
const AWAY: &str = "198.51.100.7";

async fn at_home(app: &TestApp, holder: &SignedIn) -> Answer {
    app.refresh(holder).header("user-agent", "Firefox").from(HOME).await
}

/// Ann, the answer that her first tab got, and the token that her second tab still holds.
async fn raced(app: &TestApp) -> (SignedIn, SignedIn) {
    let ann = app.signed_in(ANN).await;
    let first = at_home(app, &ann).await.signed_in();
    (ann, first)
}

#[tokio::test]
async fn two_tabs_that_refresh_with_keys_of_their_own_stay_signed_in() {
    let app = TestApp::with(OPEN).await;
    let ann = app.signed_in(ANN).await;
    let tab = |key: &str| app.refresh_as(&ann, key).header("user-agent", "Firefox").from(HOME);

    let (first, second) = (tab("first").await.signed_in(), tab("second").await.signed_in());

    assert_eq!((&second.refresh, &second.session), (&first.refresh, &first.session));
    at_home(&app, &first).await.signed_in();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_hundred_simultaneous_uses_from_one_device_all_get_one_successor() {
    let app = TestApp::with(OPEN).await;
    let ann = app.signed_in(ANN).await;

    let tabs = (0..200).map(|_| app.refresh(&ann).header("user-agent", "Firefox").from(HOME));
    let answers = app.at_once_patiently(tabs).await;

    let successor = answers[0].signed_in().refresh;
    assert!(answers.iter().all(|answer| answer.signed_in().refresh == successor));
    let unused = "select count(*) from refresh_tokens where used_at is null";
    assert_eq!(app.app.db.query(unused).one::<(i64,)>().await.unwrap(), (1,), "the chain has branched");
    at_home(&app, &answers[0].signed_in()).await.signed_in();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_hundred_simultaneous_uses_from_two_devices_the_session_ends() {
    let app = TestApp::with(OPEN).await;
    let ann = app.signed_in(ANN).await;

    let uses = (0..200).map(|number| app.refresh(&ann).header("user-agent", "Firefox").from([HOME, AWAY][number % 2]));
    let answers = app.at_once_patiently(uses).await;

    assert_eq!(answers.iter().filter(|answer| answer.codes() == ["REFRESH_TOKEN_REUSED"]).count(), 1);
    assert_eq!(app.mail_kinds_to(ANN).await.last().unwrap(), "session_compromised");
}

#[tokio::test]
async fn a_race_is_reuse_from_another_network_or_with_another_agent() {
    for (agent, address) in [("Firefox", AWAY), ("Chrome", HOME)] {
        let app = TestApp::with(OPEN).await;
        let (ann, first) = raced(&app).await;

        let thief = app.refresh(&ann).header("user-agent", agent).from(address).await;

        assert_eq!(thief.code(), "REFRESH_TOKEN_REUSED");
        assert_eq!(at_home(&app, &first).await.code(), "SESSION_ENDED");
    }
}

#[tokio::test]
async fn a_tab_that_is_so_late_that_it_has_the_new_token_does_not_sign_the_others_out() {
    let app = TestApp::with(OPEN).await;
    let (ann, first) = raced(&app).await;

    let late = at_home(&app, &first).await.signed_in();
    let others = at_home(&app, &ann).await.signed_in();

    assert_eq!([&late.refresh, &others.refresh], [&first.refresh; 2]);
    app.me(&late).await.ok();
    app.wait(Duration::from_secs(10));
    let next = at_home(&app, &first).await.signed_in();
    assert_ne!(next.refresh, first.refresh);
}

#[tokio::test]
async fn a_new_token_is_spent_at_once_by_another_device() {
    let app = TestApp::with(OPEN).await;
    let (_, first) = raced(&app).await;

    let thief = app.refresh(&first).header("user-agent", "Firefox").from(AWAY).await.signed_in();

    assert_ne!(thief.refresh, first.refresh);
    assert_eq!(at_home(&app, &first).await.code(), "REFRESH_TOKEN_REUSED");
}

#[tokio::test]
async fn a_race_is_reuse_once_the_successor_was_used() {
    let app = TestApp::with(&[("REFRESH_RACE_WINDOW", "30s"), ("TRUSTED_PROXIES", "1")]).await;
    let ann = app.signed_in(ANN).await;
    let first = at_home(&app, &ann).await.signed_in();
    app.refresh(&first).header("user-agent", "Firefox").from(AWAY).await.signed_in();

    assert_eq!(at_home(&app, &ann).await.code(), "REFRESH_TOKEN_REUSED");
}

#[tokio::test]
async fn a_race_answers_with_no_access_token_that_has_expired() {
    let app = TestApp::with(&[("ACCESS_TOKEN_LIFETIME", "4s"), OPEN[0], OPEN[1]]).await;
    let ann = app.signed_in(ANN).await;
    let mut last = at_home(&app, &ann).await.signed_in();

    for _ in 0..5 {
        app.wait(Duration::from_secs(3));
        last = at_home(&app, &last).await.signed_in();
        app.me(&last).await.ok();
    }
}

/// Tabs do not start together: some present the old token and some the new one, in any order.
#[tokio::test(flavor = "multi_thread")]
async fn tabs_that_refresh_one_after_the_other_in_any_order_all_stay_signed_in() {
    let app = TestApp::with(OPEN).await;
    let ann = app.signed_in(ANN).await;
    let first = at_home(&app, &ann).await.signed_in();

    let tabs = (0..100).map(|number| {
        let holder = if number % 3 == 0 { &first } else { &ann };
        app.refresh(holder).header("user-agent", "Firefox").from(HOME)
    });
    let answers = app.at_once_patiently(tabs).await;

    assert!(answers.iter().all(|answer| answer.signed_in().refresh == first.refresh));
    app.wait(Duration::from_mins(15));
    at_home(&app, &first).await.signed_in();
}

#[tokio::test]
async fn a_race_is_reuse_after_ten_seconds() {
    let app = TestApp::with(OPEN).await;
    let (ann, _) = raced(&app).await;

    app.wait(Duration::from_secs(10));

    assert_eq!(at_home(&app, &ann).await.code(), "REFRESH_TOKEN_REUSED");
}

#[tokio::test]
async fn the_trail_tells_a_race_from_a_reuse() {
    let app = TestApp::with(OPEN).await;
    let (ann, first) = raced(&app).await;
    at_home(&app, &ann).await.signed_in();

    let document = "{ me { auditEvents(first: 2) { edges { node { action metadata } } } } }";
    let events = app.ask(document).by(&first).await;

    let events = events.at("/me/auditEvents/edges").clone();
    assert_eq!(events[0]["node"]["action"], "SESSION_REFRESHED");
    assert!(events[0]["node"]["metadata"].to_string().contains("race"), "{events}");
    assert!(!events[1]["node"]["metadata"].to_string().contains("race"), "{events}");
}

#[tokio::test]
async fn a_cookie_that_two_tabs_share_is_refreshed_to_one_successor() {
    let app = TestApp::with(OPEN).await;
    let ann = app.signed_in(ANN).await;
    let tab = || {
        let input = json!({ "idempotencyKey": uuid::Uuid::now_v7().to_string() });
        let cookie = format!("authgraph_refresh={}", ann.refresh);
        app.refresh_with(input).header("cookie", &cookie).header("user-agent", "Firefox").from(HOME)
    };

    let (first, second) = (tab().await, tab().await);

    assert_eq!(first.header("set-cookie"), second.header("set-cookie"));
    assert!(first.header("set-cookie").starts_with("authgraph_refresh="));
}
