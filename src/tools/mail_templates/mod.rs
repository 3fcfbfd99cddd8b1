//! The templates of emails: a shared layout, and an HTML and a text template for each kind.

use std::fs;
use std::path::Path;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{Environment, ErrorKind, UndefinedBehavior, context};

use crate::error::{OrFault, Result};
use crate::values::mail::{Mail, Rendered};
use crate::values::time::Time;

mod samples;

/// All templates, compiled and rendered once.
pub struct MailTemplates {
    environment: Environment<'static>,
}

/// Names the files that are compiled in.
macro_rules! embedded {
    ($($name:literal),+ $(,)?) => { &[$(($name, include_str!($name))),+] };
}

const EMBEDDED: &[(&str, &str)] = embedded![
    "layout.html",
    "layout.txt",
    "button.html",
    "occasion.html",
    "occasion.txt",
    "verify_email.html",
    "verify_email.txt",
    "reset_password.html",
    "reset_password.txt",
    "account_exists.html",
    "account_exists.txt",
    "confirm_email_change.html",
    "confirm_email_change.txt",
    "email_changed.html",
    "email_changed.txt",
    "password_changed.html",
    "password_changed.txt",
    "session_compromised.html",
    "session_compromised.txt",
    "new_device.html",
    "new_device.txt",
    "mfa_enabled.html",
    "mfa_enabled.txt",
    "mfa_disabled.html",
    "mfa_disabled.txt",
    "backup_code_used.html",
    "backup_code_used.txt",
    "invitation.html",
    "invitation.txt",
    "mfa_reset.html",
    "mfa_reset.txt",
    "provider_linked.html",
    "provider_linked.txt",
    "provider_unlinked.html",
    "provider_unlinked.txt",
    "account_deleted.html",
    "account_deleted.txt",
    "backup_codes_regenerated.html",
    "backup_codes_regenerated.txt",
    "mfa_codes_refused.html",
    "mfa_codes_refused.txt",
    "email_change_requested.html",
    "email_change_requested.txt",
    "unverified_email_changed.html",
    "unverified_email_changed.txt",
];

impl MailTemplates {
    /// Compiles the templates and renders every email once. A file in `folder` wins over the embedded one of its
    /// name; `product` is what emails call the application.
    ///
    /// # Errors
    /// A fault that lists every template that does not compile or render.
    pub fn open(folder: Option<&Path>, product: &str) -> Result<Self> {
        let mut templates = Self { environment: environment(product)? };
        let mut faults = Vec::new();
        for (name, source) in EMBEDDED {
            faults.extend(templates.environment.add_template(name, source).err());
        }
        if let Some(folder) = folder {
            for (name, source) in read_folder(folder)? {
                faults.extend(templates.environment.add_template_owned(name, source).err());
            }
        }
        faults.extend(samples::all().iter().filter_map(|mail| templates.fill(mail).err()));
        let mut faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
        faults.dedup();
        if faults.is_empty() { Ok(templates) } else { Err(faults.join("; ")).or_fault("reading the email templates") }
    }

    /// Renders an email.
    ///
    /// # Errors
    /// A fault where a template asks for something that this email does not have.
    pub fn render(&self, mail: &Mail) -> Result<Rendered> {
        self.fill(mail).or_fault("rendering an email")
    }

    fn fill(&self, mail: &Mail) -> std::result::Result<Rendered, minijinja::Error> {
        let kind = mail.kind();
        let fields = Value::from(Serde(mail));
        let mut text = self.environment.get_template(&format!("{kind}.txt"))?.render_captured(fields.clone())?;
        let subject = one_line(&text.with_state_mut(|state| state.render_block("subject"))?);
        let html = self
            .environment
            .get_template(&format!("{kind}.html"))?
            .render(context! { subject => &subject, ..fields })?;
        Ok(Rendered { kind: kind.to_owned(), subject, html, text: text.into_output() })
    }
}

fn environment(product: &str) -> Result<Environment<'static>> {
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
    let syntax = syntax.or_fault("setting up the email templates")?;
    let mut environment = Environment::new();
    // A missing variable is a fault at the start, not a hole in an email. Only .html is escaped.
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_syntax(syntax);
    environment.add_filter("duration", duration);
    environment.add_filter("moment", moment);
    environment.add_global("product", one_line(product));
    Ok(environment)
}

/// Every `.html` and `.txt` of the folder; names of our own make partials, to be included by the others.
fn read_folder(folder: &Path) -> Result<Vec<(String, String)>> {
    let mut sources = Vec::new();
    for entry in fs::read_dir(folder).or_fault("opening the folder of email templates")? {
        let path = entry.or_fault("listing the folder of email templates")?.path();
        let is_template = path.extension().is_some_and(|ending| ending == "html" || ending == "txt");
        if let (true, Some(name)) = (is_template, path.file_name().and_then(|name| name.to_str())) {
            sources.push((name.to_owned(), fs::read_to_string(&path).or_fault("reading an email template")?));
        }
    }
    sources.sort();
    Ok(sources)
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `86400` as "24 hours", `604799` as "6 days and 23 hours": the largest unit of which there are two, or that says it
/// exactly, and the next one for what is left. A day is 24 hours. Never longer than it is.
fn duration(seconds: u64) -> String {
    let units = [(86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")];
    let fits = |(length, unit): &(u64, &str)| seconds >= 2 * length || (seconds == *length && *unit != "day");
    let first = units.iter().position(fits).unwrap_or(units.len() - 1);
    let mut left = seconds;
    let counts = units.iter().skip(first).take(2).map(|(length, unit)| {
        let count = left / length;
        left %= length;
        (count, unit)
    });
    let told = counts.enumerate().filter(|(place, (count, _))| *place == 0 || *count > 0);
    let words = told.map(|(_, (count, unit))| format!("{count} {unit}{}", if count == 1 { "" } else { "s" }));
    words.collect::<Vec<_>>().join(" and ")
}

/// A point in time as people write it, in UTC: we do not know where the reader is.
fn moment(at: &str) -> std::result::Result<String, minijinja::Error> {
    let at: Time = at.parse().map_err(|_| minijinja::Error::new(ErrorKind::InvalidOperation, "not a point in time"))?;
    Ok(at.format("%-d %b %Y, %H:%M UTC").to_string())
}

#[cfg(test)]
mod tests;
