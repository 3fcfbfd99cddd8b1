//! Searches of the audit trail. One filter serves both lists, as SQL, and live events, as a predicate
//! ([`EventFilter::matches`]).

use std::collections::BTreeSet;

use super::audit_log::{self, AuditEvent};
use crate::error::Result;
use crate::tools::db::{Db, SqlQuery};
use crate::values::audit::{AuditAction, AuditOutcome};
use crate::values::ids::{SessionId, UserId};
use crate::values::paging::{Cursor, Page, SortKey};
use crate::values::time::Time;
use crate::values::user_filter::TimeRange;

/// Which events: those that fit every condition. `None` and empty conditions fit all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct EventFilter {
    /// The action is one of these.
    pub actions: Vec<AuditAction>,
    /// The outcome is one of these.
    pub outcomes: Vec<AuditOutcome>,
    /// The user who did it.
    pub actor: Option<UserId>,
    /// The user it was done to.
    pub subject: Option<UserId>,
    /// The session it was done in, or to.
    pub session: Option<SessionId>,
    /// The IP address it was done from, as the trail writes it.
    pub address: Option<String>,
    /// When it happened.
    pub at: TimeRange,
    /// Leaves out events in which another user did something to the subject.
    pub own_only: bool,
}

impl EventFilter {
    /// The filter for a user's own history. Users do not see the actor, session and address of what other users did to
    /// them, and so must not find them out by filtering.
    #[must_use]
    pub fn seen_by_subject(self, subject: UserId) -> Self {
        let own_only = self.actor.is_some() || self.session.is_some() || self.address.is_some();
        Self { subject: Some(subject), own_only, ..self }
    }

    /// Whether an event fits.
    #[must_use]
    pub fn matches(&self, event: &AuditEvent) -> bool {
        fn is<T: PartialEq>(wanted: Option<&T>, given: Option<&T>) -> bool {
            wanted.is_none_or(|wanted| given == Some(wanted))
        }

        (self.actions.is_empty() || self.actions.contains(&event.action))
            && (self.outcomes.is_empty() || self.outcomes.contains(&event.outcome))
            && is(self.actor.as_ref(), event.actor_id.as_ref())
            && is(self.subject.as_ref(), event.subject_id.as_ref())
            && is(self.session.as_ref(), event.session_id.as_ref())
            && is(self.address.as_ref(), event.address.as_ref())
            && self.at.contains(event.at)
            && !(self.own_only && event.is_by_another())
    }
}

/// A page of the events that fit a filter.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EventSlice {
    /// The filter.
    pub filter: EventFilter,
    /// The page.
    pub page: Page,
}

/// An event, and the number of the slice it belongs to.
#[derive(sqlx::FromRow)]
struct FoundEvent {
    slice: i32,
    #[sqlx(flatten)]
    event: AuditEvent,
}

/// A page of the events that fit, newest first (oldest first where it is read backwards), with one row more than the
/// page where there is one. Each filter has an index in the order of the page, so the size of the trail does not
/// matter.
pub async fn list(db: &Db, slice: &EventSlice) -> Result<Vec<AuditEvent>> {
    Ok(list_each(db, std::slice::from_ref(slice)).await?.pop().unwrap_or_default())
}

