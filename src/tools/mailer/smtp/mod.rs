//! Handing emails to a mail server: connections that are used again, and what its answers mean.

mod connection;
mod content;
mod failure;
mod reply;
mod tls;

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;

pub use self::connection::Envelope;
use self::connection::SmtpConnection;
pub use self::failure::{Failure, Step};
pub use self::reply::Reply;
use self::tls::Tls;
use crate::error::Result;
use crate::values::smtp_server::{Encryption, SmtpServer};

/// How many emails go through one connection: few servers take more.
const EMAILS_PER_CONNECTION: u32 = 50;

/// Which server, and how.
#[derive(Debug, Clone)]
pub struct SmtpSettings {
    /// Where emails go.
    pub server: SmtpServer,
    /// Our name in EHLO; without it the address of our end, in brackets.
    pub helo_name: Option<String>,
    /// The authorities that vouch for the server, as PEM; without it those of the system.
    pub ca_file: Option<PathBuf>,
    /// How long each step may take.
    pub timeouts: Timeouts,
}

/// How long the server may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the steps")]
pub struct Timeouts {
    /// For each address of the host.
    pub connect: Duration,
    pub encrypt: Duration,
    /// For the greeting, EHLO, STARTTLS, AUTH, MAIL and RCPT.
    pub command: Duration,
    pub data: Duration,
    /// For each block of an email to leave.
    pub block: Duration,
    /// For the answer to an email: the server may be busy with it, and giving up early sends it twice.
    pub content: Duration,
}

/// A server and the idle connections to it. A connection has one user at a time, and one that is dropped in
/// mid-conversation is closed.
pub struct Smtp {
    settings: SmtpSettings,
    tls: Option<Tls>,
    idle: Mutex<Vec<SmtpConnection>>,
}

impl Timeouts {
    /// The least that RFC 5321, section 4.5.3.2, allows. It has none for connecting and encrypting: these are Postfix'.
    pub const RFC_5321: Self = Self {
        connect: Duration::from_secs(30),
        encrypt: Duration::from_mins(5),
        command: Duration::from_mins(5),
        data: Duration::from_mins(2),
        block: Duration::from_mins(3),
        content: Duration::from_mins(10),
    };

    const fn for_step(&self, step: Step) -> Duration {
        match step {
            Step::Connect => self.connect,
            Step::Encrypt => self.encrypt,
            Step::Greeting | Step::Hello | Step::StartTls | Step::Auth | Step::Mail | Step::Rcpt => self.command,
            Step::Data => self.data,
            Step::Content => self.content,
        }
    }
}

impl Smtp {
    /// Prepares; the server may be away.
    ///
    /// # Errors
    /// A fault where the conversation is to be encrypted and no authority is known.
    pub fn open(settings: SmtpSettings) -> Result<Self> {
        let tls = match settings.server.encryption {
            Encryption::Never => None,
            Encryption::IfOffered | Encryption::StartTls | Encryption::FromTheStart => {
                Some(Tls::open(&settings.server.host, settings.ca_file.as_deref())?)
            }
        };
        Ok(Self { settings, tls, idle: Mutex::default() })
    }

    /// Hands over one email. Answers once the server has accepted it.
    ///
    /// # Errors
    /// Why it was not accepted, or that this is unknown.
    pub async fn send(&self, mail: Envelope<'_>) -> Result<Reply, Failure> {
        while let Some(mut used) = self.take() {
            if !used.is_alive().await {
                continue;
            }
            match used.deliver(mail).await {
                Err(failure) if failure.may_be_the_connections() => break,
                outcome => return self.keep(used, outcome),
            }
        }
        let mut fresh = SmtpConnection::open(&self.settings, self.tls.as_ref()).await?;
        let outcome = fresh.deliver(mail).await;
        self.keep(fresh, outcome)
    }

    /// Closes the idle connections.
    pub async fn close(&self) {
        let idle = std::mem::take(&mut *self.idle.lock().unwrap_or_else(PoisonError::into_inner));
        join_all(idle.into_iter().map(SmtpConnection::quit)).await;
    }

    fn take(&self) -> Option<SmtpConnection> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    /// Keeps a connection that can be used again.
    fn keep(&self, connection: SmtpConnection, outcome: Result<Reply, Failure>) -> Result<Reply, Failure> {
        let is_usable = match &outcome {
            Ok(reply) => reply.is_whole,
            Err(failure) => failure.leaves_connection_usable(),
        };
        if is_usable && connection.used < EMAILS_PER_CONNECTION {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        }
        outcome
    }
}
