//! The schema: queries and mutations put together, and the text that `schema.graphql` holds.

pub mod account;
pub mod administration;
pub mod audit;
pub mod audit_filter;
pub mod audit_words;
pub mod context;
pub mod costs;
pub mod credentials;
pub mod dashboard;
pub mod guards;
pub mod input;
pub mod loaders;
pub mod mfa;
pub mod node;
pub mod paging;
pub mod session;
pub mod sign_in;
pub mod signed_in;
pub mod subscriptions;
pub mod user;
pub mod users;
pub mod views;

use std::sync::Arc;

use async_graphql::{Context, MergedObject, Object, SDLExportOptions, Schema, SchemaBuilder, ValidationMode};

use self::account::AccountMutation;
use self::administration::AdministrationMutation;
use self::audit::AuditQuery;
use self::context::{ContextExt, viewer};
use self::costs::cost;
use self::credentials::CredentialsMutation;
use self::dashboard::DashboardQuery;
use self::guards::{Role, require_user, requires};
use self::mfa::MfaMutation;
use self::sign_in::SignInMutation;
use self::subscriptions::LiveSubscription;
use self::user::AuthConfig;
use self::users::UsersQuery;
use self::views::UserView;
use super::error::{ApiResult, missing_data};
use super::pipeline::extension::SpecifiedExecution;
use super::pipeline::rate_limit_status::{RateLimitStatus, RateLimitView};
use super::pipeline::validation::schema_types::SchemaTypes;
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
    #[graphql(guard = "require_user()", directive = requires::apply(Role::User, false))]
    async fn me(&self, ctx: &Context<'_>) -> ApiResult<Option<UserView>> {
        Ok(Some(UserView(viewer(ctx).await?.user().clone())))
    }

    /// What is left of the caller's budget of points. Costs nothing.
    #[graphql(directive = cost::apply(0, None))]
    async fn rate_limit(&self, ctx: &Context<'_>) -> ApiResult<RateLimitView> {
        Ok(ctx.data::<RateLimitStatus>().map_err(missing_data)?.view())
    }

    /// What a frontend must know before anyone signs in.
    async fn auth_config(&self, ctx: &Context<'_>) -> ApiResult<AuthConfig> {
        let config = &ctx.app()?.config;
        Ok(AuthConfig {
            password_policy: (&config.password_policy).into(),
            email_verification_required: config.requires_verified_email(),
            registration_open: config.registration.is_open,
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
