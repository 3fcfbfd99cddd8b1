//! Emails on their way: accepted means once, a server-wide refusal means later, and a slow one holds up no other.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use authgraph::flows::deliver_mail::LEASE;
use authgraph::records::outbox;
use authgraph::values::email_address::EmailAddress;
use authgraph::values::time::Time;
use futures_util::future::join;
use tokio::time::timeout;

use crate::support::mail_server::{Answer, MailServer, Moment, say};
use crate::support::{START, TestApp};

/// Longer than anything here takes on a busy machine.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Waiting is for other tasks only.
const SOON: Duration = Duration::from_millis(5);

async fn sending_to(server: &MailServer, settings: &[(&str, &str)]) -> TestApp {
    TestApp::with(&[&[("SMTP_URL", server.url().as_str())], settings].concat()).await
}

/// Recipient, state and attempts of every email, the oldest first.
async fn outbox_of(app: &TestApp) -> Vec<(String, String, i32)> {
    let mut entries = Vec::new();
    for email in ["ann", "bob", "cat", "dan"] {
        let address = EmailAddress::parse(&format!("{email}@example.com")).unwrap();
        for entry in outbox::list_to(&app.app.db, &address, 10).await.unwrap() {
            entries.push((email.to_owned(), entry.state, entry.attempts));
        }
    }
    entries
}

/// The server takes emails to this recipient, and answers only when it is released.
fn held_for(recipient: &'static str) -> impl Fn(&Moment<'_>) -> Option<Answer> + Send + Sync {
    let theirs = Mutex::new(HashSet::new());
    move |at| {
        let mut theirs = theirs.lock().unwrap();
        if at.step == "RCPT" && at.line.contains(recipient) {
            theirs.insert(at.connection);
        }
        (at.step == "." && theirs.contains(&at.connection))
            .then(|| Answer::Later(b"250 2.0.0 queued at last\r\n".to_vec()))
    }
}

#[tokio::test]
async fn an_email_that_was_accepted_is_not_sent_again() {
    for bytes in [&b"250 2.0.0 Message accept\xe9\r\n"[..], b"250 ok\n", &[&b"250 "[..], &[b'x'; 4_000]].concat()] {
        let answer = Answer::HangUp(bytes.to_vec());
        let server = MailServer::start(move |at| (at.step == ".").then(|| answer.clone())).await;
        let app = sending_to(&server, &[]).await;
        app.signed_in("ann@example.com").await;

        for _ in 0..3 {
            app.deliver_mail().await;
            app.wait(Duration::from_hours(24));
        }

        assert_eq!(server.emails().len(), 1);
        assert_eq!(outbox_of(&app).await, [("ann".to_owned(), "DELIVERED".to_owned(), 1)]);
    }
}

#[tokio::test]
async fn an_email_whose_acceptance_is_unknown_is_sent_again_with_the_same_message_id() {
    let server =
        MailServer::start(|at| (at.step == "." && at.connection == 0).then(|| Answer::HangUp(Vec::new()))).await;
    let app = sending_to(&server, &[]).await;
    app.signed_in("ann@example.com").await;

    app.deliver_mail().await;
    app.wait(Duration::from_secs(30));
    app.deliver_mail().await;

    assert_eq!(outbox_of(&app).await, [("ann".to_owned(), "DELIVERED".to_owned(), 2)]);
    let names = server.emails().iter().map(|email| message_id(email)).collect::<Vec<_>>();
    assert!(names.len() == 2 && names[0] == names[1], "{names:?}");
}

fn message_id(email: &str) -> String {
    email.lines().find(|line| line.starts_with("Message-ID: ")).unwrap().to_owned()
}

