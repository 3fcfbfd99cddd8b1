//! A filter of users in SQL: as conditions on a row, and as statements ("sources") that read the rows which fit from an
//! index.

use super::statement::SqlPart;
use super::statuses::{LockDemand, facets, may_be_few};
use crate::values::time::Time;
use crate::values::user_filter::{OrderField, TextSearch, TimeRange, UserFilter, UserOrder};

/// A filter in SQL.
#[derive(Debug)]
pub(super) struct Conditions {
    /// The numbers that the column `facets` may have; `None` where it may have any.
    pub facets: Option<Vec<u8>>,
    /// The conditions that are not facets, each beginning with ` and `.
    pub beside_facets: Vec<SqlPart>,
    /// Bounds of the column that the list is sorted by, each beginning with ` and `.
    pub along_order: Vec<SqlPart>,
    /// All conditions, as one.
    pub all: Vec<SqlPart>,
    /// The parts of a search for a beginning.
    pub beginning: Option<Beginning>,
    /// Statements, each of which reads the `user_id` of every row that fits one of the conditions from an index. Empty
    /// where facets and bounds of the order are all that the filter has.
    pub sources: Vec<Vec<SqlPart>>,
}

/// The parts of a search for a beginning.
#[derive(Debug)]
pub(super) struct Beginning {
    /// The bounds of the address, each beginning with ` and `.
    pub addresses: Vec<SqlPart>,
    /// A source of the users whose name fits, or whose address as a person reads it.
    pub names: Vec<SqlPart>,
}

impl Conditions {
    pub(super) fn new(filter: &UserFilter, order: UserOrder, now: Time) -> Self {
        let mut this = Self {
            facets: facets(filter),
            beside_facets: vec![],
            along_order: vec![],
            all: vec![],
            beginning: None,
            sources: vec![],
        };
        for search in &filter.searches {
            this.search(search);
        }
        this.provider(filter.provider.as_deref());
        this.lock(LockDemand::of(filter), now);
        let (created, login) = ("u.created_at", "u.login_order");
        this.span(created, filter.created, order.field == OrderField::CreatedAt);
        this.span(login, filter.last_login, order.field == OrderField::LastLoginAt);
        if !filter.last_login.is_open() {
            // `login_order` holds 1970 for users who never signed in, and they fit no range.
            this.beside_facets.push(SqlPart::Sql(" and u.last_login_at is not null"));
        }
        let facets = this.facets.as_deref().map_or_else(|| "true".to_owned(), |facets| is_one_of("u", facets));
        if this.facets.is_some() && may_be_few(filter) && !this.sources.is_empty() {
            let narrow = format!("select f.id as user_id from users f where {}", facets.replace("u.", "f."));
            this.sources.push(vec![SqlPart::Built(narrow)]);
        }
        this.all = [vec![SqlPart::Built(facets)], this.beside_facets.clone()].concat();
        this
    }

    fn search(&mut self, search: &TextSearch) {
        match search {
            TextSearch::Beginning(text) => self.begins_with(text),
            TextSearch::Anywhere(text) => self.contains(text),
        }
    }

    /// A beginning is a range in each of three indexes: addresses, names, and addresses as a person reads them.
    fn begins_with(&mut self, text: &str) {
        use SqlPart::{Sql, Text};
        // No text that begins with `text` sorts behind `text` and the last character of Unicode.
        let range = |from: &'static str, before: &'static str| {
            [Sql(from), Text(text.to_owned()), Sql(before), Text(format!("{text}\u{10ffff}"))]
        };
        let email = range(" and (u.email >= ", " and u.email < ");
        let name = range(" or u.name_key >= ", " and u.name_key < ");
        let address = range(" or u.address_key >= ", " and u.address_key < ");
        self.beside_facets.extend([email, name, address].concat());
        self.beside_facets.push(Sql(")"));

        let emails = range("select e.id as user_id from users e where e.email >= ", " and e.email < ");
        let names = [
            range("select n.id as user_id from users n where n.name_key >= ", " and n.name_key < "),
            range(" union all select a.id from users a where a.address_key >= ", " and a.address_key < "),
        ]
        .concat();
        self.sources.push([&emails[..], &[Sql(" union all ")], &names].concat());
        self.beginning = Some(Beginning { addresses: range(" and u.email >= ", " and u.email < ").to_vec(), names });
    }

