//! Emails that are to leave: none is lost, none is sent twice, none lies about with its token.

use std::time::{Duration, Instant};

use authgraph::flows::deliver_mail::LEASE;
use authgraph::records::outbox::{self, Details, Draft, MailKind};
use authgraph::serve::start_background;
use authgraph::values::email_address::EmailAddress;
use authgraph::values::time::Time;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use futures_util::FutureExt;

use crate::support::{START, TestApp};

/// The port of a socket that is bound and never accepts.
fn closed_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

async fn with_mail_server_away(attempts: &str) -> TestApp {
    let smtp = format!("smtp://127.0.0.1:{}", closed_port());
    TestApp::with(&[("SMTP_URL", &smtp), ("MAIL_MAX_ATTEMPTS", attempts)]).await
}

/// When the only email is due, how often it was tried, and where it stands.
async fn only_mail(app: &TestApp) -> (Time, i64, String) {
    app.app.db.query("select due_at, cast(attempts as bigint), state from outbox").one().await.unwrap()
}

#[tokio::test]
async fn an_email_leaves_as_soon_as_it_is_committed() {
    let app = TestApp::start().await;
    start_background(&app.app);
    // The first round finds nothing, and the next one is seven seconds away, or more.
    tokio::time::sleep(Duration::from_millis(500)).await;

    app.signed_in("ann@example.com").await;

    let committed = Instant::now();
    while only_mail(&app).await.2 != "DELIVERED" {
        assert!(committed.elapsed() < Duration::from_secs(4), "the commit woke no mailer");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn an_email_that_is_rolled_back_wakes_no_mailer() {
    let app = TestApp::start().await;
    let (recipient, wake_up) = (EmailAddress::parse("ann@example.com").unwrap(), app.app.db.mail_posted());
    let kind = MailKind::VerifyEmail;
    for commits in [false, true] {
        let mut tx = app.app.db.begin().await.unwrap();
        let draft = Draft { kind, recipient: &recipient, user: None, details: Details::default() };
        outbox::post(&mut tx, draft, app.app.clock.now()).await.unwrap();

        if commits {
            tx.commit().await.unwrap();
        } else {
            drop(tx);
        }

        assert_eq!(wake_up.notified().now_or_never().is_some(), commits);
    }
}

#[tokio::test]
async fn an_email_survives_a_mail_server_that_is_away() {
    let away = with_mail_server_away("16").await;
    away.signed_in("ann@example.com").await;
    away.deliver_mail().await;
    assert_eq!(only_mail(&away).await.2, "WAITING");

    let back = away.another_instance_with(&[("SMTP_URL", "")]).await;
    back.wait(Duration::from_secs(30));

    assert_eq!(back.mail_kinds_to("ann@example.com").await, ["verify_email"]);
    assert_eq!(only_mail(&back).await.2, "DELIVERED");
}

#[tokio::test]
async fn the_pause_after_a_failure_doubles() {
    let app = with_mail_server_away("16").await;
    app.signed_in("ann@example.com").await;

    app.deliver_mail().await;
    app.deliver_mail().await;
    let (first, attempts, _) = only_mail(&app).await;
    app.wait((first - START).to_std().unwrap());
    app.deliver_mail().await;
    let (second, ..) = only_mail(&app).await;

    assert_eq!(attempts, 1, "an email was tried before its time");
    let (first, second) = ((first - START).num_seconds(), (second - first).num_seconds());
    assert!((22..=30).contains(&first) && (45..=60).contains(&second), "{first} and {second} seconds");
}

#[tokio::test]
async fn after_its_last_attempt_an_email_is_put_aside_for_the_operator() {
    let app = with_mail_server_away("2").await;
    app.signed_in("ann@example.com").await;
    for _ in 0..3 {
        app.deliver_mail().await;
        app.wait(Duration::from_mins(1));
    }

    let open = outbox::list_open(&app.app.db, 10).await.unwrap();

    assert_eq!((open.len(), open[0].attempts, open[0].state.as_str()), (1, 2, "DEAD"));
    assert!(open[0].recipient.as_str() == "ann@example.com" && !open[0].last_answer.is_empty());
}

#[tokio::test]
async fn a_dead_email_can_be_revived() {
    let app = with_mail_server_away("1").await;
    app.signed_in("ann@example.com").await;
    app.deliver_mail().await;
    let back = app.another_instance_with(&[("SMTP_URL", "")]).await;

    assert_eq!(outbox::revive_dead(&app.app.db, START).await.unwrap(), 1);

    assert_eq!(back.mail_kinds_to("ann@example.com").await, ["verify_email"]);
}

#[tokio::test]
async fn the_outbox_holds_no_token() {
    let app = TestApp::start().await;
    app.signed_in("ann@example.com").await;
    app.request_password_reset("ann@example.com").await.ok();
    let rows = "select cast(details as text), coalesce(last_error, ''), recipient from outbox";

    let waiting: Vec<(String, String, String)> = app.app.db.query(rows).all().await.unwrap();
    let mails = app.mails_to("ann@example.com").await;
    let delivered: Vec<(String, String, String)> = app.app.db.query(rows).all().await.unwrap();

    assert_eq!((waiting.len(), mails.len()), (2, 2));
    assert!(waiting.iter().chain(&delivered).all(|row| !format!("{row:?}").contains("ago_")));
}

#[tokio::test]
async fn the_database_holds_hashes_and_no_token() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    let token = app.token_to("ann@example.com", "verify_email").await;

    let (one_time,): (Vec<u8>,) = app.app.db.query("select hash from one_time_tokens").one().await.unwrap();
    let (refresh,): (Vec<u8>,) = app.app.db.query("select hash from refresh_tokens").one().await.unwrap();

    let bytes = |token: &str| BASE64_URL_SAFE_NO_PAD.decode(token.split_once('_').unwrap().1).unwrap();
    assert_eq!(one_time, digest(&SHA256, &bytes(&token)).as_ref());
    assert_eq!(refresh, digest(&SHA256, &bytes(&ann.refresh)).as_ref());
}

#[tokio::test(flavor = "multi_thread")]
async fn several_deliverers_at_once_deliver_each_email_once() {
    let here = TestApp::start().await;
    let there = here.another_instance().await;
    for n in 0..40 {
        here.signed_in(&format!("member{n}@example.com")).await;
    }

    tokio::join!(here.deliver_mail(), there.deliver_mail(), here.deliver_mail(), there.deliver_mail());

    let mailbox = here.app.mailer.mailbox().unwrap();
    assert_eq!(mailbox.list(None, 500).await.unwrap().len(), 40);
    let tokens: (i64,) = here.app.db.query("select count(*) from one_time_tokens").one().await.unwrap();
    assert_eq!(tokens.0, 40, "an email was written twice");
}

#[tokio::test]
async fn what_a_deliverer_took_before_it_died_is_due_again_after_the_lease() {
    let app = TestApp::start().await;
    app.signed_in("ann@example.com").await;
    let taken = outbox::take_due(&app.app.db, 10, LEASE, START).await.unwrap();

    assert_eq!(taken.len(), 1);
    assert!(app.mails_to("ann@example.com").await.is_empty());

    app.wait(LEASE);
    assert_eq!(app.mails_to("ann@example.com").await.len(), 1);
}

#[tokio::test]
async fn a_newer_email_replaces_one_that_is_tried_again() {
    let app = with_mail_server_away("16").await;
    app.signed_in("ann@example.com").await;
    app.request_password_reset("ann@example.com").await.ok();
    app.deliver_mail().await;

    app.request_password_reset("ann@example.com").await.ok();

    let waiting: Vec<(i64,)> = app
        .app
        .db
        .query("select cast(attempts as bigint) from outbox where kind = 'RESET_PASSWORD' and state = 'WAITING'")
        .all()
        .await
        .unwrap();
    assert_eq!(waiting, [(0,)], "only the newest email waits");
}

#[tokio::test]
async fn an_email_that_cannot_be_read_holds_up_no_other_and_is_dead_in_the_end() {
    let app = TestApp::with(&[("MAIL_MAX_ATTEMPTS", "2")]).await;
    app.signed_in("ann@example.com").await;
    app.signed_in("bob@example.com").await;
    let of_ann = "update outbox set kind = 'OF_A_LATER_VERSION' where recipient = 'ann@example.com'";
    app.app.db.query(of_ann).execute().await.unwrap();

    assert_eq!(app.mail_kinds_to("bob@example.com").await, ["verify_email"]);

    app.wait(Duration::from_mins(1));
    app.deliver_mail().await;
    let open = outbox::list_open(&app.app.db, 10).await.unwrap();
    assert_eq!((open.len(), open[0].kind.as_str(), open[0].state.as_str()), (1, "OF_A_LATER_VERSION", "DEAD"));
}
