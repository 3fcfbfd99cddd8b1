//! A clock that is set back or forth locks no user out for longer than a steady one.

use std::time::Duration;

use crate::support::{PASSWORD, TestApp};

const HOUR: Duration = Duration::from_hours(1);

/// The seconds until the window of this policy is empty, as the header `ratelimit` tells them.
fn seconds_told(header: &str) -> u64 {
    let told = header.split("t=").nth(1).unwrap_or_else(|| panic!("no time in {header:?}"));
    told.chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap()
}

#[tokio::test]
async fn nobody_waits_for_a_window_longer_than_its_period_after_the_clock_was_set_back() {
    let app = TestApp::with(&[("RATE_LIMIT_AUTH", "5/1m"), ("LOCKOUT_ATTEMPTS", "0")]).await;
    app.guess_wrong("ann@example.com", 5).await;

    app.clock.set_back(HOUR);
    let refused = app.login("ann@example.com", PASSWORD).await;
    assert_eq!((refused.code(), refused.retry_after()), ("RATE_LIMITED", 60));

    app.wait(Duration::from_mins(1));
    app.guess_wrong("ann@example.com", 1).await;
    app.wait(HOUR * 2);
    app.guess_wrong("ann@example.com", 5).await;
}

#[tokio::test]
async fn the_headers_of_a_limit_promise_no_more_than_its_period() {
    let app = TestApp::with(&[("RATE_LIMIT_REQUESTS", "100/1m")]).await;
    app.ask("{ __typename }").await.ok();

    app.clock.set_back(HOUR);
    let answer = app.ask("{ __typename }").await.ok();

    assert!(seconds_told(answer.header("ratelimit")) <= 60, "{}", answer.header("ratelimit"));
}

#[tokio::test]
async fn a_lock_of_wrong_passwords_lasts_no_longer_after_the_clock_was_set_back() {
    let app = TestApp::start().await;
    app.signed_in("ann@example.com").await;
    // From a device that the account does not know: a known one passes the lock.
    let elsewhere = |password: &str| app.login("ann@example.com", password).header("user-agent", "Elsewhere/1.0");
    for _ in 0..5 {
        assert_eq!(elsewhere("Wrong-Guess-99").await.code(), "INVALID_CREDENTIALS");
    }

    app.clock.set_back(HOUR);
    let locked = elsewhere(PASSWORD).await;
    assert_eq!((locked.code(), locked.retry_after()), ("ACCOUNT_LOCKED", 15 * 60));

    app.wait(Duration::from_mins(15));
    elsewhere(PASSWORD).await.signed_in();
}

#[tokio::test]
async fn who_is_in_stays_in_whatever_is_done_to_the_clock() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;

    app.clock.set_back(HOUR);
    app.me(&ann).await.ok();
    let ann = app.refresh_as(&ann, "one").await.signed_in();
    app.wait(HOUR);

    let ann = app.refresh(&ann).await.signed_in();
    app.me(&ann).await.ok();
}
