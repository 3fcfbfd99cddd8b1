//! The pages of the development mailbox: the list of emails on the left, the open one on the right.

use chrono::TimeDelta;
use minijinja::{Environment, UndefinedBehavior, context};
use serde::Deserialize;
use url::Url;

use crate::error::{OrFault, Result};
use crate::tools::mailer::mailbox::{MailSummary, StoredMail};
use crate::values::time::Time;

/// The style, served at [`CSS_PATH`].
pub const CSS: &str = include_str!("mailbox.css");
/// The script, served at [`SCRIPT_PATH`].
pub const SCRIPT: &str = include_str!("mailbox.js");
/// The path of the style.
pub const CSS_PATH: &str = "/dev/mailbox/mailbox.css";
/// The path of the script.
pub const SCRIPT_PATH: &str = "/dev/mailbox/mailbox.js";

const INDEX: &str = include_str!("index.html");
const MAIL: &str = include_str!("mail.html");

/// The form in which an email is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailView {
    /// The HTML, as most mail clients show it.
    #[default]
    Html,
    /// The plain text.
    Text,
    /// The source, as it is sent.
    Source,
}

/// What the page shows.
#[derive(Clone, Copy)]
pub struct MailboxPage<'a> {
    /// The list, newest first.
    pub mails: &'a [MailSummary],
    /// The email that is open.
    pub selected: Option<&'a StoredMail>,
    /// The form in which it is shown.
    pub view: MailView,
    /// Lists only emails to this recipient; empty for all.
    pub to: &'a str,
    /// The present time, for "2 min ago".
    pub now: Time,
}

impl MailView {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Html => "html",
            Self::Text => "text",
            Self::Source => "source",
        }
    }
}

impl MailboxPage<'_> {
    /// Renders the whole page.
    ///
    /// # Errors
    /// A fault where an embedded template is wrong.
    pub fn render(&self) -> Result<String> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.add_template("mail.html", MAIL).or_fault("compiling the mailbox page")?;
        environment.add_template("index.html", INDEX).or_fault("compiling the mailbox page")?;
        let mails: Vec<_> = self.mails.iter().map(|mail| self.entry(mail)).collect();
        let page = context! {
            mails, to => self.to, query => filter_query(self.to), css => CSS_PATH, script => SCRIPT_PATH,
            mail => self.selected.map(|mail| self.opened(mail)),
        };
        environment
            .get_template("index.html")
            .and_then(|index| index.render(page))
            .or_fault("rendering the mailbox page")
    }

    fn entry(&self, mail: &MailSummary) -> minijinja::Value {
        context! {
            id => mail.id.to_string(), to => &mail.to, subject => &mail.subject,
            at => mail.at.to_rfc3339(), when => since(mail.at, self.now),
            is_open => self.selected.is_some_and(|open| open.summary.id == mail.id),
        }
    }

    fn opened(&self, mail: &StoredMail) -> minijinja::Value {
        context! {
            from => &mail.from, text => &mail.text, source => &mail.source, view => self.view.as_str(),
            only_to => filter_query(&mail.summary.to),
            sent => mail.summary.at.format("%-d %B %Y, %H:%M:%S UTC").to_string(),
            call => token_mutation(mail).map(|call| context! { token => call.token, mutation => call.mutation }),
            ..self.entry(&mail.summary)
        }
    }
}

/// The HTML of an email for a sandboxed frame. Its links open in a new tab.
#[must_use]
pub fn mail_frame(mail: &StoredMail) -> String {
    mail.html.replacen("<head>", "<head><base target=\"_blank\">", 1)
}

/// The filter as a query string, to keep it in the links to other emails.
fn filter_query(to: &str) -> String {
    let pairs = (!to.is_empty()).then_some(("to", to));
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

struct TokenMutation {
    token: String,
    mutation: String,
}

/// The mutation that the page behind the link of an email would send. While developing, that page often does not exist
/// yet.
fn token_mutation(mail: &StoredMail) -> Option<TokenMutation> {
    let (field, more) = match mail.kind.as_str() {
        "verify_email" => ("verifyEmail", ""),
        "reset_password" => ("resetPassword", ", newPassword: \"…\""),
        "confirm_email_change" => ("confirmEmailChange", ""),
        "email_changed" => ("undoEmailChange", ""),
        "new_device" => ("disownSession", ""),
        _ => return None,
    };
    let token = mail.text.split_whitespace().find_map(token_in)?;
    // GraphQL strings are written as JSON strings are.
    let quoted = serde_json::Value::from(token.as_str());
    let mutation = format!("mutation {{\n  {field}(input: {{ token: {quoted}{more} }}) {{\n    __typename\n  }}\n}}");
    Some(TokenMutation { token, mutation })
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

    fn mail(kind: &str) -> StoredMail {
        let link = "https://app.example.com/page?lang=en&token=ago_x%22y";
        StoredMail {
            summary: MailSummary { id: Uuid::nil(), to: "<ann>@example.com".into(), subject: "Hi".into(), at: at(60) },
            kind: kind.into(),
            from: "Acme <no-reply@acme.example>".into(),
            html: "<html><head></head><b>Hi</b></html>".into(),
            text: format!("Hello,\n\n{link}\n"),
            source: "To: <script>".into(),
        }
    }

    fn page(mail: &StoredMail, view: MailView) -> String {
        let mails = [mail.summary.clone()];
        MailboxPage { mails: &mails, selected: Some(mail), view, to: "<ann>@example.com", now: at(240) }
            .render()
            .unwrap()
    }

    #[test]
    fn an_empty_mailbox_says_so() {
        let page =
            MailboxPage { mails: &[], selected: None, view: MailView::Html, to: "", now: at(0) }.render().unwrap();

        assert!(page.contains("No emails yet"));
    }

    #[test]
    fn nothing_in_an_email_becomes_markup_of_the_page() {
        for view in [MailView::Html, MailView::Text, MailView::Source] {
            let page = page(&mail("verify_email"), view);

            assert!(page.contains("&lt;ann&gt;@example.com") && page.contains("3 min ago"), "{page}");
            assert!(!page.contains("<ann>") && !page.contains("<b>Hi</b>") && !page.contains("To: <script>"));
            assert!(page.contains("?to=%3Cann%3E%40example.com"), "{page}");
        }
    }

    #[test]
    fn an_email_with_a_token_shows_the_mutation_that_uses_it() {
        for (kind, field) in [
            ("verify_email", "verifyEmail"),
            ("reset_password", "resetPassword"),
            ("confirm_email_change", "confirmEmailChange"),
            ("email_changed", "undoEmailChange"),
        ] {
            let call = token_mutation(&mail(kind)).unwrap();

            assert_eq!(call.token, "ago_x\"y");
            assert!(call.mutation.contains(&format!("{field}(input: {{ token: \"ago_x\\\"y\"")), "{}", call.mutation);
        }
        assert!(token_mutation(&mail("password_changed")).is_none());
    }

    #[test]
    fn links_of_an_email_open_beside_the_mailbox() {
        assert!(mail_frame(&mail("verify_email")).starts_with("<html><head><base target=\"_blank\"></head>"));
        assert!(
            page(&mail("verify_email"), MailView::Html)
                .contains("src=\"/dev/mailbox/00000000-0000-0000-0000-000000000000/html\"")
        );
    }
}
