//! Statistics: what happened on each day, and how many users and sessions there are. Triggers keep both, in the
//! transaction of the change; this module reads them, adds up pending changes, and counts again.

use chrono::{Days, NaiveDate, NaiveTime};

use super::audit_chains;
use crate::error::Result;
use crate::tools::db::{Db, Dialects, postgres, sql, sqlite};
use crate::values::time::Time;

/// What happened on a day (UTC).
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
#[allow(missing_docs, reason = "the columns of the table")]
pub struct Day {
    pub day: NaiveDate,
    pub registrations: i64,
    pub logins: i64,
    pub failed_logins: i64,
    pub active_users: i64,
}

/// How many users and sessions there are now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct Totals {
    /// Accounts that are not deleted.
    pub users: i64,
    /// Those with a verified address.
    pub verified: i64,
    /// Those that are locked.
    pub locked: i64,
    /// Those with a second factor.
    pub with_mfa: i64,
    /// Sessions that are neither ended nor expired.
    pub active_sessions: i64,
}

/// The days of a range on which something happened, oldest first.
pub async fn list_days(db: &Db, from: NaiveDate, to: NaiveDate) -> Result<Vec<Day>> {
    db.query(sql!(
        "select day, cast(sum(registrations) as bigint) as registrations, cast(sum(logins) as bigint) as logins,",
        " cast(sum(failed_logins) as bigint) as failed_logins, cast(sum(active_users) as bigint) as active_users",
        " from daily_statistics where day >= $1 and day <= $2 group by day order by day"
    ))
    .bind(from)
    .bind(to)
    .all()
    .await
}

/// The totals and the few pending changes; one statement, so that it sees both at the same moment.
pub async fn totals(db: &Db, now: Time) -> Result<Totals> {
    db.query(sql!(
        "select t.users + c.users as users, t.verified + c.verified as verified, t.with_mfa + c.with_mfa as with_mfa,",
        " (select count(*) from users where locked_until > $1 and locked_until is not null and deleted_at is null)",
        " as locked,",
        " t.open_sessions + c.open_sessions",
        " - (select count(*) from sessions where expires_at <= $1 and ended_at is null) as active_sessions",
        " from totals t, (select coalesce(sum(users), 0) as users, coalesce(sum(verified), 0) as verified,",
        " coalesce(sum(with_mfa), 0) as with_mfa, coalesce(sum(open_sessions), 0) as open_sessions",
        " from total_changes) c"
    ))
    .bind(now)
    .one()
    .await
}

/// A pending change, or the sum of some.
#[derive(Debug, Clone, Copy, Default, sqlx::FromRow)]
struct TotalsChange {
    users: i32,
    verified: i32,
    with_mfa: i32,
    open_sessions: i32,
}

/// Adds a batch of pending changes to the totals. Answers how many.
pub async fn fold(db: &Db, batch: i64) -> Result<usize> {
    let waiting: Option<(i64,)> = db.query(sql!("select id from total_changes limit 1")).optional().await?;
    if waiting.is_none() {
        return Ok(0);
    }
    let mut tx = db.begin().await?;
    let changes: Vec<TotalsChange> = tx
        .query(sql!(
            "delete from total_changes where id in (select id from total_changes order by id limit $1)",
            " returning users, verified, with_mfa, open_sessions"
        ))
        .bind(batch)
        .all()
        .await?;
    let sum = |part: fn(&TotalsChange) -> i32| changes.iter().map(|change| i64::from(part(change))).sum::<i64>();
    tx.query(sql!(
        "update totals set users = users + $1, verified = verified + $2, with_mfa = with_mfa + $3,",
        " open_sessions = open_sessions + $4"
    ))
    .bind(sum(|change| change.users))
    .bind(sum(|change| change.verified))
    .bind(sum(|change| change.with_mfa))
    .bind(sum(|change| change.open_sessions))
    .execute()
    .await?;
    tx.commit().await?;
    Ok(changes.len())
}

/// Counts the totals again. Writers do not wait for it: they only add pending changes; [`fold`] does. One statement
/// counts the rows and the pending changes, so the difference is right at any moment.
pub async fn recount_totals(db: &Db) -> Result<()> {
    let mut tx = db.begin().await?;
    tx.query(sql!("update totals set id = 1 where id = 1")).execute().await?;
    tx.query(sql!(
        "update totals set",
        " users = (select count(*) from users where deleted_at is null)",
        " - (select coalesce(sum(users), 0) from total_changes),",
        " verified = (select count(*) from users where deleted_at is null and email_verified_at is not null)",
        " - (select coalesce(sum(verified), 0) from total_changes),",
        " with_mfa = (select count(*) from mfa join users on users.id = mfa.user_id where users.deleted_at is null)",
        " - (select coalesce(sum(with_mfa), 0) from total_changes),",
        " open_sessions = (select count(*) from sessions where ended_at is null)",
        " - (select coalesce(sum(open_sessions), 0) from total_changes)"
    ))
    .execute()
    .await?;
    tx.commit().await
}

