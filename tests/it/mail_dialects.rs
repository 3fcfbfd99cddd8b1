//! What mail servers answer, and what becomes of the email.

use std::time::Duration;

use authgraph::tools::mailer::smtp::{SmtpSettings, Timeouts};
use authgraph::tools::mailer::{MailError, Mailer, Sent};
use authgraph::values::mail::Rendered;
use authgraph::values::smtp_server::SmtpServer;
use uuid::Uuid;

use crate::support::START;
use crate::support::mail_server::{Answer, MailServer, Moment, say};

/// What becomes of the email.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// The server is responsible for it.
    Accepted,
    /// It will be tried again.
    Again,
    /// It can never reach this recipient.
    Dead,
}
use Verdict::{Accepted, Again, Dead};

/// Enough for a machine that is busy.
const PATIENT: Timeouts = every_step(Duration::from_secs(20));
/// For servers that say nothing.
const HASTY: Timeouts = every_step(Duration::from_millis(300));

const fn every_step(time: Duration) -> Timeouts {
    Timeouts { connect: time, encrypt: time, command: time, data: time, block: time, content: time }
}

fn mailer(url: &str, timeouts: Timeouts) -> Mailer {
    let server = SmtpServer::parse(url).unwrap();
    let settings = SmtpSettings { server, helo_name: None, ca_file: None, timeouts };
    Mailer::smtp(settings, "Acme <no-reply@acme.example>").unwrap()
}

async fn send(mailer: &Mailer, to: &str) -> Result<Sent, MailError> {
    let [kind, subject, html, text] = ["verify_email", "Grüße", "<p>Grüße</p>\n", ".\r\nGrüße\n"].map(str::to_owned);
    mailer.send(to, &Rendered { kind, subject, html, text }, Uuid::nil(), START).await
}

/// What becomes of an email whose server says this at this step.
async fn verdict(at: &'static str, answer: Answer, timeouts: Timeouts) -> Verdict {
    let server = MailServer::start(move |moment| (moment.step == at).then(|| answer.clone())).await;
    match send(&mailer(&server.url(), timeouts), "ann@example.com").await {
        Ok(_) => Accepted,
        Err(error) if error.is_final => Dead,
        Err(_) => Again,
    }
}

