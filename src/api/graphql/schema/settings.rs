//! The settings of the server, for administrators.

use async_graphql::{Context, Object};

use super::context::ContextExt;
use super::guards::{self, RoleEnum, access};
use crate::api::graphql::error::ApiResult;
use crate::config::EffectiveSetting;

/// Queries about the settings of the server.
#[derive(Default)]
pub struct SettingsQuery;

/// Queries about the settings of the server.
#[Object]
impl SettingsQuery {
    /// List the settings of the instance that answers, in the order of docs/configuration.md. Secrets have no value here.
    #[graphql(guard = "guards::admin()", directive = access::apply(RoleEnum::Admin, false))]
    async fn settings(&self, ctx: &Context<'_>) -> ApiResult<Option<Vec<SettingView>>> {
        Ok(Some(ctx.app()?.config.effective.iter().cloned().map(SettingView).collect()))
    }
}

/// A setting, as the schema shows it.
pub struct SettingView(EffectiveSetting);

/// A setting of the server: an environment variable, or a line of its file `.env`.
#[Object(name = "Setting")]
impl SettingView {
    /// Name of the environment variable. The settings of an OpenID Connect provider are listed if they are set, with the
    /// name of the provider in them.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Heading above the setting in docs/configuration.md.
    async fn section(&self) -> &str {
        self.0.section
    }

    /// What the setting does, and which values it takes, in Markdown.
    async fn description(&self) -> &str {
        &self.0.description
    }

    /// Value that applies, as the operator wrote it, or the default. Null if it is empty or secret.
    async fn value(&self) -> Option<&str> {
        self.0.value.as_deref()
    }

    /// Value that applies if nothing is set. It may depend on `AUTHGRAPH_ENV`. Null if it is empty.
    async fn default_value(&self) -> Option<&str> {
        self.0.default
    }

    /// Whether the value is the default.
    async fn is_default(&self) -> bool {
        self.0.is_default
    }

    /// Whether the value is hidden: keys, tokens, passwords, the addresses of the database, of Redis and of the mail server,
    /// and URLs with a user or a query.
    async fn is_secret(&self) -> bool {
        self.0.is_secret
    }
}
