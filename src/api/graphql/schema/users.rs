//! All users, for administrators: list, filter, order.

use std::collections::BTreeSet;

use async_graphql::{Context, Enum, ID, InputObject, Object};

use super::context::ContextExt;
use super::costs::{self, cost};
use super::date_time_range::DateTimeRange;
use super::guards::{RoleEnum, access, admin, refuses};
use super::input::Faults;
use super::loaders::loaders;
use super::paging::{ConnectionArguments, PageInfo, RelayConnection, RelayEdge, connection};
use super::user::UserStatusEnum;
use super::views::UserView;
use crate::api::graphql::error::{ApiResult, Code};
use crate::error::{FieldErrorCode, FieldFault, Result};
use crate::records::user_list;
use crate::values::ids::UserId;
use crate::values::paging::ListScope;
use crate::values::user_filter::{self, TextSearch, UserFilter};

/// Selects users. A user must match every field that is given.
#[derive(InputObject, Default)]
#[graphql(name = "UserFilter")]
pub struct UserFilterInput {
    /// Text within the email address or the name. Ignores case and character width in every script, and finds
    /// international domains in both spellings. A text without three consecutive letters or digits only matches the
    /// beginning, unless its script has no case, such as Chinese or Hindi. At most 100 characters.
    search: Option<String>,
    /// Beginning of the email address or the name, ignoring case. The fastest search.
    starts_with: Option<String>,
    /// Only users with one of these roles. Must not be empty.
    roles: Option<Vec<RoleEnum>>,
    /// Only users with one of these statuses. Must not be empty. Omitted or null: ACTIVE, INVITED and LOCKED.
    statuses: Option<Vec<UserStatusEnum>>,
    /// Only users whose address is verified (true) or not (false).
    email_verified: Option<bool>,
    /// Only users with (true) or without (false) a second factor.
    mfa_enabled: Option<bool>,
    /// Only users who can sign in with this provider.
    provider: Option<String>,
    /// Only users whose account was created within this time.
    created_at: Option<DateTimeRange>,
    /// Only users who last signed in within this time.
    last_login_at: Option<DateTimeRange>,
}

/// Order of a list of users. Users who never signed in count as earlier than all others.
#[derive(InputObject)]
#[graphql(name = "UserOrder")]
pub struct UserOrderInput {
    /// Field to sort by.
    field: UserOrderField,
    /// Sort direction.
    direction: OrderDirection,
}

/// Fields to sort users by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "user_filter::OrderField")]
pub enum UserOrderField {
    /// When the account was created.
    CreatedAt,
    /// When the user last signed in.
    LastLoginAt,
    /// Email address.
    Email,
}

/// Sort direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum OrderDirection {
    /// Earliest first, or A to Z.
    Asc,
    /// Latest first, or Z to A.
    Desc,
}

/// A page of users.
pub struct UserConnection {
    page: RelayConnection<UserView>,
    filter: UserFilter,
}

/// A page of users.
#[Object]
impl UserConnection {
    /// Users with their cursors.
    async fn edges(&self) -> &[RelayEdge<UserView>] {
        self.page.edges()
    }

    /// Users without their cursors.
    async fn nodes(&self) -> Vec<&UserView> {
        self.page.nodes()
    }

    /// Position of this page in the list.
    async fn page_info(&self) -> &PageInfo {
        self.page.page_info()
    }

    /// Number of users that match the filter. Counting takes longer the more users match.
    #[graphql(directive = cost::apply(costs::TOTAL_COUNT.to_string()))]
    async fn total_count(&self, ctx: &Context<'_>) -> ApiResult<i64> {
        Ok(user_list::count(&ctx.app()?.db, &self.filter, ctx.now()?).await?)
    }
}

/// Queries about users.
#[derive(Default)]
pub struct UsersQuery;

