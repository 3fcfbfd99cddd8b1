//! Mail servers as they are set up: certificates, addresses, names, passwords, alphabets.

use std::net::{Ipv6Addr, SocketAddr};

use authgraph::records::outbox::{self, OutboxEntry};
use authgraph::values::email_address::EmailAddress;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use crate::support::TestApp;
use crate::support::mail_server::{Answer, Encrypts, MailServer, Moment, say};

/// What became of the only email to an address.
async fn only_email(app: &TestApp, to: &str) -> OutboxEntry {
    app.deliver_mail().await;
    let mut entries = outbox::list_to(&app.app.db, &EmailAddress::parse(to).unwrap(), 10).await.unwrap();
    assert_eq!(entries.len(), 1);
    entries.remove(0)
}

/// What becomes of an email to Ann with these settings.
async fn email_with(settings: &[(&str, &str)]) -> OutboxEntry {
    let app = TestApp::with(settings).await;
    app.signed_in("ann@example.com").await;
    only_email(&app, "ann@example.com").await
}

async fn encrypting(encrypts: Encrypts) -> MailServer {
    MailServer::listening(([127, 0, 0, 1], 0).into(), encrypts, |_| None).await
}

#[tokio::test]
async fn a_server_with_a_certificate_of_our_own_authority_gets_emails() {
    for (encrypts, scheme, query) in [
        (Encrypts::FromTheStart, "smtps", ""),
        (Encrypts::AfterStartTls, "smtp", "?tls=required"),
        (Encrypts::AfterStartTls, "smtp", "?tls=opportunistic"),
    ] {
        let server = encrypting(encrypts).await;
        let url = format!("{scheme}://ann:secret@localhost:{}{query}", server.address.port());

        let email = email_with(&[("SMTP_URL", &url), ("SMTP_CA_FILE", &server.ca_file())]).await;

        assert_eq!((email.state.as_str(), server.lines("AUTH").len()), ("DELIVERED", 1), "{url}");
    }
}

