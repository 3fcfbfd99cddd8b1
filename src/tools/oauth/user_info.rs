//! Asks an OpenID provider about the user (OpenID Connect Core 1.0, section 5.3).

use super::OAuthError;
use crate::tools::http_client::{HttpAnswer, HttpClient, HttpError, OutboundRequest, OutboundUrl};
use crate::values::claims::ClaimSet;
use crate::values::secret::Secret;

/// The claims of the user, who must be the one of the ID token: its `sub`. Without this check, an access token of another
/// user could bring the address of that user (section 5.3.2).
///
/// # Errors
/// [`OAuthError::WrongSubject`]; [`OAuthError::Http`] where the provider is away, or its answer is not a JSON object with
/// status 200. Signed answers (`application/jwt`) are not understood.
pub async fn fetch_user_info(
    http: &HttpClient,
    endpoint: &OutboundUrl,
    access_token: &Secret,
    subject: &str,
) -> Result<ClaimSet, OAuthError> {
    let claims: ClaimSet = ask(http, endpoint.clone(), access_token).await?.json()?;
    if claims.text("sub") == Some(subject) { Ok(claims) } else { Err(OAuthError::WrongSubject) }
}

/// A GET with a bearer token.
pub(super) async fn ask(http: &HttpClient, url: OutboundUrl, access_token: &Secret) -> Result<HttpAnswer, OAuthError> {
    // A token that no header can have came from the provider.
    let request = OutboundRequest::get(url).with_bearer(access_token).map_err(|_| HttpError::NotUnderstood)?;
    Ok(http.send(request).await?)
}
