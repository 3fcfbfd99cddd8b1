//! The codes of a second factor, as people type them.

use std::fmt;

use aws_lc_rs::digest;
use base32::Alphabet;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use super::ids::UserId;
use super::printable;
use super::secret_token::TokenHash;
use crate::error::{OrFault, Result};

/// How many backup codes there are at a time.
pub const BACKUP_CODES: usize = 8;

/// A typed code of the second factor.
#[derive(Debug, Clone)]
pub enum TypedCode {
    /// Six digits of an authenticator app.
    Totp(TotpCode),
    /// A backup code.
    Backup(BackupCode),
}

/// Six digits.
#[derive(Clone)]
pub struct TotpCode(Zeroizing<String>);

/// 80 random bits, for one use. Random bits of this length need no slow hash.
#[derive(Clone)]
pub struct BackupCode(Zeroizing<Vec<u8>>);

impl TypedCode {
    /// Reads a code as people type or paste it: with spaces, dashes and marks that cannot be seen, with the digits of
    /// their keyboard (Arabic, Persian, full-width, …). `None` where it is neither kind.
    #[must_use]
    pub fn parse(typed: &str) -> Option<Self> {
        let is_dash = |c: char| matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{ff0d}');
        let is_filler = |c: char| c.is_whitespace() || is_dash(c) || printable::is_invisible(c);
        let read = typed.chars().filter(|c| !is_filler(*c)).take(32).flat_map(|c| std::iter::once(c).nfkc());
        let code: Zeroizing<String> = Zeroizing::new(read.map(|c| printable::digit(c).unwrap_or(c)).collect());
        if code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()) {
            return Some(Self::Totp(TotpCode(code)));
        }
        BackupCode::parse(&code).map(Self::Backup)
    }
}

impl TotpCode {
    /// The digits in clear; only the comparison calls it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl BackupCode {
    const BYTES: usize = 10;
    const LETTERS: usize = 16;

    /// A new code.
    ///
    /// # Errors
    /// A fault where no random bytes can be had.
    pub fn random() -> Result<Self> {
        let mut bytes = Zeroizing::new(vec![0; Self::BYTES]);
        aws_lc_rs::rand::fill(&mut bytes).or_fault("drawing a backup code")?;
        Ok(Self(bytes))
    }

    /// Crockford's alphabet: it has no letter that looks like a digit, and reads such a letter as the digit.
    fn parse(code: &str) -> Option<Self> {
        if code.len() != Self::LETTERS || !code.is_ascii() {
            return None;
        }
        base32::decode(Alphabet::Crockford, &code.to_ascii_uppercase()).map(|bytes| Self(Zeroizing::new(bytes)))
    }

    /// The code as it is shown, once: `0123-4567-89AB-CDEF`.
    #[must_use]
    pub fn expose(&self) -> String {
        let letters = Zeroizing::new(base32::encode(Alphabet::Crockford, &self.0));
        let groups: Vec<&str> =
            [0..4, 4..8, 8..12, 12..16].into_iter().filter_map(|group| letters.get(group)).collect();
        groups.join("-")
    }

    /// The hash that the database stores. It depends on the user, too.
    #[must_use]
    pub fn hash(&self, user: UserId) -> TokenHash {
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(user.uuid().as_bytes());
        context.update(&self.0);
        context.finish().as_ref().to_vec().into()
    }
}

impl fmt::Debug for TotpCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpCode(redacted)")
    }
}

impl fmt::Debug for BackupCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BackupCode(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_people_type_it() {
        for typed in [
            "123456",
            "123 456",
            " 123-456 ",
            "1 2 3 4 5 6",
            "123\u{2013}456",
            "١٢٣٤٥٦",
            "۱۲۳ ۴۵۶",
            "１２３４５６",
            "१२३४५६",
            "\u{200f}123\u{200b}456\u{feff}",
            "\u{202b}١٢٣\u{2212}٤٥٦\u{202c}",
        ] {
            assert!(
                matches!(TypedCode::parse(typed), Some(TypedCode::Totp(code)) if code.expose() == "123456"),
                "{typed:?}"
            );
        }
    }

    #[test]
    fn a_backup_code_survives_small_letters_and_missing_dashes() {
        let (code, user) = (BackupCode::random().unwrap(), UserId::new());
        let typed = code.expose().to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l");

        let pasted = format!("\u{200e}{}\u{200b}", code.expose().replace('7', "７").replace('4', "٤"));

        for typed in [typed, pasted] {
            let Some(TypedCode::Backup(read)) = TypedCode::parse(&typed) else { panic!("{typed}") };
            assert_eq!(read.hash(user), code.hash(user));
        }
        let Some(TypedCode::Backup(read)) = TypedCode::parse(&code.expose()) else { panic!() };
        assert_ne!(read.hash(user), code.hash(UserId::new()));
    }

    #[test]
    fn what_is_neither_is_no_code() {
        for typed in ["", "12345", "1234567", "١٢٣٤٥", "½23456", "not-a-code", "UUUU-UUUU-UUUU-UUUU", &"1".repeat(4000)]
        {
            assert!(TypedCode::parse(typed).is_none(), "{typed:?}");
        }
    }
}
