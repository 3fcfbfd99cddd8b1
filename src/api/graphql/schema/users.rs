//! Everybody with an account, for administrators.

use async_graphql::{Context, Enum, ID, InputObject, Object};

use super::context::ContextExt;
use super::costs::{COUNT_QUERY, cost};
use super::guards::{Role, admin, refuses, requires};
use super::input::Faults;
use super::loaders::loaders;
use super::node::{self, Node};
use super::paging::{Connection, ConnectionArguments, PageEdge, PageInfo, connection};
use super::user::UserStatus;
use super::views::UserView;
use crate::api::graphql::error::{ApiResult, Code};
use crate::api::graphql::scalars::DateTime;
use crate::error::{FieldFault, Result};
use crate::records::user_list;
use crate::values::ids::UserId;
use crate::values::paging::ListScope;
use crate::values::user_filter::{self, TextSearch, TimeRange, UserFilter};

/// Which users; every field that is given must fit.
#[derive(InputObject, Default)]
#[graphql(name = "UserFilter")]
pub struct UserFilterInput {
    /// Stands anywhere in the email address or the name; case and width do not matter, in any script, and an
    /// international domain is found in either spelling. A text without three letters or digits in a row is looked for at
    /// the beginning only, unless its script has no case, such as Chinese or Hindi. At most 100 characters.
    search: Option<String>,
    /// The e-mail address or the name begins with it; case does not matter. The quickest way to find somebody.
    starts_with: Option<String>,
    /// Of this role.
    role: Option<Role>,
    /// Who stand like this. Without it everybody is listed, the deleted too.
    status: Option<UserStatus>,
    /// Whose address is proved, or is not.
    email_verified: Option<bool>,
    /// Who have a second factor, or have none.
    mfa_enabled: Option<bool>,
    /// Who can sign in with this provider.
    provider: Option<String>,
    /// Whose account was opened in this span.
    created_at: Option<TimeSpan>,
    /// Who signed in for the last time in this span.
    last_login_at: Option<TimeSpan>,
}

/// A span of time, open where an end is left out.
#[derive(InputObject)]
pub struct TimeSpan {
    /// From this moment on.
    from: Option<DateTime>,
    /// Before this moment.
    before: Option<DateTime>,
}

/// How users are sorted. Whoever never signed in stands before everybody who did.
#[derive(InputObject)]
pub struct UserOrder {
    /// By what.
    field: UserOrderField,
    /// Which end comes first.
    direction: OrderDirection,
}

/// What users are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "user_filter::OrderField")]
pub enum UserOrderField {
    /// When the account was opened.
    CreatedAt,
    /// When the user last signed in.
    LastLoginAt,
    /// The e-mail address.
    Email,
}

/// Which end of a list comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum OrderDirection {
    /// The earliest, or A.
    Asc,
    /// The latest, or Z.
    Desc,
}

/// A page of users.
pub struct UserConnection {
    edges: Vec<UserEdge>,
    page_info: PageInfo,
    filter: UserFilter,
}

/// A user in a page.
#[derive(async_graphql::SimpleObject)]
pub struct UserEdge {
    /// Names this place, for `after` and `before`, in a list with the same filter and order.
    cursor: String,
    /// The user.
    node: UserView,
}

/// A page of users.
#[Object]
impl UserConnection {
    /// The users with their cursors.
    async fn edges(&self) -> &[UserEdge] {
        &self.edges
    }

    /// Where this page stands.
    async fn page_info(&self) -> &PageInfo {
        &self.page_info
    }

    /// How many users the filter leaves. They are counted only where this is asked for, which takes longer the more
    /// there are.
    #[graphql(directive = cost::apply(COUNT_QUERY, None))]
    async fn total_count(&self, ctx: &Context<'_>) -> ApiResult<i64> {
        Ok(user_list::count(&ctx.app()?.db, &self.filter, ctx.now()?).await?)
    }
}

/// Everybody with an account, and any object by its id.
#[derive(Default)]
pub struct UsersQuery;

#[Object]
#[allow(clippy::too_many_arguments, reason = "the arguments of a Relay connection")]
impl UsersQuery {
    /// Any object by its id, behind the same guards as the direct path: one's own, or anybody's for administrators.
    /// What does not exist and what one may not see are both null.
    async fn node(&self, ctx: &Context<'_>, #[graphql(desc = "The id of a node.")] id: ID) -> ApiResult<Option<Node>> {
        node::find(ctx, &id).await
    }