/// What servers say, at which step, and the verdict. In doubt an email is tried again.
const DIALECTS: &[(&str, &str, Verdict)] = &[
    // Before the email: the server, the network, the password. Every email is hit alike.
    ("GREETING", "421 4.3.2 too many connections", Again),
    ("GREETING", "521 5.2.1 host does not accept mail", Again),
    ("GREETING", "554 5.7.1 your address is on a blocklist", Again),
    ("GREETING", "550 5.1.1 no such user, said too early", Again),
    ("EHLO", "421 4.7.0 try later", Again),
    ("EHLO", "504 5.5.2 EHLO needs a fully qualified name", Again),
    ("EHLO", "550 5.7.1 EHLO name rejected", Again),
    // The sender.
    ("MAIL", "451 4.7.1 greylisted", Again),
    ("MAIL", "452 4.3.1 no storage", Again),
    ("MAIL", "530 5.7.0 must issue STARTTLS first", Again),
    ("MAIL", "550 5.1.8 sender's domain not found", Again),
    ("MAIL", "552 5.3.4 message too big", Again),
    ("MAIL", "553 5.7.1 sender rejected: not owned by user", Again),
    ("MAIL", "550 5.1.0 sender rejected", Again),
    // The recipient accepted.
    ("RCPT", "251 2.1.5 not local, will forward", Accepted),
    ("RCPT", "252 2.1.5 cannot verify, will try", Accepted),
    // The recipient refused for good.
    ("RCPT", "550 5.1.1 <ann@example.com>: no such user", Dead),
    ("RCPT", "550-5.1.1 The email account that you tried to reach\r\n550 5.1.1 does not exist", Dead),
    ("RCPT", "550 #5.1.0 Address rejected.", Dead),
    ("RCPT", "550 5.1.2 domain not found", Dead),
    ("RCPT", "553 5.1.3 bad recipient address syntax", Dead),
    ("RCPT", "551 5.1.6 mailbox has moved", Dead),
    ("RCPT", "551 user not local; please try elsewhere", Dead),
    ("RCPT", "550 5.1.10 recipient not found", Dead),
    ("RCPT", "556 5.1.10 domain does not accept mail", Dead),
    ("RCPT", "556 domain does not accept mail", Dead),
    ("RCPT", "550 5.2.1 the account is disabled", Dead),
    ("RCPT", "554 5.2.0 mailbox unavailable", Dead),
    ("RCPT", "553 5.6.7 non-ASCII addresses not permitted", Dead),
    // Not now.
    ("RCPT", "421 4.4.2 timeout", Again),
    ("RCPT", "450 4.1.1 no such user, perhaps", Again),
    ("RCPT", "450 5.1.1 no such user, and yet 450", Again),
    ("RCPT", "451 4.7.1 greylisted, come back in 5 minutes", Again),
    ("RCPT", "452 4.2.2 mailbox full", Again),
    ("RCPT", "455 parameters not now", Again),
    // A full mailbox can be emptied.
    ("RCPT", "552 5.2.2 mailbox full", Again),
    // The sender, found wanting only now.
    ("RCPT", "550 5.1.7 bad sender address syntax", Again),
    ("RCPT", "550 5.1.8 sender's domain not found", Again),
    // This network, this server, our manners.
    ("RCPT", "550 4.7.1 code and status disagree", Again),
    ("RCPT", "503 5.5.1 MAIL first", Again),
    ("RCPT", "521 5.2.1 no mail from you", Again),
    ("RCPT", "550 5.3.2 system not accepting", Again),
    ("RCPT", "552 5.3.4 message too big for system", Again),
    ("RCPT", "550 5.4.1 recipient address rejected: access denied", Again),
    ("RCPT", "550 5.7.1 relaying denied", Again),
    ("RCPT", "554 5.7.1 client host blocked using a blocklist", Again),
    ("RCPT", "550 5.7.606 banned sending address", Again),
    ("RCPT", "550 rejected because 192.0.2.1 is on a blocklist", Again),
    ("RCPT", "550 mailbox unavailable", Again),
    ("RCPT", "553 sorry, that domain is not in my list of allowed rcpthosts", Again),
    ("RCPT", "554 transaction failed", Again),
    ("RCPT", "555 parameters not recognised", Again),
    // DATA and the email itself.
    ("DATA", "451 4.3.0 error in processing", Again),
    ("DATA", "554 5.5.1 no valid recipients", Again),
    ("DATA", "550 5.1.1 no such user, said late", Dead),
    ("DATA", "250 2.0.0 not what was asked for", Again),
    (".", "451 4.7.0 try again later", Again),
    (".", "452 4.3.1 insufficient storage", Again),
    (".", "552 5.3.4 message too big", Again),
    (".", "552 5.2.3 message too big for this mailbox", Dead),
    (".", "552 5.2.2 mailbox full", Again),
    (".", "554 5.7.1 looks like spam", Again),
    (".", "554 5.6.0 bad content", Again),
    (".", "554 transaction failed", Again),
    (".", "550 5.1.1 no such user, said last", Dead),
    (".", "354 go on", Again),
    (".", "250 2.6.0 accepted", Accepted),
    (".", "251 2.0.0 accepted, will forward", Accepted),
];

#[tokio::test]
async fn every_answer_of_a_server_has_its_verdict() {
    for (at, line, expected) in DIALECTS {
        assert_eq!(verdict(at, say(line), PATIENT).await, *expected, "{at}: {line}");
    }
}

#[tokio::test]
async fn what_was_accepted_is_accepted_in_every_dress() {
    let long = [&b"250 "[..], &vec![b'x'; 4_000], b"\r\n"].concat();
    for bytes in [
        &b"250 2.0.0 Message accept\xe9\r\n"[..],
        b"250 ok\n",
        b"250\r\n",
        b"250 \r\n",
        b"250-2.0.0 one\r\n250 two\r\n",
        b"250-one\n250 two\n",
        b"\r\n250 ok\r\n",
        b"250 ok\r\n250 ok\r\n",
        &long,
    ] {
        let (text, answer) = (String::from_utf8_lossy(bytes), Answer::Bytes(bytes.to_vec()));
        assert_eq!(verdict(".", answer, PATIENT).await, Accepted, "{text:.40}");
        assert_eq!(verdict(".", Answer::HangUp(bytes.to_vec()), PATIENT).await, Accepted, "{text:.40}, and gone");
    }
    for unfinished in [&b"250 ok"[..], b"250", b"250-2.0.0 one\r\n"] {
        let text = String::from_utf8_lossy(unfinished);
        assert_eq!(verdict(".", Answer::HangUp(unfinished.to_vec()), PATIENT).await, Accepted, "{text}, and gone");
        let hasty = Timeouts { content: HASTY.content, ..PATIENT };
        assert_eq!(verdict(".", Answer::Bytes(unfinished.to_vec()), hasty).await, Accepted, "{text}, and silence");
    }
}

