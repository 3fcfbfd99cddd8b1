//! What each provider is asked for beyond the parameters of OAuth.

use super::ProviderRequest;
use crate::values::oauth::{OAuthPurpose, ProviderKind};

/// The further parameters of an authorization URL.
pub(super) fn for_request<'a>(kind: ProviderKind, request: &ProviderRequest<'a>) -> Vec<(&'static str, &'a str)> {
    let mut parameters = Vec::new();
    if kind == ProviderKind::Apple {
        // Apple demands it where a name or an address is asked for.
        parameters.push(("response_mode", "form_post"));
    }
    if request.purpose == OAuthPurpose::Reauthenticate {
        parameters.extend_from_slice(reauthentication(kind));
    }
    // GitHub's `login` wants a user name of GitHub, and Apple suggests nothing.
    let knows_hints = matches!(kind, ProviderKind::Google | ProviderKind::Microsoft | ProviderKind::Oidc);
    parameters.extend(request.login_hint.filter(|_| knows_hints).map(|hint| ("login_hint", hint)));
    parameters
}

/// What makes the user prove anew who it is (OpenID Connect Core 1.0, section 3.1.2.1), as far as the provider knows it.
/// Google and GitHub can only be made to ask.
const fn reauthentication(kind: ProviderKind) -> &'static [(&'static str, &'static str)] {
    match kind {
        ProviderKind::Oidc => &[("prompt", "login"), ("max_age", "0")],
        ProviderKind::Microsoft => &[("prompt", "login")],
        ProviderKind::Google | ProviderKind::GitHub => &[("prompt", "select_account")],
        ProviderKind::Apple => &[],
    }
}