/// The first and the last day that can be counted again, because retention removed no event of them.
pub async fn countable_days(db: &Db) -> Result<Option<(NaiveDate, NaiveDate)>> {
    let (removed_before, first, last): (Option<Time>, Option<Time>, Option<Time>) = db
        .query(sql!(
            "select removed_before, (select min(at) from audit_events), (select max(at) from audit_events)",
            " from audit_retention"
        ))
        .one()
        .await?;
    let (Some(first), Some(last)) = (first, last) else { return Ok(None) };
    let whole = removed_before.map_or(NaiveDate::MIN, |at| at.date_naive() + Days::new(1));
    Ok(Some((first.date_naive().max(whole), last.date_naive())).filter(|(first, last)| first <= last))
}

/// Counts the days of a range again, for one chain, from its events. Writers use another chain meanwhile.
pub async fn recount_days(db: &Db, shard: i32, from: NaiveDate, to: NaiveDate) -> Result<()> {
    let mut tx = db.begin().await?;
    audit_chains::lock(&mut tx, shard).await?;
    for text in [
        sql!("delete from daily_active_users where shard = $1 and day >= $2 and day <= $3"),
        sql!("delete from daily_statistics where shard = $1 and day >= $2 and day <= $3"),
    ] {
        tx.query(text).bind(shard).bind(from).bind(to).execute().await?;
    }
    for dialects in [COUNT_EVENTS, NOTE_ACTIVE] {
        tx.query_of(dialects).bind(shard).bind(midnight(from)).bind(midnight(to + Days::new(1))).execute().await?;
    }
    tx.query(sql!(
        "insert into daily_statistics (day, shard, active_users)",
        " select day, shard, count(*) from daily_active_users where shard = $1 and day >= $2 and day <= $3",
        " group by day, shard",
        " on conflict (day, shard) do update set active_users = excluded.active_users"
    ))
    .bind(shard)
    .bind(from)
    .bind(to)
    .execute()
    .await?;
    tx.commit().await
}

/// Counts from the events what the trigger of the trail counts. The plus signs keep the planner of `SQLite` from those
/// columns' indexes: it goes by time, and not through the whole chain.
const COUNT_EVENTS: Dialects = Dialects {
    sqlite: sqlite!(
        "insert into daily_statistics (day, shard, registrations, logins, failed_logins)",
        " select substr(at, 1, 10), shard, sum(action = 'USER_REGISTERED' and outcome = 'SUCCESS'),",
        " sum(action = 'LOGIN' and outcome = 'SUCCESS'), sum(action = 'LOGIN' and outcome = 'FAILURE')",
        " from audit_events where +shard = $1 and at >= $2 and at < $3 and +action in ('USER_REGISTERED', 'LOGIN')",
        " group by 1, 2"
    ),
    postgres: postgres!(
        "insert into daily_statistics (day, shard, registrations, logins, failed_logins)",
        " select (at at time zone 'UTC')::date, shard,",
        " count(*) filter (where action = 'USER_REGISTERED' and outcome = 'SUCCESS'),",
        " count(*) filter (where action = 'LOGIN' and outcome = 'SUCCESS'),",
        " count(*) filter (where action = 'LOGIN' and outcome = 'FAILURE')",
        " from audit_events where shard = $1 and at >= $2 and at < $3 and action in ('USER_REGISTERED', 'LOGIN')",
        " group by 1, 2"
    ),
};

/// The users who did something on each day, unless another chain counts them.
const NOTE_ACTIVE: Dialects = Dialects {
    sqlite: sqlite!(
        "insert into daily_active_users (day, user_id, shard)",
        " select distinct substr(at, 1, 10), actor_id, shard from audit_events",
        " where +shard = $1 and at >= $2 and at < $3 and +outcome = 'SUCCESS' and +actor_id is not null",
        " on conflict (day, user_id) do nothing"
    ),
    postgres: postgres!(
        "insert into daily_active_users (day, user_id, shard)",
        " select distinct (at at time zone 'UTC')::date, actor_id, shard from audit_events",
        " where shard = $1 and at >= $2 and at < $3 and outcome = 'SUCCESS' and actor_id is not null order by 1, 2",
        " on conflict (day, user_id) do nothing"
    ),
};

fn midnight(day: NaiveDate) -> Time {
    day.and_time(NaiveTime::MIN).and_utc()
}

/// Deletes the users who did something on the days before `cutoff`; their number stays. Answers how many rows it
/// deleted.
pub async fn sweep_active_users(db: &Db, cutoff: NaiveDate, batch: i64) -> Result<u64> {
    db.query(sql!(
        "delete from daily_active_users where (day, user_id) in",
        " (select day, user_id from daily_active_users where day < $1 limit $2)"
    ))
    .bind(cutoff)
    .bind(batch)
    .execute()
    .await
}
