//! Lists of users: every filter, order and direction against a list made by hand, and what a client sees of it.

use std::collections::BTreeSet;
use std::time::Duration;

use authgraph::records::user_list;
use authgraph::values::ids::UserId;
use authgraph::values::paging::{Cursor, ListScope, Page};
use authgraph::values::time::Time;
use authgraph::values::user::{Role, UserStatus, folded};
use authgraph::values::user_filter::{OrderField, TextSearch, TimeRange, UserFilter, UserOrder};
use serde_json::{Value, json};

use crate::support::{Answer, PASSWORD, START, SignedIn, TestApp};

/// More than are read and sorted without a thought, so that every way to a page is taken.
const CROWD: u32 = 2_600;

/// A user, as the model of the list knows them.
#[derive(Debug, Clone)]
#[allow(clippy::struct_excessive_bools, reason = "each is a filter of its own")]
struct Person {
    id: UserId,
    email: String,
    name: Option<String>,
    role: Role,
    verified: bool,
    mfa: bool,
    provider: Option<&'static str>,
    created_at: Time,
    last_login_at: Option<Time>,
    deleted: bool,
    erased: bool,
    locked: bool,
    invited: bool,
}

impl Person {
    /// One of a crowd in which every kind is there, some of them often and some hardly ever.
    fn nth(n: u32) -> Self {
        let first = ["Ann", "Björk", "Carla", "王小明"][n as usize % 4];
        let created_at = START - Duration::from_secs(u64::from(CROWD - n / 3) * 60);
        Self {
            id: UserId::new(),
            email: if n.is_multiple_of(2) {
                format!("user{n:05}@example.com")
            } else {
                format!("{}_{n}%x@mail.example.net", n % 7)
            },
            name: (!n.is_multiple_of(5))
                .then(|| format!("{first} {}", if n % 400 == 3 { "Müller-Rare" } else { "Smith" })),
            role: if n % 900 == 7 { Role::Admin } else { Role::User },
            verified: !n.is_multiple_of(3),
            mfa: n % 10 == 1,
            provider: if n.is_multiple_of(4) {
                Some("google")
            } else if n % 800 == 5 {
                Some("github")
            } else {
                None
            },
            created_at,
            last_login_at: (n % 3 != 1).then(|| created_at + Duration::from_secs(u64::from(n * 7_919 % 5_000))),
            deleted: n % 50 == 9,
            erased: n % 100 == 59,
            locked: n % 300 == 11 || n % 350 == 9,
            invited: n % 20 == 11 || n % 150 == 9,
        }
    }

    fn status(&self) -> UserStatus {
        let [deleted, erased, locked, invited] = [self.deleted, self.erased, self.locked, self.invited];
        let statuses = [
            (erased, UserStatus::Erased),
            (deleted, UserStatus::Deleted),
            (locked, UserStatus::Locked),
            (invited, UserStatus::Invited),
        ];
        statuses.into_iter().find(|(fits, _)| *fits).map_or(UserStatus::Active, |(_, status)| status)
    }

    fn fits(&self, filter: &UserFilter) -> bool {
        let name = self.name.as_deref().map(folded).unwrap_or_default();
        let found = |search: &TextSearch| match search {
            TextSearch::Beginning(text) => self.email.starts_with(text) || name.starts_with(text),
            TextSearch::Anywhere(text) => self.email.contains(text) || name.contains(text),
        };
        let within = |span: TimeRange, at: Option<Time>| {
            span.is_open()
                || at.is_some_and(|at| {
                    span.from.is_none_or(|from| from <= at) && span.before.is_none_or(|before| at < before)
                })
        };
        filter.searches.iter().all(found)
            && filter.roles.contains(&self.role)
            && filter.statuses.contains(&self.status())
            && filter.email_verified.is_none_or(|verified| verified == self.verified)
            && filter.mfa_enabled.is_none_or(|mfa| mfa == self.mfa)
            && filter.provider.is_none_or_equal(self.provider)
            && within(filter.created, Some(self.created_at))
            && within(filter.last_login, self.last_login_at)
    }
}

trait NoneOrEqual {
    fn is_none_or_equal(&self, other: Option<&str>) -> bool;
}

impl NoneOrEqual for Option<String> {
    fn is_none_or_equal(&self, other: Option<&str>) -> bool {
        self.as_deref().is_none_or(|wanted| other == Some(wanted))
    }
}

