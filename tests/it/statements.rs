//! Every SQL text of the records, prepared on the engine: our compile-time check. Texts that are written out are read
//! from the sources; texts that are put together are built in all their variants by the function that does so, and run.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use authgraph::records::audit_chains::ChainHead;
use authgraph::records::audit_search::{EventFilter, EventSlice};
use authgraph::records::{audit_log, audit_search, email_changes, mfa, oauth_accounts, sessions, user_list, users};
use authgraph::tools::db::Db;
use authgraph::values::audit::{AuditAction, AuditOutcome};
use authgraph::values::ids::{EventId, OAuthAccountId, SessionId, UserId};
use authgraph::values::paging::{Cursor, ListScope, Page, SortKey, SortedBy};
use authgraph::values::session::SessionStatus;
use authgraph::values::user::{Role, UserStatus};
use authgraph::values::user_filter::{OrderField, TextSearch, TimeRange, UserFilter, UserOrder};

use crate::support::{START, TestApp};

/// The texts inside `sql!(…)`, and the macro of this engine alone, of every record, with `columns!()` written out.
fn statements(own: &str) -> Vec<(String, String)> {
    let sources = sources();
    let mut found = Vec::new();
    for (module, source) in &sources {
        for call in ["sql!(", own].iter().flat_map(|word| source.split(word).skip(1)) {
            found.push((module.clone(), text_of(call, module, &sources)));
        }
    }
    found
}

/// Every file of the records, by its path below their folder: `users`, `sessions/list`.
fn sources() -> HashMap<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/records");
    let mut found = HashMap::new();
    let mut folders = vec![folder.clone()];
    while let Some(next) = folders.pop() {
        for path in std::fs::read_dir(next).unwrap().map(|file| file.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else {
                let module = path.strip_prefix(&folder).unwrap().with_extension("");
                let module = module.to_str().unwrap().trim_end_matches("/mod").to_owned();
                found.insert(module, std::fs::read_to_string(path).unwrap());
            }
        }
    }
    found
}

/// Joins the literals and macros up to the bracket that closes the call.
fn text_of(call: &str, module: &str, sources: &HashMap<String, String>) -> String {
    let mut sql = String::new();
    let mut rest = call;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
        if rest.starts_with(')') {
            return sql;
        }
        if rest.starts_with('"') {
            let (text, tail) = literal(rest);
            sql.push_str(&text);
            rest = tail;
        } else {
            let (name, tail) = rest.split_once("!()").unwrap_or_else(|| panic!("{module}: {rest:.60}"));
            let (module, name) = name.rsplit_once("::").unwrap_or((module, name));
            sql.push_str(&text_of_macro(&sources[module], name));
            rest = tail;
        }
    }
}

/// The text of a macro of a module: `columns!()`.
fn text_of_macro(source: &str, name: &str) -> String {
    let (_, rest) = source.split_once(&format!("macro_rules! {name} ")).unwrap();
    literal(&rest[rest.find('"').unwrap()..]).0
}

/// Reads the string literal that `source` begins with; answers it and what follows.
fn literal(source: &str) -> (String, &str) {
    let mut text = String::new();
    let mut rest = &source[1..];
    loop {
        let end = rest.find(['"', '\\']).unwrap();
        text.push_str(&rest[..end]);
        match (&rest[end..=end], rest[end + 1..].chars().next().unwrap_or_default()) {
            ("\"", _) => return (text, &rest[end + 1..]),
            (_, '\n') => rest = rest[end + 1..].trim_start(),
            (_, escaped @ ('"' | '\\')) => {
                text.push(escaped);
                rest = &rest[end + 2..];
            }
            (_, other) => panic!("an escape this reader does not know: \\{other}"),
        }
    }
}

#[tokio::test]
async fn every_statement_is_one_that_the_engine_understands() {
    let app = TestApp::start().await;
    let own = if app.world.database.is_sqlite() { "sqlite!(" } else { "postgres!(" };
    let statements = statements(own);

    assert!(statements.len() > 40, "the statements were not found");
    for (module, sql) in statements {
        let prepared = app.app.db.prepare(&sql).await;
        assert!(prepared.is_ok(), "{module}: {sql}\n{prepared:?}");
    }
}

/// Pages of both directions, from the end of the list and from a place in it.
fn pages(sorted_by: SortedBy) -> Vec<Page> {
    let key = match sorted_by {
        SortedBy::Time => SortKey::At(START),
        SortedBy::Text => SortKey::Text("ann@example.com".to_owned()),
    };
    let scope = ListScope::new("statements", &(), sorted_by);
    let mut pages = Vec::new();
    for backwards in [false, true] {
        for from in [None, Some(Cursor { key: key.clone(), id: UserId::new().uuid() })] {
            pages.push(Page { scope, size: 20, from, backwards });
        }
    }
    pages
}

