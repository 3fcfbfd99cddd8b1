//! One conversation with a mail server (RFC 5321): the server is greeted once, and then handed email after email.

use std::io::{self, ErrorKind};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use url::Host;

use super::content::transparent;
use super::failure::{Cause, Failure, NO_SMTPUTF8, Step};
use super::reply::{self, Reply};
use super::{SmtpSettings, Tls};
use crate::values::smtp_server::{Encryption, SmtpCredentials};

/// How much is handed to the network at once, and must have gone within [`super::Timeouts::block`].
const BLOCK: usize = 16 * 1024;
/// How long a server may take for RSET and QUIT, whose answers no email depends on.
const SHORT_TIMEOUT: Duration = Duration::from_secs(5);

/// Bytes both ways, encrypted or not.
trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

/// An email in its envelope.
#[derive(Debug, Clone, Copy)]
pub struct Envelope<'a> {
    /// The address that bounces go to.
    pub from: &'a str,
    /// The recipient.
    pub to: &'a str,
    /// Headers and body.
    pub content: &'a [u8],
}

/// A server that has been greeted, and knows who we are.
pub struct SmtpConnection {
    stream: BufReader<Box<dyn Wire>>,
    settings: SmtpSettings,
    /// What the server offers, in capitals: `AUTH PLAIN LOGIN`.
    extensions: Vec<String>,
    /// Our name in EHLO.
    name: String,
    /// How many emails went through it.
    pub used: u32,
}

impl SmtpConnection {
    /// Connects, encrypts and signs in, as the settings say.
    ///
    /// # Errors
    /// The first step that failed.
    pub async fn open(settings: &SmtpSettings, tls: Option<&Tls>) -> Result<Self, Failure> {
        let tcp = connect(&settings.server.host, settings.server.port, settings.timeouts.connect).await?;
        let name = settings.helo_name.clone().unwrap_or_else(|| address_literal(&tcp));
        let stream = BufReader::new(Box::new(tcp) as Box<dyn Wire>);
        let settings = settings.clone();
        let mut this = Self { stream, settings, extensions: Vec::new(), name, used: 0 };
        if this.settings.server.encryption == Encryption::FromTheStart {
            this = this.encrypt(tls).await?;
        }
        this.answer(Step::Greeting, 2).await?;
        this.hello().await?;
        let offers = this.offers("STARTTLS");
        match this.settings.server.encryption {
            Encryption::StartTls if !offers => {
                let cause = Cause::Unsupported("the mail server does not offer STARTTLS, which tls=required demands");
                return Err(Failure { step: Step::StartTls, cause });
            }
            Encryption::StartTls | Encryption::IfOffered if offers => {
                this.command(Step::StartTls, "STARTTLS", 2).await?;
                this = this.encrypt(tls).await?;
                // What was said in clear must be forgotten (RFC 3207, section 4.2).
                this.hello().await?;
            }
            Encryption::Never | Encryption::IfOffered | Encryption::StartTls | Encryption::FromTheStart => {}
        }
        if let Some(credentials) = this.settings.server.credentials.clone() {
            this.authenticate(&credentials).await?;
        }
        Ok(this)
    }

    /// Whether the server still answers, and has no unread reply to the email before.
    pub async fn is_alive(&mut self) -> bool {
        let asked = async { self.command(Step::Mail, "RSET", 2).await };
        matches!(timeout(SHORT_TIMEOUT, asked).await, Ok(Ok(reply)) if reply.is_whole)
    }

    /// Hands over an email. Once this answers, the server is responsible for it.
    ///
    /// # Errors
    /// The step that failed. If that is [`Step::Content`] without an answer, it is unknown whether the server has it.
    pub async fn deliver(&mut self, mail: Envelope<'_>) -> Result<Reply, Failure> {
        self.used += 1;
        let is_utf8 = !(mail.from.is_ascii() && mail.to.is_ascii() && mail.content.is_ascii());
        if is_utf8 && !self.offers("SMTPUTF8") {
            return Err(Failure { step: Step::Mail, cause: NO_SMTPUTF8 });
        }
        // SMTPUTF8 includes 8BITMIME (RFC 6531, section 3.1).
        let parameters = if is_utf8 { " BODY=8BITMIME SMTPUTF8" } else { "" };
        self.command(Step::Mail, &format!("MAIL FROM:<{}>{parameters}", mail.from), 2).await?;
        self.command(Step::Rcpt, &format!("RCPT TO:<{}>", mail.to), 2).await?;
        self.command(Step::Data, "DATA", 3).await?;
        for block in transparent(mail.content).chunks(BLOCK) {
            // Unfinished it cannot have been accepted: the dot is still to come.
            self.write(block).await.map_err(|error| Failure::unanswered(Step::Data, &error))?;
        }
        self.write(b".\r\n").await.map_err(|error| Failure::unanswered(Step::Content, &error))?;
        self.answer(Step::Content, 2).await
    }

    /// Ends the conversation.
    pub async fn quit(mut self) {
        let _ = timeout(SHORT_TIMEOUT, self.command(Step::Hello, "QUIT", 2)).await;
    }

    /// EHLO, or HELO to a server that does not know it (RFC 5321, section 3.2).
    async fn hello(&mut self) -> Result<(), Failure> {
        let (ehlo, helo) = (format!("EHLO {}", self.name), format!("HELO {}", self.name));
        let greeted = match self.command(Step::Hello, &ehlo, 2).await {
            Err(Failure { cause: Cause::Answered(reply), .. }) if matches!(reply.code, 500 | 502) => {
                self.command(Step::Hello, &helo, 2).await?
            }
            greeted => greeted?,
        };
        self.extensions = greeted.lines.iter().skip(1).map(|line| line.to_ascii_uppercase()).collect();
        Ok(())
    }

