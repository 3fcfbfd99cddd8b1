//! An e-mail address, in the one spelling under which accounts are unique.

use std::fmt;

use unicode_normalization::UnicodeNormalization;

use crate::error::FieldFault;

/// Domains under which there is never a mailbox: `.invalid` is where the addresses of erased users stand, `.localhost`
/// would have the mail server talk to itself (both RFC 6761), `.onion` (RFC 7686) and `.alt` (RFC 9476) are not in the DNS.
const WITHOUT_MAILBOXES: [&str; 4] = ["invalid", "localhost", "onion", "alt"];

/// The longest address, in octets (RFC 5321, and RFC 3696 with its erratum 1690).
pub const EMAIL_LIMIT: usize = 254;

/// A parsed address: trimmed, NFC, lower-cased.
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
        let invalid = || FieldFault::new("INVALID", "This is not an e-mail address.");
        let address: String = typed.trim().nfc().collect::<String>().to_lowercase();
        if address.len() > EMAIL_LIMIT {
            return Err(invalid());
        }
        let options =
            email_address::Options::default().with_required_tld().without_display_text().without_domain_literal();
        let parsed = email_address::EmailAddress::parse_with_options(&address, options).map_err(|_| invalid())?;
        // A quoted local part is legal, but no mailbox in use has one, and it lets spaces and commas into headers.
        if parsed.local_part().starts_with('"') {
            return Err(invalid());
        }
        // One mailbox, one account: a domain has two spellings, of which mail servers all know the ASCII one (RFC 5890).
        let domain = url::Host::parse(parsed.domain()).map_err(|_| invalid())?;
        // Judged in its ASCII spelling, so that no other one leads around the list.
        let domain = domain.to_string();
        let last = domain.trim_end_matches('.').rsplit('.').next().unwrap_or_default();
        let canonical = format!("{}@{domain}", parsed.local_part());
        // The ASCII spelling may be the longer one.
        if WITHOUT_MAILBOXES.contains(&last) || canonical.len() > EMAIL_LIMIT {
            return Err(invalid());
        }
        Ok(Self(canonical))
    }

    /// The address as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the local part is one that can be printed in an email to another person: letters, digits and the marks that
    /// addresses of people have, and nothing that reads as a web address.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        let local = self.local_part();
        let is_usual = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '+');
        local.chars().count() <= 40 && local.chars().all(is_usual) && !local.starts_with("www.")
    }

    /// What stands before the `@`.
    #[must_use]
    pub fn local_part(&self) -> &str {
        self.0.rsplit_once('@').map_or(self.0.as_str(), |(local, _)| local)
    }
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