#[tokio::test]
async fn a_server_that_speaks_oddly_is_understood_at_every_step() {
    for (at, bytes) in [
        ("GREETING", &b"220 bienvenue \xe0 tous\r\n"[..]),
        ("GREETING", b"220-one\n220 two\n"),
        ("EHLO", b"250-caf\xe9\n250 SIZE 1000\n"),
        ("MAIL", b"250 d'accord, c'est not\xe9\r\n"),
        ("RCPT", b"250\n"),
        ("DATA", b"354\n"),
    ] {
        let answer = Answer::Bytes(bytes.to_vec());
        assert_eq!(verdict(at, answer, PATIENT).await, Accepted, "{at}: {}", String::from_utf8_lossy(bytes));
    }
}

#[tokio::test]
async fn without_a_code_an_email_is_tried_again() {
    for at in ["GREETING", "EHLO", "MAIL", "RCPT", "DATA", "."] {
        assert_eq!(verdict(at, Answer::Silence, HASTY).await, Again, "{at}: silence");
        assert_eq!(verdict(at, Answer::HangUp(Vec::new()), PATIENT).await, Again, "{at}: gone");
        assert_eq!(verdict(at, Answer::HangUp(b"ok\r\n".to_vec()), PATIENT).await, Again, "{at}: no code");
    }
}

#[tokio::test]
async fn a_server_may_take_longer_for_an_email_than_for_a_command() {
    let timeouts = Timeouts { command: Duration::from_secs(1), ..PATIENT };
    let server = MailServer::start(|at| (at.step == ".").then(|| Answer::Later(b"250 ok\r\n".to_vec()))).await;
    let mailer = mailer(&server.url(), timeouts);

    let (sent, ()) = tokio::join!(send(&mailer, "ann@example.com"), async {
        server.until_emails(1).await;
        tokio::time::sleep(timeouts.command * 3 / 2).await;
        server.release();
    });

    assert!(sent.is_ok(), "{sent:?}");
    assert_eq!(Timeouts::RFC_5321.content, Duration::from_mins(10));
    assert_eq!((Timeouts::RFC_5321.command, Timeouts::RFC_5321.data), (Duration::from_mins(5), Duration::from_mins(2)));
}

#[tokio::test]
async fn a_server_that_knows_only_helo_is_greeted_by_it() {
    let server = MailServer::start(|at| (at.step == "EHLO").then(|| say("502 not implemented"))).await;

    assert!(send(&mailer(&server.url(), PATIENT), "ann@example.com").await.is_ok());
    assert_eq!(server.lines("HELO"), ["HELO [127.0.0.1]"]);
}

#[tokio::test]
async fn emails_share_a_connection() {
    let server = MailServer::start(|_| None).await;
    let mailer = mailer(&server.url(), PATIENT);

    for to in ["ann@example.com", "bob@example.com", "cat@example.com"] {
        send(&mailer, to).await.unwrap();
    }
    mailer.rest().await;

    assert_eq!((server.connections(), server.emails().len()), (1, 3));
    assert_eq!(server.lines("QUIT").len(), 1);
}

