//! Looking for events: one filter, asked of the database for what was, and of an event for what is just happening.

use std::collections::BTreeSet;

use super::audit_log::{self, AuditEvent};
use crate::error::Result;
use crate::tools::db::{Db, SqlQuery};
use crate::values::audit::{AuditAction, AuditOutcome};
use crate::values::ids::{SessionId, UserId};
use crate::values::paging::{Cursor, Key, Page};
use crate::values::time::Time;

/// Which events. What is `None`, or empty, is not asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Filter {
    /// One of these was done.
    pub actions: Vec<AuditAction>,
    /// It ended so.
    pub outcome: Option<AuditOutcome>,
    /// This user did it.
    pub actor: Option<UserId>,
    /// It was done to this user.
    pub subject: Option<UserId>,
    /// It was done in this session, or to it.
    pub session: Option<SessionId>,
    /// It was done from this address, as the trail spells it.
    pub address: Option<String>,
    /// At this time or later.
    pub since: Option<Time>,
    /// Before this time.
    pub until: Option<Time>,
    /// Leaves out what somebody else did to the subject.
    pub own_only: bool,
}

impl Filter {
    /// The filter as the subject of the events may use it on their own history. From where, and in which session,
    /// somebody else did something is not for them to see, and so not for them to find out by filtering.
    #[must_use]
    pub fn seen_by_subject(self, subject: UserId) -> Self {
        let own_only = self.actor.is_some() || self.session.is_some() || self.address.is_some();
        Self { subject: Some(subject), own_only, ..self }
    }

    /// Whether an event is one of those.
    #[must_use]
    pub fn matches(&self, event: &AuditEvent) -> bool {
        fn is<T: PartialEq>(wanted: Option<&T>, given: Option<&T>) -> bool {
            wanted.is_none_or(|wanted| given == Some(wanted))
        }

        (self.actions.is_empty() || self.actions.contains(&event.action))
            && is(self.outcome.as_ref(), Some(&event.outcome))
            && is(self.actor.as_ref(), event.actor_id.as_ref())
            && is(self.subject.as_ref(), event.subject_id.as_ref())
            && is(self.session.as_ref(), event.session_id.as_ref())
            && is(self.address.as_ref(), event.address.as_ref())
            && self.since.is_none_or(|since| event.at >= since)
            && self.until.is_none_or(|until| event.at < until)
            && !(self.own_only && event.is_by_another())
    }
}

/// A page of the events that match.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Slice {
    /// Which events.
    pub filter: Filter,
    /// Which of them.
    pub page: Page,
}

/// An event, and the slice it belongs to.
#[derive(sqlx::FromRow)]
struct Found {
    slice: i32,
    #[sqlx(flatten)]
    event: AuditEvent,
}

/// A slice of the events that match, newest first (oldest first where it is read backwards), with one row more than the
/// page where there is one. Whatever is asked for, an index in the order of the page leads to it, so the size of the
/// trail does not matter.
pub async fn list(db: &Db, slice: &Slice) -> Result<Vec<AuditEvent>> {
    Ok(list_each(db, std::slice::from_ref(slice)).await?.pop().unwrap_or_default())
}

/// Several slices, in one statement.
pub async fn list_each(db: &Db, slices: &[Slice]) -> Result<Vec<Vec<AuditEvent>>> {
    let Search { text, values, .. } = Search::of(slices, db.is_sqlite());
    let found: Vec<Found> =
        values.into_iter().fold(db.query_built(text), |query, value| value.bind(query)).all().await?;
    let mut lists: Vec<Vec<AuditEvent>> = slices.iter().map(|_| Vec::new()).collect();
    for Found { slice, event } in found {
        if let Some(list) = usize::try_from(slice).ok().and_then(|slice| lists.get_mut(slice)) {
            list.push(event);
        }
    }
    // Each part came in its order; those of one slice are merged here.
    for (list, Slice { page, .. }) in lists.iter_mut().zip(slices) {
        list.sort_unstable_by_key(|event| (event.at, event.id));
        if !page.backwards {
            list.reverse();
        }
        list.truncate(page.size + 1);
    }
    Ok(lists)
}

/// The place of an event in a list.
#[must_use]
pub fn place(event: &AuditEvent) -> Cursor {
    Cursor { key: Key::At(event.at), id: event.id.uuid() }
}

/// A value to bind.
#[derive(Debug, Clone)]
enum Bound {
    User(UserId),
    Session(SessionId),
    Text(String),
    Time(Time),
    Id(uuid::Uuid),
}

impl Bound {
    fn bind(self, query: SqlQuery<'_>) -> SqlQuery<'_> {
        match self {
            Self::User(id) => query.bind(id),
            Self::Session(id) => query.bind(id),
            Self::Text(text) => query.bind(text),
            Self::Time(time) => query.bind(time),
            Self::Id(id) => query.bind(id),
        }
    }
}

/// A statement and its values.
struct Search {
    text: String,
    values: Vec<Bound>,
    is_sqlite: bool,
}

impl Search {
    fn of(slices: &[Slice], is_sqlite: bool) -> Self {
        let mut search = Self { text: String::new(), values: Vec::new(), is_sqlite };
        let parts: Vec<String> = slices.iter().enumerate().flat_map(|(n, slice)| search.parts(n, slice)).collect();
        search.text = parts.join(" union all ");
        search
    }

