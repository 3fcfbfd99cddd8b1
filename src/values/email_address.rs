//! An email address, normalized to the one spelling under which accounts are unique.

use std::fmt;

use email_address::EmailAddress as Syntax;
use idna::AsciiDenyList;
use idna::uts46::{DnsLength, Hyphens, Uts46};
use unicode_normalization::UnicodeNormalization;

use crate::error::{FieldErrorCode, FieldFault};
use crate::values::printable;
use crate::values::user::folded;

/// Domains under which there is never a mailbox: `.invalid` is where the addresses of erased users stand, `.localhost`
/// would have the mail server talk to itself (both RFC 6761), `.onion` (RFC 7686) and `.alt` (RFC 9476) are not in the
/// DNS.
const WITHOUT_MAILBOXES: [&str; 4] = ["invalid", "localhost", "onion", "alt"];

/// The longest address, in octets (RFC 5321, and RFC 3696 with its erratum 1690).
pub const EMAIL_LIMIT: usize = 254;

/// A parsed address: trimmed, NFC, lower-cased, letters of full width as those that other keyboards type, its domain in
/// ASCII.
#[derive(Debug, Clone, PartialEq, Eq, Hash, sqlx::Type, serde::Serialize, serde::Deserialize)]
#[sqlx(transparent)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// Parses what a person typed.
    ///
    /// # Errors
    /// `INVALID` where it is not an address with a domain (RFC 5321), longer than 254 octets, or under a domain that
    /// never has mailboxes.
    pub fn parse(typed: &str) -> Result<Self, FieldFault> {
        let invalid = || FieldFault::new(FieldErrorCode::Invalid, "Please enter a valid email address.");
        let narrow: String = typed.trim().chars().flat_map(narrowed).collect();
        let address = narrow.nfc().collect::<String>().to_lowercase();
        let (local, domain) = address.rsplit_once('@').ok_or_else(invalid)?;
        // A quoted local part is legal, but no mailbox in use has one, and it lets spaces and commas into headers.
        // Unicode counts invisible fillers as letters.
        let is_usable = Syntax::is_valid_local_part(local) && !local.contains(printable::is_invisible);
        if address.len() > EMAIL_LIMIT || local.starts_with('"') || !is_usable {
            return Err(invalid());
        }
        let domain = mail_domain(domain).ok_or_else(invalid)?;
        let canonical = format!("{local}@{domain}");
        // The ASCII spelling may be the longer one.
        if canonical.len() > EMAIL_LIMIT { Err(invalid()) } else { Ok(Self(canonical)) }
    }

    /// The address as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the local part is one that can be printed in an email to another person: letters, digits and the marks
    /// that addresses of people have, and nothing that reads as a web address.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        let local = self.local_part();
        let is_usual = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '+');
        local.chars().count() <= 40 && local.chars().all(is_usual) && !local.starts_with("www.")
    }

    /// The address as a person reads it: an international domain in its own letters.
    #[must_use]
    pub fn to_unicode(&self) -> String {
        let Some((local, domain)) = self.0.rsplit_once('@') else { return self.0.clone() };
        let (domain, _) = Uts46::new().to_unicode(domain.as_bytes(), AsciiDenyList::STD3, Hyphens::CheckFirstLast);
        format!("{local}@{domain}")
    }

    /// A second text under which a search finds the address, where people read or type it in another form; most
    /// addresses have none.
    #[must_use]
    pub fn search_key(&self) -> Option<String> {
        Some(folded(&self.to_unicode())).filter(|key| *key != self.0)
    }

    /// The part before the `@`.
    #[must_use]
    pub fn local_part(&self) -> &str {
        self.0.rsplit_once('@').map_or(self.0.as_str(), |(local, _)| local)
    }
}

/// A letter of full or half width as any other keyboard types it (RFC 8265, section 3.1): East Asian input methods
/// leave them behind, and no mailbox differs from another by them.
fn narrowed(c: char) -> impl Iterator<Item = char> {
    let has_width = matches!(c, '\u{ff01}'..='\u{ffee}');
    let (narrow, same) = if has_width { (Some(c), None) } else { (None, Some(c)) };
    narrow.into_iter().nfkc().chain(same)
}

