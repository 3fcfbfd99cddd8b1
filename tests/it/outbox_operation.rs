//! What an operator sees of emails that are on their way, and can do about them.

use std::collections::HashMap;
use std::process::Output;
use std::time::Duration;

use authgraph::flows::deliver_mail::LEASE;
use authgraph::flows::update_gauges::update_gauges;
use authgraph::records::outbox;
use authgraph::values::email_address::EmailAddress;
use serde_json::Value;

use crate::support::mail_server::{Answer, Encrypts, MailServer, Moment, say};
use crate::support::process::{Process, run};
use crate::support::{START, TestApp};

/// Refuses Ann for good and everybody else for now.
fn refusing(at: &Moment<'_>) -> Option<Answer> {
    let line = if at.line.contains("ann@") { "550 5.1.1 <ann@example.com>: no such user" } else { "450 4.7.1 later" };
    (at.step == "RCPT").then(|| say(line))
}

/// The command line over the database of a test.
fn command(app: &TestApp, arguments: &[&str]) -> Output {
    let folder = app.world.folder.path();
    let (database, data) = (app.world.database.url.as_str(), folder.display().to_string());
    run(folder, arguments, &[("AUTHGRAPH_ENV", "development"), ("DATABASE_URL", database), ("DATA_DIR", &data)])
}

