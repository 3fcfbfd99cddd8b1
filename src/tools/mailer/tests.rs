//! Letters on the wire, against a server of forty lines.

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use super::*;

const SENDER: &str = "Acme <no-reply@acme.example>";

fn letter() -> Rendered {
    Rendered {
        kind: "verify_email".to_owned(),
        subject: "Grüße".to_owned(),
        html: "<p>Grüße</p>\n".to_owned(),
        text: "Grüße\n".to_owned(),
    }
}

fn now() -> Time {
    Time::UNIX_EPOCH + Duration::from_secs(1_795_221_753)
}

/// Answers `reply` to the command that starts with `at` and 250 to the others; an empty reply is silence.
async fn converse(stream: TcpStream, at: &str, reply: &str, letters: &mpsc::UnboundedSender<String>) -> Option<()> {
    let (reader, mut writer) = stream.into_split();
    let mut lines = BufReader::new(reader).lines();
    writer.write_all(b"220 test\r\n").await.ok()?;
    let mut letter: Option<String> = None;
    while let Some(line) = lines.next_line().await.ok()? {
        let command = if line == "." { "." } else { line.as_str() };
        if let (Some(text), false) = (&mut letter, command == ".") {
            text.push_str(&line);
            text.push('\n');
            continue;
        }
        let answer = match command.split([' ', ':']).next().unwrap() {
            verb if verb == at => reply,
            "DATA" => "354 go on",
            "." => "250 2.0.0 queued as 42",
            _ => "250 fine",
        };
        if answer.starts_with("354") {
            letter = Some(String::new());
        } else if let Some(text) = letter.take() {
            letters.send(text).ok()?;
        }
        if !answer.is_empty() {
            writer.write_all(format!("{answer}\r\n").as_bytes()).await.ok()?;
        }
    }
    Some(())
}

/// A mailer whose first connection gets this reply; later ones get none but friendly ones.
async fn server(at: &'static str, reply: &'static str) -> (Mailer, mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    let (sender, receiver) = mpsc::unbounded_channel();
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(async move {
        let (first, _) = listener.accept().await.unwrap();
        tokio::join!(converse(first, at, reply, &sender), async {
            while let Ok((next, _)) = listener.accept().await {
                converse(next, "-", "", &sender).await;
            }
        });
    });
    tasks.detach_all();
    (Mailer::smtp(&url, SENDER, Duration::from_secs(1)).unwrap(), receiver)
}

async fn send(mailer: &Mailer) -> Result<Sent, MailError> {
    mailer.send("ann@example.com", &letter(), Uuid::nil(), now()).await
}

#[tokio::test]
async fn a_letter_arrives_with_everything_on_it() {
    let (mailer, mut letters) = server("-", "").await;

    assert_eq!(send(&mailer).await.unwrap().receipt, "2.0.0 queued as 42");

    let letter = letters.recv().await.unwrap();
    for line in [
        "From: Acme <no-reply@acme.example>",
        "To: ann@example.com",
        "Date: Sat, 21 Nov 2026 00:42:33 +0000",
        "Message-ID: <00000000-0000-0000-0000-000000000000@acme.example>",
        "Auto-Submitted: auto-generated",
        "X-Auto-Response-Suppress: All",
        "X-Letter-Kind: verify_email",
        "Content-Type: multipart/alternative;",
    ] {
        assert!(letter.contains(&format!("{line}\n")) || letter.contains(&format!("{line} ")), "{line}\n{letter}");
    }
    assert!(letter.find("text/plain").unwrap() < letter.find("text/html").unwrap());
}

#[tokio::test]
async fn a_refused_recipient_or_letter_is_not_tried_again() {
    for (at, reply) in [("RCPT", "550 5.1.1 no such user"), (".", "554 5.7.1 spam")] {
        let (mailer, _letters) = server(at, reply).await;

        let MailError::Permanent(said) = send(&mailer).await.unwrap_err() else { panic!("{reply}") };

        assert!(said.contains(&reply[4..]), "{said}");
    }
}

#[tokio::test]
async fn everything_else_is_tried_again() {
    for (at, reply) in [("RCPT", "451 greylisted"), ("EHLO", "421 full"), ("MAIL", "530 log in first"), ("DATA", "")] {
        let (mailer, _letters) = server(at, reply).await;

        assert!(matches!(send(&mailer).await, Err(MailError::Temporary(_))), "{at} {reply}");
    }
}

#[tokio::test]
async fn nobody_there_is_temporary_and_the_password_stays_secret() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let url = format!("smtp://user:hunter2@{free}");
    let mailer = Mailer::smtp(&url, SENDER, Duration::from_secs(5)).unwrap();

    let error = send(&mailer).await.unwrap_err();

    assert!(matches!(error, MailError::Temporary(_)));
    assert!(!format!("{error:?} {error}").contains("hunter2"));
}

#[tokio::test]
async fn a_url_that_cannot_be_read_is_told_without_its_password() {
    for url in ["smtp://user:hunter2@:25", "imap://user:hunter2@host", "user:hunter2", "smtp://user:hunter2@host:x"] {
        let fault = Mailer::smtp(url, SENDER, Duration::from_secs(5)).err().unwrap();

        assert!(!format!("{fault:?}").contains("hunter2"), "{fault:?}");
    }
}

#[tokio::test]
async fn a_letter_that_timed_out_does_not_spoil_the_next() {
    let (mailer, mut letters) = server("DATA", "").await;
    send(&mailer).await.unwrap_err();
    // Time for a pool, if lettre has one again, to take the connection back.
    tokio::time::sleep(Duration::from_millis(20)).await;

    send(&mailer).await.unwrap();

    assert!(letters.recv().await.unwrap().contains("To: ann@example.com"));
}

#[tokio::test]
async fn an_address_that_is_none_is_refused() {
    let (mailer, _letters) = server("-", "").await;

    for to in ["ann", "ann@example.com\r\nBcc: bob@example.com", "ann@example.com, bob@example.com"] {
        let sent = mailer.send(to, &letter(), Uuid::nil(), now()).await;

        assert!(matches!(sent, Err(MailError::Permanent(_))), "{to:?}");
    }
}

#[tokio::test]
async fn without_a_server_letters_go_to_the_mailbox() {
    let folder = tempfile::tempdir().unwrap();
    let mailer = Mailer::files(folder.path().join("mail"), SENDER).unwrap();

    send(&mailer).await.unwrap();

    let stored = mailer.mailbox().unwrap().read(Uuid::nil()).await.unwrap().unwrap();
    assert_eq!((stored.summary.to.as_str(), stored.summary.subject.as_str()), ("ann@example.com", "Grüße"));
    assert_eq!((stored.summary.at, stored.kind.as_str(), stored.from.as_str()), (now(), "verify_email", SENDER));
    assert_eq!((stored.html.trim(), stored.text.trim()), ("<p>Grüße</p>", "Grüße"));
}
