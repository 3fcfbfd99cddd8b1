//! The letterbox: what the people of a test find in their mailboxes.

use authgraph::flows::deliver_mail::deliver_mail;
use authgraph::tools::mailer::mailbox::StoredLetter;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::app::TestApp;

impl TestApp {
    /// Sends whatever is due, as the background task would.
    pub async fn deliver_mail(&self) {
        deliver_mail(&self.app, &CancellationToken::new()).await.unwrap();
    }

    /// All letters to an address, the oldest first.
    pub async fn letters_to(&self, address: &str) -> Vec<StoredLetter> {
        self.deliver_mail().await;
        let mailbox = self.app.mailer.mailbox().expect("a mailbox on disk");
        let mut letters = Vec::new();
        for summary in mailbox.list(Some(address), 500).await.unwrap().iter().rev() {
            letters.push(mailbox.read(summary.id).await.unwrap().unwrap());
        }
        letters
    }

    /// What the letters to an address are about, the oldest first: `["verify_email"]`.
    pub async fn letter_kinds_to(&self, address: &str) -> Vec<String> {
        self.letters_to(address).await.into_iter().map(|letter| letter.kind).collect()
    }

    /// The token of the newest letter of this kind.
    pub async fn token_to(&self, address: &str, kind: &str) -> String {
        let letters = self.letters_to(address).await;
        let letter = letters.iter().rev().find(|letter| letter.kind == kind);
        token_in(letter.unwrap_or_else(|| panic!("no {kind} letter to {address}")))
    }
}

/// The token of the link in a letter.
#[track_caller]
pub fn token_in(letter: &StoredLetter) -> String {
    let link = letter.text.split_whitespace().find(|word| word.contains("token="));
    let link = Url::parse(link.unwrap_or_else(|| panic!("no link with a token: {}", letter.text))).unwrap();
    link.query_pairs().find(|(name, _)| name == "token").map(|(_, token)| token.into_owned()).unwrap()
}
