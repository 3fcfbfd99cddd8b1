//! Sends emails through SMTP, or puts them into a mailbox on disk where there is no server to send them.

use std::path::PathBuf;
use std::time::SystemTime;

use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox as Sender, MultiPart};
use lettre::{Address, Message};
use uuid::Uuid;

use crate::error::{OrFault, Result};
use crate::values::mail::Rendered;
use crate::values::mail_sender;
use crate::values::time::Time;

pub mod mailbox;
pub mod smtp;

use mailbox::Mailbox;
use smtp::{Envelope, Failure, Smtp};

/// Where emails go, and from whom.
pub struct Mailer {
    from: Sender,
    transport: MailTransport,
}

enum MailTransport {
    Smtp(Box<Smtp>),
    Files(Mailbox),
}

/// An email that a server has accepted, or that lies in the mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// What the server said, mostly the number in its queue.
    pub receipt: String,
}

/// An email that did not go out, as far as is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailError {
    /// Whether this email can never reach this recipient. Otherwise trying again later makes sense.
    pub is_final: bool,
    /// What happened, in words of our own: names neither the recipient nor a password.
    pub summary: String,
    /// The same with the text of the server, which may name the recipient.
    pub said: String,
}

/// Enough of a server's answer to understand it.
const RECEIPT_LIMIT: usize = 300;

impl Mailer {
    /// Through a server.
    ///
    /// # Errors
    /// A fault where the sender (`Acme <no-reply@acme.example>`) cannot be read, or the server's certificate could not be
    /// judged.
    pub fn smtp(settings: smtp::SmtpSettings, from: &str) -> Result<Self> {
        Ok(Self { from: sender(from)?, transport: MailTransport::Smtp(Box::new(Smtp::open(settings)?)) })
    }

    /// Into a folder, which is made if it is not there.
    ///
    /// # Errors
    /// A fault where the folder cannot be made or the sender cannot be read.
    pub fn files(folder: PathBuf, from: &str) -> Result<Self> {
        Ok(Self { from: sender(from)?, transport: MailTransport::Files(Mailbox::open(folder)?) })
    }

    /// The mailbox, where emails go to files.
    #[must_use]
    pub fn mailbox(&self) -> Option<&Mailbox> {
        match &self.transport {
            MailTransport::Smtp(_) => None,
            MailTransport::Files(mailbox) => Some(mailbox),
        }
    }

    /// Sends one email, and answers once it was accepted. A retry with the same `id` carries the same Message-ID, so that
    /// mail programs fold doubles: an email whose acceptance was lost on the way is sent twice.
    ///
    /// # Errors
    /// [`MailError`], which says whether trying again makes sense.
    pub async fn send(&self, to: &str, mail: &Rendered, id: Uuid, now: Time) -> Result<Sent, MailError> {
        let message = self.message(to, mail, id, now)?.formatted();
        match &self.transport {
            MailTransport::Smtp(smtp) => {
                let mail = Envelope { from: self.from.email.as_ref(), to, content: &message };
                let reply = smtp.send(mail).await.map_err(|failure| MailError::from(&failure))?;
                Ok(Sent { receipt: one_line(&reply.text()) })
            }
            MailTransport::Files(mailbox) => {
                let stored = mailbox.store(id, &message, now).await;
                stored.map_err(|error| MailError::ours(false, format!("{error:?}")))?;
                Ok(Sent { receipt: format!("in the mailbox as {id}") })
            }
        }
    }

    /// Closes connections that are not in use, for as long as there is nothing to send.
    pub async fn rest(&self) {
        match &self.transport {
            MailTransport::Smtp(smtp) => smtp.close().await,
            MailTransport::Files(_) => {}
        }
    }

    fn message(&self, to: &str, mail: &Rendered, id: Uuid, now: Time) -> Result<Message, MailError> {
        let to: Address = to.parse().map_err(|_| MailError::ours(true, "not an email address".to_owned()))?;
        let header = |name, value: &str| HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned());
        Message::builder()
            .from(self.from.clone())
            .to(Sender::new(None, to))
            .subject(mail.subject.as_str())
            .date(SystemTime::from(now))
            .message_id(Some(format!("<{id}@{}>", self.from.email.domain())))
            // RFC 3834, section 5, and its older equivalent in Exchange: no automatic replies to an address that is not read.
            .raw_header(header("Auto-Submitted", "auto-generated"))
            .raw_header(header("X-Auto-Response-Suppress", "All"))
            .raw_header(header(mailbox::KIND_HEADER, &mail.kind))
            .multipart(MultiPart::alternative_plain_html(mail.text.clone(), mail.html.clone()))
            .map_err(|error| MailError::ours(true, error.to_string()))
    }
}

impl MailError {
    /// What happened on our side.
    fn ours(is_final: bool, what: String) -> Self {
        Self { is_final, summary: what.clone(), said: what }
    }
}

impl From<&Failure> for MailError {
    fn from(failure: &Failure) -> Self {
        let (is_final, summary) = (failure.is_final(), one_line(&failure.summary()));
        Self { is_final, summary, said: one_line(&failure.to_string()) }
    }
}

fn sender(from: &str) -> Result<Sender> {
    mail_sender::parse(from).or_fault("reading the sender of emails")
}

/// What a foreign server said, harmless in a log, on a terminal and in every database (PostgreSQL stores no NUL).
fn one_line(said: &str) -> String {
    let printable: String = said.chars().map(|c| if c.is_control() { ' ' } else { c }).take(RECEIPT_LIMIT).collect();
    printable.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::one_line;

    #[test]
    fn what_a_mail_server_says_moves_no_cursor_and_fits_every_database() {
        assert_eq!(one_line("550 no\0\r\n\u{1b}[2Jsuch user"), "550 no [2Jsuch user");
    }
}
