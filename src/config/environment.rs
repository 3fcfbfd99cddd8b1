//! Where settings come from: the process environment, and below it the file `.env` of the working directory.

use std::collections::HashMap;
use std::io::ErrorKind;

use super::SettingFault;
use super::table::{self, SETTINGS};

type Given = HashMap<String, String>;

/// Stands for `$` where the file is read without expanding anything. No text holds it (Unicode, section 23.7).
const LITERAL_DOLLAR: &str = "\u{10FFFF}";

/// What is set, and what is set in a way that cannot be read.
///
/// # Errors
/// The fault of a file that is there and cannot be read as a whole.
pub fn read() -> Result<(Given, Vec<SettingFault>), Vec<SettingFault>> {
    let (mut given, mut faults) = read_file()?;
    for setting in SETTINGS.iter().flat_map(|group| group.settings) {
        #[allow(clippy::disallowed_methods, reason = "the one place that reads the environment")]
        match std::env::var(setting.name) {
            // Empty is not set, so it does not hide what the file says.
            Ok(value) if !value.trim().is_empty() => {
                given.insert(setting.name.to_owned(), value);
            }
            Err(std::env::VarError::NotUnicode(_)) => faults.push(SettingFault {
                name: setting.name,
                got: "a value that is not UTF-8".to_owned(),
                wants: "text in UTF-8".to_owned(),
            }),
            Ok(_) | Err(std::env::VarError::NotPresent) => {}
        }
    }
    Ok((given, faults))
}

fn read_file() -> Result<(Given, Vec<SettingFault>), Vec<SettingFault>> {
    match std::fs::read_to_string(".env") {
        Ok(text) => parse(&text),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok((Given::new(), Vec::new())),
        Err(error) if error.kind() == ErrorKind::InvalidData => Err(unreadable("text in UTF-8")),
        Err(_) => Err(unreadable("read permission")),
    }
}

/// Outside of single quotes the library replaces `$NAME` by the value of that name, and by nothing where there is none: a
/// password that holds a `$` would lose its end in silence. So the file is read twice, the second time without any `$`,
/// and where the two differ the value is refused.
fn parse(text: &str) -> Result<(Given, Vec<SettingFault>), Vec<SettingFault>> {
    let (mut given, mut faults) = (Given::new(), Vec::new());
    let literal_text = text.replace('$', LITERAL_DOLLAR);
    let lines = |text| dotenvy::Iter::new(text);
    for (expanded, literal) in lines(text.as_bytes()).zip(lines(literal_text.as_bytes())) {
        let literal = literal.map(|(name, value)| (name, value.replace(LITERAL_DOLLAR, "$")));
        match (expanded, literal) {
            (Ok(expanded), Ok(literal)) if expanded == literal => {
                given.insert(literal.0, literal.1);
            }
            (Ok((name, _)), _) | (Err(_), Ok((name, _))) => {
                // The file may hold variables of other programs, too.
                faults.extend(table::find(&name).map(|setting| SettingFault {
                    name: setting.name,
                    got: "a value in .env with a $ outside of single quotes".to_owned(),
                    wants: "single quotes around it, in which $ is just a $".to_owned(),
                }));
            }
            (Err(_), Err(_)) => return Err(unreadable("lines of NAME=value, quoted where they hold spaces")),
        }
    }
    Ok((given, faults))
}

fn unreadable(wants: &str) -> Vec<SettingFault> {
    vec![SettingFault { name: ".env", got: "a file that cannot be read".to_owned(), wants: wants.to_owned() }]
}
