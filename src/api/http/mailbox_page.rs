//! The mailbox of a development machine as a page: letters on the left, one of them open on the right.

use chrono::TimeDelta;
use minijinja::{Environment, UndefinedBehavior, context};
use serde::Deserialize;
use url::Url;

use crate::error::{OrFault, Result};
use crate::tools::mailer::mailbox::{LetterSummary, StoredLetter};
use crate::values::time::Time;

/// Served at [`CSS_PATH`].
pub const CSS: &str = include_str!("mailbox_page/mailbox.css");
/// Served at [`SCRIPT_PATH`].
pub const SCRIPT: &str = include_str!("mailbox_page/mailbox.js");
/// Where the page asks for its style.
pub const CSS_PATH: &str = "/dev/mailbox/mailbox.css";
/// Where the page asks for its script.
pub const SCRIPT_PATH: &str = "/dev/mailbox/mailbox.js";

const INDEX: &str = include_str!("mailbox_page/index.html");
const LETTER: &str = include_str!("mailbox_page/letter.html");

/// Which form of a letter is open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum View {
    /// As most readers see it.
    #[default]
    Html,
    /// As readers without HTML see it.
    Text,
    /// As the wire sees it.
    Source,
}

/// What the page shows.
#[derive(Clone, Copy)]
pub struct MailboxPage<'a> {
    /// The list, newest first.
    pub letters: &'a [LetterSummary],
    /// The open letter.
    pub selected: Option<&'a StoredLetter>,
    /// Its form.
    pub view: View,
    /// The recipient whose letters alone are listed; empty for all.
    pub to: &'a str,
    /// For "2 min ago".
    pub now: Time,
}

impl View {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Html => "html",
            Self::Text => "text",
            Self::Source => "source",
        }
    }
}

impl MailboxPage<'_> {
    /// The whole page.
    ///
    /// # Errors
    /// A fault of the embedded templates.
    pub fn render(&self) -> Result<String> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.add_template("letter.html", LETTER).or_fault("compiling the mailbox page")?;
        environment.add_template("index.html", INDEX).or_fault("compiling the mailbox page")?;
        let letters: Vec<_> = self.letters.iter().map(|letter| self.entry(letter)).collect();
        let page = context! {
            letters, to => self.to, query => query(self.to), css => CSS_PATH, script => SCRIPT_PATH,
            letter => self.selected.map(|letter| self.opened(letter)),
        };
        environment
            .get_template("index.html")
            .and_then(|index| index.render(page))
            .or_fault("rendering the mailbox page")
    }

    fn entry(&self, letter: &LetterSummary) -> minijinja::Value {
        context! {
            id => letter.id.to_string(), to => &letter.to, subject => &letter.subject,
            at => letter.at.to_rfc3339(), when => since(letter.at, self.now),
            is_open => self.selected.is_some_and(|open| open.summary.id == letter.id),
        }
    }

    fn opened(&self, letter: &StoredLetter) -> minijinja::Value {
        context! {
            from => &letter.from, text => &letter.text, source => &letter.source, view => self.view.as_str(),
            only_to => query(&letter.summary.to),
            sent => letter.summary.at.format("%-d %B %Y, %H:%M:%S UTC").to_string(),
            call => call(letter).map(|call| context! { token => call.token, mutation => call.mutation }),
            ..self.entry(&letter.summary)
        }
    }
}

/// The HTML form, for a sandboxed frame: its links open beside the mailbox and not inside it.
#[must_use]
pub fn letter_frame(letter: &StoredLetter) -> String {
    letter.html.replacen("<head>", "<head><base target=\"_blank\">", 1)
}

