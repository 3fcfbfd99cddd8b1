//! The schema: its roots put together, and its text (SDL).

pub mod account; // registration, address verification, profile, deletion
pub mod administration; // what administrators do to other accounts
pub mod annotations; // what the schema says by rule
pub mod audit; // the audit trail
pub mod audit_enums; // actions and outcomes of the audit trail
pub mod audit_filter; // the filter of audit events
pub mod audit_integrity; // the verification of the audit trail
pub mod auth_config; // the settings that clients need before sign-in
pub mod context; // what a resolver gets from its request
pub mod costs; // the price of every field
pub mod credentials; // passwords and email addresses
pub mod dashboard; // totals, and counts per day
pub mod date_time_range; // a range of time, as filters take it
pub mod error_extensions; // the shape of the extensions of an error
pub mod field_notes; // directives as sentences
pub mod guards; // who may resolve a field
pub mod input; // parses the fields of an input together
pub mod loaders; // one statement for all items of a page
pub mod login_result; // how a login ends or continues
pub mod mfa; // the second factor
pub mod node; // objects by their ids
pub mod oauth; // sign-in with a provider
pub mod oauth_accounts; // provider accounts that are linked to users
pub mod oauth_answers; // what clients bring back from providers
pub mod oauth_links; // linking and unlinking provider accounts
pub mod paging; // Relay connections
pub mod rate_limit; // the remaining points of the caller
pub mod session; // sessions and devices
pub mod session_endings; // mutations that end sessions
pub mod session_list; // the sessions of a user
pub mod session_update; // renames the device of a session
pub mod set_password; // the first password of an account
pub mod settings; // the settings of the server
pub mod sign_in; // login, refresh, reauthentication
pub mod signed_in; // the client of a login, and the tokens it gets
pub mod subscriptions; // events as they happen
pub mod user; // users and their provider accounts
pub mod user_changes; // changing, locking and verifying users
pub mod users; // list and search of users
pub mod views; // the records behind the objects of the schema

use std::sync::Arc;

use async_graphql::{Context, MergedObject, Object, SDLExportOptions, Schema, SchemaBuilder, ValidationMode};

use self::account::AccountMutation;
use self::administration::AdministrationMutation;
use self::annotations::Annotations;
use self::audit::AuditQuery;
use self::audit_integrity::AuditIntegrityQuery;
use self::auth_config::AuthConfig;
use self::context::{ContextExt, viewer};
use self::costs::cost;
use self::credentials::CredentialsMutation;
use self::dashboard::DashboardQuery;
use self::error_extensions::ErrorExtensionsView;
use self::guards::{RoleEnum, access, require_user};
use self::login_result::LoginStep;
use self::mfa::MfaMutation;
use self::node::NodeQuery;
use self::oauth::OAuthMutation;
use self::oauth_links::OAuthLinkMutation;
use self::rate_limit::RateLimitView;
use self::session_endings::SessionMutation;
use self::session_update::SessionUpdateMutation;
use self::set_password::SetPasswordMutation;
use self::settings::SettingsQuery;
use self::sign_in::SignInMutation;
use self::subscriptions::SubscriptionRoot;
use self::user_changes::UserChangesMutation;
use self::users::UsersQuery;
use self::views::{SessionView, UserView};
use super::error::{ApiResult, missing_data};
use super::pipeline::extension::PipelineExtension;
use super::pipeline::rate_limit_status::RateLimitStatus;
use super::pipeline::validation::schema_types::SchemaTypes;
use crate::app::App;
use crate::error::Result;

/// The GraphQL schema of authgraph.
pub type ApiSchema = Schema<QueryRoot, MutationRoot, SubscriptionRoot>;

/// Operations that read data.
#[derive(MergedObject, Default)]
#[graphql(name = "Query")]
pub struct QueryRoot(
    GeneralQuery,
    NodeQuery,
    UsersQuery,
    AuditQuery,
    AuditIntegrityQuery,
    DashboardQuery,
    SettingsQuery,
);

/// The viewer, the server's settings, and the rate limit.
#[derive(Default)]
pub struct GeneralQuery;

#[Object]
impl GeneralQuery {
    /// Get the signed-in user.
    #[graphql(guard = "require_user()", directive = access::apply(RoleEnum::User, false))]
    async fn me(&self, ctx: &Context<'_>) -> ApiResult<Option<UserView>> {
        Ok(Some(UserView(viewer(ctx).await?.user().clone())))
    }

    /// Get the session of this request.
    #[graphql(guard = "require_user()", directive = access::apply(RoleEnum::User, false))]
    async fn session(&self, ctx: &Context<'_>) -> ApiResult<Option<SessionView>> {
        let viewer = viewer(ctx).await?;
        let (session, user) = (viewer.session().clone(), viewer.user().clone());
        Ok(Some(SessionView { session, user, is_current: true }))
    }

    /// Get the caller's remaining points.
    #[graphql(directive = cost::apply(costs::RATE_LIMIT.to_string()))]
    async fn rate_limit(&self, ctx: &Context<'_>) -> ApiResult<RateLimitView> {
        Ok(ctx.data::<RateLimitStatus>().map_err(missing_data)?.into())
    }

    /// Get the settings that a client needs before sign-in.
    async fn auth_config(&self, ctx: &Context<'_>) -> ApiResult<AuthConfig> {
        let app = ctx.app()?;
        let config = &app.config;
        Ok(AuthConfig {
            password_policy: (&config.password_policy).into(),
            email_verification_required: config.requires_verified_email(),
            registration_open: config.registration.is_open,
            oauth_providers: app.oauth.iter().map(Into::into).collect(),
        })
    }
}

/// Operations that change data. A mutation that fails returns null and an error.
#[derive(MergedObject, Default)]
#[graphql(name = "Mutation")]
pub struct MutationRoot(
    AccountMutation,
    SignInMutation,
    OAuthMutation,
    OAuthLinkMutation,
    SessionMutation,
    SessionUpdateMutation,
    MfaMutation,
    CredentialsMutation,
    SetPasswordMutation,
    AdministrationMutation,
    UserChangesMutation,
);

/// Builds the schema for an app.
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
    let text = builder().finish().sdl_with_options(options);
    // The library indents the empty lines of descriptions too.
    text.lines().flat_map(|line| [line.trim_end(), "\n"]).collect()
}

/// The types that documents are validated against.
pub fn types() -> Result<SchemaTypes> {
    SchemaTypes::parse(&sdl())
}

/// Runs an introspection query without an app.
#[cfg(test)]
pub async fn introspected(query: &str) -> serde_json::Value {
    builder().finish().execute(query).await.data.into_json().unwrap_or_default()
}

fn builder() -> SchemaBuilder<QueryRoot, MutationRoot, SubscriptionRoot> {
    // Documents and variables are already validated (pipeline/validation): the library lacks rules (docs/adr/0027).
    Schema::build(QueryRoot::default(), MutationRoot::default(), SubscriptionRoot)
        // No field returns these two.
        .register_output_type::<ErrorExtensionsView>()
        .register_output_type::<LoginStep>()
        // After all types.
        .register_output_type::<Annotations>()
        .extension(PipelineExtension::default())
        .validation_mode(ValidationMode::Fast)
        .disable_suggestions()
}