async fn crowd(app: &TestApp) -> Vec<Person> {
    let people: Vec<Person> = (0..CROWD).map(Person::nth).collect();
    let mut tx = app.app.db.begin().await.unwrap();
    let user = "insert into users (id, email, name, name_key, role, email_verified_at, created_at, updated_at,
        last_login_at, deleted_at, erased_at, locked_until, invited_at)
        values ($1, $2, $3, $4, $5, $6, $7, $7, $8, $9, $10, $11, $12)";
    let mfa = "insert into mfa (user_id, sealed_secret, last_step, enabled_at) values ($1, $2, 0, $3)";
    let link = "insert into oauth_accounts (id, user_id, provider, subject, linked_at) values ($1, $2, $3, $4, $5)";
    for person in &people {
        let insert = tx.query(user).bind(person.id).bind(person.email.clone()).bind(person.name.clone());
        let insert = insert.bind(person.name.as_deref().map(folded)).bind(person.role);
        let insert = insert.bind(person.verified.then_some(START)).bind(person.created_at).bind(person.last_login_at);
        let until = person.locked.then_some(START + Duration::from_hours(1));
        let insert = insert.bind(person.deleted.then_some(START)).bind(person.erased.then_some(START));
        insert.bind(until).bind(person.invited.then_some(person.created_at)).execute().await.unwrap();
        if person.mfa {
            tx.query(mfa).bind(person.id).bind(vec![0_u8]).bind(START).execute().await.unwrap();
        }
        if let Some(provider) = person.provider {
            let id = authgraph::values::ids::OAuthAccountId::new();
            let insert = tx.query(link).bind(id).bind(person.id).bind(provider.to_owned());
            insert.bind(person.id.to_string()).bind(START).execute().await.unwrap();
        }
    }
    tx.commit().await.unwrap();
    people
}

/// The list by hand.
fn by_hand(people: &[Person], filter: &UserFilter, order: UserOrder) -> Vec<UserId> {
    let mut fitting: Vec<&Person> = people.iter().filter(|person| person.fits(filter)).collect();
    fitting.sort_by_key(|person| match order.field {
        OrderField::CreatedAt => (Some(person.created_at), String::new(), person.id.uuid()),
        OrderField::LastLoginAt => (person.last_login_at, String::new(), person.id.uuid()),
        OrderField::Email => (None, person.email.clone(), person.id.uuid()),
    });
    if order.descending {
        fitting.reverse();
    }
    fitting.into_iter().map(|person| person.id).collect()
}

/// The pages of a list, one behind the other, from either end; at most so many.
async fn pages(app: &TestApp, filter: &UserFilter, order: UserOrder, backwards: bool, most: usize) -> Vec<UserId> {
    let (mut ids, mut from): (Vec<UserId>, Option<Cursor>) = (Vec::new(), None);
    while ids.len() < most {
        let page = Page { scope: ListScope::new("users", &(), order.field.sorted_by()), size: 40, from, backwards };
        let rows = user_list::list(&app.app.db, filter, order, &page, app.app.clock.now()).await.unwrap();
        ids.extend(rows.iter().take(page.size).map(|user| user.id));
        if rows.len() <= page.size {
            return ids;
        }
        from = Some(user_list::place(&rows[page.size - 1], order));
    }
    ids.truncate(most);
    ids
}