#[tokio::test]
async fn a_server_with_an_untrusted_certificate_gets_no_password() {
    for (encrypts, scheme, query) in [
        (Encrypts::FromTheStart, "smtps", ""),
        (Encrypts::AfterStartTls, "smtp", "?tls=required"),
        (Encrypts::AfterStartTls, "smtp", "?tls=opportunistic"),
    ] {
        let server = encrypting(encrypts).await;
        let url = format!("{scheme}://ann:secret@localhost:{}{query}", server.address.port());

        let email = email_with(&[("SMTP_URL", &url)]).await;

        assert_eq!((email.state.as_str(), server.lines("AUTH").len()), ("WAITING", 0), "{url}");
        assert!(email.last_answer.contains("UnknownIssuer"), "{}", email.last_answer);
    }
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused() {
    let server = encrypting(Encrypts::FromTheStart).await;
    let url = format!("smtps://127.0.0.1:{}", server.address.port());

    let email = email_with(&[("SMTP_URL", &url), ("SMTP_CA_FILE", &server.ca_file())]).await;

    assert!(email.state == "WAITING" && email.last_answer.contains("certificate"), "{}", email.last_answer);
}

#[tokio::test]
async fn without_starttls_nothing_is_sent_where_it_is_required() {
    let server = MailServer::start(|_| None).await;
    let url = format!("smtp://ann:secret@{}?tls=required", server.address);

    let email = email_with(&[("SMTP_URL", &url)]).await;

    assert!(email.state == "WAITING" && email.last_answer.contains("STARTTLS"), "{}", email.last_answer);
    assert_eq!((server.lines("AUTH").len(), server.lines("MAIL").len()), (0, 0));
}

#[tokio::test]
async fn what_comes_before_encryption_is_not_believed() {
    let server = MailServer::listening(([127, 0, 0, 1], 0).into(), Encrypts::AfterStartTls, |at| {
        (at.step == "STARTTLS").then(|| Answer::Bytes(b"220 go on\r\n250 AUTH PLAIN\r\n".to_vec()))
    })
    .await;
    let url = format!("smtp://ann:secret@localhost:{}?tls=required", server.address.port());

    let email = email_with(&[("SMTP_URL", &url), ("SMTP_CA_FILE", &server.ca_file())]).await;

    assert_eq!((email.state.as_str(), server.lines("AUTH").len()), ("WAITING", 0), "{}", email.last_answer);
}

#[tokio::test]
async fn a_server_is_reached_by_its_ipv6_address() {
    let address = SocketAddr::from((Ipv6Addr::LOCALHOST, 0));
    let server = MailServer::listening(address, Encrypts::Never, |_| None).await;
    let url = format!("smtp://[::1]:{}", server.address.port());

    assert_eq!(email_with(&[("SMTP_URL", &url)]).await.state, "DELIVERED");

    assert_eq!(server.lines("EHLO"), ["EHLO [IPv6:::1]"]);
}

#[tokio::test]
async fn a_strict_server_is_told_a_name_that_it_takes() {
    for (name, value, told) in [
        ("PUBLIC_URL", "http://localhost:8080", "EHLO [127.0.0.1]"),
        ("PUBLIC_URL", "http://192.0.2.1", "EHLO [127.0.0.1]"),
        ("PUBLIC_URL", "https://auth.example.com:8443/", "EHLO auth.example.com"),
        ("SMTP_HELO_NAME", "mail.bücher.example", "EHLO mail.xn--bcher-kva.example"),
        ("SMTP_HELO_NAME", "[192.0.2.1]", "EHLO [192.0.2.1]"),
    ] {
        let server = MailServer::start(|_| None).await;

        email_with(&[("SMTP_URL", &server.url()), (name, value)]).await;

        assert_eq!(server.lines("EHLO"), [told], "{name}={value}");
    }
}

#[tokio::test]
async fn a_password_with_signs_in_it_signs_in() {
    let only_login = |at: &Moment<'_>| (at.step == "EHLO").then(|| say("250-test\r\n250 AUTH=LOGIN"));
    let url = |server: &MailServer| format!("smtp://ann%40acme.example:p%40%3A%2F%23%25%C3%BC@{}", server.address);
    let (plain, login) = (MailServer::start(|_| None).await, MailServer::start(only_login).await);

    for server in [&plain, &login] {
        assert_eq!(email_with(&[("SMTP_URL", &url(server))]).await.state, "DELIVERED");
    }

    let encoded = |text: &str| BASE64_STANDARD.encode(text);
    assert_eq!(plain.lines("AUTH"), [format!("AUTH PLAIN {}", encoded("\0ann@acme.example\0p@:/#%ü"))]);
    let told = [encoded("ann@acme.example"), encoded("p@:/#%ü")].map(|line| login.lines(&line).len());
    assert_eq!((login.lines("AUTH").len(), told), (1, [1, 1]));
}

#[tokio::test]
async fn a_refused_password_waits_for_the_operator_and_is_written_nowhere() {
    let server =
        MailServer::start(|at| (at.step == "AUTH").then(|| say(&format!("535 5.7.8 wrong: {}", at.line)))).await;

    let email = email_with(&[("SMTP_URL", &format!("smtp://ann:hunter2@{}", server.address))]).await;

    assert_eq!((email.state.as_str(), email.last_answer.as_str()), ("WAITING", "AUTH: 535 5.7.8"));
}

#[tokio::test]
async fn an_address_of_any_alphabet_is_sent_as_servers_can_take_it() {
    let server = MailServer::start(|_| None).await;
    let app = TestApp::with(&[("SMTP_URL", &server.url()), ("MAIL_FROM", "Bücher <post@bücher.example>")]).await;

    for (typed, sent) in [
        ("ann@bücher.example", "RCPT TO:<ann@xn--bcher-kva.example>"),
        ("用户@例え.テスト", "RCPT TO:<用户@xn--r8jz45g.xn--zckzah>"),
        ("o'neil+!#$%&*/=?^_`{|}~-.x@example.com", "RCPT TO:<o'neil+!#$%&*/=?^_`{|}~-.x@example.com>"),
    ] {
        app.signed_in(typed).await;
        app.deliver_mail().await;
        assert_eq!(server.lines("RCPT").last().unwrap(), sent);
    }

    let mail = server.lines("MAIL");
    assert_eq!(mail[0], "MAIL FROM:<post@xn--bcher-kva.example>");
    assert_eq!(mail[1], "MAIL FROM:<post@xn--bcher-kva.example> BODY=8BITMIME SMTPUTF8");
    assert!(server.emails()[1].contains("To: 用户@xn--r8jz45g.xn--zckzah"), "{}", server.emails()[1]);
    assert!(server.emails()[0].is_ascii() && server.emails()[2].is_ascii());
}

#[tokio::test]
async fn an_address_that_the_server_cannot_take_is_dead_at_once_and_says_why() {
    let server = MailServer::start(|at| (at.step == "EHLO").then(|| say("250 test"))).await;
    let app = TestApp::with(&[("SMTP_URL", &server.url())]).await;
    app.signed_in("用户@example.com").await;

    let email = only_email(&app, "用户@example.com").await;

    assert!(email.state == "DEAD" && email.last_answer.contains("SMTPUTF8"), "{}", email.last_answer);
    assert_eq!(server.lines("MAIL").len(), 0);
}
