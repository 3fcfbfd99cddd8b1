//! Forgetting what is over, and nothing else.

use std::time::Duration;

use authgraph::flows::maintenance::maintain;
use authgraph::flows::sweep::sweep;
use tokio_util::sync::CancellationToken;

use crate::support::{PASSWORD, TestApp};

const DAY: Duration = Duration::from_hours(24);

async fn swept(app: &TestApp) -> u64 {
    sweep(&app.app, &CancellationToken::new()).await.unwrap()
}

async fn count(app: &TestApp, text: &'static str) -> i64 {
    let (count,): (i64,) = app.app.db.query(text).one().await.unwrap();
    count
}

#[tokio::test]
async fn what_lives_is_kept() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    let ann = app.refresh(&ann).await.signed_in();
    app.mails_to("ann@example.com").await;

    assert_eq!(swept(&app).await, 0);

    app.refresh(&ann).await.signed_in();
}

#[tokio::test]
async fn a_spent_token_is_known_as_long_as_it_could_be_presented() {
    let app = TestApp::start().await;
    let stolen = app.signed_in("ann@example.com").await;
    app.refresh(&stolen).await.signed_in();

    app.wait(6 * DAY);
    swept(&app).await;

    assert_eq!(app.refresh(&stolen).await.code(), "REFRESH_TOKEN_REUSED");
}

#[tokio::test]
async fn sessions_stay_listed_for_30_days_after_their_end() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    app.logout(&ann).await.ok();

    app.wait(30 * DAY);
    swept(&app).await;
    assert_eq!(count(&app, "select count(*) from sessions").await, 1);

    app.wait(Duration::from_secs(1));
    swept(&app).await;
    assert_eq!(count(&app, "select count(*) from sessions").await, 0);
}

#[tokio::test]
async fn expired_tokens_go() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    app.refresh(&ann).await.ok();
    app.mails_to("ann@example.com").await;

    app.wait(8 * DAY);
    swept(&app).await;

    assert_eq!(count(&app, "select count(*) from refresh_tokens where used_at is not null").await, 0);
    assert_eq!(count(&app, "select count(*) from one_time_tokens").await, 0);
    assert_eq!(count(&app, "select count(*) from outbox").await, 0);
    assert_eq!(count(&app, "select count(*) from users").await, 1);
}

#[tokio::test]
async fn who_comes_back_late_still_learns_that_the_session_expired() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;

    app.wait(8 * DAY);
    swept(&app).await;

    assert_eq!(app.refresh(&ann).await.extension("sessionEndReason"), "EXPIRED");
}

#[tokio::test]
async fn emails_that_wait_or_are_dead_stay_for_ever() {
    let away = [("SMTP_URL", "smtp://127.0.0.1:1"), ("MAIL_MAX_ATTEMPTS", "1")];
    let app = TestApp::with(&away).await;
    app.signed_in("ann@example.com").await;
    app.deliver_mail().await;
    app.signed_in("bob@example.com").await;

    app.wait(365 * DAY);
    swept(&app).await;

    assert_eq!(count(&app, "select count(*) from outbox where state = 'DEAD'").await, 1);
    assert_eq!(count(&app, "select count(*) from outbox where state = 'WAITING'").await, 1);
}

#[tokio::test]
async fn more_than_one_batch_goes_in_one_sweep() {
    let app = TestApp::start().await;
    app.signed_in("ann@example.com").await;
    let copy = "insert into refresh_tokens (hash, id, session_id, issued_at, expires_at, used_at)
        select $1, id, session_id, issued_at, expires_at, issued_at from refresh_tokens limit 1";
    let mut tx = app.app.db.begin().await.unwrap();
    for n in 0..1_200_u32 {
        tx.query(copy).bind(n.to_be_bytes().to_vec()).execute().await.unwrap();
    }
    tx.commit().await.unwrap();

    app.wait(8 * DAY);

    assert_eq!(swept(&app).await, 1_200);
}

#[tokio::test]
async fn an_address_that_can_no_longer_be_taken_back_is_let_go() {
    let app = TestApp::start().await;
    let ann = app.verified("ann@example.com").await;
    app.request_email_change(&ann, "ann@new.example").await.ok();
    let token = app.token_to("ann@new.example", "confirm_email_change").await;
    app.confirm_email_change(&token).await.ok();

    app.wait(6 * DAY + Duration::from_hours(23));
    swept(&app).await;
    assert_eq!(count(&app, "select count(*) from email_holds").await, 1);

    app.wait(Duration::from_hours(2));
    swept(&app).await;
    assert_eq!(count(&app, "select count(*) from email_holds").await, 0);
    app.login("ann@new.example", PASSWORD).await.signed_in();
}

#[tokio::test]
async fn a_table_that_cannot_be_swept_stops_no_other() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    app.logout(&ann).await.ok();
    app.mails_to("ann@example.com").await;
    let id = if app.world.database.is_sqlite() { "blob" } else { "uuid" };
    let table = format!("create table pins (session_id {id} references sessions (id))");
    app.app.db.query_built(table).execute().await.unwrap();
    app.app.db.query("insert into pins (session_id) select id from sessions").execute().await.unwrap();

    app.wait(40 * DAY);
    swept(&app).await;

    assert_eq!(count(&app, "select count(*) from sessions").await, 1);
    assert_eq!(count(&app, "select count(*) from outbox").await, 0);
    assert_eq!(count(&app, "select count(*) from one_time_tokens").await, 0);
}

#[tokio::test]
async fn books_that_cannot_be_kept_stop_no_others() {
    let app = TestApp::start().await;
    app.signed_in("ann@example.com").await;
    app.signed_in("bob@example.com").await;
    // Two sessions cannot expire.
    app.app.db.query("create unique index one_ending on sessions (end_reason)").execute().await.unwrap();
    assert_ne!(count(&app, "select count(*) from total_changes").await, 0);

    app.wait(8 * DAY);
    maintain(&app.app, &CancellationToken::new()).await.unwrap();

    assert_eq!(count(&app, "select count(*) from sessions where end_reason = 'EXPIRED'").await, 0);
    assert_eq!(count(&app, "select count(*) from total_changes").await, 0);
}
