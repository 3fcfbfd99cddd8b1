//! Why an email was not accepted, and whether trying again makes sense.

use std::fmt;
use std::io;

use super::reply::Reply;

/// What the server was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// To take the connection.
    Connect,
    /// To encrypt it.
    Encrypt,
    /// To greet.
    Greeting,
    /// EHLO or HELO.
    Hello,
    /// STARTTLS.
    StartTls,
    /// AUTH.
    Auth,
    /// MAIL FROM.
    Mail,
    /// RCPT TO.
    Rcpt,
    /// DATA.
    Data,
    /// The email itself, up to the dot that ends it.
    Content,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// A reply that refuses.
    Answered(Reply),
    /// No reply with a code.
    Unanswered(String),
    /// The server cannot do what this email needs.
    Unsupported(&'static str),
}

/// An email that was not accepted, or of which it is unknown whether it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What the server was asked for.
    pub step: Step,
    /// What came back.
    pub cause: Cause,
}

/// What needs SMTPUTF8, which the server must offer (RFC 6531, section 3.2).
pub const NO_SMTPUTF8: Cause =
    Cause::Unsupported("the address is not ASCII, and the mail server does not offer SMTPUTF8 (RFC 6531)");

impl Failure {
    /// Nothing came back, or nothing could be sent.
    #[must_use]
    pub fn unanswered(step: Step, error: &io::Error) -> Self {
        Self { step, cause: Cause::Unanswered(error.to_string()) }
    }

    /// Whether the same email can never reach this recipient.
    ///
    /// Only a 5xx to RCPT, DATA or the content says so, and only if its status is about the recipient (RFC 3463, sections
    /// 3.2 to 3.3; RFC 6531, section 3.5; RFC 7504; RFC 7505). All else is about the sender, the password, this network,
    /// or the server, and hits every email alike: that is for an operator to mend while the emails wait. So is a plain
    /// 550, by which many servers mean a blocklist, and 5.2.2, because a full mailbox can be emptied.
    #[must_use]
    pub fn is_final(&self) -> bool {
        let reply = match &self.cause {
            Cause::Answered(reply) => reply,
            Cause::Unsupported(_) => return self.step >= Step::Mail,
            Cause::Unanswered(_) => return false,
        };
        let is_about_the_recipient = match (reply.code, reply.status()) {
            // The host takes no email at all.
            (521, _) => false,
            // 5.1.7 to 5.1.9 are about the sender's address, also where they come only now (Postfix, smtpd_delay_reject).
            (_, Some((5, 1, detail))) => matches!(detail, 0..=6 | 10),
            (_, Some((5, 2, detail))) => matches!(detail, 0 | 1 | 3 | 4),
            // Non-ASCII addresses and headers, which this recipient's server does not take.
            (_, Some((5, 6, detail))) => matches!(detail, 7 | 9),
            // "User not local" and "domain does not accept mail".
            (551 | 556, None) => true,
            _ => false,
        };
        self.step >= Step::Rcpt && reply.is_of_class(5) && is_about_the_recipient
    }

    /// Whether the connection may be to blame: it has rested too long, carried as many emails as this server lets it (which
    /// is said to MAIL, or with 421), or holds an unread reply. Nothing was accepted, so a new one may try at once.
    #[must_use]
    pub fn may_be_the_connections(&self) -> bool {
        match &self.cause {
            Cause::Answered(reply) => {
                reply.code == 421 || self.step == Step::Mail || (reply.code < 400 && self.step < Step::Content)
            }
            // Once the content is sent, it is unknown whether it was accepted.
            Cause::Unanswered(_) => self.step < Step::Content,
            Cause::Unsupported(_) => false,
        }
    }

    /// Whether the conversation can go on with another email.
    #[must_use]
    pub fn leaves_connection_usable(&self) -> bool {
        matches!(&self.cause, Cause::Answered(reply) if reply.is_whole && reply.code >= 400 && reply.code != 421)
    }

    /// What happened, in words of our own, for the log: the text of a server may name the recipient.
    #[must_use]
    pub fn summary(&self) -> String {
        match &self.cause {
            Cause::Answered(reply) => format!("{}: {}", self.step, reply.codes()),
            Cause::Unanswered(error) => format!("{}: {error}", self.step),
            Cause::Unsupported(what) => format!("{}: {what}", self.step),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cause {
            Cause::Answered(reply) => write!(f, "{}: {} {}", self.step, reply.code, reply.text()),
            Cause::Unanswered(_) | Cause::Unsupported(_) => f.write_str(&self.summary()),
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect => "connecting",
            Self::Encrypt => "TLS",
            Self::Greeting => "greeting",
            Self::Hello => "EHLO",
            Self::StartTls => "STARTTLS",
            Self::Auth => "AUTH",
            Self::Mail => "MAIL FROM",
            Self::Rcpt => "RCPT TO",
            Self::Data => "DATA",
            Self::Content => "end of data",
        })
    }
}
