//! When something of ours breaks: nothing of it shows outside, and nothing is half done.

use serde_json::json;

use crate::support::{PASSWORD, TestApp};

async fn break_the_trail(app: &TestApp) {
    app.app.db.query("drop table audit_events").execute().await.unwrap();
}

#[tokio::test]
async fn a_fault_says_nothing_outside() {
    let app = TestApp::with(&[("TRUSTED_PROXIES", "1")]).await;
    break_the_trail(&app).await;

    let answer = app.login("ann@example.com", PASSWORD).header("x-request-id", "ticket-42").await;

    let expected = json!({ "code": "INTERNAL", "statusCode": 500, "correlationId": "ticket-42" });
    assert_eq!(answer.errors()[0]["extensions"], expected);
    assert_eq!(answer.errors()[0]["message"], "Something went wrong on our side.");
    assert_eq!(answer.body["data"], json!({ "login": null }));
}

#[tokio::test]
async fn a_flow_that_cannot_be_audited_changes_nothing() {
    let app = TestApp::start().await;
    break_the_trail(&app).await;

    assert_eq!(app.register("ann@example.com").await.code(), "INTERNAL");

    let (members,): (i64,) = app.app.db.query("select count(*) from users").one().await.unwrap();
    let (mails,): (i64,) = app.app.db.query("select count(*) from outbox").one().await.unwrap();
    assert_eq!((members, mails), (0, 0));
}

#[tokio::test]
async fn a_refresh_that_failed_half_way_has_spent_nothing() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    app.app.db.query("alter table audit_events rename to away").execute().await.unwrap();
    assert_eq!(app.refresh(&ann).await.code(), "INTERNAL");

    app.app.db.query("alter table away rename to audit_events").execute().await.unwrap();

    app.refresh(&ann).await.signed_in();
}

#[tokio::test(flavor = "multi_thread")]
async fn with_one_connection_no_request_waits_for_itself() {
    let app = TestApp::with(&[("DATABASE_MAX_CONNECTIONS", "1")]).await;
    let ann = app.signed_in("ann@example.com").await;
    let list = "{ me { sessions { edges { node { user { email } } } } } }";

    let requests = (0..10).flat_map(|n| {
        [
            app.register(&format!("member{n}@example.com")),
            app.login("ann@example.com", PASSWORD),
            app.ask(list).by(&ann),
            app.request_password_reset(&format!("member{n}@example.com")),
        ]
    });

    for answer in app.at_once(requests).await {
        answer.ok();
    }
}

#[tokio::test]
async fn a_mailbox_that_cannot_be_written_keeps_the_email_for_later() {
    let app = TestApp::start().await;
    app.signed_in("ann@example.com").await;
    let mailbox = app.app.mailer.mailbox().unwrap().folder().to_owned();
    std::fs::remove_dir_all(&mailbox).unwrap();

    app.deliver_mail().await;
    std::fs::create_dir_all(&mailbox).unwrap();
    app.wait(std::time::Duration::from_secs(30));

    assert_eq!(app.mail_kinds_to("ann@example.com").await, ["verify_email"]);
}