    /// Everybody with an account, the newest first where no order is given; at most 100 a page, 20 where no size is
    /// given. Those whose data was erased are listed without it.
    #[graphql(
        guard = "admin()",
        directive = requires::apply(Role::Admin, false),
        directive = refuses::apply(vec![Code::ValidationFailed]),
    )]
    async fn users(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start.")] first: Option<i32>,
        #[graphql(desc = "Start behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end.")] last: Option<i32>,
        #[graphql(desc = "End before this cursor.")] before: Option<String>,
        #[graphql(desc = "Only these.")] filter: Option<UserFilterInput>,
        #[graphql(desc = "How they are sorted.")] order_by: Option<UserOrder>,
    ) -> ApiResult<Option<UserConnection>> {
        let filter = filter.unwrap_or_default().parse()?;
        let order = order_by.map(user_filter::UserOrder::from).unwrap_or_default();
        let scope = ListScope::new("users", &(&filter, order), order.field.sorted_by());
        let page = ConnectionArguments { first, after, last, before }.parse(scope)?;
        let app = ctx.app()?;
        let rows = user_list::list(&app.db, &filter, order, &page, app.clock.now()).await?;
        let Users { edges, page_info } = connection(rows, &page, |user| user_list::place(user, order), UserView);
        Ok(Some(UserConnection { edges, page_info, filter }))
    }

    /// The user of this id, deleted or not; null where there is none.
    #[graphql(guard = "admin()", directive = requires::apply(Role::Admin, false))]
    async fn user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of a user.")] id: ID,
    ) -> ApiResult<Option<UserView>> {
        match id.parse::<UserId>() {
            Ok(id) => Ok(loaders(ctx)?.user(id).await?.map(UserView)),
            Err(_) => Ok(None),
        }
    }
}

/// A page before it knows how to count.
struct Users {
    edges: Vec<UserEdge>,
    page_info: PageInfo,
}

impl Connection<UserView> for Users {
    fn of(edges: Vec<PageEdge<UserView>>, page_info: PageInfo) -> Self {
        let edges = edges.into_iter().map(|PageEdge { cursor, node }| UserEdge { cursor, node }).collect();
        Self { edges, page_info }
    }
}

impl UserFilterInput {
    fn parse(self) -> Result<UserFilter> {
        let mut faults = Faults::default();
        let search = faults.check("filter.search", optional(self.search.as_deref(), TextSearch::anywhere));
        let starts_with =
            faults.check("filter.startsWith", optional(self.starts_with.as_deref(), TextSearch::beginning));
        let created = faults.check("filter.createdAt", span(self.created_at));
        let last_login = faults.check("filter.lastLoginAt", span(self.last_login_at));
        let provider = faults.check("filter.provider", provider(self.provider));
        let read = || Some(((search?, starts_with?), (created?, last_login?), provider?));
        let ((search, starts_with), (created, last_login), provider) = faults.finish(read())?;
        Ok(UserFilter {
            searches: [search, starts_with].into_iter().flatten().collect(),
            role: self.role.map(Into::into),
            status: self.status.map(Into::into),
            email_verified: self.email_verified,
            mfa_enabled: self.mfa_enabled,
            provider,
            created,
            last_login,
        })
    }
}

type Parse = fn(&str) -> Result<Option<TextSearch>, FieldFault>;

fn optional(typed: Option<&str>, parse: Parse) -> Result<Option<TextSearch>, FieldFault> {
    typed.map_or(Ok(None), parse)
}

/// What no name of a provider holds is refused: left out of the filter it would list everybody.
fn provider(typed: Option<String>) -> Result<Option<String>, FieldFault> {
    if typed.as_deref().is_some_and(|typed| typed.contains(char::is_control)) {
        return Err(FieldFault::new("INVALID", "Please leave out control characters."));
    }
    Ok(typed)
}

fn span(typed: Option<TimeSpan>) -> Result<TimeRange, FieldFault> {
    let Some(TimeSpan { from, before }) = typed else { return Ok(TimeRange::default()) };
    let span = TimeRange { from: from.map(|at| at.0), before: before.map(|at| at.0) };
    match (span.from, span.before) {
        (Some(from), Some(before)) if from >= before => {
            Err(FieldFault::new("INVALID", "Nothing is from one moment on and before an earlier one."))
        }
        (Some(_) | None, Some(_) | None) => Ok(span),
    }
}

impl From<UserOrder> for user_filter::UserOrder {
    fn from(order: UserOrder) -> Self {
        Self { field: order.field.into(), descending: order.direction == OrderDirection::Desc }
    }
}