    /// One for each value that the leading column may have: each comes in the order of its index, and only a page of it.
    fn parts(&mut self, number: usize, Slice { filter, page }: &Slice) -> Vec<String> {
        let mut equalities = equalities(filter).into_iter();
        let leading: Vec<String> = match equalities.next() {
            Some((column, values)) => {
                values.into_iter().map(|value| format!("e.{column} = {}", self.place(value))).collect()
            }
            None => vec!["1 = 1".to_owned()],
        };
        let others = self.others(equalities, filter, page);
        let (order, limit) = (if page.backwards { "asc" } else { "desc" }, page.size + 1);
        let columns = audit_log::columns!();
        let part = |leading: String| {
            let conditions = [&[leading], &*others].concat().join(" and ");
            format!(
                "select * from (select {number} as slice, {columns} from audit_events e where {conditions} \
                 order by e.at {order}, e.id {order} limit {limit}) as part"
            )
        };
        leading.into_iter().map(part).collect()
    }

    /// All conditions but the leading one.
    fn others(
        &mut self,
        equalities: impl Iterator<Item = (&'static str, Vec<Bound>)>,
        filter: &Filter,
        page: &Page,
    ) -> Vec<String> {
        let mut conditions = Vec::new();
        // Keeps the planner of SQLite, which has no statistics to go by, from another index than the leading one.
        let plus = if self.is_sqlite { "+" } else { "" };
        for (column, values) in equalities {
            let places: Vec<String> = values.into_iter().map(|value| self.place(value)).collect();
            conditions.push(format!("{plus}e.{column} in ({})", places.join(", ")));
        }
        for (comparison, time) in [(">=", filter.since), ("<", filter.until)] {
            let Some(time) = time else { continue };
            conditions.push(format!("e.at {comparison} {}", self.place(Bound::Time(time))));
        }
        match &page.from {
            Some(Cursor { key: Key::At(at), id }) => {
                let comparison = if page.backwards { ">" } else { "<" };
                let (at, id) = (self.place(Bound::Time(*at)), self.place(Bound::Id(*id)));
                conditions.push(format!("(e.at, e.id) {comparison} ({at}, {id})"));
            }
            // No cursor of this list.
            Some(Cursor { key: Key::Text(_), .. }) => conditions.push("1 = 0".to_owned()),
            None => {}
        }
        if filter.own_only {
            conditions.push("(e.actor_id is null or e.actor_id = e.subject_id)".to_owned());
        }
        conditions
    }

    /// Binds a value, and answers its place in the text.
    fn place(&mut self, value: Bound) -> String {
        self.values.push(value);
        format!("${}", self.values.len())
    }
}

/// What columns must be equal to. The most telling comes first, and its index leads to the events.
fn equalities(filter: &Filter) -> Vec<(&'static str, Vec<Bound>)> {
    fn one<T>(wanted: Option<T>, bound: fn(T) -> Bound) -> Vec<Bound> {
        wanted.map(bound).into_iter().collect()
    }

    let actions: BTreeSet<&str> = filter.actions.iter().map(|action| action.as_str()).collect();
    let all = [
        ("session_id", one(filter.session, Bound::Session)),
        ("actor_id", one(filter.actor, Bound::User)),
        ("subject_id", one(filter.subject, Bound::User)),
        ("address", one(filter.address.clone(), Bound::Text)),
        ("action", actions.into_iter().map(|action| Bound::Text(action.to_owned())).collect()),
        ("outcome", one(filter.outcome, |outcome| Bound::Text(outcome.as_str().to_owned()))),
    ];
    all.into_iter().filter(|(_, values)| !values.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::tools::db::DbSettings;
    use crate::values::paging::{Scope, SortedBy};

    /// How SQLite goes about a search in an empty trail.
    async fn plan(filter: &Filter) -> String {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("test.db").display()).into();
        let settings =
            DbSettings { url, max_connections: 1, acquire_timeout: Duration::from_secs(3), makes_file: true };
        let db = Db::open(&settings).await.unwrap();
        db.migrate().await.unwrap();
        let page = Page { scope: Scope::of("events", &(), SortedBy::Time), size: 20, from: None, backwards: false };
        let search = Search::of(&[Slice { filter: filter.clone(), page }], true);
        let query = db.query_built(format!("explain query plan {}", search.text));
        let query = search.values.into_iter().fold(query, |query, value| value.bind(query));
        let steps: Vec<(i32, i32, i32, String)> = query.all().await.unwrap_or_default();
        steps.into_iter().map(|(_, _, _, step)| step).collect::<Vec<_>>().join("; ")
    }

    #[tokio::test]
    async fn every_filter_is_led_by_its_index() {
        let (user, session) = (Some(UserId::new()), Some(SessionId::new()));
        let all = Filter { outcome: Some(AuditOutcome::Failure), since: Some(Time::UNIX_EPOCH), ..Filter::default() };
        let actions = vec![AuditAction::Login, AuditAction::Logout];
        let filters = [
            ("audit_events_at", Filter { outcome: None, ..all.clone() }),
            ("audit_events_of_outcome", all.clone()),
            ("audit_events_of_action", Filter { actions: actions.clone(), ..all.clone() }),
            (
                "audit_events_of_address",
                Filter { address: Some(String::new()), actions: actions.clone(), ..all.clone() },
            ),
            ("audit_events_of_subject", Filter { subject: user, actions: actions.clone(), ..all.clone() }),
            ("audit_events_of_actor", Filter { actor: user, subject: user, ..all.clone() }),
            ("audit_events_of_session", Filter { session, actor: user, actions, ..all }),
        ];

        for (index, filter) in filters {
            let plan = plan(&filter).await;
            assert!(plan.contains(&format!("SEARCH e USING INDEX {index} (")), "{index}: {plan}");
            assert!(!plan.contains("); USE TEMP B-TREE"), "only pages are sorted: {plan}");
        }
    }
}