#[Object]
#[allow(clippy::too_many_arguments, reason = "the arguments of a Relay connection")]
impl UsersQuery {
    /// List users, newest first unless `orderBy` says otherwise. At most 100 per page, 20 if no size is given. Erased
    /// accounts are listed without personal data.
    #[graphql(
        guard = "admin()",
        directive = access::apply(RoleEnum::Admin, false),
        directive = refuses::apply(vec![Code::ValidationFailed]),
    )]
    async fn users(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Number of items from the start, 0 to 100.")] first: Option<i32>,
        #[graphql(desc = "Only items after this cursor.")] after: Option<String>,
        #[graphql(desc = "Number of items from the end, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only items before this cursor.")] before: Option<String>,
        #[graphql(desc = "Only users that match.")] filter: Option<UserFilterInput>,
        #[graphql(desc = "Sort order.")] order_by: Option<UserOrderInput>,
    ) -> ApiResult<Option<UserConnection>> {
        let filter = filter.unwrap_or_default().parse()?;
        let order = order_by.map(user_filter::UserOrder::from).unwrap_or_default();
        let scope = ListScope::new("users", &(&filter, order), order.field.sorted_by());
        let page = ConnectionArguments { first, after, last, before }.parse(scope)?;
        let app = ctx.app()?;
        let rows = user_list::list(&app.db, &filter, order, &page, app.clock.now()).await?;
        let page = connection(rows, &page, |user| user_list::place(user, order), UserView);
        Ok(Some(UserConnection { page, filter }))
    }

    /// Get a user by id, also a deleted one. Null if there is none.
    #[graphql(guard = "admin()", directive = access::apply(RoleEnum::Admin, false))]
    async fn user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id of the user.")] id: ID,
    ) -> ApiResult<Option<UserView>> {
        match id.parse::<UserId>() {
            Ok(id) => Ok(loaders(ctx)?.user(id).await?.map(UserView)),
            Err(_) => Ok(None),
        }
    }
}

impl UserFilterInput {
    fn parse(self) -> Result<UserFilter> {
        let mut faults = Faults::default();
        let search = faults.check("filter.search", optional(self.search.as_deref(), TextSearch::anywhere));
        let starts_with =
            faults.check("filter.startsWith", optional(self.starts_with.as_deref(), TextSearch::beginning));
        let created = faults.check("filter.createdAt", DateTimeRange::parse(self.created_at));
        let last_login = faults.check("filter.lastLoginAt", DateTimeRange::parse(self.last_login_at));
        let provider = faults.check("filter.provider", provider(self.provider));
        let default = UserFilter::default();
        let roles = faults.check("filter.roles", one_of(self.roles, default.roles));
        let statuses = faults.check("filter.statuses", one_of(self.statuses, default.statuses));
        let read = || Some(((search?, starts_with?), (created?, last_login?), (provider?, roles?, statuses?)));
        let ((search, starts_with), (created, last_login), (provider, roles, statuses)) = faults.finish(read())?;
        Ok(UserFilter {
            searches: [search, starts_with].into_iter().flatten().collect(),
            roles,
            statuses,
            email_verified: self.email_verified,
            mfa_enabled: self.mfa_enabled,
            provider,
            created,
            last_login,
        })
    }
}

/// The values of a list, each once; `default` without a list.
fn one_of<T: Into<V>, V: Ord>(typed: Option<Vec<T>>, default: BTreeSet<V>) -> Result<BTreeSet<V>, FieldFault> {
    match typed {
        None => Ok(default),
        Some(typed) if typed.is_empty() => Err(FieldFault::new(FieldErrorCode::Invalid, "Must not be empty.")),
        Some(typed) => Ok(typed.into_iter().map(Into::into).collect()),
    }
}

type ParseText = fn(&str) -> Result<Option<TextSearch>, FieldFault>;

fn optional(typed: Option<&str>, parse: ParseText) -> Result<Option<TextSearch>, FieldFault> {
    typed.map_or(Ok(None), parse)
}

/// Refuses control characters, which no provider name contains: such a filter would otherwise match all users.
fn provider(typed: Option<String>) -> Result<Option<String>, FieldFault> {
    if typed.as_deref().is_some_and(|typed| typed.contains(char::is_control)) {
        return Err(FieldFault::new(FieldErrorCode::Invalid, "Control characters are not allowed."));
    }
    Ok(typed)
}

impl From<UserOrderInput> for user_filter::UserOrder {
    fn from(order: UserOrderInput) -> Self {
        Self { field: order.field.into(), descending: order.direction == OrderDirection::Desc }
    }
}
