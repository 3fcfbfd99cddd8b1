//! Why a provider did not say who the user is. No error quotes an answer, except the provider's error code.

use std::fmt;

use crate::tools::http_client::HttpError;

/// Why a provider did not say who the user is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OAuthError {
    /// The provider refused: `invalid_grant` for a code that is wrong, used or expired.
    #[error("the provider refused: {0}")]
    Denied(ProviderErrorCode),
    /// The provider gave no answer, or none that can be understood.
    #[error("the provider gave no answer: {0}")]
    Http(#[from] HttpError),
    /// The answer about the user is about another one than the ID token.
    #[error("the answer of the provider is about another user")]
    WrongSubject,
    /// The redirect URI is not a URI. It comes from this server's list, so this is a mistake of ours.
    #[error("the redirect URI is not a URI")]
    RedirectUri,
}

/// The error code of a provider (RFC 6749, section 5.2): all of its answer that may be shown or logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderErrorCode(String);

impl ProviderErrorCode {
    /// The code, or `unknown` where it has other characters than codes have, or more than 64.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let is_code = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
        let is_valid = (1..=64).contains(&text.len()) && text.bytes().all(is_code);
        Self(if is_valid { text } else { "unknown" }.to_owned())
    }

    /// The code as the provider wrote it: `access_denied`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProviderErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_an_answer_is_shown_but_a_code() {
        assert_eq!(ProviderErrorCode::read("bad_verification_code").as_str(), "bad_verification_code");
        for other in ["", "The code is wrong.", "<script>", "a\nb", &"a".repeat(65)] {
            assert_eq!(ProviderErrorCode::read(other).as_str(), "unknown", "{other}");
        }
    }
}
