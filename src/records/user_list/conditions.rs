//! What a filter of users is in SQL: as conditions on a row, and as sources of the few rows it leaves.

use super::statement::SqlPart;
use crate::values::time::Time;
use crate::values::user::{Role, UserStatus};
use crate::values::user_filter::{OrderField, TextSearch, TimeRange, UserFilter, UserOrder};

/// A filter in SQL.
#[derive(Debug)]
pub(super) struct Conditions {
    /// Which numbers the column `facets` may have; `None` where any will do.
    pub facets: Option<Vec<u8>>,
    /// Conditions beside the facets, each with its `and`.
    pub beside_facets: Vec<SqlPart>,
    /// Bounds of what the list is sorted by, each with its `and`.
    pub along_order: Vec<SqlPart>,
    /// All of it, as one condition.
    pub all: Vec<SqlPart>,
    /// A search for a beginning, taken apart.
    pub beginning: Option<Beginning>,
    /// Statements that answer the column `user_id` of every row that fits one of the conditions, from an index. None
    /// where the facets and the order decide everything.
    pub sources: Vec<Vec<SqlPart>>,
}

/// What begins with something.
#[derive(Debug)]
pub(super) struct Beginning {
    /// The bounds of the addresses, each with its `and`.
    pub addresses: Vec<SqlPart>,
    /// A source of whose name does, or whose address as a person reads it.
    pub names: Vec<SqlPart>,
}

/// The bits of the column `facets`, as the migration sets them.
const ADMIN: u8 = 8;
const DELETED: u8 = 4;
const VERIFIED: u8 = 2;
const MFA: u8 = 1;

impl Conditions {
    pub(super) fn of(filter: &UserFilter, order: UserOrder, now: Time) -> Self {
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
        this.status(filter.status, now);
        let (created, login) = ("u.created_at", "u.login_order");
        this.span(created, filter.created, order.field == OrderField::CreatedAt);
        this.span(login, filter.last_login, order.field == OrderField::LastLoginAt);
        if !filter.last_login.is_open() {
            // Whoever never signed in did not do so in any span.
            this.beside_facets.push(SqlPart::Sql(" and u.last_login_at is not null"));
        }
        let facets = this.facets.as_deref().map_or_else(|| "true".to_owned(), |facets| is_one_of("u", facets));
        if this.facets.is_some() && !this.sources.is_empty() {
            let narrow = format!("select f.id as user_id from users f where {}", facets.replace("u.", "f."));
            this.sources.push(vec![SqlPart::Built(narrow)]);
        }
        this.all = [vec![SqlPart::Built(facets)], this.beside_facets.clone()].concat();
        this
    }

    fn search(&mut self, search: &TextSearch) {
        use SqlPart::{Sql, Text};
        match search {
            TextSearch::Beginning(text) => {
                let (from, before) = (|| Text(text.clone()), || Text(format!("{text}\u{10ffff}")));
                self.beside_facets.extend([
                    Sql(" and (u.email >= "),
                    from(),
                    Sql(" and u.email < "),
                    before(),
                    Sql(" or u.name_key >= "),
                    from(),
                    Sql(" and u.name_key < "),
                    before(),
                    Sql(" or u.address_key >= "),
                    from(),
                    Sql(" and u.address_key < "),
                    before(),
                    Sql(")"),
                ]);
                let addresses = [
                    Sql("select e.id as user_id from users e where e.email >= "),
                    from(),
                    Sql(" and e.email < "),
                    before(),
                ];
                let names = [
                    Sql("select n.id as user_id from users n where n.name_key >= "),
                    from(),
                    Sql(" and n.name_key < "),
                    before(),
                    Sql(" union all select a.id from users a where a.address_key >= "),
                    from(),
                    Sql(" and a.address_key < "),
                    before(),
                ];
                self.sources.push([&addresses[..], &[Sql(" union all ")], &names[..]].concat());
                let bounds = vec![Sql(" and u.email >= "), from(), Sql(" and u.email < "), before()];
                self.beginning = Some(Beginning { addresses: bounds, names: names.to_vec() });
            }
            TextSearch::Anywhere(text) => {
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
                // Only a `like` without `escape` is looked up in the trigrams of SQLite.
                self.sources.push(vec![
                    Sql("select s.user_id from user_search s where s.text like "),
                    Text(format!("%{}%", broad(text))),
                    Sql(" and s.text like "),
                    exact(),
                    Sql(r" escape '\'"),
                ]);
            }
        }
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

    fn status(&mut self, status: Option<UserStatus>, now: Time) {
        match status {
            // The facets say it.
            None | Some(UserStatus::Deleted) => {}
            Some(UserStatus::Active) => self.beside_facets.extend([
                SqlPart::Sql(" and (u.locked_until is null or u.locked_until <= "),
                SqlPart::At(now),
                SqlPart::Sql(")"),
            ]),
            Some(UserStatus::Locked) => {
                // The facets say who is deleted, but not to the planner, which is to take the index of the locked.
                self.beside_facets
                    .extend([SqlPart::Sql(" and u.deleted_at is null and u.locked_until > "), SqlPart::At(now)]);
                let locked = "select l.id as user_id from users l where l.deleted_at is null and l.locked_until > ";
                self.sources.push(vec![SqlPart::Sql(locked), SqlPart::At(now)]);
            }
        }
    }

    /// Bounds of what the list is sorted by are the ends of a walk; others narrow it like any filter.
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

/// Which of the sixteen numbers fit.
fn facets(filter: &UserFilter) -> Option<Vec<u8>> {
    let is_deleted = filter.status.map(|status| status == UserStatus::Deleted);
    let wanted = [
        (ADMIN, filter.role.map(|role| role == Role::Admin)),
        (DELETED, is_deleted),
        (VERIFIED, filter.email_verified),
        (MFA, filter.mfa_enabled),
    ];
    let fits = |facet: &u8| wanted.iter().all(|(bit, wanted)| wanted.is_none_or(|wanted| wanted == (facet & bit != 0)));
    wanted.iter().any(|(_, wanted)| wanted.is_some()).then(|| (0..16).filter(fits).collect())
}

fn is_one_of(table: &str, facets: &[u8]) -> String {
    let numbers: Vec<String> = facets.iter().map(u8::to_string).collect();
    format!("{table}.facets in ({})", numbers.join(", "))
}

/// What was typed, for `like … escape '\'`: wildcards are emails like any other.
fn literal(text: &str) -> String {
    text.chars().flat_map(|c| if is_special(c) { vec!['\\', c] } else { vec![c] }).collect()
}

/// The same for a `like` without `escape`: any email may stand for a wildcard.
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
    fn a_filter_is_a_few_of_sixteen_numbers() {
        assert_eq!(facets(&UserFilter::default()), None);
        let admins_without_mfa = UserFilter {
            role: Some(Role::Admin),
            status: Some(UserStatus::Active),
            mfa_enabled: Some(false),
            ..UserFilter::default()
        };
        assert_eq!(facets(&admins_without_mfa), Some(vec![8, 10]));
    }

    #[test]
    fn wildcards_are_letters() {
        assert_eq!(literal(r"50%_\"), r"50\%\_\\");
        assert_eq!(broad(r"50%_\"), "50___");
    }
}
