//! Signing in with a provider: what a sign-in is for, and what the provider says of the user.

use aws_lc_rs::digest::{SHA256, digest};

use super::email_address::EmailAddress;
use super::secret::Secret;
use super::secret_token::{OAuthFlowToken, TokenHash};

/// The kind of a provider. It decides how the provider is spoken to, and when its word on an address counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProviderKind {
    /// Google.
    Google,
    /// GitHub.
    GitHub,
    /// Apple.
    Apple,
    /// Microsoft.
    Microsoft,
    /// Another issuer that speaks OpenID Connect.
    Oidc,
}

/// What a user signs in at a provider for. A flow that was started for one purpose cannot be completed for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, sqlx::Type, strum::IntoStaticStr)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
#[sqlx(type_name = "text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OAuthPurpose {
    /// To log in, or to register.
    Login,
    /// To link the provider account to the user who is signed in.
    Link,
    /// To confirm the identity of the user who is signed in.
    Reauthenticate,
}

/// Who a provider says the user is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderIdentity {
    /// The provider's name for the user, which lasts where an address changes. Unique for the provider; for Microsoft it
    /// contains the tenant.
    pub subject: String,
    /// The address that the provider reports.
    pub email: Option<ProviderEmail>,
    /// The name that the provider reports.
    pub name: Option<String>,
}

/// An address that a provider reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderEmail {
    /// The address.
    pub address: EmailAddress,
    /// Whether the provider's word proves that the user owns the mailbox.
    pub is_verified: bool,
}

/// What a client brings back from a provider.
#[derive(Debug)]
pub enum OAuthAnswer {
    /// The browser came back to the redirect URI.
    Redirect(RedirectAnswer),
    /// The provider's library in an app got an ID token.
    IdToken(IdTokenAnswer),
}

/// The parameters with which a browser came back to the redirect URI (RFC 6749, section 4.1.2).
#[derive(Debug)]
pub struct RedirectAnswer {
    /// Names the flow. `None` where the client sent a text that is no flow token.
    pub flow: Option<OAuthFlowToken>,
    /// The code, or the error code in its place.
    pub code: Result<Secret, String>,
    /// Must be the state of the flow.
    pub state: String,
    /// The name of the issuer (RFC 9207).
    pub iss: Option<String>,
    /// The name of the user, which Apple sends beside the first code. Unsigned.
    pub name: Option<String>,
}

/// An ID token that an app got without a redirect.
#[derive(Debug)]
pub struct IdTokenAnswer {
    /// Names the flow. `None` where the client sent a text that is no flow token.
    pub flow: Option<OAuthFlowToken>,
    /// The provider whose token it is, as the client says: must be the one of the flow. `None` where the client does not say.
    pub provider: Option<String>,
    /// The token.
    pub id_token: Secret,
    /// The name of the user, which Apple gives to the app the first time. Unsigned.
    pub name: Option<String>,
}

/// The hash of a `state`, by which the database finds the flow of a form.
#[must_use]
pub fn state_hash(state: &str) -> TokenHash {
    TokenHash::from(digest(&SHA256, state.as_bytes()).as_ref().to_vec())
}

impl OAuthAnswer {
    /// Names the flow.
    #[must_use]
    pub const fn flow(&self) -> Option<&OAuthFlowToken> {
        match self {
            Self::Redirect(answer) => answer.flow.as_ref(),
            Self::IdToken(answer) => answer.flow.as_ref(),
        }
    }
}
