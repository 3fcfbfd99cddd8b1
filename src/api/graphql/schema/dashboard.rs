//! The dashboard: how many there are of what, and what happened on each day.

use async_graphql::{Context, Object, SimpleObject};
use chrono::{Days, NaiveDate};

use super::context::ContextExt;
use super::costs::{COUNT_QUERY, cost};
use super::guards::{self, Role, refuses, requires};
use crate::api::graphql::error::{ApiResult, Code};
use crate::api::graphql::scalars::Date;
use crate::error::{FieldFault, Result};
use crate::records::statistics::{self, Day, Totals};

/// How far back the dashboard looks, in days.
const DAYS_LIMIT: u32 = 366;

/// What can be asked about the whole server.
#[derive(Default)]
pub struct DashboardQuery;

/// What can be asked about the whole server.
#[Object]
impl DashboardQuery {
    /// How many there are of what, and what happened lately. It costs the same however many users and events there are.
    #[graphql(
        guard = "guards::admin()",
        directive = cost::apply(COUNT_QUERY, None), directive = requires::apply(Role::Admin, false),
        directive = refuses::apply(vec![Code::ValidationFailed])
    )]
    async fn dashboard(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many days, today being the last; 1 to 366.", default = 7)] days: i32,
    ) -> ApiResult<Option<Dashboard>> {
        let (app, now) = (ctx.app()?, ctx.now()?);
        let dates = last_days(days, now.date_naive())?;
        let (Some(first), Some(last)) = (dates.first(), dates.last()) else { return Ok(None) };
        let counted = statistics::list_days(&app.db, *first, *last).await?;
        let totals = statistics::totals(&app.db, now).await?;
        Ok(Some(Dashboard { totals: totals.into(), days: dates.iter().map(|date| day(*date, &counted)).collect() }))
    }
}

/// So many days up to today, oldest first.
fn last_days(days: i32, today: NaiveDate) -> Result<Vec<NaiveDate>> {
    let Some(days) = u32::try_from(days).ok().filter(|days| (1..=DAYS_LIMIT).contains(days)) else {
        return Err(FieldFault::new("OUT_OF_RANGE", format!("Please ask for 1 to {DAYS_LIMIT} days."))
            .at("days")
            .into());
    };
    Ok((0..days).rev().filter_map(|back| today.checked_sub_days(Days::new(back.into()))).collect())
}

/// The counts of a day; where nothing happened, zeros.
fn day(date: NaiveDate, counted: &[Day]) -> DashboardDay {
    let found = counted.iter().find(|day| day.day == date);
    let count = |of: fn(&Day) -> i64| found.map_or(0, |day| int(of(day)));
    DashboardDay {
        date: Date(date),
        registrations: count(|day| day.registrations),
        logins: count(|day| day.logins),
        failed_logins: count(|day| day.failed_logins),
        active_users: count(|day| day.active_users),
    }
}

/// GraphQL's integers have 32 bits.
fn int(count: i64) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// The server at a glance.
#[derive(SimpleObject)]
pub struct Dashboard {
    /// How many there are at this moment.
    totals: DashboardTotals,
    /// What happened on each day, oldest first. A day on which nothing happened is there, with zeros.
    days: Vec<DashboardDay>,
}

/// How many there are at this moment. Deleted accounts do not count.
#[derive(SimpleObject)]
pub struct DashboardTotals {
    /// Accounts.
    users: i32,
    /// Accounts with a verified address.
    verified: i32,
    /// Accounts that cannot sign in for a while.
    locked: i32,
    /// Accounts with a second factor.
    with_mfa: i32,
    /// Sessions that are neither ended nor expired.
    active_sessions: i32,
}

impl From<Totals> for DashboardTotals {
    fn from(totals: Totals) -> Self {
        Self {
            users: int(totals.users),
            verified: int(totals.verified),
            locked: int(totals.locked),
            with_mfa: int(totals.with_mfa),
            active_sessions: int(totals.active_sessions),
        }
    }
}

/// What happened on a day, which begins at midnight UTC.
#[derive(SimpleObject)]
pub struct DashboardDay {
    /// The day.
    date: Date,
    /// Accounts that people opened.
    registrations: i32,
    /// Sign-ins, by whatever means, also by registering.
    logins: i32,
    /// Sign-ins that were refused.
    failed_logins: i32,
    /// Users who did anything at all, a refresh by their client included.
    active_users: i32,
}
