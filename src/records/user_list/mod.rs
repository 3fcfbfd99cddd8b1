//! Lists of users: filtered, searched, sorted, a page at a time, at a cost that does not grow with the table.
//!
//! Three ways lead to a page, and each is quick where the others are not (docs/adr/0013):
//! - filters that are facets: every facet is sorted in an index, so the page is merged from the heads of a few of them;
//! - a narrow filter: read the few rows it leaves, and sort those;
//! - a wide one: walk along the order and keep what fits.

mod conditions;
mod statement;

use std::collections::BTreeMap;

use self::conditions::Conditions;
use self::statement::{Statement, SqlPart};
use super::users::{User, columns};
use crate::error::Result;
use crate::tools::db::Db;
use crate::values::paging::{Cursor, SortKey, Page};
use crate::values::time::Time;
use crate::values::user_filter::{OrderField, UserFilter, UserOrder};

/// How far a page is looked for along the order, and how many rows are read and sorted without a thought: in turn, so
/// that neither a filter that leaves nearly all nor one that leaves nearly none waits for the way of the other.
const STEPS: [(usize, Option<usize>); 3] = [(200, Some(2_000)), (2_000, Some(10_000)), (20_000, None)];

/// Who never signed in, in the order of sign-ins; the same moment as in the migration.
const NEVER: Time = Time::UNIX_EPOCH;

/// A slice of the users that the filter leaves, with one row more than the page where there is one.
pub async fn list(db: &Db, filter: &UserFilter, order: UserOrder, page: &Page, now: Time) -> Result<Vec<User>> {
    let slice = PageQuery { db, conditions: Conditions::of(filter, order, now), order, page };
    if slice.conditions.sources.is_empty() {
        return slice.merged().await;
    }
    if let Some(rows) = slice.merged_by_address().await? {
        return Ok(rows);
    }
    for (walk, most) in STEPS {
        let walked = slice.walked(walk).await?;
        if walked.len() > page.size {
            return Ok(walked);
        }
        for source in &slice.conditions.sources {
            if let Some(rows) = slice.sorted(source, most).await? {
                return Ok(rows);
            }
        }
    }
    Ok(Vec::new())
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
        OrderField::CreatedAt => SortKey::At(user.created_at),
        OrderField::LastLoginAt => SortKey::At(user.last_login_at.unwrap_or(NEVER)),
        OrderField::Email => SortKey::Text(user.email.as_str().to_owned()),
    };
    Cursor { key, id: user.id.uuid() }
}

struct PageQuery<'a> {
    db: &'a Db,
    conditions: Conditions,
    order: UserOrder,
    page: &'a Page,
}

impl PageQuery<'_> {
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

    /// Addresses that begin with something stand together in the order of addresses; the few whose name does instead
    /// are sorted into them. Only where nothing else narrows the list.
    async fn merged_by_address(&self) -> Result<Option<Vec<User>>> {
        let (OrderField::Email, Some(beginning)) = (self.order.field, &self.conditions.beginning) else {
            return Ok(None);
        };
        let Some((_, most)) = STEPS.first().filter(|_| self.conditions.sources.len() == 1) else { return Ok(None) };
        let Some(by_name) = self.sorted(&beginning.names, *most).await? else { return Ok(None) };
        let mut statement = Statement::default();
        let (after, fits) = (self.after(&mut statement), statement.put(&self.conditions.all));
        let bounds = statement.put(&beginning.addresses);
        let text = format!(
            "select {} from users u where {fits}{bounds}{after} {} limit {}",
            columns!(),
            self.sorted_by(),
            self.page.size + 1
        );
        let by_address: Vec<User> = statement.query(self.db, text).all().await?;
        Ok(Some(self.merge(by_address, by_name)))
    }

    fn merge(&self, by_address: Vec<User>, by_name: Vec<User>) -> Vec<User> {
        let sorted: BTreeMap<String, User> =
            by_address.into_iter().chain(by_name).map(|user| (user.email.as_str().to_owned(), user)).collect();
        let rows = sorted.into_values();
        let most = self.page.size + 1;
        if self.descends() { rows.rev().take(most).collect() } else { rows.take(most).collect() }
    }

    /// What the source holds, sorted; `None` where that is more than so many.
    async fn sorted(&self, source: &[SqlPart], most: Option<usize>) -> Result<Option<Vec<User>>> {
        let mut statement = Statement::default();
        let taken = self.taken(&mut statement, source, most);
        let (after, fits) = (self.after(&mut statement), statement.put(&self.conditions.all));
        let are_few = most.map(|most| format!(" and (select count(*) from taken) <= {most}")).unwrap_or_default();
        let text = format!(
            "{taken} select {} from users u where u.id in (select user_id from taken){are_few} and {fits}{after} {} limit {}",
            columns!(),
            self.sorted_by(),
            self.page.size + 1
        );
        let rows: Vec<User> = statement.query(self.db, text).all().await?;
        match most {
            Some(most) if rows.is_empty() && !self.are_few(source, most).await? => Ok(None),
            Some(_) | None => Ok(Some(rows)),
        }
    }

    /// Whether a source holds no more than so many.
    async fn are_few(&self, source: &[SqlPart], most: usize) -> Result<bool> {
        let mut statement = Statement::default();
        let text = format!("{} select count(*) from taken", self.taken(&mut statement, source, Some(most)));
        let (count,): (i64,) = statement.query(self.db, text).one().await?;
        Ok(usize::try_from(count).is_ok_and(|count| count <= most))
    }

    /// What a source holds, up to one more than so many. `PostgreSQL` would take the limit for a reason to look through
    /// the whole table, unless the source is materialized, and then it stops at the limit all the same; `SQLite` would not.
    fn taken(&self, statement: &mut Statement, source: &[SqlPart], most: Option<usize>) -> String {
        let source = statement.put(source);
        let limit = most.map(|most| format!(" limit {}", most + 1)).unwrap_or_default();
        if self.db.is_sqlite() {
            return format!("with taken as materialized (select user_id from ({source}) found{limit})");
        }
        let found = format!("with found as materialized ({source})");
        format!("{found}, taken as materialized (select user_id from found{limit})")
    }

    /// The page begins behind the cursor.
    fn after(&self, statement: &mut Statement) -> String {
        let Some(cursor) = &self.page.from else { return String::new() };
        let comparison = if self.descends() { "<" } else { ">" };
        let key = match &cursor.key {
            SortKey::At(at) => statement.value(SqlPart::At(*at)),
            SortKey::Text(text) => statement.value(SqlPart::Text(text.clone())),
        };
        match self.order.field {
            // No two users have the same.
            OrderField::Email => format!(" and u.email {comparison} {key}"),
            OrderField::CreatedAt | OrderField::LastLoginAt => {
                let id = statement.value(SqlPart::Id(cursor.id));
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