#[tokio::test]
async fn a_refused_recipient_does_not_spoil_the_connection() {
    let server = MailServer::start(|at| at.line.contains("<ann@").then(|| say("550 5.1.1 no such user"))).await;
    let mailer = mailer(&server.url(), PATIENT);

    assert!(send(&mailer, "ann@example.com").await.unwrap_err().is_final);
    assert!(send(&mailer, "bob@example.com").await.is_ok());

    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_connection_that_is_used_up_is_no_failure_of_the_email() {
    let full = [
        ("RSET", Answer::HangUp(Vec::new())),
        ("RSET", Answer::Bytes(b"421 4.4.2 idle too long\r\n".to_vec())),
        ("MAIL", Answer::HangUp(Vec::new())),
        ("MAIL", Answer::HangUp(b"421 4.7.0 too many emails\r\n".to_vec())),
        ("MAIL", Answer::Bytes(b"452 4.5.3 too many emails\r\n".to_vec())),
        ("MAIL", Answer::Bytes(b"250 one\r\n250 answer too many\r\n".to_vec())),
        ("RCPT", Answer::HangUp(Vec::new())),
        ("DATA", Answer::HangUp(b"421 4.7.0 too many emails\r\n".to_vec())),
        (".", Answer::HangUp(b"421 4.7.0 too many emails\r\n".to_vec())),
    ];
    for (step, answer) in full {
        let server = MailServer::start(move |at| {
            let is_second = at.connection == 0 && at.email == usize::from(step != "RSET") + 1;
            (at.step == step && is_second).then(|| answer.clone())
        })
        .await;
        let mailer = mailer(&server.url(), PATIENT);
        send(&mailer, "ann@example.com").await.unwrap();

        let second = send(&mailer, "bob@example.com").await;

        assert!(second.is_ok(), "{step}: {second:?}");
        assert_eq!(server.connections(), 2, "{step}");
    }
}

#[tokio::test]
async fn an_email_that_may_have_been_accepted_is_not_sent_again_at_once() {
    let lost = |at: &Moment<'_>| at.step == "." && at.email == 2;
    let server = MailServer::start(move |at| lost(at).then(|| Answer::HangUp(Vec::new()))).await;
    let mailer = mailer(&server.url(), PATIENT);
    send(&mailer, "ann@example.com").await.unwrap();

    assert!(!send(&mailer, "bob@example.com").await.unwrap_err().is_final);

    assert_eq!(server.copies_to("bob@example.com"), 1);
}

#[tokio::test]
async fn an_email_that_was_given_up_halfway_does_not_spoil_the_next() {
    let server = MailServer::start(|at| (at.step == "DATA" && at.connection == 0).then_some(Answer::Silence)).await;
    let mailer = mailer(&server.url(), PATIENT);
    tokio::select! {
        sent = send(&mailer, "ann@example.com") => panic!("{sent:?}"),
        () = server.until_line("DATA") => {}
    }

    send(&mailer, "bob@example.com").await.unwrap();

    assert_eq!((server.connections(), server.copies_to("bob@example.com")), (2, 1));
}

#[tokio::test]
async fn an_email_arrives_with_everything_on_it() {
    let server = MailServer::start(|_| None).await;

    let sent = send(&mailer(&server.url(), PATIENT), "ann@example.com").await.unwrap();

    assert_eq!(sent.receipt, "2.0.0 queued as 42");
    assert_eq!(server.lines("MAIL"), ["MAIL FROM:<no-reply@acme.example>"]);
    let email = &server.emails()[0];
    for line in [
        "From: Acme <no-reply@acme.example>",
        "To: ann@example.com",
        "Date: Fri, 01 Mar 2030 12:00:00 +0000",
        "Message-ID: <00000000-0000-0000-0000-000000000000@acme.example>",
        "Auto-Submitted: auto-generated",
        "X-Auto-Response-Suppress: All",
        "X-Mail-Kind: verify_email",
    ] {
        assert!(email.lines().any(|found| found == line), "{line}\n{email}");
    }
    assert!(email.find("text/plain").unwrap() < email.find("text/html").unwrap());
}

#[tokio::test]
async fn what_is_no_address_is_never_sent() {
    let server = MailServer::start(|_| None).await;
    let mailer = mailer(&server.url(), PATIENT);

    for to in ["ann", "ann@example.com\r\nRCPT TO:<bob@example.com>", "ann@example.com, bob@example.com"] {
        assert!(send(&mailer, to).await.unwrap_err().is_final, "{to:?}");
    }

    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn without_a_server_emails_go_to_the_mailbox() {
    let folder = tempfile::tempdir().unwrap();
    let mailer = Mailer::files(folder.path().join("mail"), "Acme <no-reply@acme.example>").unwrap();

    send(&mailer, "ann@example.com").await.unwrap();

    let stored = mailer.mailbox().unwrap().read(Uuid::nil()).await.unwrap().unwrap();
    assert_eq!((stored.summary.to.as_str(), stored.summary.subject.as_str()), ("ann@example.com", "Grüße"));
    assert_eq!((stored.summary.at, stored.kind.as_str()), (START, "verify_email"));
    assert_eq!((stored.html.trim(), stored.from.as_str()), ("<p>Grüße</p>", "Acme <no-reply@acme.example>"));
}
