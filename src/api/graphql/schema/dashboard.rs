//! The dashboard of administrators: totals, and counts per day.

use async_graphql::{Context, Object, SimpleObject};
use chrono::{Days, NaiveDate};

use super::context::ContextExt;
use super::costs::{self, cost};
use super::guards::{self, RoleEnum, access, refuses};
use crate::api::graphql::error::{ApiResult, Code};
use crate::api::graphql::scalars::{Date, int};
use crate::error::{FieldErrorCode, FieldFault, Result};
use crate::records::statistics::{self, Day, Totals};

/// The most days the dashboard shows.
const DAYS_LIMIT: u32 = 366;

/// Queries about the whole server.
#[derive(Default)]
pub struct DashboardQuery;

/// Queries about the whole server.
#[Object]
impl DashboardQuery {
    /// Get current totals and the counts of the last days. The price does not depend on the number of users and events.
    #[graphql(
        guard = "guards::admin()",
        directive = cost::apply(costs::DASHBOARD.to_string()),
        directive = access::apply(RoleEnum::Admin, false),
        directive = refuses::apply(vec![Code::ValidationFailed])
    )]
    async fn dashboard(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Number of days up to today, 1 to 366.", default = 7)] days: i32,
    ) -> ApiResult<Option<Dashboard>> {
        let (app, now) = (ctx.app()?, ctx.now()?);
        let dates = last_days(days, now.date_naive())?;
        let (Some(first), Some(last)) = (dates.first(), dates.last()) else { return Ok(None) };
        let counted = statistics::list_days(&app.db, *first, *last).await?;
        let totals = statistics::totals(&app.db, now).await?;
        Ok(Some(Dashboard { totals: totals.into(), days: dates.iter().map(|date| day(*date, &counted)).collect() }))
    }
}

/// The last days up to today, oldest first.
fn last_days(days: i32, today: NaiveDate) -> Result<Vec<NaiveDate>> {
    let Some(days) = u32::try_from(days).ok().filter(|days| (1..=DAYS_LIMIT).contains(days)) else {
        return Err(FieldFault::new(FieldErrorCode::OutOfRange, format!("Use a number from 1 to {DAYS_LIMIT}."))
            .at("days")
            .into());
    };
    Ok((0..days).rev().filter_map(|back| today.checked_sub_days(Days::new(back.into()))).collect())
}

/// The counts of a day; zeros if nothing happened.
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

/// Totals of the server and counts per day.
#[derive(SimpleObject)]
pub struct Dashboard {
    /// Current totals.
    totals: DashboardTotals,
    /// Counts of each day, oldest first. Days without events have zeros.
    days: Vec<DashboardDay>,
}

/// Current totals. Deleted and erased accounts are counted in none of them.
#[derive(SimpleObject)]
pub struct DashboardTotals {
    /// Number of accounts, whether ACTIVE, INVITED or LOCKED.
    users: i32,
    /// Number of these accounts with a verified address.
    verified: i32,
    /// Number of accounts that are LOCKED now, by an administrator or by wrong passwords.
    locked: i32,
    /// Number of these accounts with a second factor.
    with_mfa: i32,
    /// Number of ACTIVE sessions.
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

/// Counts of one day, from midnight to midnight UTC.
#[derive(SimpleObject)]
pub struct DashboardDay {
    /// The day.
    date: Date,
    /// Number of users who registered.
    registrations: i32,
    /// Number of successful sign-ins, including those by registering.
    logins: i32,
    /// Number of refused sign-ins.
    failed_logins: i32,
    /// Number of users who did anything, including a refresh by their client.
    active_users: i32,
}
