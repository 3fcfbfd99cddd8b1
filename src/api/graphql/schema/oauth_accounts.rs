//! Provider accounts that are linked to users, and their providers.

use async_graphql::{Context, Enum, ID, Object, SimpleObject};

use super::context::ContextExt;
use crate::api::graphql::error::ApiResult;
use crate::api::graphql::scalars::{DateTime, EmailAddressScalar};
use crate::app::App;
use crate::app::oauth::Provider;
use crate::records::oauth_accounts::LinkedAccount;
use crate::values::email_address::EmailAddress;
use crate::values::oauth::ProviderKind;

/// A provider account, as the schema shows it.
pub struct OAuthAccountView(LinkedAccount);

/// A provider account that is linked to a user.
#[Object(name = "OAuthAccount")]
impl OAuthAccountView {
    /// Opaque id that never changes: `oauth_…`.
    pub async fn id(&self) -> ID {
        ID(self.0.id.to_string())
    }

    /// The provider.
    async fn provider(&self, ctx: &Context<'_>) -> ApiResult<OAuthProviderView> {
        Ok(OAuthProviderView::find(ctx.app()?, &self.0.provider))
    }

    /// Email address of the provider account, as the provider reported it. Null if it reported none, or none that is
    /// well-formed.
    async fn email(&self) -> Option<EmailAddressScalar> {
        let reported = EmailAddress::parse(self.0.email.as_deref()?).ok()?;
        Some((&reported).into())
    }

    /// When it was linked.
    async fn linked_at(&self) -> DateTime {
        self.0.linked_at.into()
    }

    /// When the user last signed in with it. Null if never.
    async fn last_used_at(&self) -> Option<DateTime> {
        self.0.last_used_at.map(Into::into)
    }
}

/// A service that users can sign in with.
#[derive(SimpleObject)]
#[graphql(name = "OAuthProvider")]
pub struct OAuthProviderView {
    /// Name in the server's settings, such as `google`. Mutations take it as `provider`.
    name: String,
    /// Name to show to users.
    display_name: String,
    /// Kind of the provider.
    kind: OAuthProviderKind,
}

/// Kinds of OAuth providers. Newer servers may add values: clients must accept values they do not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(name = "OAuthProviderKind", remote = "ProviderKind")]
pub enum OAuthProviderKind {
    /// Google.
    Google,
    /// GitHub.
    #[graphql(name = "GITHUB")]
    GitHub,
    /// Apple.
    Apple,
    /// Microsoft.
    Microsoft,
    /// Another issuer that speaks OpenID Connect.
    Oidc,
}

impl From<LinkedAccount> for OAuthAccountView {
    fn from(account: LinkedAccount) -> Self {
        Self(account)
    }
}

impl From<&Provider> for OAuthProviderView {
    fn from(provider: &Provider) -> Self {
        Self {
            name: provider.name().to_owned(),
            display_name: provider.display_name().to_owned(),
            kind: provider.kind().into(),
        }
    }
}

impl OAuthProviderView {
    /// Describes a provider as the settings do.
    fn find(app: &App, name: &str) -> Self {
        app.oauth.find(name).map_or_else(|| Self::named(name), Into::into)
    }

    /// Describes a provider that is not in the settings any more: the known ones, and any other as one of OpenID Connect.
    fn named(name: &str) -> Self {
        let (kind, display_name) = match name {
            "google" => (OAuthProviderKind::Google, "Google"),
            "github" => (OAuthProviderKind::GitHub, "GitHub"),
            "apple" => (OAuthProviderKind::Apple, "Apple"),
            "microsoft" => (OAuthProviderKind::Microsoft, "Microsoft"),
            other => (OAuthProviderKind::Oidc, other),
        };
        Self { name: name.to_owned(), display_name: display_name.to_owned(), kind }
    }
}
