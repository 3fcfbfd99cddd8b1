//! Asks GitHub about the user. GitHub has no ID tokens and no userinfo endpoint, but an API of its own.

use serde::Deserialize;

use super::OAuthError;
use super::user_info::ask;
use crate::tools::http_client::{HttpClient, OutboundUrl};
use crate::values::secret::Secret;

/// A user of GitHub.
#[derive(Clone, PartialEq, Eq)]
pub struct GitHubUser {
    /// Who it is, for ever. Logins are renamed, and given to others.
    pub id: u64,
    /// The name, if the user has given one.
    pub name: Option<String>,
    /// The primary email address, if GitHub has verified it.
    pub verified_email: Option<String>,
}

impl std::fmt::Debug for GitHubUser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GitHubUser").field("id", &self.id).finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct Profile {
    id: u64,
    name: Option<String>,
}

#[derive(Deserialize)]
struct ListedEmail {
    email: String,
    primary: bool,
    verified: bool,
}

/// The user of an access token with the scopes `read:user` and `user:email`. `api` is the URL of the API:
/// `https://api.github.com`, or that of a GitHub Enterprise server.
///
/// The address in the profile is not used: it is the one that the user shows to others, and nobody may have verified it.
///
/// # Errors
/// [`OAuthError::Http`] where GitHub is away or its answer is not understood.
pub async fn fetch_github_user(
    http: &HttpClient,
    api: &OutboundUrl,
    access_token: &Secret,
) -> Result<GitHubUser, OAuthError> {
    let profile: Profile = ask(http, below(api, "user"), access_token).await?.json()?;
    let answer = ask(http, below(api, "user/emails"), access_token).await?;
    // Without the scope for addresses the list is forbidden or not found: then there is no verified address.
    let emails: Vec<ListedEmail> = if matches!(answer.status, 403 | 404) { Vec::new() } else { answer.json()? };
    let primary = emails.into_iter().find(|email| email.primary && email.verified);
    Ok(GitHubUser { id: profile.id, name: profile.name, verified_email: primary.map(|primary| primary.email) })
}

fn below(api: &OutboundUrl, path: &str) -> OutboundUrl {
    let mut url = api.url().clone();
    let path = format!("{}/{path}", url.path().trim_end_matches('/'));
    url.set_path(&path);
    api.names(url)
}