    /// A part is found by the trigrams of `user_search`, and compared with the three columns of the row.
    fn contains(&mut self, text: &str) {
        use SqlPart::{Sql, Text};
        let exact = || Text(format!("%{}%", literal(text)));
        self.beside_facets.extend([
            Sql(" and (u.email like "),
            exact(),
            Sql(r" escape '\' or u.name_key like "),
            exact(),
            Sql(r" escape '\' or u.address_key like "),
            exact(),
            Sql(r" escape '\')"),
        ]);
        // SQLite uses the trigrams only for a `like` without `escape`. That one finds too much, and the second narrows
        // it.
        self.sources.push(vec![
            Sql("select s.user_id from user_search s where s.text like "),
            Text(format!("%{}%", broad(text))),
            Sql(" and s.text like "),
            exact(),
            Sql(r" escape '\'"),
        ]);
    }

    fn provider(&mut self, provider: Option<&str>) {
        let Some(provider) = provider else { return };
        let name = || SqlPart::Text(provider.to_owned());
        // The limit keeps PostgreSQL from joining the whole table.
        self.beside_facets.extend([
            SqlPart::Sql(" and exists (select 1 from oauth_accounts o where o.user_id = u.id and o.provider = "),
            name(),
            SqlPart::Sql(" limit 1 offset 0)"),
        ]);
        self.sources.push(vec![SqlPart::Sql("select o.user_id from oauth_accounts o where o.provider = "), name()]);
    }

    fn lock(&mut self, demand: LockDemand, now: Time) {
        self.beside_facets.extend(demand.condition(now));
        if demand == LockDemand::Locked {
            let locked = "select l.id as user_id from users l where l.deleted_at is null and l.locked_until > ";
            self.sources.push(vec![SqlPart::Sql(locked), SqlPart::At(now)]);
        }
    }

    /// A range of the column that the list is sorted by bounds the walk along the order. Any other range is a source.
    fn span(&mut self, column: &'static str, span: TimeRange, is_order: bool) {
        let bounds = [(" >= ", span.from), (" < ", span.before)];
        let mut parts = Vec::new();
        for (comparison, at) in bounds.into_iter().filter_map(|(comparison, at)| Some((comparison, at?))) {
            parts.extend([SqlPart::Sql(" and "), SqlPart::Sql(column), SqlPart::Sql(comparison), SqlPart::At(at)]);
        }
        if parts.is_empty() {
            return;
        }
        self.beside_facets.extend(parts.clone());
        if is_order {
            self.along_order.extend(parts);
        } else {
            self.sources.push([vec![SqlPart::Sql("select u.id as user_id from users u where true")], parts].concat());
        }
    }
}

fn is_one_of(table: &str, facets: &[u8]) -> String {
    let numbers: Vec<String> = facets.iter().map(u8::to_string).collect();
    format!("{table}.facets in ({})", numbers.join(", "))
}

/// A typed text for `like … escape '\'`: each wildcard in it is escaped, and stands for itself.
fn literal(text: &str) -> String {
    text.chars().flat_map(|c| if is_special(c) { vec!['\\', c] } else { vec![c] }).collect()
}

/// A typed text for a `like` without `escape`: each wildcard in it becomes `_`, which matches any character.
fn broad(text: &str) -> String {
    text.chars().map(|c| if is_special(c) { '_' } else { c }).collect()
}

fn is_special(c: char) -> bool {
    matches!(c, '%' | '_' | '\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_are_letters() {
        assert_eq!(literal(r"50%_\"), r"50\%\_\\");
        assert_eq!(broad(r"50%_\"), "50___");
    }
}
