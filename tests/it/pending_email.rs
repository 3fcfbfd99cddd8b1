//! The new address of a user, as long as it waits to be confirmed.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{PASSWORD, SignedIn, TestApp};

const NEW: &str = "ann@new.example";

async fn pending(app: &TestApp, who: &SignedIn) -> Value {
    app.ask("{ me { pendingEmail } }").by(who).await.ok().at("/me/pendingEmail").clone()
}

/// Ann in two sessions. In the first she has asked for another address.
async fn ann_who_asked(app: &TestApp) -> [SignedIn; 2] {
    let ann = app.signed_in("ann@example.com").await;
    let other = app.login("ann@example.com", PASSWORD).await.signed_in();
    app.request_email_change(&ann, NEW).await.ok();
    [ann, other]
}

#[tokio::test]
async fn it_is_shown_by_the_request_and_afterwards_in_every_session_and_to_administrators() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    let ann = app.signed_in("ann@example.com").await;
    let other = app.login("ann@example.com", PASSWORD).await.signed_in();
    assert_eq!(pending(&app, &ann).await, json!(null));

    let asked = app.request_email_change(&ann, NEW).await.ok();

    assert_eq!(
        asked.at("/requestEmailChange/user"),
        &json!({ "email": "ann@example.com", "pendingEmail": "ann@new.example" })
    );
    assert_eq!((pending(&app, &ann).await, pending(&app, &other).await), (json!(NEW), json!(NEW)));
    let seen = app.ask(format!("{{ user(id: \"{}\") {{ pendingEmail }} }}", ann.user)).by(&admin).await.ok();
    assert_eq!(seen.text_at("/user/pendingEmail"), NEW);
    assert_eq!(pending(&app, &admin).await, json!(null));
}

#[tokio::test]
async fn a_later_request_replaces_it() {
    let app = TestApp::start().await;
    let [ann, _] = ann_who_asked(&app).await;

    app.request_email_change(&ann, "ann@other.example").await.ok();

    assert_eq!(pending(&app, &ann).await, json!("ann@other.example"));
}

#[tokio::test]
async fn it_is_gone_when_it_is_confirmed_and_does_not_come_back_with_the_undo() {
    let app = TestApp::start().await;
    let ann = app.verified("ann@example.com").await;
    app.request_email_change(&ann, NEW).await.ok();
    app.confirm_email_change(&app.token_to(NEW, "confirm_email_change").await).await.ok();
    assert_eq!(pending(&app, &ann).await, json!(null));

    app.undo_email_change(&app.token_to("ann@example.com", "email_changed").await).await.ok();
    let token = app.token_to("ann@example.com", "reset_password").await;
    app.reset_password(&token, "Another-Horse-8").await.ok();

    let ann = app.login("ann@example.com", "Another-Horse-8").await.signed_in();
    assert_eq!(pending(&app, &ann).await, json!(null));
}

#[tokio::test]
async fn it_expires_with_the_link() {
    let app = TestApp::with(&[("ACCESS_TOKEN_LIFETIME", "1h")]).await;
    let [ann, _] = ann_who_asked(&app).await;
    app.wait(Duration::from_hours(24) - Duration::from_secs(1));
    let ann = app.refresh(&ann).await.signed_in();
    assert_eq!(pending(&app, &ann).await, json!(NEW));

    app.wait(Duration::from_secs(1));

    assert_eq!(pending(&app, &ann).await, json!(null));
}

#[tokio::test]
async fn it_ends_with_the_session_that_asked_for_it_and_with_no_other() {
    let app = TestApp::start().await;
    let [ann, other] = ann_who_asked(&app).await;
    let third = app.login("ann@example.com", PASSWORD).await.signed_in();

    app.logout(&other).await.ok();
    assert_eq!(pending(&app, &ann).await, json!(NEW));
    app.logout(&ann).await.ok();

    assert_eq!(pending(&app, &third).await, json!(null));
}

#[tokio::test]
async fn it_ends_with_whatever_takes_the_link_back() {
    for ends in ["revokeOtherSessions", "changePassword"] {
        let app = TestApp::start().await;
        let [ann, _] = ann_who_asked(&app).await;
        match ends {
            "changePassword" => app.change_password(&ann, PASSWORD, "Another-Horse-8").await.ok(),
            _ => app.revoke_others(&ann).await.ok(),
        };

        assert_eq!(pending(&app, &ann).await, json!(null), "{ends}");
    }
}

#[tokio::test]
async fn a_taken_address_waits_like_a_free_one_so_that_nobody_learns_that_it_has_an_account() {
    let app = TestApp::start().await;
    app.signed_in("bob@example.com").await;
    let ann = app.signed_in("ann@example.com").await;

    let asked = app.request_email_change(&ann, "bob@example.com").await.ok();
    app.mails_to("bob@example.com").await;

    assert_eq!(asked.text_at("/requestEmailChange/user/pendingEmail"), "bob@example.com");
    assert_eq!(pending(&app, &ann).await, json!("bob@example.com"));
}

#[tokio::test]
async fn expired_rows_are_swept() {
    let app = TestApp::start().await;
    ann_who_asked(&app).await;
    app.wait(Duration::from_hours(25));

    authgraph::flows::sweep::sweep(&app.app, &tokio_util::sync::CancellationToken::new()).await.unwrap();

    let (left,): (i64,) = app.app.db.query("select count(*) from email_changes").one().await.unwrap();
    assert_eq!(left, 0);
}