/// A filter of every kind: wide and narrow, alone and together.
fn filters() -> Vec<UserFilter> {
    let none = UserFilter::default;
    let search = |typed: &str| UserFilter { searches: vec![TextSearch::anywhere(typed).unwrap().unwrap()], ..none() };
    let prefix = |typed: &str| UserFilter { searches: vec![TextSearch::beginning(typed).unwrap().unwrap()], ..none() };
    let span = |from: u64, before: u64| TimeRange {
        from: Some(START - Duration::from_secs(from * 60)),
        before: Some(START - Duration::from_secs(before * 60)),
    };
    let searches = ["user", "smith", "BJÖRK", "müller", "0012", "xyzzy", "王小明", "mail.example", "_4%x", "3_3%", "Ü"];
    let mut all: Vec<UserFilter> = searches.into_iter().map(search).collect();
    all.extend(["u", "user01", "6_", "ann s", "björk", "1_1%", "%", "\\"].into_iter().map(prefix));
    all.extend([
        none(),
        UserFilter { roles: [Role::Admin].into(), ..none() },
        UserFilter { roles: [Role::User].into(), mfa_enabled: Some(true), email_verified: Some(false), ..none() },
        UserFilter { statuses: [UserStatus::Deleted].into(), mfa_enabled: Some(true), ..none() },
        UserFilter { statuses: [UserStatus::Locked, UserStatus::Erased].into(), ..search("mail.example") },
        UserFilter { provider: Some("google".to_owned()), ..none() },
        UserFilter { provider: Some("github".to_owned()), statuses: [UserStatus::Active].into(), ..none() },
        UserFilter { provider: Some("nobody".to_owned()), ..none() },
        UserFilter { created: span(2_600, 2_590), ..none() },
        UserFilter { created: span(2_500, 1_000), roles: [Role::Admin].into(), ..none() },
        UserFilter { last_login: span(2_000, 1_990), ..none() },
        UserFilter { last_login: TimeRange { from: None, before: Some(START) }, ..none() },
        UserFilter { email_verified: Some(true), ..search("smith") },
        UserFilter { roles: [Role::Admin].into(), ..search("example") },
        UserFilter {
            searches: vec![TextSearch::Beginning("user".to_owned()), TextSearch::Anywhere("0013".to_owned())],
            ..none()
        },
    ]);
    all
}

/// Every combination of statuses that one can ask for.
fn every_statuses() -> impl Iterator<Item = BTreeSet<UserStatus>> {
    use UserStatus::{Active, Deleted, Erased, Invited, Locked};
    let all = [Active, Invited, Locked, Deleted, Erased];
    (1..1_u32 << 5).map(move |bits| (0..5).filter(|bit| bits & (1 << bit) != 0).map(|bit| all[bit]).collect())
}

#[tokio::test]
async fn every_filter_order_and_direction_is_the_list_made_by_hand() {
    let app = TestApp::start().await;
    let people = crowd(&app).await;
    for filter in filters() {
        let count = user_list::count(&app.app.db, &filter, app.app.clock.now()).await.unwrap();
        for field in [OrderField::CreatedAt, OrderField::LastLoginAt, OrderField::Email] {
            for (descending, backwards) in [(true, false), (false, false), (true, true)] {
                let order = UserOrder { field, descending };
                let mut expected = by_hand(&people, &filter, order);
                assert_eq!(usize::try_from(count).unwrap(), expected.len(), "{filter:?}");
                if backwards {
                    expected.reverse();
                }
                expected.truncate(120);
                let found = pages(&app, &filter, order, backwards, 120).await;
                assert_eq!(found, expected, "{filter:?} {order:?} backwards {backwards}");
            }
        }
    }
}

#[tokio::test]
async fn every_combination_of_statuses_is_the_list_made_by_hand() {
    let app = TestApp::start().await;
    let people = crowd(&app).await;
    for statuses in every_statuses() {
        let filter = UserFilter { statuses, ..UserFilter::default() };
        let count = user_list::count(&app.app.db, &filter, app.app.clock.now()).await.unwrap();
        for (field, descending, backwards) in [
            (OrderField::CreatedAt, true, false),
            (OrderField::LastLoginAt, false, true),
            (OrderField::Email, false, false),
        ] {
            let order = UserOrder { field, descending };
            let mut expected = by_hand(&people, &filter, order);
            assert_eq!(usize::try_from(count).unwrap(), expected.len(), "{filter:?}");
            if backwards {
                expected.reverse();
            }
            expected.truncate(80);
            assert_eq!(pages(&app, &filter, order, backwards, 80).await, expected, "{filter:?} {order:?}");
        }
    }
}

#[tokio::test]
async fn the_last_page_of_a_wide_search_is_found_where_nobody_fits_at_the_beginning() {
    let app = TestApp::start().await;
    let people = crowd(&app).await;
    let order = UserOrder { field: OrderField::Email, descending: true };
    let filter = UserFilter { searches: vec![TextSearch::Anywhere("example.net".to_owned())], ..UserFilter::default() };

    let found = pages(&app, &filter, order, false, 60).await;

    assert_eq!(found, by_hand(&people, &filter, order)[..60]);
}

fn users(app: &TestApp, admin: &SignedIn, arguments: &str) -> crate::support::GraphQLRequest {
    let page = "edges { cursor node { email } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }";
    app.ask(format!("{{ users({arguments}) {{ {page} }} }}")).by(admin)
}

