//! The URL that a browser is sent to.

use std::borrow::Cow;
use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use oauth2::{
    AuthUrl, ClientId, CsrfToken, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope, basic::BasicClient,
};
use url::Url;
use zeroize::Zeroizing;

use super::{OAuthClient, OAuthError};
use crate::error::{OrFault, Result};
use crate::values::secret::Secret;

/// What a browser is sent to ask for.
#[derive(Debug, Clone, Copy)]
pub struct AuthorizationRequest<'a> {
    /// Where the provider sends the browser back to: the same text as at the exchange of the code, character by character.
    pub redirect_uri: &'a str,
    /// What is asked for: `openid`, `email` …
    pub scopes: &'a [&'a str],
    /// Comes back with the answer, which belongs to this request only if it is the same.
    pub state: &'a Secret,
    /// Comes back in the ID token. Not needed where there is none.
    pub nonce: Option<&'a Secret>,
    /// Its challenge goes into the URL.
    pub verifier: &'a CodeVerifier,
    /// Parameters of the provider: `response_mode=form_post` of Apple, `login_hint`, `prompt` …
    pub extra: &'a [(&'a str, &'a str)],
}

/// The secret of PKCE (RFC 7636): the client that exchanges the code must have it.
#[derive(Clone)]
pub struct CodeVerifier(Secret);

/// A value that nobody can guess: 256 random bits, in 43 characters of base64url. For `state` and `nonce`.
///
/// # Errors
/// A fault where the generator of the operating system fails.
pub fn random_value() -> Result<Secret> {
    let mut bytes = Zeroizing::new([0; 32]);
    aws_lc_rs::rand::fill(bytes.as_mut_slice()).or_fault("drawing random bytes")?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes.as_slice()).into())
}

impl CodeVerifier {
    /// A new one.
    ///
    /// # Errors
    /// A fault where the generator of the operating system fails.
    pub fn random() -> Result<Self> {
        random_value().map(Self)
    }

    /// Reads one that was stored; `None` where it is none (RFC 7636, section 4.1).
    #[must_use]
    pub fn parse(stored: &str) -> Option<Self> {
        let is_unreserved = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
        let is_valid = (43..=128).contains(&stored.len()) && stored.bytes().all(is_unreserved);
        is_valid.then(|| Self(stored.to_owned().into()))
    }

    /// The text, to be stored sealed until the code comes.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    pub(super) fn for_exchange(&self) -> PkceCodeVerifier {
        PkceCodeVerifier::new(self.expose().to_owned())
    }
}

impl fmt::Debug for CodeVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CodeVerifier(redacted)")
    }
}

impl OAuthClient {
    /// The URL to send a browser to, for an authorization code with PKCE (S256).
    ///
    /// # Errors
    /// [`OAuthError::RedirectUri`].
    pub fn authorization_url(&self, request: &AuthorizationRequest<'_>) -> Result<Url, OAuthError> {
        let redirect_uri = RedirectUrl::new(request.redirect_uri.to_owned()).map_err(|_| OAuthError::RedirectUri)?;
        let client = BasicClient::new(ClientId::new(self.client_id.clone()))
            .set_auth_uri(AuthUrl::from_url(self.authorization_endpoint.clone()));

        let mut url = client
            .authorize_url(|| CsrfToken::new(request.state.expose().to_owned()))
            .set_redirect_uri(Cow::Owned(redirect_uri))
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&request.verifier.for_exchange()))
            .add_scopes(request.scopes.iter().map(|scope| Scope::new((*scope).to_owned())));
        if let Some(nonce) = request.nonce {
            url = url.add_extra_param("nonce", nonce.expose());
        }
        for (name, value) in request.extra {
            url = url.add_extra_param(*name, *value);
        }
        Ok(url.url().0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_verifier_is_read_back_and_nothing_else_is() {
        let verifier = CodeVerifier::random().unwrap();

        assert_eq!(CodeVerifier::parse(verifier.expose()).unwrap().expose(), verifier.expose());
        for other in ["", "short", &"a".repeat(129), &"ä".repeat(30), &format!("{} ", "a".repeat(50))] {
            assert!(CodeVerifier::parse(other).is_none(), "{other}");
        }
        assert_eq!(format!("{verifier:?}"), "CodeVerifier(redacted)");
    }
}
