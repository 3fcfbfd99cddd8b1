//! Where settings come from: the process environment, and the file `.env` in the working directory.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;

use super::list::{find, settings};
use super::production::DATABASE_HOSTS;
use super::{RENAMED, SettingFault, names};

/// What is set.
#[derive(Default)]
pub struct EnvironmentValues {
    /// The values, by name.
    pub values: BTreeMap<String, String>,
    /// What cannot be read, or is refused.
    pub faults: Vec<SettingFault>,
    /// A sentence for the log about each name that looks like a setting and is none.
    pub unknown_names: Vec<String>,
}

/// Takes the place of `$` where the file is read without expanding anything. No text contains it (Unicode, section 23.7).
const LITERAL_DOLLAR: &str = "\u{10FFFF}";

/// Reads what is set. The environment takes precedence over the file.
///
/// # Errors
/// The fault of a file that exists and cannot be read as a whole.
pub fn read() -> Result<EnvironmentValues, Vec<SettingFault>> {
    let mut all = read_file()?;
    let renamed = RENAMED.iter().map(|(old, _)| *old);
    let set: BTreeSet<_> = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()).collect();
    let of_providers = set.iter().filter(|name| settings().any(|setting| setting.provider_in(name).is_some()));
    let names = settings().map(|setting| setting.name).chain(renamed).chain(DATABASE_HOSTS);
    for name in names.chain(of_providers.map(String::as_str)) {
        #[allow(clippy::disallowed_methods, reason = "the one place that reads the environment")]
        match std::env::var(name) {
            // An empty value counts as not set, so it does not hide the value in the file.
            Ok(value) if !value.trim().is_empty() => {
                all.values.insert(name.to_owned(), without_quotes(&value).to_owned());
            }
            Err(std::env::VarError::NotUnicode(_)) => {
                all.faults.push(fault(name.to_owned(), "got a value that is not UTF-8; expected text in UTF-8"));
            }
            Ok(_) | Err(std::env::VarError::NotPresent) => {}
        }
    }
    all.unknown_names.extend(set.iter().filter_map(|name| names::warning(name)));
    Ok(all)
}

/// Removes quotes around a value. Some programs that read files of variables (`docker --env-file`) pass them on.
fn without_quotes(value: &str) -> &str {
    let inside = |quote| value.trim().strip_prefix(quote)?.strip_suffix(quote).filter(|inner| !inner.contains(quote));
    inside('"').or_else(|| inside('\'')).unwrap_or(value)
}

fn read_file() -> Result<EnvironmentValues, Vec<SettingFault>> {
    match std::fs::read_to_string(".env") {
        // Some editors put a byte order mark in front.
        Ok(text) => parse(text.trim_start_matches('\u{feff}')),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(EnvironmentValues::default()),
        Err(error) if error.kind() == ErrorKind::InvalidData => Err(unreadable("text in UTF-8")),
        Err(_) => Err(unreadable("permission to read it")),
    }
}

/// Outside of single quotes the library replaces `$NAME` by the value of that name, and by nothing where there is none: a
/// password that contains `$` would silently lose its end. So the file is read twice, the second time without any `$`,
/// and a value that differs is refused.
fn parse(text: &str) -> Result<EnvironmentValues, Vec<SettingFault>> {
    let mut all = EnvironmentValues::default();
    let literal_text = text.replace('$', LITERAL_DOLLAR);
    let lines = |text| dotenvy::Iter::new(text);
    for (expanded, literal) in lines(text.as_bytes()).zip(lines(literal_text.as_bytes())) {
        let literal = literal.map(|(name, value)| (name, value.replace(LITERAL_DOLLAR, "$")));
        match (expanded, literal) {
            (Ok(expanded), Ok((name, value))) if expanded == (name.clone(), value.clone()) => {
                check_name(&name, &mut all);
                all.values.insert(name, value);
            }
            (Ok((name, _)), _) | (Err(_), Ok((name, _))) => {
                // The file may hold variables of other programs, too.
                if find(&name).is_some() {
                    let problem =
                        "got a value in .env with a $ outside of single quotes; expected single quotes around it";
                    all.faults.push(fault(name, problem));
                }
            }
            (Err(_), Err(_)) => return Err(unreadable("lines of NAME=value, with quotes around values with spaces")),
        }
    }
    Ok(all)
}

/// A name in the file that is nearly a setting is refused: no other program would read it from here.
fn check_name(name: &str, all: &mut EnvironmentValues) {
    if let Some(near) = names::nearest(name) {
        all.faults.push(fault(".env", &format!("{name} is not a setting; did you mean {near}?")));
    } else if find(name).is_none() {
        all.unknown_names.push(names::ignored(name, ".env"));
    }
}

fn fault(name: impl Into<Cow<'static, str>>, problem: &str) -> SettingFault {
    SettingFault { name: name.into(), problem: problem.to_owned() }
}

fn unreadable(expected: &str) -> Vec<SettingFault> {
    vec![fault(".env", &format!("the file cannot be read; expected {expected}"))]
}
