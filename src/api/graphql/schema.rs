//! The schema: queries and mutations put together, and the text that `schema.graphql` holds.

use std::sync::Arc;

use async_graphql::{Context, MergedObject, Object, SDLExportOptions, Schema, SchemaBuilder, ValidationMode};

use super::account::AccountMutation;
use super::administration::AdministrationMutation;
use super::allowance::{Allowance, RateLimitView};
use super::audit::AuditQuery;
use super::context::{Asks, viewer};
use super::cost::cost;
use super::credentials::CredentialsMutation;
use super::dashboard::DashboardQuery;
use super::error::{ApiResult, missing_data};
use super::execution::SpecifiedExecution;
use super::guards::{Role, requires, signed_in};
use super::live::LiveSubscription;
use super::mfa::MfaMutation;
use super::sign_in::SignInMutation;
use super::user::AuthConfig;
use super::users::UsersQuery;
use super::validation::schema_types::SchemaTypes;
use super::views::UserView;
use crate::app::App;
use crate::error::Result;

/// The schema of authgraph.
pub type ApiSchema = Schema<Query, Mutation, LiveSubscription>;

/// What can be asked.
#[derive(MergedObject, Default)]
pub struct Query(GeneralQuery, UsersQuery, AuditQuery, DashboardQuery);

/// Oneself, and what there is to know before anyone signs in.
#[derive(Default)]
pub struct GeneralQuery;

#[Object]
impl GeneralQuery {
    /// The signed-in user.
    #[graphql(guard = "signed_in()", directive = requires::apply(Role::User, false))]
    async fn me(&self, ctx: &Context<'_>) -> ApiResult<Option<UserView>> {
        Ok(Some(UserView(viewer(ctx).await?.user().clone())))
    }

    /// What is left of the caller's budget of points. Costs nothing.
    #[graphql(directive = cost::apply(0, None))]
    async fn rate_limit(&self, ctx: &Context<'_>) -> ApiResult<RateLimitView> {
        Ok(ctx.data::<Allowance>().map_err(missing_data)?.view())
    }

    /// What a frontend must know before anyone signs in.
    async fn auth_config(&self, ctx: &Context<'_>) -> ApiResult<AuthConfig> {
        let config = &ctx.app()?.config;
        Ok(AuthConfig {
            password_policy: (&config.password_policy).into(),
            email_verification_required: config.requires_verified_email(),
            registration_open: config.registration_open,
        })
    }
}

/// What can be done.
#[derive(MergedObject, Default)]
pub struct Mutation(AccountMutation, SignInMutation, MfaMutation, CredentialsMutation, AdministrationMutation);

/// The schema in front of a running app.
#[must_use]
pub fn build(app: Arc<App>) -> ApiSchema {
    builder().data(app).finish()
}

/// The schema as text (SDL).
#[must_use]
pub fn sdl() -> String {
    let options = SDLExportOptions::new()
        .prefer_single_line_descriptions()
        .include_specified_by()
        .use_space_ident()
        .indent_width(2);
    builder().finish().sdl_with_options(options)
}

/// The types that documents are validated against.
///
/// # Errors
/// When the schema cannot be read, which would be a fault of ours.
pub fn types() -> Result<SchemaTypes> {
    SchemaTypes::parse(&sdl())
}

/// What the schema says of itself, without an app behind it.
#[cfg(test)]
pub async fn introspected(query: &str) -> serde_json::Value {
    builder().finish().execute(query).await.data.into_json().unwrap_or_default()
}

fn builder() -> SchemaBuilder<Query, Mutation, LiveSubscription> {
    // Documents and variables are validated in front of it (`documents`, `prepared`), by more rules than it has.
    Schema::build(Query::default(), Mutation::default(), LiveSubscription)
        .extension(SpecifiedExecution::default())
        .validation_mode(ValidationMode::Fast)
        .disable_suggestions()
}
