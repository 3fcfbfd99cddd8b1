//! Passwords, their hashes, and the rules for a new password.

use std::collections::HashSet;
use std::fmt;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use crate::error::FieldErrorCode::{
    self, ContainsIdentity, Invalid, Mismatch, NoDigit, NoLowercase, NoSymbol, NoUppercase, OutOfRange, Required,
    TooCommon, TooLong, TooShort, UnknownEvent,
};
use crate::error::FieldFault;
use crate::values::email_address::EmailAddress;

/// A typed password, NFC-normalised so that every keyboard spells it the same (NIST SP 800-63B, 5.1.1.2).
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

impl Password {
    /// Makes a password of a typed text, spaces included.
    #[must_use]
    pub fn typed(text: String) -> Self {
        let text = Zeroizing::new(text);
        Self(Zeroizing::new(text.nfc().collect()))
    }

    /// The password in clear; only the hasher calls it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(redacted)")
    }
}

/// The hash of a password: Argon2id as a PHC string, or a hash of another system that was imported and not renewed yet.
#[derive(Clone, PartialEq, Eq, sqlx::Type)]
#[sqlx(transparent)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// The PHC string, for the hasher and the database.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for PasswordHash {
    fn from(phc: String) -> Self {
        Self(phc)
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(redacted)")
    }
}

/// The rules for a new password. Each is a setting; the list of common passwords always applies.
#[derive(Debug, Clone)]
#[allow(clippy::struct_excessive_bools, reason = "each is a rule of its own")]
pub struct PasswordPolicy {
    /// Fewest characters.
    pub min_length: usize,
    /// Most characters, never under 128.
    pub max_length: usize,
    /// Whether it needs an upper-case letter.
    pub requires_uppercase: bool,
    /// Whether it needs a lower-case letter.
    pub requires_lowercase: bool,
    /// Whether it needs a digit.
    pub requires_digit: bool,
    /// Whether it needs a character that is no letter, digit or space.
    pub requires_symbol: bool,
}

/// A rule for new passwords, as a client may check it before it sends one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordRule {
    /// The code of a password that breaks it.
    pub code: FieldErrorCode,
    /// The rule, for people.
    pub message: String,
    /// The number of characters that the rule is about.
    pub limit: Option<usize>,
    /// A regular expression (ECMAScript, flag `u`) that a normalised password matches if it keeps the rule. `None` if only
    /// the server can tell.
    pub pattern: Option<String>,
}

impl PasswordPolicy {
    /// Every rule that applies, in the order in which they are shown and checked.
    #[must_use]
    pub fn rules(&self) -> Vec<PasswordRule> {
        let (least, most) = (self.min_length, self.max_length);
        let length = |code, message: String, limit, pattern: String| {
            Some(PasswordRule { code, message, limit: Some(limit), pattern: Some(pattern) })
        };
        let rule = |code, is_on: bool, message: &str, pattern: Option<&str>| {
            let (message, pattern) = (message.to_owned(), pattern.map(str::to_owned));
            is_on.then_some(PasswordRule { code, message, limit: None, pattern })
        };
        let rules = [
            length(
                TooShort,
                format!("Please use at least {least} characters."),
                least,
                format!("^[\\s\\S]{{{least},}}$"),
            ),
            length(TooLong, format!("Please use at most {most} characters."), most, format!("^[\\s\\S]{{0,{most}}}$")),
            rule(NoUppercase, self.requires_uppercase, "Please add an upper-case letter.", Some("\\p{Uppercase}")),
            rule(NoLowercase, self.requires_lowercase, "Please add a lower-case letter.", Some("\\p{Lowercase}")),
            rule(NoDigit, self.requires_digit, "Please add a digit.", Some("\\p{N}")),
            rule(NoSymbol, self.requires_symbol, "Please add a symbol.", Some(SYMBOL)),
            rule(TooCommon, true, "This password is too common. Please choose another one.", None),
            rule(ContainsIdentity, true, "Please choose a password without your name or email address.", None),
        ];
        rules.into_iter().flatten().collect()
    }

    /// Every rule that this new password breaks, in a fixed order. The password may not contain the user's address or
    /// name, as far as they are known.
    #[must_use]
    pub fn faults(&self, password: &Password, email: Option<&EmailAddress>, name: Option<&str>) -> Vec<FieldFault> {
        let text = password.expose();
        let broken = self.rules().into_iter().filter(|rule| rule.is_broken_by(text, email, name));
        broken.map(|rule| FieldFault::new(rule.code, rule.message)).collect()
    }
}

