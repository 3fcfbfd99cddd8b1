//! Lists of users: filtered, searched, sorted, a page at a time, at a cost that does not grow with the table.
//!
//! Three ways lead to a page, each fast where the others are slow (docs/adr/0013):
//! - merge, for filters that are only facets: an index sorts the users of each facet number, so the page is merged from
//!   the first rows of a few numbers;
//! - sort, for a narrow filter: read the few rows that fit from a source, and sort them;
//! - walk, for a wide filter: walk along the order, and keep the rows that fit.

mod conditions;
mod order;
mod statement;
mod statuses;

use self::conditions::Conditions;
use self::order::{column, in_order};
use self::statement::{SqlPart, Statement};
use super::users::{User, columns};
use crate::error::Result;
use crate::tools::db::Db;
use crate::values::paging::{Page, SortKey};
use crate::values::time::Time;
use crate::values::user_filter::{OrderField, UserFilter, UserOrder};

pub use self::order::place;

/// The steps of a search that does not know whether its filter is narrow or wide. Each step first walks so many rows
/// along the order, and then sorts a source if it has at most so many rows (the last step sorts any). The growing
/// numbers bound what the wrong way costs before the right one is taken.
const STEPS: [(usize, Option<usize>); 3] = [(200, Some(2_000)), (2_000, Some(10_000)), (20_000, None)];

/// A page of the users that fit the filter, with one row more than the page where there is one.
pub async fn list(db: &Db, filter: &UserFilter, order: UserOrder, page: &Page, now: Time) -> Result<Vec<User>> {
    let mut pages = Vec::new();
    for part in statuses::parts(filter) {
        pages.push(list_part(db, &part, order, page, now).await?);
    }
    Ok(in_order(order, page, pages.into_iter().flatten()))
}

/// A page of the users that fit one part of the filter.
async fn list_part(db: &Db, part: &UserFilter, order: UserOrder, page: &Page, now: Time) -> Result<Vec<User>> {
    let query = PageQuery { db, conditions: Conditions::new(part, order, now), order, page };
    // Only facets and bounds of the order: merge.
    if query.conditions.sources.is_empty() {
        return query.merged().await;
    }
    // Sorted by address and searched for a beginning: both use the same index.
    if let Some(rows) = query.merged_by_address().await? {
        return Ok(rows);
    }
    for (walk, most) in STEPS {
        let walked = query.walked(walk).await?;
        // A full page is the page. Fewer rows may mean that more of them fit further on.
        if walked.len() > page.size {
            return Ok(walked);
        }
        // The first source that is small enough decides: all other conditions are checked on its rows.
        for source in &query.conditions.sources {
            if let Some(rows) = query.sorted(source, most).await? {
                return Ok(rows);
            }
        }
    }
    Ok(Vec::new())
}

/// How many users fit the filter. It counts them, so its cost grows with their number.
pub async fn count(db: &Db, filter: &UserFilter, now: Time) -> Result<i64> {
    let mut count = 0;
    for part in statuses::parts(filter) {
        count += count_part(db, &part, now).await?;
    }
    Ok(count)
}

async fn count_part(db: &Db, part: &UserFilter, now: Time) -> Result<i64> {
    let conditions = Conditions::new(part, UserOrder::default(), now);
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

struct PageQuery<'a> {
    db: &'a Db,
    conditions: Conditions,
    order: UserOrder,
    page: &'a Page,
}

impl PageQuery<'_> {
    /// Merges the first rows of each facet number, which an index sorts.
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

    /// Walks so many rows along the order, and keeps those that fit.
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

    /// In the order of addresses, those with the searched beginning stand together. They are read in order, and the few
    /// users whose name has the beginning are sorted and merged into them. `None` where the order or another condition
    /// does not allow it, or where too many names have the beginning.
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
        Ok(Some(in_order(self.order, self.page, by_address.into_iter().chain(by_name))))
    }

    /// The rows of a source that fit, sorted; `None` where the source has more than `most` rows.
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
            // No row: either none fits, or the source has too many rows, and the statement left them out.
            Some(most) if rows.is_empty() && !self.are_few(source, most).await? => Ok(None),
            Some(_) | None => Ok(Some(rows)),
        }
    }

    /// Whether a source has at most so many rows.
    async fn are_few(&self, source: &[SqlPart], most: usize) -> Result<bool> {
        let mut statement = Statement::default();
        let text = format!("{} select count(*) from taken", self.taken(&mut statement, source, Some(most)));
        let (count,): (i64,) = statement.query(self.db, text).one().await?;
        Ok(usize::try_from(count).is_ok_and(|count| count <= most))
    }

    /// The rows of a source, up to one more than `most`, as the common table expression `taken`. On `PostgreSQL` the
    /// source is materialized, or the planner takes the limit for a reason to scan the whole table; it still stops at
    /// the limit. `SQLite` would not stop, so there only the limited part is.
    fn taken(&self, statement: &mut Statement, source: &[SqlPart], most: Option<usize>) -> String {
        let source = statement.put(source);
        let limit = most.map(|most| format!(" limit {}", most + 1)).unwrap_or_default();
        if self.db.is_sqlite() {
            return format!("with taken as materialized (select user_id from ({source}) found{limit})");
        }
        let found = format!("with found as materialized ({source})");
        format!("{found}, taken as materialized (select user_id from found{limit})")
    }

    /// The condition that the page begins behind the cursor.
    fn after(&self, statement: &mut Statement) -> String {
        let Some(cursor) = &self.page.from else { return String::new() };
        let comparison = if self.descends() { "<" } else { ">" };
        let key = match &cursor.key {
            SortKey::At(at) => statement.value(SqlPart::At(*at)),
            SortKey::Text(text) => statement.value(SqlPart::Text(text.clone())),
        };
        match self.order.field {
            // Addresses are unique, so no id is needed.
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

    /// Reading backwards reverses the order. The connection reverses the page again.
    fn descends(&self) -> bool {
        self.order.descending != self.page.backwards
    }
}