/// Several slices, in one statement.
pub async fn list_each(db: &Db, slices: &[EventSlice]) -> Result<Vec<Vec<AuditEvent>>> {
    let SearchStatement { text, values, .. } = SearchStatement::new(slices, db.is_sqlite());
    let found: Vec<FoundEvent> =
        values.into_iter().fold(db.query_built(text), |query, value| value.bind(query)).all().await?;
    let mut lists: Vec<Vec<AuditEvent>> = slices.iter().map(|_| Vec::new()).collect();
    for FoundEvent { slice, event } in found {
        if let Some(list) = usize::try_from(slice).ok().and_then(|slice| lists.get_mut(slice)) {
            list.push(event);
        }
    }
    // Each part of the statement is sorted; the parts of one slice are merged here.
    for (list, EventSlice { page, .. }) in lists.iter_mut().zip(slices) {
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
    Cursor { key: SortKey::At(event.at), id: event.id.uuid() }
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

/// A statement and its values, numbered in the order of binding.
struct SearchStatement {
    text: String,
    values: Vec<Bound>,
    is_sqlite: bool,
}

impl SearchStatement {
    fn new(slices: &[EventSlice], is_sqlite: bool) -> Self {
        let mut search = Self { text: String::new(), values: Vec::new(), is_sqlite };
        let parts: Vec<String> = slices.iter().enumerate().flat_map(|(n, slice)| search.parts(n, slice)).collect();
        search.text = parts.join(" union all ");
        search
    }

    /// One part for each value of the leading column: each reads one page in the order of its index.
    fn parts(&mut self, number: usize, EventSlice { filter, page }: &EventSlice) -> Vec<String> {
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
        filter: &EventFilter,
        page: &Page,
    ) -> Vec<String> {
        let mut conditions = Vec::new();
        // The plus keeps the planner of SQLite, which has no statistics, from using another index than the leading one.
        let plus = if self.is_sqlite { "+" } else { "" };
        for (column, values) in equalities {
            let places: Vec<String> = values.into_iter().map(|value| self.place(value)).collect();
            conditions.push(format!("{plus}e.{column} in ({})", places.join(", ")));
        }
        for (comparison, time) in [(">=", filter.at.from), ("<", filter.at.before)] {
            let Some(time) = time else { continue };
            conditions.push(format!("e.at {comparison} {}", self.place(Bound::Time(time))));
        }
        match &page.from {
            Some(Cursor { key: SortKey::At(at), id }) => {
                let comparison = if page.backwards { ">" } else { "<" };
                let (at, id) = (self.place(Bound::Time(*at)), self.place(Bound::Id(*id)));
                conditions.push(format!("(e.at, e.id) {comparison} ({at}, {id})"));
            }
            // A cursor of another list.
            Some(Cursor { key: SortKey::Text(_), .. }) => conditions.push("1 = 0".to_owned()),
            None => {}
        }
        if filter.own_only {
            conditions.push("(e.actor_id is null or e.actor_id = e.subject_id)".to_owned());
        }
        conditions
    }

    /// Binds a value. Answers its number in the text: `$3`.
    fn place(&mut self, value: Bound) -> String {
        self.values.push(value);
        format!("${}", self.values.len())
    }
}

/// The columns that must equal one of some values, the most selective one first: its index leads to the events.
fn equalities(filter: &EventFilter) -> Vec<(&'static str, Vec<Bound>)> {
    fn one<T>(wanted: Option<T>, bound: fn(T) -> Bound) -> Vec<Bound> {
        wanted.map(bound).into_iter().collect()
    }

    /// Each word once: a part of the statement for each of them must not find the same events.
    fn words(wanted: impl Iterator<Item = &'static str>) -> Vec<Bound> {
        wanted.collect::<BTreeSet<_>>().into_iter().map(|word| Bound::Text(word.to_owned())).collect()
    }

    let all = [
        ("session_id", one(filter.session, Bound::Session)),
        ("actor_id", one(filter.actor, Bound::User)),
        ("subject_id", one(filter.subject, Bound::User)),
        ("address", one(filter.address.clone(), Bound::Text)),
        ("action", words(filter.actions.iter().map(|action| action.as_str()))),
        ("outcome", words(filter.outcomes.iter().map(|outcome| outcome.as_str()))),
    ];
    all.into_iter().filter(|(_, values)| !values.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::tools::db::DbSettings;
    use crate::values::paging::{ListScope, SortedBy};

    /// How SQLite goes about a search in an empty trail.
    async fn plan(filter: &EventFilter) -> String {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("test.db").display()).into();
        let settings = DbSettings {
            url,
            migration_url: None,
            max_connections: 1,
            acquire_timeout: Duration::from_secs(3),
            makes_file: true,
        };
        let db = Db::open(&settings).await.unwrap();
        db.migrate().await.unwrap();
        let page =
            Page { scope: ListScope::new("events", &(), SortedBy::Time), size: 20, from: None, backwards: false };
        let search = SearchStatement::new(&[EventSlice { filter: filter.clone(), page }], true);
        let query = db.query_built(format!("explain query plan {}", search.text));
        let query = search.values.into_iter().fold(query, |query, value| value.bind(query));
        let steps: Vec<(i32, i32, i32, String)> = query.all().await.unwrap_or_default();
        steps.into_iter().map(|(_, _, _, step)| step).collect::<Vec<_>>().join("; ")
    }

    #[tokio::test]
    async fn every_filter_is_led_by_its_index() {
        let (user, session) = (Some(UserId::new()), Some(SessionId::new()));
        let all = EventFilter {
            outcomes: vec![AuditOutcome::Failure, AuditOutcome::Success],
            at: TimeRange { from: Some(Time::UNIX_EPOCH), before: None },
            ..EventFilter::default()
        };
        let actions = vec![AuditAction::Login, AuditAction::Logout];
        let filters = [
            ("audit_events_at", EventFilter { outcomes: Vec::new(), ..all.clone() }),
            ("audit_events_of_outcome", all.clone()),
            ("audit_events_of_action", EventFilter { actions: actions.clone(), ..all.clone() }),
            (
                "audit_events_of_address",
                EventFilter { address: Some(String::new()), actions: actions.clone(), ..all.clone() },
            ),
            ("audit_events_of_subject", EventFilter { subject: user, actions: actions.clone(), ..all.clone() }),
            ("audit_events_of_actor", EventFilter { actor: user, subject: user, ..all.clone() }),
            ("audit_events_of_session", EventFilter { session, actor: user, actions, ..all }),
        ];

        for (index, filter) in filters {
            let plan = plan(&filter).await;
            assert!(plan.contains(&format!("SEARCH e USING INDEX {index} (")), "{index}: {plan}");
            assert!(!plan.contains("); USE TEMP B-TREE"), "only pages are sorted: {plan}");
        }
    }
}
