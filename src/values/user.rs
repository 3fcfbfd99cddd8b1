//! Values of a user: role, status, locks, display name and language.

use icu_casemap::CaseMapper;
use unicode_normalization::UnicodeNormalization;

use crate::error::{FieldErrorCode, FieldFault, Refusal};
use crate::values::printable;
use crate::values::time::Time;

/// What a user may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, sqlx::Type, strum::IntoStaticStr)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
#[sqlx(type_name = "text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Role {
    /// Uses their own account.
    User,
    /// Manages all accounts and reads the audit trail.
    Admin,
}

impl Role {
    /// The word in tokens and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// The status of an account. If several fit, the last of them is its status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UserStatus {
    /// It can sign in.
    Active,
    /// Its user was invited and has not accepted yet.
    Invited,
    /// It cannot sign in until the lock ends.
    Locked,
    /// It is deleted and can be restored: only administrators see it.
    Deleted,
    /// It is deleted, and its personal data is erased.
    Erased,
}

/// Why an account is locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, sqlx::Type)]
#[sqlx(type_name = "text")]
pub enum LockCause {
    /// Wrong passwords in a row: sign-ins are refused for a while, and open sessions go on.
    #[sqlx(rename = "FAILED_ATTEMPTS")]
    WrongPasswords,
    /// An administrator: all sessions end, and only an administrator or the end of the lock unlocks the account.
    #[sqlx(rename = "ADMIN")]
    Administrator,
}

/// A lock that is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountLock {
    /// Why the account is locked.
    pub cause: LockCause,
    /// When the lock ends; `None` if it does not end by itself.
    pub until: Option<Time>,
}

impl AccountLock {
    /// The refusal of a sign-in. A lock without an end names no time to try again.
    #[must_use]
    pub fn refusal(self, now: Time) -> Refusal {
        Refusal::AccountLocked { retry_after: self.until.map(|until| (until - now).to_std().unwrap_or_default()) }
    }
}

/// A name, an address or a search text in the form in which they are compared: without case, width and invisible
/// characters (caseless matching, Unicode 3.13, with NFKC). The Turkish letters i with and without a dot become one, or
/// a search in one language would not find names of the other.
#[must_use]
pub fn folded(text: &str) -> String {
    let visible: String = text.nfkc().filter(|c| !printable::is_invisible(*c)).collect();
    let folded: String = CaseMapper::new().fold_string(&visible).nfkc().collect();
    folded.replace("i\u{307}", "i").replace('ı', "i")
}

/// An optional change of one field.
#[derive(Debug)]
pub enum FieldChange<T> {
    /// The field stays as it is.
    Keep,
    /// The field gets this value, or none.
    To(Option<T>),
}

impl<T> FieldChange<T> {
    /// Changes the field.
    pub fn apply(self, field: &mut Option<T>) {
        match self {
            Self::Keep => {}
            Self::To(value) => *field = value,
        }
    }
}

/// The longest display name, in characters.
pub const NAME_LIMIT: usize = 80;

/// Parses a display name: trimmed, NFC, 1 to 80 characters, no control characters and none that change the direction of
/// the text behind them.
///
/// # Errors
/// `TOO_LONG` or `INVALID`. An empty name, or one of invisible characters alone, is `None` and no error.
pub fn parse_name(typed: &str) -> Result<Option<String>, FieldFault> {
    let name: String = typed.trim().nfc().collect();
    if !printable::is_in_order(&name) {
        return Err(FieldFault::new(FieldErrorCode::Invalid, "Please remove control characters."));
    }
    if name.chars().all(|c| c.is_whitespace() || printable::is_invisible(c)) {
        return Ok(None);
    }
    if name.chars().count() > NAME_LIMIT {
        return Err(FieldFault::new(FieldErrorCode::TooLong, format!("Please use at most {NAME_LIMIT} characters.")));
    }
    Ok(Some(name))
}

/// Parses a language tag (BCP 47) as a client sends it: `de`, `pt-BR`, or `pt_BR`, which becomes `pt-BR`.
///
/// # Errors
/// `INVALID`.
pub fn parse_locale(typed: &str) -> Result<Option<String>, FieldFault> {
    // Phones write en_US (CLDR).
    let tag = typed.trim().replace('_', "-");
    if tag.is_empty() {
        return Ok(None);
    }
    let is_tag = tag.len() <= 35
        && tag.split('-').all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()));
    if !is_tag {
        return Err(FieldFault::new(FieldErrorCode::Invalid, "Please enter a language tag like \"en\" or \"pt-BR\"."));
    }
    Ok(Some(tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_in_case_alone_is_the_same() {
        for (one, other) in [
            ("STRASSE", "Straße"),
            ("istanbul", "İstanbul"),
            ("ISTANBUL", "İstanbul"),
            ("IŞIK", "ışık"),
            ("ΟΔΟΣ", "οδος"),
            ("ｱﾝ", "アン"),
            ("ＡＮＮ", "ann"),
            ("Ö", "o\u{308}"),
            ("ﬁ", "FI"),
            ("Ǆ", "ǅ"),
            ("علی\u{200c}رضا", "علیرضا"),
        ] {
            assert_eq!(folded(one), folded(other), "{one}");
        }
        assert_ne!(folded("bjork"), folded("björk"));
    }

    #[test]
    fn roles_are_the_words_of_the_database() {
        assert_eq!([Role::User.as_str(), Role::Admin.as_str()], ["USER", "ADMIN"]);
    }

    #[test]
    fn phones_write_a_language_with_a_low_line() {
        assert_eq!(parse_locale("en_US").unwrap().as_deref(), Some("en-US"));
        assert_eq!(parse_locale("zh_Hans_CN").unwrap().as_deref(), Some("zh-Hans-CN"));
        for wrong in ["en_US.UTF-8", "_", "en__US"] {
            assert!(parse_locale(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_name_of_which_nothing_is_seen_is_none() {
        for blank in ["", "  ", "\u{200b}", "\u{3164}\u{2060} \u{ad}"] {
            assert_eq!(parse_name(blank), Ok(None), "{blank:?}");
        }
    }

    #[test]
    fn a_name_that_turns_what_follows_is_refused() {
        for turning in ["Ann\u{202e}nimdA", "\u{2066}Ann", "Ann\u{2028}Bob", "Ann\u{1b}[31m"] {
            assert_eq!(parse_name(turning).unwrap_err().code, FieldErrorCode::Invalid, "{turning:?}");
        }
        for name in ["علی\u{200c}رضا", "Ann ❤\u{fe0f}"] {
            assert_eq!(parse_name(name), Ok(Some(name.to_owned())));
        }
    }
}