fn emails(answer: &Answer) -> Vec<&str> {
    let edges = answer.at("/users/edges").as_array().unwrap();
    edges.iter().map(|edge| edge["node"]["email"].as_str().unwrap()).collect()
}

async fn three(app: &TestApp) -> SignedIn {
    let admin = app.administrator("root@example.com").await;
    for email in ["ann@example.com", "bob@example.com", "carl@example.com"] {
        app.wait(Duration::from_secs(1));
        app.register(email).await.ok();
    }
    admin
}

#[tokio::test]
async fn the_newest_come_first_where_no_order_is_given() {
    let app = TestApp::start().await;
    let admin = three(&app).await;

    let listed = users(&app, &admin, "first: 2").await;

    assert_eq!(emails(&listed), ["carl@example.com", "bob@example.com"]);
    let end = listed.text_at("/users/pageInfo/endCursor");
    let next = users(&app, &admin, &format!("first: 2, after: \"{end}\"")).await;
    assert_eq!(emails(&next), ["ann@example.com", "root@example.com"]);
    assert_eq!(next.at("/users/pageInfo/hasNextPage"), &json!(false));
    assert_eq!(emails(&users(&app, &admin, "last: 1").await), ["root@example.com"]);
}

#[tokio::test]
async fn deleted_users_are_listed_only_where_they_are_asked_for() {
    let app = TestApp::start().await;
    let admin = three(&app).await;
    let created = app.create_user(&admin, json!({ "email": "new@example.com" })).await.ok();
    assert_eq!(created.text_at("/createUser/user/status"), "INVITED");
    let ann = app.login("ann@example.com", PASSWORD).await.signed_in();
    app.delete_user(&admin, &ann.user).await.ok();
    app.guess_wrong("bob@example.com", 5).await;
    let listed = async |filter: &str| {
        let listed = users(&app, &admin, &format!("orderBy: {{ field: EMAIL, direction: ASC }}{filter}")).await.ok();
        emails(&listed).into_iter().map(|email| email.split('@').next().unwrap().to_owned()).collect::<Vec<_>>()
    };

    for filter in
        ["", ", filter: {}", ", filter: { statuses: null }", ", filter: { statuses: [INVITED, ACTIVE, LOCKED] }"]
    {
        assert_eq!(listed(filter).await, ["bob", "carl", "new", "root"], "{filter}");
    }
    for (statuses, expected) in [
        ("ACTIVE", &["carl", "root"][..]),
        ("INVITED", &["new"]),
        ("LOCKED", &["bob"]),
        ("DELETED", &["ann"]),
        ("ERASED", &[]),
        ("LOCKED, DELETED", &["ann", "bob"]),
        ("ACTIVE, LOCKED, ACTIVE", &["bob", "carl", "root"]),
        ("ACTIVE, INVITED, LOCKED, DELETED, ERASED", &["ann", "bob", "carl", "new", "root"]),
    ] {
        assert_eq!(listed(&format!(", filter: {{ statuses: [{statuses}] }}")).await, expected, "{statuses}");
    }
    app.wait(Duration::from_mins(15));
    let admin = app.login("root@example.com", PASSWORD).await.signed_in();
    let active = users(&app, &admin, "filter: { statuses: [ACTIVE] }").await;
    assert!(emails(&active).contains(&"bob@example.com"), "the lock is over");
}

#[tokio::test]
async fn a_cursor_stays_good_however_the_same_filter_is_written() {
    let app = TestApp::start().await;
    let admin = three(&app).await;
    let first = users(&app, &admin, "first: 1").await;
    let cursor = first.text_at("/users/pageInfo/endCursor");

    for same in ["{ statuses: [LOCKED, INVITED, ACTIVE] }", "{ roles: [ADMIN, USER, USER] }"] {
        let next = users(&app, &admin, &format!("first: 1, after: \"{cursor}\", filter: {same}")).await.ok();
        assert_eq!(emails(&next), ["bob@example.com"], "{same}");
    }
}

