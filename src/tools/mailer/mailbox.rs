//! The mailbox of a development machine: emails as `.eml` files that any mail program opens.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use chrono::NaiveDateTime;
use mail_parser::{Address, Message, MessageParser};
use tokio::fs;
use tokio::io::AsyncWriteExt;
use uuid::Uuid;

use crate::error::{OrFault, Result};
use crate::values::time::Time;

/// The header that says which email it is, so that the mailbox need not guess.
pub const KIND_HEADER: &str = "X-Mail-Kind";

/// How many emails stay; older ones make room.
const KEPT: usize = 500;

/// Sorts by time as text. Without colons, for the sake of Windows.
const NAME_FORMAT: &str = "%Y%m%dT%H%M%S%.6fZ";

/// A folder of emails.
#[derive(Debug, Clone)]
pub struct Mailbox {
    folder: PathBuf,
    kept: usize,
}

/// An email in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailSummary {
    /// The id it was sent with.
    pub id: Uuid,
    /// The recipient's address.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// When it was sent.
    pub at: Time,
}

/// An email, opened.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredMail {
    /// Its entry in the list.
    pub summary: MailSummary,
    /// Which email it is: `verify_email`.
    pub kind: String,
    /// The sender, with name.
    pub from: String,
    /// The HTML form.
    pub html: String,
    /// The text form.
    pub text: String,
    /// The file as it is.
    pub source: String,
}

struct FileName {
    at: Time,
    id: Uuid,
}

impl Mailbox {
    /// Opens a folder, and makes it if it is not there: for its owner alone, since emails hold links that open accounts.
    ///
    /// # Errors
    /// A fault where it cannot be made.
    pub fn open(folder: PathBuf) -> Result<Self> {
        let mut private = DirBuilder::new();
        private.recursive(true).mode(0o700).create(&folder).or_fault("making the mailbox folder")?;
        Ok(Self { folder, kept: KEPT })
    }

    /// Where the emails are.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Puts a whole message into the mailbox, and takes the oldest out where there are too many.
    ///
    /// # Errors
    /// A fault of the file system.
    pub async fn store(&self, id: Uuid, message: &[u8], now: Time) -> Result<()> {
        let name = FileName { at: now, id }.to_string();
        let unfinished = self.folder.join(format!(".{name}.part"));
        let mut private = fs::OpenOptions::new();
        private.write(true).create(true).truncate(true).mode(0o600);
        let mut file = private.open(&unfinished).await.or_fault("writing an email")?;
        file.write_all(message).await.or_fault("writing an email")?;
        file.flush().await.or_fault("writing an email")?;
        // A rename is atomic: a reader never finds half an email.
        fs::rename(&unfinished, self.folder.join(name)).await.or_fault("filing an email")?;
        for old in self.names().await?.iter().skip(self.kept) {
            // Another instance may have been faster.
            fs::remove_file(self.folder.join(old.to_string())).await.ok();
        }
        Ok(())
    }

    /// The newest emails, newest first; only those to one address where it is given.
    ///
    /// # Errors
    /// A fault of the file system.
    pub async fn list(&self, to: Option<&str>, limit: usize) -> Result<Vec<MailSummary>> {
        let mut mails = Vec::new();
        for name in self.names().await? {
            if mails.len() == limit {
                break;
            }
            let wanted = |mail: &MailSummary| to.is_none_or(|to| mail.to.eq_ignore_ascii_case(to.trim()));
            mails.extend(self.load(&name).await.map(|mail| mail.summary).filter(wanted));
        }
        Ok(mails)
    }

    /// One email.
    ///
    /// # Errors
    /// A fault of the file system.
    pub async fn read(&self, id: Uuid) -> Result<Option<StoredMail>> {
        match self.names().await?.iter().find(|name| name.id == id) {
            Some(name) => Ok(self.load(name).await),
            None => Ok(None),
        }
    }

    /// The newest email, or the newest to one address.
    ///
    /// # Errors
    /// A fault of the file system.
    pub async fn latest(&self, to: Option<&str>) -> Result<Option<StoredMail>> {
        match self.list(to, 1).await?.first() {
            Some(mail) => self.read(mail.id).await,
            None => Ok(None),
        }
    }

    /// Newest first. Only names that we could have given count, so no other file is ever opened.
    async fn names(&self) -> Result<Vec<FileName>> {
        let mut names = Vec::new();
        let mut entries = fs::read_dir(&self.folder).await.or_fault("opening the mailbox folder")?;
        while let Some(entry) = entries.next_entry().await.or_fault("listing the mailbox folder")? {
            names.extend(entry.file_name().to_str().and_then(FileName::parse));
        }
        names.sort_by_key(|name| std::cmp::Reverse((name.at, name.id)));
        Ok(names)
    }

