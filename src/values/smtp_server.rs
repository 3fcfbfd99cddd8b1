//! The mail server that accepts our emails, the setting `SMTP_URL`.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use percent_encoding::percent_decode_str;
use url::{Host, Url};

use super::loopback::is_loopback;

/// A mail server and how to connect to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmtpServer {
    /// A domain name in ASCII, or an address.
    pub host: Host,
    /// The TCP port.
    pub port: u16,
    /// When the connection is encrypted.
    pub encryption: Encryption,
    /// User and password, where the server needs them.
    pub credentials: Option<SmtpCredentials>,
}

/// When a connection is encrypted. An untrusted certificate is always refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    /// Never: `smtp://`.
    Never,
    /// By STARTTLS if the server offers it: `?tls=opportunistic`.
    IfOffered,
    /// By STARTTLS, or nothing is sent (RFC 3207): `?tls=required`.
    StartTls,
    /// From the first byte (RFC 8314, section 3.3): `smtps://`.
    FromTheStart,
}

/// A user of the server and the password.
#[derive(Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the words of the sentence above them")]
pub struct SmtpCredentials {
    pub user: String,
    pub password: String,
}

const WANTS: &str = "smtp://user:password@host:587?tls=required or smtps://user:password@host, with the characters \
    % @ : / ? # of user and password percent-encoded (%25 %40 %3A %2F %3F %23)";
const WANTS_NO_PATH: &str = "nothing behind the host and its port but ?tls=…; the name for EHLO is SMTP_HELO_NAME";
const WANTS_TLS: &str = "smtps://…, smtp://…?tls=required, smtp://…?tls=opportunistic, or smtp://… for no encryption";
const WANTS_BOTH: &str = "a user and a password, or neither; both percent-encoded UTF-8 without control characters";

impl SmtpServer {
    /// Reads a URL. Without a port it is 465 with `smtps://`, 587 with `tls=`, and 25 otherwise.
    ///
    /// # Errors
    /// The form that the URL must have. It quotes nothing of the URL, which holds a password.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let url = Url::parse(text).map_err(|_| WANTS)?;
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err(WANTS_NO_PATH);
        }
        let (encryption, default_port) = encryption(&url)?;
        Ok(Self {
            host: host(&url).ok_or(WANTS)?,
            port: url.port().unwrap_or(default_port),
            encryption,
            credentials: credentials(&url)?,
        })
        .and_then(|server| if server.port == 0 { Err(WANTS) } else { Ok(server) })
    }

    /// Whether a password or a link could be read on the network.
    #[must_use]
    pub fn is_clear(&self) -> bool {
        let may_be_clear = matches!(self.encryption, Encryption::Never | Encryption::IfOffered);
        may_be_clear && !is_loopback(&self.host.to_string())
    }
}

impl fmt::Debug for SmtpCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SmtpCredentials(redacted)")
    }
}

/// The name of a mail client for EHLO: a domain name with a dot, or an address in brackets (RFC 5321, section 4.1.1.1).
/// Answers the name in ASCII.
#[must_use]
pub fn helo_name(text: &str) -> Option<String> {
    if let Some(literal) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        let is_address = match literal.strip_prefix("IPv6:") {
            Some(address) => address.parse::<Ipv6Addr>().is_ok(),
            None => literal.parse::<Ipv4Addr>().is_ok(),
        };
        return is_address.then(|| text.to_owned());
    }
    match Host::parse(text).ok()? {
        Host::Domain(name) if name.trim_end_matches('.').contains('.') => Some(name.trim_end_matches('.').to_owned()),
        Host::Domain(_) | Host::Ipv4(_) | Host::Ipv6(_) => None,
    }
}

/// The encryption that the scheme and `tls=` name, and its default port.
fn encryption(url: &Url) -> Result<(Encryption, u16), &'static str> {
    let parameters: Vec<_> = url.query_pairs().collect();
    let parameters: Vec<_> = parameters.iter().map(|(name, value)| (&**name, &**value)).collect();
    match (url.scheme(), parameters.as_slice()) {
        ("smtps", []) => Ok((Encryption::FromTheStart, 465)),
        ("smtp", []) => Ok((Encryption::Never, 25)),
        ("smtp", [("tls", "required")]) => Ok((Encryption::StartTls, 587)),
        ("smtp", [("tls", "opportunistic")]) => Ok((Encryption::IfOffered, 587)),
        ("smtp" | "smtps", _) => Err(WANTS_TLS),
        _ => Err(WANTS),
    }
}