#[tokio::test]
async fn a_server_that_refuses_everybody_kills_no_email() {
    for (step, line) in [
        ("GREETING", "554 5.7.1 no service for you"),
        ("EHLO", "550 5.7.1 name rejected"),
        ("MAIL", "553 5.7.1 sender address rejected: not owned by user"),
        ("RCPT", "554 5.7.1 client host blocked using a blocklist"),
        ("RCPT", "550 5.1.8 sender's domain not found"),
    ] {
        let is_blocked = Arc::new(AtomicBool::new(true));
        let blocks = Arc::clone(&is_blocked);
        let blocked = move |at: &Moment<'_>| at.step == step && blocks.load(Ordering::SeqCst);
        let server = MailServer::start(move |at| blocked(at).then(|| say(line))).await;
        let app = sending_to(&server, &[]).await;
        app.signed_in("ann@example.com").await;
        app.deliver_mail().await;
        assert_eq!(outbox_of(&app).await, [("ann".to_owned(), "WAITING".to_owned(), 1)], "{step} {line}");

        is_blocked.store(false, Ordering::SeqCst);
        app.wait(Duration::from_secs(30));
        app.deliver_mail().await;

        assert_eq!(outbox_of(&app).await, [("ann".to_owned(), "DELIVERED".to_owned(), 2)], "{step} {line}");
    }
}

#[tokio::test]
async fn a_recipient_that_does_not_exist_is_dead_at_once_and_no_other() {
    let is_ann = |at: &Moment<'_>| at.step == "RCPT" && at.line.contains("ann@");
    let server = MailServer::start(move |at| is_ann(at).then(|| say("550 5.1.1 no such user"))).await;
    let app = sending_to(&server, &[]).await;
    app.signed_in("ann@example.com").await;
    app.signed_in("bob@example.com").await;

    app.deliver_mail().await;

    let (dead, delivered) = ("DEAD".to_owned(), "DELIVERED".to_owned());
    assert_eq!(outbox_of(&app).await, [("ann".to_owned(), dead, 1), ("bob".to_owned(), delivered, 1)]);
}

#[tokio::test]
async fn a_slow_email_holds_up_no_other() {
    let server = MailServer::start(held_for("ann@")).await;
    let app = sending_to(&server, &[("MAIL_CONCURRENCY", "2")]).await;
    app.signed_in("ann@example.com").await;

    tokio::join!(app.deliver_mail(), async {
        server.until_emails(1).await;
        // Posted while the first one is on its way.
        for name in ["bob", "cat", "dan"] {
            app.signed_in(&format!("{name}@example.com")).await;
        }
        server.until_emails(4).await;
        assert_eq!(outbox_of(&app).await[0], ("ann".to_owned(), "WAITING".to_owned(), 1));
        server.release();
    });

    assert!(outbox_of(&app).await.iter().all(|(_, state, attempts)| state == "DELIVERED" && *attempts == 1));
    assert_eq!(server.emails().len(), 4);
}

#[tokio::test]
async fn no_more_emails_are_on_their_way_than_the_setting_says() {
    for (concurrency, connections) in [("1", 1), ("3", 3)] {
        let server = MailServer::start(|at| (at.step == ".").then(|| Answer::Later(b"250 ok\r\n".to_vec()))).await;
        let app = sending_to(&server, &[("MAIL_CONCURRENCY", concurrency)]).await;
        for name in ["ann", "bob", "cat", "dan"] {
            app.signed_in(&format!("{name}@example.com")).await;
        }

        tokio::join!(app.deliver_mail(), async {
            server.until_emails(connections).await;
            tokio::time::sleep(SOON * 20).await;
            assert_eq!((server.emails().len(), server.connections()), (connections, connections));
            server.release();
        });

        assert_eq!((server.emails().len(), server.connections()), (4, connections));
    }
}

/// When the only email is due again, if its lease is not renewed.
async fn held_until(app: &TestApp) -> Time {
    let (due_at,): (Time,) = app.app.db.query("select due_at from outbox").one().await.unwrap();
    due_at
}

