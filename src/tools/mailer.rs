//! Sends letters through SMTP, or puts them into a mailbox on disk where there is no server to send them.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox as Sender, MultiPart};
use lettre::transport::smtp;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use uuid::Uuid;

use crate::error::{OrFault, Result};
use crate::values::letter::Rendered;
use crate::values::time::Time;

pub mod mailbox;

use mailbox::Mailbox;

/// Where letters go, and from whom.
pub struct Mailer {
    from: Sender,
    way: Way,
}

enum Way {
    // lettre is built without its pool: that gives the connection of a cancelled letter to the next one, in the middle
    // of its conversation.
    Smtp { transport: AsyncSmtpTransport<Tokio1Executor>, timeout: Duration },
    Files(Mailbox),
}

/// A letter that somebody else is now responsible for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// What the server said, mostly the number in its queue; for the log.
    pub receipt: String,
}

/// A letter that did not go out. The texts are for the log; they hold what the server said, and no credentials.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// Try again later: nobody there, too slow, not now, or a fault in the settings that an operator will mend.
    #[error("not sent yet: {0}")]
    Temporary(String),
    /// Never try again: the server refuses this recipient or this letter.
    #[error("refused: {0}")]
    Permanent(String),
}

/// Replies about the recipient or the letter (RFC 5321, section 4.2.2; RFC 7504). The other 5xx are about our manners
/// or our password, and letters must survive a wrong setting.
const REFUSALS: [u16; 7] = [550, 551, 552, 553, 554, 555, 556];

/// Enough of a server's answer to understand it.
const RECEIPT_LIMIT: usize = 300;

impl Mailer {
    /// Through a server: `smtps://user:password@host`, `smtp://host:587?tls=required`, or `smtp://localhost:1025` for
    /// plain text. `timeout` is for one letter, from connecting to the last answer.
    ///
    /// # Errors
    /// A fault where the URL or the sender (`Acme <no-reply@acme.example>`) cannot be read.
    pub fn smtp(url: &str, from: &str, timeout: Duration) -> Result<Self> {
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url).or_fault("reading the SMTP URL")?;
        let transport = transport.timeout(Some(timeout)).build();
        Ok(Self { from: sender(from)?, way: Way::Smtp { transport, timeout } })
    }

    /// Into a folder, which is made if it is not there.
    ///
    /// # Errors
    /// A fault where the folder cannot be made or the sender cannot be read.
    pub fn files(folder: PathBuf, from: &str) -> Result<Self> {
        Ok(Self { from: sender(from)?, way: Way::Files(Mailbox::open(folder)?) })
    }

    /// The mailbox, where letters go to files.
    #[must_use]
    pub fn mailbox(&self) -> Option<&Mailbox> {
        match &self.way {
            Way::Smtp { .. } => None,
            Way::Files(mailbox) => Some(mailbox),
        }
    }

    /// Sends one letter. A retry with the same `id` carries the same Message-ID, so that mail programs fold doubles:
    /// a letter that was accepted just before the timeout is sent twice.
    ///
    /// # Errors
    /// [`MailError`], which says whether trying again makes sense.
    pub async fn send(&self, to: &str, letter: &Rendered, id: Uuid, now: Time) -> Result<Sent, MailError> {
        let message = self.message(to, letter, id, now)?;
        match &self.way {
            Way::Smtp { transport, timeout } => {
                let sending = tokio::time::timeout(*timeout, transport.send(message));
                let reply = sending.await.map_err(|_| MailError::Temporary("the server took too long".to_owned()))?;
                let reply = reply.map_err(|error| from_smtp(&error))?;
                Ok(Sent { receipt: one_line(&reply.message().collect::<Vec<_>>().join(" ")) })
            }
            Way::Files(mailbox) => {
                let stored = mailbox.store(id, &message.formatted(), now).await;
                stored.map_err(|error| MailError::Temporary(format!("{error:?}")))?;
                Ok(Sent { receipt: format!("in the mailbox as {id}") })
            }
        }
    }

    fn message(&self, to: &str, letter: &Rendered, id: Uuid, now: Time) -> Result<Message, MailError> {
        let to: Address = to.parse().map_err(|_| MailError::Permanent("not an e-mail address".to_owned()))?;
        let header = |name, value: &str| HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned());
        Message::builder()
            .from(self.from.clone())
            .to(Sender::new(None, to))
            .subject(letter.subject.as_str())
            .date(SystemTime::from(now))
            .message_id(Some(format!("<{id}@{}>", self.from.email.domain())))
            // RFC 3834, section 5, and its older cousin in Exchange: no "I am on holiday" to a sender nobody reads.
            .raw_header(header("Auto-Submitted", "auto-generated"))
            .raw_header(header("X-Auto-Response-Suppress", "All"))
            .raw_header(header(mailbox::KIND_HEADER, &letter.kind))
            .multipart(MultiPart::alternative_plain_html(letter.text.clone(), letter.html.clone()))
            .map_err(|error| MailError::Permanent(error.to_string()))
    }
}

fn sender(from: &str) -> Result<Sender> {
    from.parse().or_fault("reading the sender of letters")
}

fn from_smtp(error: &smtp::Error) -> MailError {
    let said = one_line(&error.to_string());
    match error.status().map(u16::from) {
        Some(code) if REFUSALS.contains(&code) => MailError::Permanent(said),
        Some(_) | None => MailError::Temporary(said),
    }
}

/// What a foreign server said, harmless in a log.
fn one_line(said: &str) -> String {
    let printable: String = said.chars().map(|c| if c.is_control() { ' ' } else { c }).take(RECEIPT_LIMIT).collect();
    printable.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
