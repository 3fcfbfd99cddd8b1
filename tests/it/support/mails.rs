//! Mailboxes: what the users of a test find there.

use authgraph::flows::deliver_mail::deliver_mail;
use authgraph::tools::mailer::mailbox::StoredMail;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::app::TestApp;

impl TestApp {
    /// Sends all emails that are due, as the background task does.
    pub async fn deliver_mail(&self) {
        deliver_mail(&self.app, &CancellationToken::new()).await.unwrap();
    }

    /// All emails to an address, the oldest first.
    pub async fn mails_to(&self, address: &str) -> Vec<StoredMail> {
        self.deliver_mail().await;
        let mailbox = self.app.mailer.mailbox().expect("a mailbox on disk");
        let mut mails = Vec::new();
        for summary in mailbox.list(Some(address), 500).await.unwrap().iter().rev() {
            mails.push(mailbox.read(summary.id).await.unwrap().unwrap());
        }
        mails
    }

    /// What the emails to an address are about, the oldest first: `["verify_email"]`.
    pub async fn mail_kinds_to(&self, address: &str) -> Vec<String> {
        self.mails_to(address).await.into_iter().map(|mail| mail.kind).collect()
    }

    /// The token of the newest email of this kind.
    pub async fn token_to(&self, address: &str, kind: &str) -> String {
        let mails = self.mails_to(address).await;
        let mail = mails.iter().rev().find(|mail| mail.kind == kind);
        token_in(mail.unwrap_or_else(|| panic!("no {kind} email to {address}")))
    }
}

/// The token of the link in an email.
#[track_caller]
pub fn token_in(mail: &StoredMail) -> String {
    let link = mail.text.split_whitespace().find(|word| word.contains("token="));
    let link = Url::parse(link.unwrap_or_else(|| panic!("no link with a token: {}", mail.text))).unwrap();
    link.query_pairs().find(|(name, _)| name == "token").map(|(_, token)| token.into_owned()).unwrap()
}
