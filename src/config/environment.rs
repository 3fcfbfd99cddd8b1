//! Where settings come from: the process environment, and below it the file `.env` of the working directory.

use std::collections::HashMap;
use std::io::ErrorKind;

use super::table::{self, SETTINGS};
use super::{SettingFault, names};

type Values = HashMap<String, String>;

/// What is set.
#[derive(Default)]
pub struct Given {
    /// The settings, by name.
    pub values: Values,
    /// What cannot be read, or will not be.
    pub faults: Vec<SettingFault>,
    /// What is set under names that are no settings, as sentences for the log.
    pub unknown_names: Vec<String>,
}

/// Stands for `$` where the file is read without expanding anything. No text holds it (Unicode, section 23.7).
const LITERAL_DOLLAR: &str = "\u{10FFFF}";

/// What is set, and what is set in a way that cannot be read.
///
/// # Errors
/// The fault of a file that is there and cannot be read as a whole.
pub fn read() -> Result<Given, Vec<SettingFault>> {
    let mut given = read_file()?;
    for setting in SETTINGS.iter().flat_map(|group| group.settings) {
        #[allow(clippy::disallowed_methods, reason = "the one place that reads the environment")]
        match std::env::var(setting.name) {
            // Empty is not set, so it does not hide what the file says.
            Ok(value) if !value.trim().is_empty() => {
                given.values.insert(setting.name.to_owned(), without_quotes(&value).to_owned());
            }
            Err(std::env::VarError::NotUnicode(_)) => given.faults.push(SettingFault {
                name: setting.name,
                got: "a value that is not UTF-8".to_owned(),
                wants: "text in UTF-8".to_owned(),
            }),
            Ok(_) | Err(std::env::VarError::NotPresent) => {}
        }
    }
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    given.unknown_names.extend(names.filter_map(|name| names::doubt(&name)));
    Ok(given)
}

/// Some programs that read files of variables for others (`docker --env-file`) take quotes for a part of the value.
fn without_quotes(value: &str) -> &str {
    let inside = |quote| value.trim().strip_prefix(quote)?.strip_suffix(quote).filter(|inner| !inner.contains(quote));
    inside('"').or_else(|| inside('\'')).unwrap_or(value)
}

fn read_file() -> Result<Given, Vec<SettingFault>> {
    match std::fs::read_to_string(".env") {
        // Some editors put a byte order mark in front.
        Ok(text) => parse(text.trim_start_matches('\u{feff}')),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Given::default()),
        Err(error) if error.kind() == ErrorKind::InvalidData => Err(unreadable("text in UTF-8")),
        Err(_) => Err(unreadable("read permission")),
    }
}

/// Outside of single quotes the library replaces `$NAME` by the value of that name, and by nothing where there is none: a
/// password that holds a `$` would lose its end in silence. So the file is read twice, the second time without any `$`,
/// and where the two differ the value is refused.
fn parse(text: &str) -> Result<Given, Vec<SettingFault>> {
    let mut given = Given::default();
    let literal_text = text.replace('$', LITERAL_DOLLAR);
    let lines = |text| dotenvy::Iter::new(text);
    for (expanded, literal) in lines(text.as_bytes()).zip(lines(literal_text.as_bytes())) {
        let literal = literal.map(|(name, value)| (name, value.replace(LITERAL_DOLLAR, "$")));
        match (expanded, literal) {
            (Ok(expanded), Ok((name, value))) if expanded == (name.clone(), value.clone()) => {
                match names::nearest(&name) {
                    Some(near) => given.faults.push(unknown(&name, near)),
                    None if table::find(&name).is_none() => given.unknown_names.push(names::told(&name, ".env")),
                    None => {}
                }
                given.values.insert(name, value);
            }
            (Ok((name, _)), _) | (Err(_), Ok((name, _))) => {
                // The file may hold variables of other programs, too.
                given.faults.extend(table::find(&name).map(|setting| SettingFault {
                    name: setting.name,
                    got: "a value in .env with a $ outside of single quotes".to_owned(),
                    wants: "single quotes around it, in which $ is just a $".to_owned(),
                }));
            }
            (Err(_), Err(_)) => return Err(unreadable("lines of NAME=value, quoted where they hold spaces")),
        }
    }
    Ok(given)
}

/// In the file a name that is nearly a setting is refused: nobody else would read it.
fn unknown(name: &str, near: &str) -> SettingFault {
    SettingFault { name: ".env", got: format!("{name}, which is no setting"), wants: near.to_owned() }
}

fn unreadable(wants: &str) -> Vec<SettingFault> {
    vec![SettingFault { name: ".env", got: "a file that cannot be read".to_owned(), wants: wants.to_owned() }]
}
