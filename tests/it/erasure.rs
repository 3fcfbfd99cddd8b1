//! Forgetting deleted people for good.

use std::time::Duration;

use authgraph::flows::erase_users::erase_users;
use authgraph::values::ids::UserId;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::support::{PASSWORD, SignedIn, TestApp};

const DAY: Duration = Duration::from_hours(24);

async fn erased(app: &TestApp) -> u64 {
    erase_users(&app.app, &CancellationToken::new()).await.unwrap()
}

async fn count(app: &TestApp, text: String) -> i64 {
    let (count,): (i64,) = app.app.db.query_built(text).one().await.unwrap();
    count
}

/// A user who left something in every table, and is deleted.
async fn deleted_ann(app: &TestApp) -> SignedIn {
    let ann = app.with_mfa("ann@example.com").await.session;
    app.update_profile(&ann, json!({ "name": "Ann Miller", "locale": "de" })).await.ok();
    app.challenge("ann@example.com").await;
    app.request_email_change(&ann, "ann@new.example").await.ok();
    let token = app.token_to("ann@new.example", "confirm_email_change").await;
    app.confirm_email_change(&token).await.ok();
    app.request_password_reset("ann@new.example").await.ok();
    app.mails_to("ann@new.example").await;
    app.delete_account(&ann, "ann@new.example").await.ok();
    ann
}

#[tokio::test]
async fn after_30_days_nothing_personal_is_left() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    let ann = deleted_ann(&app).await;
    app.wait(30 * DAY);
    assert_eq!(erased(&app).await, 0);
    app.wait(Duration::from_secs(1));

    assert_eq!(erased(&app).await, 1);

    let owned = [
        "sessions",
        "one_time_tokens",
        "email_holds",
        "email_changes",
        "known_devices",
        "oauth_accounts",
        "mfa_challenges",
        "mfa_enrollments",
        "backup_codes",
        "mfa",
    ];
    for table in owned {
        let text = format!("select count(*) from {table} where user_id in (select id from users where role = 'USER')");
        assert_eq!(count(&app, text).await, 0, "{table}");
    }
    assert_eq!(count(&app, "select count(*) from outbox where recipient like 'ann@%'".to_owned()).await, 0);
    assert_eq!(count(&app, "select count(*) from user_search where text like '%ann%'".to_owned()).await, 0);
    let admin = app.login(&admin.email, PASSWORD).await.signed_in();
    let left = app.user(&admin, &ann.user).await.ok();
    assert!(left.text_at("/user/email").ends_with("@erased.invalid"), "{}", left.text);
    assert_eq!((left.at("/user/name"), left.at("/user/locale")), (&json!(null), &json!(null)));
    assert_eq!(left.text_at("/user/status"), "ERASED");
    assert_eq!(app.restore_user(&admin, &ann.user).await.code(), "CONFLICT");
}

#[tokio::test]
async fn the_address_of_an_erased_user_is_free() {
    let app = TestApp::start().await;
    let ann = deleted_ann(&app).await;
    assert_eq!(app.register("ann@new.example").await.code(), "EMAIL_TAKEN");
    app.wait(31 * DAY);
    erased(&app).await;

    let other = app.signed_in("ann@new.example").await;

    assert_ne!(other.user, ann.user);
    let trail = app.audit_trail().await;
    assert!(trail.contains(&"USER_ERASED Success".to_owned()), "{trail:?}");
}

#[tokio::test]
async fn who_is_there_or_was_restored_is_left_alone() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    let ann = app.signed_in("ann@example.com").await;
    app.delete_user(&admin, &ann.user).await.ok();
    app.restore_user(&admin, &ann.user).await.ok();
    app.signed_in("bob@example.com").await;

    app.wait(365 * DAY);

    assert_eq!(erased(&app).await, 0);
    app.login("ann@example.com", PASSWORD).await.signed_in();
}

#[tokio::test]
async fn a_setting_keeps_them_for_ever() {
    let app = TestApp::with(&[("DELETED_USER_RETENTION", "0s")]).await;
    deleted_ann(&app).await;

    app.wait(3_650 * DAY);

    assert_eq!(erased(&app).await, 0);
}

#[tokio::test]
async fn two_instances_erase_everybody_once() {
    let here = TestApp::start().await;
    let there = here.another_instance().await;
    for number in 0..12 {
        let one = here.signed_in(&format!("user{number}@example.com")).await;
        here.delete_account(&one, &one.email).await.ok();
    }
    here.wait(31 * DAY);

    let (one, other) = tokio::join!(erased(&here), erased(&there));

    assert_eq!(one + other, 12);
    let events = here.audit_trail().await.iter().filter(|event| *event == "USER_ERASED Success").count();
    assert_eq!(events, 12);
}

/// Makes the erasure of a user fail: something that no statement removes refers to their session.
async fn pin(app: &TestApp, who: &SignedIn) {
    let id = if app.world.database.is_sqlite() { "blob" } else { "uuid" };
    let table = format!("create table pins (session_id {id} references sessions (id))");
    app.app.db.query_built(table).execute().await.unwrap();
    let user: UserId = who.user.parse().unwrap();
    let pinned = "insert into pins (session_id) select id from sessions where user_id = $1";
    app.app.db.query(pinned).bind(user).execute().await.unwrap();
}

#[tokio::test]
async fn a_user_who_cannot_be_erased_stops_nobody_else() {
    let app = TestApp::start().await;
    let (ann, bob) = (app.signed_in("ann@example.com").await, app.signed_in("bob@example.com").await);
    pin(&app, &ann).await;
    app.delete_account(&ann, &ann.email).await.ok();
    app.wait(Duration::from_secs(1));
    app.delete_account(&bob, &bob.email).await.ok();
    app.wait(31 * DAY);

    assert_eq!(erased(&app).await, 1);

    let left = "select count(*) from users where email in ('ann@example.com', 'bob@example.com')";
    assert_eq!(count(&app, left.to_owned()).await, 1);
    app.app.db.query("delete from pins").execute().await.unwrap();
    assert_eq!(erased(&app).await, 1);
}

#[tokio::test]
async fn the_address_that_an_erased_user_gets_cannot_be_taken_before() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    let ann = app.signed_in("ann@example.com").await;
    let (bob, foreseen) = (app.signed_in("bob@example.com").await, format!("{}@erased.invalid", ann.user));

    for answer in [
        app.register(&foreseen).await,
        app.request_email_change(&bob, &foreseen).await,
        app.create_user(&admin, json!({ "email": foreseen })).await,
        app.login(&foreseen, PASSWORD).await,
        app.request_password_reset(&foreseen).await,
    ] {
        assert_eq!(answer.code(), "VALIDATION_FAILED", "{}", answer.text);
    }
}

#[tokio::test]
async fn an_address_that_was_taken_in_advance_keeps_no_user_from_being_erased() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    app.signed_in("bob@example.com").await;
    // A version before this one let it be taken.
    let taken = "update users set email = $1 where email = 'bob@example.com'";
    app.app.db.query(taken).bind(format!("{}@erased.invalid", ann.user)).execute().await.unwrap();

    app.delete_account(&ann, &ann.email).await.ok();
    app.wait(31 * DAY);
    assert_eq!(erased(&app).await, 1);
}