impl PasswordRule {
    /// Whether the password breaks the rule; the same as `pattern`, where there is one.
    fn is_broken_by(&self, text: &str, email: Option<&EmailAddress>, name: Option<&str>) -> bool {
        let length = text.chars().count();
        let lacks = |is: fn(char) -> bool| !text.chars().any(is);
        match self.code {
            TooShort => self.limit.is_some_and(|least| length < least),
            TooLong => self.limit.is_some_and(|most| length > most),
            NoUppercase => lacks(char::is_uppercase),
            NoLowercase => lacks(char::is_lowercase),
            NoDigit => lacks(char::is_numeric),
            NoSymbol => lacks(|c| !c.is_alphanumeric() && !c.is_whitespace()),
            TooCommon => is_common(text),
            ContainsIdentity => contains_identity(text, email, name),
            // The other codes are of other values.
            Invalid | Required | Mismatch | OutOfRange | UnknownEvent => false,
        }
    }
}

/// No letter, digit or space.
const SYMBOL: &str = "[^\\p{Alphabetic}\\p{N}\\p{White_Space}]";

/// The most common passwords of public leaks, lower-cased, one a line.
static COMMON: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("common_passwords.txt").lines().collect());

/// Whether the password is on the list, with up to four digits or symbols added at its end.
fn is_common(text: &str) -> bool {
    let lower = text.to_lowercase();
    let word = lower.trim_end_matches(|c: char| !c.is_alphabetic());
    let has_short_end = lower.chars().count() - word.chars().count() <= 4;
    COMMON.contains(lower.as_str())
        || (has_short_end && (COMMON.contains(word) || COMMON.contains(without_lookalikes(word).as_str())))
}

/// Replaces characters that look like letters: `p@ssw0rd` becomes `password`.
fn without_lookalikes(word: &str) -> String {
    word.chars()
        .map(|c| match c {
            '@' | '4' => 'a',
            '0' => 'o',
            '1' | '!' => 'i',
            '3' => 'e',
            '$' | '5' => 's',
            '7' => 't',
            other => other,
        })
        .collect()
}

/// Whether the password contains the address, the part before its `@`, or a part of the name (of four letters or more).
fn contains_identity(text: &str, email: Option<&EmailAddress>, name: Option<&str>) -> bool {
    let lower = text.to_lowercase();
    let name = name.unwrap_or_default().to_lowercase();
    let address = email.into_iter().flat_map(|email| [email.as_str(), email.local_part()]);
    let parts = address.chain(name.split_whitespace());
    parts.filter(|part| part.chars().count() >= 4).any(|part| lower.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEFAULT: PasswordPolicy = PasswordPolicy {
        min_length: 10,
        max_length: 128,
        requires_uppercase: true,
        requires_lowercase: true,
        requires_digit: true,
        requires_symbol: true,
    };

    fn codes(password: &str) -> Vec<FieldErrorCode> {
        let ann = EmailAddress::parse("annabel@example.com").unwrap();
        let password = Password::typed(password.to_owned());
        DEFAULT.faults(&password, Some(&ann), Some("Annabel Lee-Smith")).into_iter().map(|fault| fault.code).collect()
    }

    #[test]
    fn a_good_password_breaks_no_rule() {
        assert!(codes("Correct-Horse-7").is_empty());
        assert!(codes("Пароль-из-Букв-42").is_empty());
    }

    #[test]
    fn every_broken_rule_is_told_at_once() {
        assert_eq!(
            codes("short"),
            [FieldErrorCode::TooShort, FieldErrorCode::NoUppercase, FieldErrorCode::NoDigit, FieldErrorCode::NoSymbol]
        );
        assert_eq!(codes(&"aB3$".repeat(33)), [FieldErrorCode::TooLong]);
    }

    #[test]
    fn a_rule_that_is_off_is_not_listed() {
        let short = PasswordPolicy { requires_symbol: false, requires_uppercase: false, ..DEFAULT };
        let listed: Vec<_> = short.rules().into_iter().map(|rule| rule.code).collect();
        assert_eq!(listed, [TooShort, TooLong, NoLowercase, NoDigit, TooCommon, ContainsIdentity]);
        assert_eq!(DEFAULT.rules().len(), 8);
    }

    #[test]
    fn a_refusal_says_what_the_rule_says() {
        let said = |code| DEFAULT.rules().into_iter().find(|rule| rule.code == code).unwrap().message;
        for fault in DEFAULT.faults(&Password::typed("short".to_owned()), None, None) {
            assert_eq!(fault.message, said(fault.code));
        }
    }

    #[test]
    fn a_common_password_in_disguise_is_common() {
        assert_eq!(codes("P@ssw0rd1234"), [FieldErrorCode::TooCommon]);
        assert_eq!(codes("Password123!"), [FieldErrorCode::TooCommon]);
    }

    #[test]
    fn the_person_does_not_belong_in_the_password() {
        assert_eq!(codes("xxANNABEL-2026"), [FieldErrorCode::ContainsIdentity]);
        assert_eq!(codes("My-lee-smith-9"), [FieldErrorCode::ContainsIdentity]);
    }

    #[test]
    fn two_spellings_of_one_letter_are_one_password() {
        let composed = Password::typed("caf\u{e9}".to_owned());
        let decomposed = Password::typed("cafe\u{301}".to_owned());

        assert_eq!(composed.expose(), decomposed.expose());
    }
}