#[tokio::test]
async fn an_email_that_a_living_process_has_is_left_to_it() {
    let server = MailServer::start(held_for("ann@")).await;
    let (here, step) = (sending_to(&server, &[]).await, LEASE / 4);
    let there = here.another_instance().await;
    here.signed_in("ann@example.com").await;

    let both = join(here.deliver_mail(), async {
        server.until_emails(1).await;
        // Far longer than the lease, and as long as a server may take.
        for minute_quarter in 1..=40 {
            here.wait(step);
            while held_until(&here).await < START + step * minute_quarter + LEASE {
                tokio::time::sleep(SOON).await;
            }
            there.deliver_mail().await;
        }
        server.release();
    });
    timeout(TIMEOUT, both).await.expect("a lease that is renewed");

    assert_eq!(server.emails().len(), 1);
    assert_eq!(outbox_of(&here).await, [("ann".to_owned(), "DELIVERED".to_owned(), 1)]);
}

#[tokio::test]
async fn what_a_dead_process_had_on_its_way_leaves_after_the_lease() {
    let server = MailServer::start(|at| (at.step == "." && at.connection == 0).then_some(Answer::Silence)).await;
    let here = sending_to(&server, &[]).await;
    let there = here.another_instance().await;
    here.signed_in("ann@example.com").await;
    tokio::select! {
        () = here.deliver_mail() => panic!("the server never answered"),
        // As a process dies: nothing is noted any more.
        () = server.until_emails(1) => {}
    }

    here.wait(LEASE * 19 / 20);
    there.deliver_mail().await;
    assert_eq!(server.emails().len(), 1, "it could not know yet that the other one is dead");

    here.wait(LEASE / 20);
    there.deliver_mail().await;
    assert_eq!(outbox_of(&here).await, [("ann".to_owned(), "DELIVERED".to_owned(), 2)]);
}

#[tokio::test]
async fn a_process_that_lost_its_lease_changes_nothing() {
    let server = MailServer::start(held_for("ann@")).await;
    let here = sending_to(&server, &[]).await;
    here.signed_in("ann@example.com").await;
    let another_took_it = "update outbox set attempts = attempts + 1";

    let both = join(here.deliver_mail(), async {
        server.until_emails(1).await;
        here.app.db.query(another_took_it).execute().await.unwrap();
        here.wait(LEASE / 4);
    });
    timeout(TIMEOUT, both).await.expect("a process that notices");

    assert_eq!(outbox_of(&here).await, [("ann".to_owned(), "WAITING".to_owned(), 2)]);
    assert!(held_until(&here).await <= START + LEASE, "the other one's lease was changed");
}

#[tokio::test(flavor = "multi_thread")]
async fn several_instances_at_once_hand_each_email_to_the_server_once() {
    let server = MailServer::start(|_| None).await;
    let here = sending_to(&server, &[]).await;
    let there = here.another_instance().await;
    for n in 0..30 {
        here.signed_in(&format!("member{n}@example.com")).await;
    }

    tokio::join!(here.deliver_mail(), there.deliver_mail(), here.deliver_mail(), there.deliver_mail());

    let mut names: Vec<_> = server.emails().iter().map(|email| message_id(email)).collect();
    names.sort();
    names.dedup();
    assert_eq!((names.len(), server.emails().len()), (30, 30));
}

#[tokio::test]
async fn an_email_that_was_taken_back_during_its_delivery_is_given_up() {
    let server = MailServer::start(|at| (at.step == "DATA").then_some(Answer::Silence)).await;
    let app = sending_to(&server, &[]).await;
    app.signed_in("ann@example.com").await;

    let both = join(app.deliver_mail(), async {
        server.until_line("DATA").await;
        outbox::drop_to(&app.app.db, &EmailAddress::parse("ann@example.com").unwrap(), START).await.unwrap();
        app.wait(LEASE / 4);
    });
    timeout(TIMEOUT, both).await.expect("a process that notices");

    assert_eq!(outbox_of(&app).await, [("ann".to_owned(), "DROPPED".to_owned(), 1)]);
}