async fn run_lists_by_id(db: &Db) {
    for ids in [vec![UserId::new()], vec![UserId::new(), UserId::new()]] {
        users::list(db, &ids).await.unwrap();
        mfa::list_of_users(db, &ids).await.unwrap();
        email_changes::list_of_users(db, &ids, START).await.unwrap();
        sessions::list_with_users(db, &[SessionId::new(), SessionId::new()]).await.unwrap();
        oauth_accounts::list_of_users(db, &ids).await.unwrap();
        let accounts: Vec<OAuthAccountId> = ids.iter().map(|id| OAuthAccountId::from(id.uuid())).collect();
        oauth_accounts::list(db, &accounts).await.unwrap();
        let all = [SessionStatus::Active, SessionStatus::Expired, SessionStatus::Revoked, SessionStatus::Compromised];
        for status in all.into_iter().map(Some).chain([None]) {
            for page in pages(SortedBy::Time) {
                sessions::list_of_users(db, &ids, status, &page, START).await.unwrap();
            }
            sessions::count_of_users(db, &ids, status, START).await.unwrap();
        }
    }
    sessions::list_with_users(db, &[SessionId::new(), SessionId::new()]).await.unwrap();
    audit_log::find_many(db, &[EventId::new(), EventId::new()]).await.unwrap();
    // Each chain is behind this: it has one event more than none.
    let known: Vec<ChainHead> = Vec::new();
    audit_log::list_behind(db, &known, 10).await.unwrap();
}

async fn run_searches_of_events(db: &Db) {
    let (user, session) = (Some(UserId::new()), Some(SessionId::new()));
    // Each condition is a bit, so that every combination is run.
    for bits in 0..1_u32 << 8 {
        let has = |bit: u32| bits & (1 << bit) != 0;
        let filter = EventFilter {
            actions: if has(0) { vec![AuditAction::Login, AuditAction::Logout] } else { vec![] },
            outcomes: if has(1) { vec![AuditOutcome::Failure, AuditOutcome::Success] } else { vec![] },
            actor: user.filter(|_| has(2)),
            subject: user.filter(|_| has(3)),
            session: session.filter(|_| has(4)),
            address: has(5).then(|| "192.0.2.1".to_owned()),
            at: TimeRange { from: Some(START).filter(|_| has(6)), before: Some(START).filter(|_| has(6)) },
            own_only: has(7),
        };
        for page in pages(SortedBy::Time) {
            let slice = EventSlice { filter: filter.clone(), page };
            audit_search::list_each(db, &[slice.clone(), slice]).await.unwrap();
        }
    }
}

/// Every combination of statuses that one can ask for.
fn every_statuses() -> impl Iterator<Item = BTreeSet<UserStatus>> {
    use UserStatus::{Active, Deleted, Erased, Invited, Locked};
    let all = [Active, Invited, Locked, Deleted, Erased];
    (1..1_u32 << 5).map(move |bits| (0..5).filter(|bit| bits & (1 << bit) != 0).map(|bit| all[bit]).collect())
}

/// Filters of one condition each, none, and all of them.
fn user_filters() -> Vec<UserFilter> {
    let none = UserFilter::default;
    let range = TimeRange { from: Some(START), before: Some(START) };
    let (beginning, anywhere) = (TextSearch::Beginning("ann".to_owned()), TextSearch::Anywhere("ann".to_owned()));
    let mut filters = vec![
        none(),
        UserFilter { searches: vec![beginning.clone()], ..none() },
        UserFilter { searches: vec![anywhere.clone()], ..none() },
        UserFilter { roles: [Role::Admin].into(), ..none() },
        UserFilter { email_verified: Some(true), ..none() },
        UserFilter { mfa_enabled: Some(false), ..none() },
        UserFilter { provider: Some("example".to_owned()), ..none() },
        UserFilter { created: range, ..none() },
        UserFilter { last_login: range, ..none() },
    ];
    for statuses in every_statuses() {
        filters.push(UserFilter { statuses: statuses.clone(), ..none() });
        filters.push(UserFilter {
            searches: vec![beginning.clone(), anywhere.clone()],
            roles: [Role::User].into(),
            statuses,
            email_verified: Some(false),
            mfa_enabled: Some(true),
            provider: Some("example".to_owned()),
            created: range,
            last_login: range,
        });
    }
    filters
}

async fn run_lists_of_users(db: &Db) {
    for filter in user_filters() {
        user_list::count(db, &filter, START).await.unwrap();
        for field in [OrderField::CreatedAt, OrderField::LastLoginAt, OrderField::Email] {
            for page in pages(field.sorted_by()) {
                for descending in [false, true] {
                    user_list::list(db, &filter, UserOrder { field, descending }, &page, START).await.unwrap();
                }
            }
        }
    }
}

#[tokio::test]
async fn every_statement_that_is_put_together_is_one_that_the_engine_understands() {
    let app = TestApp::start().await;
    app.signed_in("ann@example.com").await;

    run_lists_by_id(&app.app.db).await;
    run_searches_of_events(&app.app.db).await;
    run_lists_of_users(&app.app.db).await;
}

/// A module that begins to put statements together is added to the test above, and then here.
#[test]
fn the_modules_that_put_statements_together_are_known() {
    let sources = sources();
    let build = sources.iter().filter(|(_, source)| source.contains("query_built(")).map(|(module, _)| &**module);
    let mut build: Vec<&str> = build.collect();
    build.sort_unstable();

    // Those of `bulk_insert` are run by the tests of statistics, which call `seed`; those of `imports` by its own tests.
    let known = [
        "audit_log",
        "audit_search",
        "bulk_insert",
        "email_changes",
        "imports",
        "mfa",
        "oauth_accounts",
        "sessions/list",
        "user_list/statement",
        "users",
    ];
    assert_eq!(build, known);
}