    /// `None` where the file is gone meanwhile, or is not an email.
    async fn load(&self, name: &FileName) -> Option<StoredMail> {
        let bytes = fs::read(self.folder.join(name.to_string())).await.ok()?;
        let message = MessageParser::default().parse(&bytes)?;
        let summary = MailSummary {
            id: name.id,
            to: message.to().and_then(Address::first).and_then(|to| to.address()).unwrap_or_default().to_owned(),
            subject: message.subject().unwrap_or_default().to_owned(),
            at: name.at,
        };
        Some(StoredMail {
            summary,
            kind: message.header_raw(KIND_HEADER).unwrap_or_default().trim().to_owned(),
            from: sender(&message),
            html: message.body_html(0).unwrap_or_default().into_owned(),
            text: message.body_text(0).unwrap_or_default().into_owned(),
            source: String::from_utf8_lossy(&bytes).into_owned(),
        })
    }
}

impl FileName {
    fn parse(name: &str) -> Option<Self> {
        let (at, id) = name.strip_suffix(".eml")?.split_once('_')?;
        let at = NaiveDateTime::parse_from_str(at, NAME_FORMAT).ok()?.and_utc();
        Some(Self { at, id: Uuid::parse_str(id).ok()? })
    }
}

impl std::fmt::Display for FileName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}_{}.eml", self.at.format(NAME_FORMAT), self.id.hyphenated())
    }
}

fn sender(message: &Message<'_>) -> String {
    let from = message.from().and_then(Address::first);
    let address = from.and_then(|from| from.address()).unwrap_or_default();
    from.and_then(|from| from.name()).map_or_else(|| address.to_owned(), |name| format!("{name} <{address}>"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const MAIL: &[u8] = b"From: Acme <no-reply@acme.example>\r\nTo: ann@example.com\r\nSubject: =?utf-8?b?w4Q=?=\r\n\
        X-Mail-Kind: verify_email\r\n\r\nHello\r\n";

    fn after(seconds: u64) -> Time {
        Time::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn mailbox(folder: &tempfile::TempDir) -> Mailbox {
        Mailbox::open(folder.path().join("new")).unwrap()
    }

    #[tokio::test]
    async fn the_newest_email_comes_first_and_the_oldest_goes() {
        let folder = tempfile::tempdir().unwrap();
        let mailbox = Mailbox { kept: 2, ..mailbox(&folder) };

        for second in 1..=3 {
            mailbox.store(Uuid::now_v7(), MAIL, after(second)).await.unwrap();
        }

        let times: Vec<Time> = mailbox.list(None, 9).await.unwrap().iter().map(|mail| mail.at).collect();
        assert_eq!(times, [after(3), after(2)]);
        assert_eq!(mailbox.list(None, 1).await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn emails_are_found_by_their_recipient() {
        let folder = tempfile::tempdir().unwrap();
        let mailbox = mailbox(&folder);
        mailbox.store(Uuid::now_v7(), MAIL, after(1)).await.unwrap();

        let mail = mailbox.latest(Some("Ann@example.com")).await.unwrap().unwrap();

        assert_eq!((mail.summary.subject.as_str(), mail.kind.as_str()), ("Ä", "verify_email"));
        assert_eq!((mail.from.as_str(), mail.text.trim()), ("Acme <no-reply@acme.example>", "Hello"));
        assert!(mailbox.latest(Some("n@example.com")).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn emails_are_for_their_owners_eyes_only() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        let mailbox = mailbox(&folder);
        mailbox.store(Uuid::nil(), MAIL, after(1)).await.unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;

        let stored = std::fs::read_dir(mailbox.folder()).unwrap().next().unwrap().unwrap().path();

        assert_eq!((mode(mailbox.folder()), mode(&stored)), (0o700, 0o600));
    }

    #[tokio::test]
    async fn only_files_of_our_own_naming_are_opened() {
        let folder = tempfile::tempdir().unwrap();
        let mailbox = mailbox(&folder);
        std::fs::write(mailbox.folder().join("secrets.eml"), MAIL).unwrap();
        std::fs::write(mailbox.folder().join("20261121T004233.000000Z_..eml"), MAIL).unwrap();

        assert_eq!(mailbox.list(None, 9).await.unwrap(), []);
        assert!(mailbox.read(Uuid::nil()).await.unwrap().is_none());
        for name in ["../20261121T004233.000000Z_00000000-0000-0000-0000-000000000000.eml", "x_y.eml", "_.eml", ""] {
            assert!(FileName::parse(name).is_none(), "{name}");
        }
    }
}