#[tokio::test]
async fn a_cursor_belongs_to_its_filter_and_order() {
    let app = TestApp::start().await;
    let admin = three(&app).await;
    let listed = users(&app, &admin, "first: 1, filter: { roles: [USER] }").await;
    let cursor = listed.text_at("/users/pageInfo/endCursor");

    users(&app, &admin, &format!("first: 1, after: \"{cursor}\", filter: {{ roles: [USER], search: \"\" }}"))
        .await
        .ok();
    for other in
        ["", ", filter: { roles: [ADMIN] }", ", filter: { roles: [USER] }, orderBy: { field: EMAIL, direction: DESC }"]
    {
        let refused = users(&app, &admin, &format!("first: 1, after: \"{cursor}\"{other}")).await;
        assert_eq!(refused.field_errors(), ["after INVALID"], "{other}");
    }
    let sessions = app.ask("{ me { sessions(first: 1) { pageInfo { endCursor } } } }").by(&admin).await;
    let foreign = sessions.text_at("/me/sessions/pageInfo/endCursor");
    assert_eq!(users(&app, &admin, &format!("after: \"{foreign}\"")).await.field_errors(), ["after INVALID"]);
}

#[tokio::test]
async fn what_cannot_be_searched_for_is_refused() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    for (arguments, rule) in [
        (format!("filter: {{ search: \"{}\" }}", "a".repeat(101)), "filter.search TOO_LONG"),
        ("filter: { startsWith: \"a\\u0000b\" }".to_owned(), "filter.startsWith INVALID"),
        (
            "filter: { createdAt: { from: \"2030-01-02T00:00:00Z\", before: \"2030-01-01T00:00:00Z\" } }".to_owned(),
            "filter.createdAt INVALID",
        ),
        ("filter: { roles: [] }".to_owned(), "filter.roles INVALID"),
        ("filter: { statuses: [] }".to_owned(), "filter.statuses INVALID"),
        ("first: 101".to_owned(), "first OUT_OF_RANGE"),
    ] {
        assert_eq!(users(&app, &admin, &arguments).await.field_errors(), [rule], "{arguments}");
    }
}

#[tokio::test]
async fn what_looks_like_an_operator_is_text() {
    let app = TestApp::start().await;
    let admin = three(&app).await;

    for typed in
        ["ann OR bob", "\\\"ann\\\"", "a*n", "ann%", "NEAR(ann)", "' or 1=1 --", "text:ann", "%%%", "___", "-ann"]
    {
        let listed = users(&app, &admin, &format!("filter: {{ search: \"{typed}\" }}")).await.ok();
        assert!(emails(&listed).is_empty(), "{typed}");
    }
    assert_eq!(emails(&users(&app, &admin, "filter: { search: \"NN@EXA\" }").await), ["ann@example.com"]);
}

#[tokio::test]
async fn a_search_follows_every_change_of_name_and_address() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    let ann = app.signed_in("ann@example.com").await;
    let found = async |typed: &str| {
        let answer = users(&app, &admin, &format!("filter: {{ search: \"{typed}\" }}")).await.ok();
        emails(&answer).len()
    };

    app.update_profile(&ann, json!({ "name": "Ånn Öberg" })).await.ok();
    assert_eq!((found("öberg").await, found("ÖBERG").await), (1, 1));
    app.update_user(&admin, &ann.user, json!({ "name": "Ann Miller" })).await.ok();
    assert_eq!((found("öberg").await, found("miller").await), (0, 1));
    app.request_email_change(&ann, "new@other.example").await.ok();
    let token = app.token_to("new@other.example", "confirm_email_change").await;
    app.confirm_email_change(&token).await.ok();
    assert_eq!((found("ann@example").await, found("new@oth").await), (0, 1));
}

#[tokio::test]
async fn users_are_counted_only_where_the_count_is_selected() {
    let app = TestApp::start().await;
    let admin = three(&app).await;
    let count = |document: &str| app.ask(document.to_owned()).by(&admin);

    assert_eq!(count("{ users(first: 1) { totalCount } }").await.at("/users/totalCount"), &json!(4));
    let admins = count("{ users(first: 0, filter: { roles: [ADMIN] }) { totalCount edges { cursor } } }").await;
    assert_eq!((admins.at("/users/totalCount"), admins.at("/users/edges")), (&json!(1), &Value::Array(vec![])));
    let before = authgraph::tools::db::statements_run();
    count("{ users(first: 1) { edges { cursor } } }").await.ok();
    assert_eq!(authgraph::tools::db::statements_run() - before, 2, "who asks, and the page");
}