/// The host of a scheme that the URL standard does not know is left as it was typed: in Unicode, or an IPv4 address as
/// a name.
fn host(url: &Url) -> Option<Host> {
    match url.host()? {
        Host::Domain(typed) => Host::parse(&percent_decode_str(typed).decode_utf8().ok()?).ok(),
        Host::Ipv4(address) => Some(Host::Ipv4(address)),
        Host::Ipv6(address) => Some(Host::Ipv6(address)),
    }
}

fn credentials(url: &Url) -> Result<Option<SmtpCredentials>, &'static str> {
    // AUTH PLAIN separates its parts by NUL (RFC 4616).
    let decoded = |text: &str| -> Result<String, &'static str> {
        let text = percent_decode_str(text).decode_utf8().map_err(|_| WANTS_BOTH)?;
        if text.chars().any(char::is_control) { Err(WANTS_BOTH) } else { Ok(text.into_owned()) }
    };
    let (user, password) = (decoded(url.username())?, decoded(url.password().unwrap_or_default())?);
    match (user.is_empty(), password.is_empty()) {
        (true, true) => Ok(None),
        (false, false) => Ok(Some(SmtpCredentials { user, password })),
        (true, false) | (false, true) => Err(WANTS_BOTH),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (String, u16, Encryption) {
        let server = SmtpServer::parse(text).unwrap_or_else(|wants| panic!("{text}: {wants}"));
        (server.host.to_string(), server.port, server.encryption)
    }

    #[test]
    fn every_form_of_the_url_is_read() {
        for (text, host, port, encryption) in [
            ("smtp://localhost", "localhost", 25, Encryption::Never),
            ("smtp://localhost:1025/", "localhost", 1025, Encryption::Never),
            ("smtp://mail.example?tls=required", "mail.example", 587, Encryption::StartTls),
            ("smtp://mail.example:25/?tls=opportunistic", "mail.example", 25, Encryption::IfOffered),
            ("smtps://mail.example", "mail.example", 465, Encryption::FromTheStart),
            ("smtp://[::1]:25", "[::1]", 25, Encryption::Never),
            ("smtps://[2001:db8::25]", "[2001:db8::25]", 465, Encryption::FromTheStart),
            ("smtp://192.0.2.1", "192.0.2.1", 25, Encryption::Never),
            ("smtp://mail_server", "mail_server", 25, Encryption::Never),
            ("smtps://bücher.example", "xn--bcher-kva.example", 465, Encryption::FromTheStart),
        ] {
            assert_eq!(read(text), (host.to_owned(), port, encryption), "{text}");
        }
    }

    #[test]
    fn user_and_password_are_decoded_and_never_shown() {
        let server = SmtpServer::parse("smtps://ann%40example.com:p%40%3A%2F%3F%23%25ss%C3%BC@mail.example").unwrap();
        let credentials = server.credentials.clone().unwrap();

        assert_eq!((&*credentials.user, &*credentials.password), ("ann@example.com", "p@:/?#%ssü"));
        assert!(!format!("{server:?}").contains("ann") && !format!("{server:?}").contains("ss"));
    }

    #[test]
    fn a_url_that_could_not_work_is_refused_without_its_password() {
        for text in [
            "mail.example",
            "imap://mail.example",
            "smtp://",
            "smtp://:25",
            "smtp://mail.example:0",
            "smtp://mail.example:x",
            "smtp://mail.example/client.example",
            "smtp://mail.example?tls=requird",
            "smtp://mail.example?tls=required&tls=opportunistic",
            "smtp://mail.example?starttls=true",
            "smtps://mail.example?tls=required",
            "smtp://mail.example#x",
            "smtp://hunter2@mail.example",
            "smtp://:hunter2@mail.example",
            "smtp://user:hun/ter2@mail.example",
            "smtp://user:12/hunter2@mail.example",
            "smtp://user:hun#ter2@mail.example",
            "smtp://user:hunter2%00@mail.example",
            "smtp://user:hunter2%FF@mail.example",
            "smtp://mail server",
            "smtp://[::1",
        ] {
            let wants = SmtpServer::parse(text).expect_err(text);
            assert!(!wants.contains("hunter2"), "{text}");
        }
    }

    #[test]
    fn a_name_for_ehlo_is_one_that_strict_servers_take() {
        for (text, name) in [
            ("mail.example.com", "mail.example.com"),
            ("mail.example.com.", "mail.example.com"),
            ("bücher.example", "xn--bcher-kva.example"),
            ("[192.0.2.1]", "[192.0.2.1]"),
            ("[IPv6:2001:db8::1]", "[IPv6:2001:db8::1]"),
        ] {
            assert_eq!(helo_name(text).as_deref(), Some(name));
        }
        for text in ["", "vm", "localhost", "192.0.2.1", "[::1]", "[IPv6:192.0.2.1]", "a b.example", "a.example\r\nX"] {
            assert_eq!(helo_name(text), None, "{text}");
        }
    }
}
