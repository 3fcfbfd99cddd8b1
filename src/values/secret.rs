//! A text that never shows in a log: a URL with a password, a key, a token.

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};

/// A secret text. `Debug` prints a placeholder.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The text itself, for the code that connects or signs with it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether the secret is this text. The time that the comparison takes does not depend on how much of the text is right.
    #[must_use]
    pub fn equals(&self, presented: &str) -> bool {
        // Hashes have one length, so that not even the length of the secret leaks.
        let hash = |text: &str| digest(&SHA256, text.as_bytes());
        verify_slices_are_equal(hash(&self.0).as_ref(), hash(presented).as_ref()).is_ok()
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(redacted)")
    }
}