/// What a command says.
fn said(app: &TestApp, arguments: &[&str]) -> String {
    let output = command(app, arguments);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn the_gauges_tell_of_emails_that_do_not_leave() {
    let server = MailServer::start(refusing).await;
    let token = "scrape-me-0123456789";
    let app = TestApp::with(&[("SMTP_URL", &server.url()), ("METRICS_AUTH_TOKEN", token)]).await;
    for name in ["ann", "bob", "cat"] {
        app.signed_in(&format!("{name}@example.com")).await;
    }
    app.deliver_mail().await;
    app.wait(Duration::from_secs(90));
    update_gauges(&app.app).await.unwrap();

    let request = reqwest::Client::new().get(app.url("/metrics")).bearer_auth(token);
    let text = request.send().await.unwrap().text().await.unwrap();

    let lines = text.lines().filter_map(|line| line.rsplit_once(' ')).collect::<HashMap<_, _>>();
    assert_eq!((lines["auth_outbox_waiting"], lines["auth_outbox_dead"]), ("2", "1"));
    assert_eq!(lines["auth_outbox_oldest_age_seconds"], "90");
    assert_eq!(lines["auth_emails_total{outcome=\"postponed\"}"], "2");
    assert_eq!(lines["auth_emails_total{outcome=\"dead\"}"], "1");
}

#[tokio::test]
async fn an_empty_outbox_has_no_oldest_email() {
    let app = TestApp::start().await;

    let census = outbox::count(&app.app.db).await.unwrap();

    assert_eq!((census.waiting, census.oldest_at, census.dead), (0, None, 0));
}

#[tokio::test]
async fn what_became_of_the_emails_to_an_address_is_listed() {
    let server = MailServer::start(refusing).await;
    let app = TestApp::with(&[("SMTP_URL", &server.url())]).await;
    app.signed_in("ann@example.com").await;
    app.signed_in("bob@example.com").await;
    app.deliver_mail().await;

    let (all, of_ann) = (said(&app, &["outbox", "list"]), said(&app, &["outbox", "list", "--to", " Ann@Example.com "]));

    assert!(all.starts_with("1 emails wait, the oldest for ") && all.contains("; 1 are dead.\n"), "{all}");
    assert!(all.contains("  WAITING  VERIFY_EMAIL to bob@example.com  posted "), "{all}");
    assert!(all.contains("1 attempts") && all.contains("RCPT TO: 450 4.7.1 later"), "{all}");
    assert!(of_ann.contains("DEAD") && of_ann.contains("550 5.1.1 <ann@example.com>: no such user"), "{of_ann}");
    assert!(!of_ann.contains("bob"), "{of_ann}");
}

#[tokio::test]
async fn a_delivered_email_is_listed_with_the_words_of_the_server() {
    let server = MailServer::start(|_| None).await;
    let app = TestApp::with(&[("SMTP_URL", &server.url())]).await;
    app.signed_in("ann@example.com").await;
    app.deliver_mail().await;

    let of_ann = said(&app, &["outbox", "list", "--to", "ann@example.com"]);

    assert!(of_ann.contains("  DELIVERED  ") && of_ann.contains(": 2.0.0 queued as 42\n"), "{of_ann}");
    assert!(!said(&app, &["outbox", "list"]).contains("ann@"));
}

#[tokio::test]
async fn an_email_that_can_never_leave_is_dropped_and_swept() {
    let server = MailServer::start(refusing).await;
    let app = TestApp::with(&[("SMTP_URL", &server.url())]).await;
    for name in ["ann", "bob", "cat"] {
        app.signed_in(&format!("{name}@example.com")).await;
    }
    app.deliver_mail().await;
    let bob = EmailAddress::parse("bob@example.com").unwrap();
    let of_bob = outbox::list_to(&app.app.db, &bob, 10).await.unwrap()[0].id.to_string();

    assert_eq!(said(&app, &["outbox", "drop", "--to", "ann@example.com"]), "1 emails were dropped.\n");
    assert_eq!(said(&app, &["outbox", "drop", &of_bob, &of_bob]), "1 emails were dropped.\n");

    let census = outbox::count(&app.app.db).await.unwrap();
    assert_eq!((census.waiting, census.dead), (1, 0));
}

#[tokio::test]
async fn after_a_mended_setting_emails_need_not_wait_for_their_time() {
    let server = MailServer::start(refusing).await;
    let app = TestApp::with(&[("SMTP_URL", &server.url())]).await;
    app.signed_in("ann@example.com").await;
    app.signed_in("bob@example.com").await;
    app.deliver_mail().await;
    app.signed_in("cat@example.com").await;
    let on_its_way = outbox::take_due(&app.app.db, 10, LEASE, START).await.unwrap();

    // What `outbox retry` does, by the clock of the test.
    let hastened = outbox::hasten(&app.app.db, START + LEASE, START).await.unwrap();
    let revived = outbox::revive_dead(&app.app.db, START).await.unwrap();

    assert_eq!((on_its_way.len(), hastened, revived), (1, 1, 1));
    let due = outbox::take_due(&app.app.db, 10, LEASE, START).await.unwrap();
    assert!(due.len() == 2 && due.iter().all(|taken| taken.id != on_its_way[0].id), "{due:?}");
}

#[tokio::test]
async fn nothing_is_dropped_by_a_slip_of_the_pen() {
    let app = TestApp::start().await;
    app.signed_in("ann@example.com").await;

    for arguments in [&["outbox", "drop"][..], &["outbox", "drop", "everything"], &["outbox", "drop", "--to", "ann"]] {
        assert!(!command(&app, arguments).status.success(), "{arguments:?}");
    }

    assert_eq!(outbox::count(&app.app.db).await.unwrap().waiting, 1);
}

#[tokio::test]
async fn an_email_knows_the_request_that_caused_it() {
    let app = TestApp::start().await;

    let asked = app.request_password_reset("ann@example.com").await;

    let (details,): (String,) = app.app.db.query("select cast(details as text) from outbox").one().await.unwrap();
    let details: Value = serde_json::from_str(&details).unwrap();
    assert_eq!(details["correlation_id"], asked.header("x-request-id"));
}

#[tokio::test]
async fn the_log_follows_an_email_from_its_request_to_the_server_and_names_nobody() {
    let server = MailServer::listening(([127, 0, 0, 1], 0).into(), Encrypts::FromTheStart, |at| {
        (at.step == ".").then(|| say("250 2.0.0 <ann@example.com> queued as 42"))
    })
    .await;
    let app = TestApp::start().await;
    let (folder, log) = (app.world.folder.path(), app.world.folder.path().join("log"));
    let url = format!("smtps://localhost:{}", server.address.port());
    // The system's store, as OpenSSL lets it be replaced.
    let settings = [("SMTP_URL", url.as_str()), ("SSL_CERT_FILE", &server.ca_file()), ("LOG_FORMAT", "json")];
    let process = Process::start_logging(folder, &app.world.database, &log, &settings).await;

    assert_eq!(process.register("ann@example.com").await, Some(true));
    server.until_emails(1).await;
    let accepted = line_of(&log, "an email was accepted by the mail server").await;

    assert_eq!((&accepted["kind"], &accepted["attempt"]), (&"verify_email".into(), &1.into()));
    assert_eq!(accepted["receipt"], "2.0.0 <(recipient)> queued as 42");
    let text = std::fs::read_to_string(&log).unwrap();
    let request = format!("\"correlation_id\":{}", accepted["correlation_id"]);
    assert!(text.matches(&request).count() >= 2 && !text.contains("ann@example.com"), "{text}");
}

/// The line of a log with this message.
async fn line_of(log: &std::path::Path, message: &str) -> Value {
    for _ in 0..400 {
        let text = std::fs::read_to_string(log).unwrap();
        let lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        if let Some(line) = lines.into_iter().find(|line| line["message"] == message) {
            return line;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("no such line: {}", std::fs::read_to_string(log).unwrap());
}