/// The filter, to keep it on the way from letter to letter.
fn query(to: &str) -> String {
    let pairs = (!to.is_empty()).then_some(("to", to));
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

struct Call {
    token: String,
    mutation: String,
}

/// What the page behind the letter's link would do; while developing there often is no such page yet.
fn call(letter: &StoredLetter) -> Option<Call> {
    let (field, more) = match letter.kind.as_str() {
        "verify_email" => ("verifyEmail", ""),
        "reset_password" => ("resetPassword", ", newPassword: \"…\""),
        "confirm_email_change" => ("confirmEmailChange", ""),
        "email_changed" => ("undoEmailChange", ""),
        "new_device" => ("disownSession", ""),
        _ => return None,
    };
    let token = letter.text.split_whitespace().find_map(token_in)?;
    // GraphQL strings are written as JSON strings are.
    let quoted = serde_json::Value::from(token.as_str());
    let mutation = format!("mutation {{\n  {field}(input: {{ token: {quoted}{more} }}) {{\n    __typename\n  }}\n}}");
    Some(Call { token, mutation })
}

fn token_in(word: &str) -> Option<String> {
    let link = Url::parse(word).ok()?;
    link.query_pairs().find(|(name, _)| name == "token").map(|(_, token)| token.into_owned())
}

fn since(at: Time, now: Time) -> String {
    match now - at {
        age if age < TimeDelta::minutes(1) => "just now".to_owned(),
        age if age < TimeDelta::hours(1) => format!("{} min ago", age.num_minutes()),
        age if age < TimeDelta::days(1) => format!("{} h ago", age.num_hours()),
        _ => at.format("%-d %b, %H:%M").to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use uuid::Uuid;

    use super::*;

    fn at(seconds: u64) -> Time {
        Time::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn letter(kind: &str) -> StoredLetter {
        let link = "https://app.example.com/page?lang=en&token=ago_x%22y";
        StoredLetter {
            summary: LetterSummary {
                id: Uuid::nil(),
                to: "<ann>@example.com".into(),
                subject: "Hi".into(),
                at: at(60),
            },
            kind: kind.into(),
            from: "Acme <no-reply@acme.example>".into(),
            html: "<html><head></head><b>Hi</b></html>".into(),
            text: format!("Hello,\n\n{link}\n"),
            source: "To: <script>".into(),
        }
    }

    fn page(letter: &StoredLetter, view: View) -> String {
        let letters = [letter.summary.clone()];
        MailboxPage { letters: &letters, selected: Some(letter), view, to: "<ann>@example.com", now: at(240) }
            .render()
            .unwrap()
    }

    #[test]
    fn an_empty_mailbox_explains_itself() {
        let page = MailboxPage { letters: &[], selected: None, view: View::Html, to: "", now: at(0) }.render().unwrap();

        assert!(page.contains("No letters yet"));
    }

    #[test]
    fn nothing_in_a_letter_becomes_markup_of_the_page() {
        for view in [View::Html, View::Text, View::Source] {
            let page = page(&letter("verify_email"), view);

            assert!(page.contains("&lt;ann&gt;@example.com") && page.contains("3 min ago"), "{page}");
            assert!(!page.contains("<ann>") && !page.contains("<b>Hi</b>") && !page.contains("To: <script>"));
            assert!(page.contains("?to=%3Cann%3E%40example.com"), "{page}");
        }
    }

    #[test]
    fn a_letter_with_a_token_tells_the_mutation_that_spends_it() {
        for (kind, field) in [
            ("verify_email", "verifyEmail"),
            ("reset_password", "resetPassword"),
            ("confirm_email_change", "confirmEmailChange"),
            ("email_changed", "undoEmailChange"),
        ] {
            let call = call(&letter(kind)).unwrap();

            assert_eq!(call.token, "ago_x\"y");
            assert!(call.mutation.contains(&format!("{field}(input: {{ token: \"ago_x\\\"y\"")), "{}", call.mutation);
        }
        assert!(call(&letter("password_changed")).is_none());
    }

    #[test]
    fn links_of_a_letter_open_beside_the_mailbox() {
        assert!(letter_frame(&letter("verify_email")).starts_with("<html><head><base target=\"_blank\"></head>"));
        assert!(
            page(&letter("verify_email"), View::Html)
                .contains("src=\"/dev/mailbox/00000000-0000-0000-0000-000000000000/html\"")
        );
    }
}