/// A domain that can have a mailbox, in the one spelling that all mail servers know (RFC 5890). One mailbox, one
/// account: the spellings of a domain are one. Joiners are letters where they change one (RFC 5892, appendix A), as in
/// Persian and Hindi.
///
/// `None` for anything that is no name of the DNS with a top-level domain: an address literal, a number that a parser
/// of URLs would take for an IPv4 address, a trailing dot.
fn mail_domain(typed: &str) -> Option<String> {
    let ascii =
        Uts46::new().to_ascii(typed.as_bytes(), AsciiDenyList::STD3, Hyphens::CheckFirstLast, DnsLength::Verify);
    let domain = ascii.ok()?;
    // The ASCII spelling is checked, because another spelling of a listed domain would not be found in the list.
    let (_, last) = domain.rsplit_once('.')?;
    // All top-level domains begin with a letter (RFC 1123, section 2.1).
    let is_top_level = last.starts_with(|c: char| c.is_ascii_alphabetic());
    (is_top_level && !WITHOUT_MAILBOXES.contains(&last)).then(|| domain.into_owned())
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_and_capitals_make_no_second_account() {
        let typed = EmailAddress::parse("  Ann@Example.COM ").unwrap();

        assert_eq!(typed.as_str(), "ann@example.com");
    }

    #[test]
    fn two_spellings_of_a_domain_make_no_second_account() {
        let (unicode, ascii) =
            (EmailAddress::parse("ann@bücher.example"), EmailAddress::parse("ann@xn--bcher-kva.example"));

        assert_eq!(unicode.unwrap(), ascii.unwrap());
    }

    #[test]
    fn joiners_that_change_a_letter_belong_to_a_domain() {
        for (unicode, ascii) in [
            ("می\u{200c}خواهم.example", "xn--mgbn2ecje63gr19l.example"),
            ("نامه\u{200c}ای.example", "xn--mgba3gch31f060k.example"),
            ("क्\u{200d}ष.example", "xn--11b2ezcw70k.example"),
            ("☃.net", "xn--n3h.net"),
        ] {
            let [one, other] = [unicode, ascii].map(|domain| EmailAddress::parse(&format!("ann@{domain}")).unwrap());
            assert_eq!(one, other, "{unicode}");
            assert_eq!(one.to_unicode(), format!("ann@{unicode}"));
        }
    }

    #[test]
    fn a_number_or_a_literal_is_no_mail_domain() {
        for domain in [
            "127.1",
            "0x7f.0.0.1",
            "1.2.3.4",
            "2130706433",
            "１２７.１",
            "example.0x7f",
            "example.123",
            "[127.0.0.1]",
            "[IPv6:::1]",
            "example.com.",
            "example..com",
            "-a.example",
            "a-.example",
            "a_b.example",
            "ab\u{200d}c.example",
            "xn--a.example",
        ] {
            assert!(EmailAddress::parse(&format!("ann@{domain}")).is_err(), "{domain}");
        }
    }

    #[test]
    fn letters_of_full_width_make_no_second_account() {
        for typed in
            ["ａｎｎ9@example.com", "ann9＠example.com", "ａｎｎ９＠ｅｘａｍｐｌｅ．ｃｏｍ", "ann9@example。com"]
        {
            assert_eq!(EmailAddress::parse(typed).unwrap().as_str(), "ann9@example.com", "{typed}");
        }
        assert_eq!(EmailAddress::parse("straße@example.com").unwrap().as_str(), "straße@example.com");
        assert!(EmailAddress::parse("a，b@example.com").is_err());
    }

    #[test]
    fn what_cannot_be_seen_is_in_no_address() {
        for hidden in ["\u{200b}", "\u{feff}", "\u{200e}", "\u{202e}", "\u{ad}", "\u{2800}", "\u{3164}", "\u{ffa0}"] {
            assert!(EmailAddress::parse(&format!("an{hidden}n@example.com")).is_err(), "{hidden:?}");
        }
    }

    #[test]
    fn a_domain_that_never_has_mailboxes_is_refused_in_every_spelling() {
        for typed in [
            "user_01h@erased.invalid",
            "ann@Erased.INVALID",
            "ann@erased.ｉｎｖａｌｉｄ",
            "ann@erased。invalid",
            "ann@erased.inv\u{ad}alid",
            "ann@erased.invalid.",
            "ann@mail.localhost",
            "ann@example.onion",
            "ann@example.alt",
        ] {
            assert!(EmailAddress::parse(typed).is_err(), "{typed:?}");
        }
        for typed in ["ann@invalid.example", "ann@example.com", "ann@example.test", "ann@corp.local"] {
            assert!(EmailAddress::parse(typed).is_ok(), "{typed:?}");
        }
    }

    #[test]
    fn an_address_is_as_short_in_ascii_as_it_was_typed() {
        let typed = format!("ann@{}example", "ü.".repeat(60));

        assert!(typed.len() <= EMAIL_LIMIT && EmailAddress::parse(&typed).is_err());
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for typed in
            ["", "ann", "ann@", "@example.com", "ann@localhost", "a b@example.com", "ann@example.com\r\nBcc: x@y.zz"]
        {
            assert!(EmailAddress::parse(typed).is_err(), "{typed:?}");
        }
    }
}
