//! Lists of users: filtered, searched, sorted, a page at a time, at a cost that does not grow with the table.
//!
//! Three ways lead to a page, and each is quick where the others are not (docs/adr/0013):
//! - filters that are facets: every facet is sorted in an index, so the page is merged from the heads of a few of them;
//! - a narrow filter: read the few rows it leaves, and sort those;
//! - a wide one: walk along the order and keep what fits.

mod conditions;
mod statement;

use self::conditions::Conditions;
use self::statement::{Statement, Value};
use super::users::{User, columns};
use crate::error::Result;
use crate::tools::db::Db;
use crate::values::paging::{Cursor, Key, Page};
use crate::values::time::Time;
use crate::values::user_filter::{OrderField, UserFilter, UserOrder};

/// How many rows are looked at along the order before anything else is tried: wide filters end here.
const SHORT_WALK: usize = 200;
/// How many rows are read and sorted without a thought.
const FEW: usize = 2_000;
/// How far a page is looked for along the order where a filter leaves more than a few.
const LONG_WALK: usize = 10_000;

/// Who never signed in, in the order of sign-ins; the same moment as in the migration.
const NEVER: Time = Time::UNIX_EPOCH;

/// A slice of the users that the filter leaves, with one row more than the page where there is one.
pub async fn list(db: &Db, filter: &UserFilter, order: UserOrder, page: &Page, now: Time) -> Result<Vec<User>> {
    let slice = Slice { db, conditions: Conditions::of(filter, order, now), order, page };
    if slice.conditions.sources.is_empty() {
        return slice.merged().await;
    }
    let walked = slice.walked(SHORT_WALK).await?;
    if walked.len() > page.size {
        return Ok(walked);
    }
    for source in &slice.conditions.sources {
        if slice.leaves_few(source).await? {
            return slice.sorted(source, Some(FEW)).await;
        }
    }
    let walked = slice.walked(LONG_WALK).await?;
    match slice.conditions.sources.first() {
        Some(source) if walked.len() <= page.size => slice.sorted(source, None).await,
        Some(_) | None => Ok(walked),
    }
}

/// How many users the filter leaves. Counts them, so it costs what they are.
pub async fn count(db: &Db, filter: &UserFilter, now: Time) -> Result<i64> {
    let conditions = Conditions::of(filter, UserOrder::default(), now);
    let mut statement = Statement::default();
    let found = match conditions.sources.first() {
        None => String::new(),
        Some(source) => format!(" and u.id in ({})", statement.put(source)),
    };
    let fits = statement.put(&conditions.all);
    let text = format!("select count(*) from users u where {fits}{found}");
    let (count,) = statement.query(db, text).one().await?;
    Ok(count)
}

/// The place of a user in a list.
#[must_use]
pub fn place(user: &User, order: UserOrder) -> Cursor {
    let key = match order.field {
        OrderField::CreatedAt => Key::At(user.created_at),
        OrderField::LastLoginAt => Key::At(user.last_login_at.unwrap_or(NEVER)),
        OrderField::Email => Key::Text(user.email.as_str().to_owned()),
    };
    Cursor { key, id: user.id.uuid() }
}

struct Slice<'a> {
    db: &'a Db,
    conditions: Conditions,
    order: UserOrder,
    page: &'a Page,
}

impl Slice<'_> {
    /// From the heads of the facets, each of which is sorted already.
    async fn merged(&self) -> Result<Vec<User>> {
        let mut statement = Statement::default();
        let (after, rest) = (self.after(&mut statement), statement.put(&self.conditions.beside_facets));
        let (sorted, limit) = (self.sorted_by(), self.page.size + 1);
        let head = |facet: &str| {
            format!(
                "select * from (select {}, u.login_order from users u where {facet}{rest}{after} {sorted} limit {limit}) h",
                columns!()
            )
        };
        let heads: Vec<String> = match &self.conditions.facets {
            None => vec![head("true")],
            Some(facets) => facets.iter().map(|facet| head(&format!("u.facets = {facet}"))).collect(),
        };
        if heads.is_empty() {
            return Ok(Vec::new());
        }
        let text = format!("select * from ({}) u {sorted} limit {limit}", heads.join(" union all "));
        statement.query(self.db, text).all().await
    }

    /// Along the order, so many rows and no further.
    async fn walked(&self, rows: usize) -> Result<Vec<User>> {
        let mut statement = Statement::default();
        let (after, bounds) = (self.after(&mut statement), statement.put(&self.conditions.along_order));
        let fits = statement.put(&self.conditions.all);
        let (sorted, limit) = (self.sorted_by(), self.page.size + 1);
        let text = format!(
            "select {} from (select * from users u where true{bounds}{after} {sorted} limit {rows}) u \
             where {fits} {sorted} limit {limit}",
            columns!()
        );
        statement.query(self.db, text).all().await
    }

    /// Whether a source holds no more than a few. Materialized, or PostgreSQL takes the limit for a reason to look
    /// through the whole table.
    async fn leaves_few(&self, source: &[Value]) -> Result<bool> {
        let mut statement = Statement::default();
        let source = statement.put(source);
        let text = format!(
            "with found as materialized ({source}) select count(*) from (select 1 from found limit {}) f",
            FEW + 1
        );
        let (count,): (i64,) = statement.query(self.db, text).one().await?;
        Ok(usize::try_from(count).is_ok_and(|count| count <= FEW))
    }

    /// Everything that the source holds, sorted.
    async fn sorted(&self, source: &[Value], most: Option<usize>) -> Result<Vec<User>> {
        let mut statement = Statement::default();
        let source = statement.put(source);
        let (after, fits) = (self.after(&mut statement), statement.put(&self.conditions.all));
        let most = most.map(|most| format!(" limit {most}")).unwrap_or_default();
        let text = format!(
            "with found as materialized ({source}), taken as materialized (select user_id from found{most}) \
             select {} from users u where u.id in (select user_id from taken) and {fits}{after} {} limit {}",
            columns!(),
            self.sorted_by(),
            self.page.size + 1
        );
        statement.query(self.db, text).all().await
    }

    /// The page begins behind the cursor.
    fn after(&self, statement: &mut Statement) -> String {
        let Some(cursor) = &self.page.from else { return String::new() };
        let comparison = if self.descends() { "<" } else { ">" };
        let key = match &cursor.key {
            Key::At(at) => statement.value(Value::At(*at)),
            Key::Text(text) => statement.value(Value::Text(text.clone())),
        };
        match self.order.field {
            // No two users have the same.
            OrderField::Email => format!(" and u.email {comparison} {key}"),
            OrderField::CreatedAt | OrderField::LastLoginAt => {
                let id = statement.value(Value::Id(cursor.id));
                format!(" and ({}, u.id) {comparison} ({key}, {id})", column(self.order.field))
            }
        }
    }

    fn sorted_by(&self) -> String {
        let direction = if self.descends() { "desc" } else { "asc" };
        let column = column(self.order.field);
        match self.order.field {
            OrderField::Email => format!("order by {column} {direction}"),
            OrderField::CreatedAt | OrderField::LastLoginAt => {
                format!("order by {column} {direction}, u.id {direction}")
            }
        }
    }

    /// Reading back turns the order round; the page is turned again when it is made.
    fn descends(&self) -> bool {
        self.order.descending != self.page.backwards
    }
}

fn column(field: OrderField) -> &'static str {
    match field {
        OrderField::CreatedAt => "u.created_at",
        OrderField::LastLoginAt => "u.login_order",
        OrderField::Email => "u.email",
    }
}