    fn offers(&self, extension: &str) -> bool {
        self.extensions.iter().any(|line| line.split_whitespace().next() == Some(extension))
    }

    async fn encrypt(self, tls: Option<&Tls>) -> Result<Self, Failure> {
        let failed = |error: &io::Error| Failure::unanswered(Step::Encrypt, error);
        let tls = tls.ok_or_else(|| failed(&io::Error::other("not prepared")))?;
        // An attacker on the way may have put it there, to be read as if it were encrypted (CVE-2011-0411).
        if !self.stream.buffer().is_empty() {
            return Err(failed(&io::Error::other("the server sent something between STARTTLS and encryption")));
        }
        let shaking = tls.connector.connect(tls.server_name.clone(), self.stream.into_inner());
        let stream = timeout(self.settings.timeouts.encrypt, shaking).await;
        let stream = stream.unwrap_or_else(|_| Err(ErrorKind::TimedOut.into())).map_err(|error| failed(&error))?;
        let stream = BufReader::new(Box::new(stream) as Box<dyn Wire>);
        Ok(Self { stream, ..self })
    }

    /// By AUTH PLAIN (RFC 4616), or LOGIN where a server knows only that.
    async fn authenticate(&mut self, credentials: &SmtpCredentials) -> Result<(), Failure> {
        let offered: Vec<&str> = self
            .extensions
            .iter()
            .filter(|line| line.starts_with("AUTH"))
            .flat_map(|line| line.split([' ', '=']))
            .collect();
        let SmtpCredentials { user, password } = credentials;
        let encoded = |text: &str| BASE64_STANDARD.encode(text);
        let lines = if offered.contains(&"PLAIN") {
            let proof = encoded(&format!("\0{user}\0{password}"));
            // Again where the server does not read it from the command.
            vec![format!("AUTH PLAIN {proof}"), proof]
        } else if offered.contains(&"LOGIN") {
            vec!["AUTH LOGIN".to_owned(), encoded(user), encoded(password)]
        } else {
            let cause =
                Cause::Unsupported("SMTP_URL has a password, and the mail server offers neither PLAIN nor LOGIN");
            return Err(Failure { step: Step::Auth, cause });
        };
        let mut refusal = Reply::default();
        for line in &lines {
            refusal = self.exchange(Step::Auth, line).await?;
            if refusal.is_of_class(2) {
                return Ok(());
            }
            if !refusal.is_of_class(3) {
                break;
            }
        }
        // The text may repeat what the server was told.
        refusal.lines = refusal
            .status()
            .map(|(class, subject, detail)| format!("{class}.{subject}.{detail}"))
            .into_iter()
            .collect();
        Err(Failure { step: Step::Auth, cause: Cause::Answered(refusal) })
    }

    /// Sends a command, and wants an answer of this class.
    async fn command(&mut self, step: Step, line: &str, class: u16) -> Result<Reply, Failure> {
        let reply = self.exchange(step, line).await?;
        if reply.is_of_class(class) { Ok(reply) } else { Err(Failure { step, cause: Cause::Answered(reply) }) }
    }

    async fn exchange(&mut self, step: Step, line: &str) -> Result<Reply, Failure> {
        let failed = |error| Failure::unanswered(step, &error);
        self.write(format!("{line}\r\n").as_bytes()).await.map_err(failed)?;
        reply::read(&mut self.stream, self.settings.timeouts.for_step(step)).await.map_err(failed)
    }

    async fn answer(&mut self, step: Step, class: u16) -> Result<Reply, Failure> {
        let reply = reply::read(&mut self.stream, self.settings.timeouts.for_step(step)).await;
        let reply = reply.map_err(|error| Failure::unanswered(step, &error))?;
        if reply.is_of_class(class) { Ok(reply) } else { Err(Failure { step, cause: Cause::Answered(reply) }) }
    }

    async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let writing = async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await
        };
        timeout(self.settings.timeouts.block, writing).await.map_err(|_| io::Error::from(ErrorKind::TimedOut))?
    }
}

/// Connects to the first address of the host that answers: one of IPv6 may lead nowhere.
async fn connect(host: &Host, port: u16, timeout_per_address: Duration) -> Result<TcpStream, Failure> {
    let failed = |error: &io::Error| Failure::unanswered(Step::Connect, error);
    let found = match host {
        Host::Domain(name) => match timeout(timeout_per_address, lookup_host((name.as_str(), port))).await {
            Ok(found) => found.map(Iterator::collect::<Vec<_>>),
            Err(_) => Err(io::Error::new(ErrorKind::TimedOut, "looking for its address took too long")),
        },
        Host::Ipv4(address) => Ok(vec![(*address, port).into()]),
        Host::Ipv6(address) => Ok(vec![(*address, port).into()]),
    };
    let mut last = io::Error::other("the host has no address");
    for address in found.map_err(|error| failed(&error))? {
        match timeout(timeout_per_address, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => last = error,
            Err(_) => last = ErrorKind::TimedOut.into(),
        }
    }
    Err(failed(&last))
}

/// The name of a machine that has none (RFC 5321, section 4.1.3).
fn address_literal(stream: &TcpStream) -> String {
    match stream.local_addr().map(|address| address.ip().to_canonical()) {
        Ok(std::net::IpAddr::V6(address)) => format!("[IPv6:{address}]"),
        Ok(std::net::IpAddr::V4(address)) => format!("[{address}]"),
        Err(_) => "[127.0.0.1]".to_owned(),
    }
}
