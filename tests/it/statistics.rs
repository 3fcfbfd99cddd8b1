//! The counts are right at every moment, however they came about, and counting anew finds the same.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use authgraph::flows::maintenance::maintain;
use authgraph::flows::rebuild_statistics::rebuild_statistics;
use authgraph::flows::seed::{SeedSize, seed};
use authgraph::flows::sweep::sweep;
use authgraph::flows::verify_audit::{TrailVerdict, verify_audit};
use authgraph::records::audit_log;
use authgraph::records::statistics::{self, Day, Totals};
use authgraph::values::audit::{AuditAction, AuditOutcome};
use authgraph::values::ids::UserId;
use authgraph::values::password::Password;
use chrono::{Days, NaiveDate};
use futures_util::future::join_all;
use tokio_util::sync::CancellationToken;

use crate::settings::{PRODUCTION, QUICK};
use crate::support::{PASSWORD, START, SignedIn, TestApp};

const DAY: Duration = Duration::from_hours(24);

async fn number(app: &TestApp, text: &'static str) -> i64 {
    app.app.db.query(text).bind(app.app.clock.now()).one::<(i64,)>().await.unwrap().0
}

/// The totals, counted one by one.
async fn counted_totals(app: &TestApp) -> Totals {
    Totals {
        users: number(app, "select count(*) from users where deleted_at is null and created_at <= $1").await,
        verified: number(
            app,
            "select count(*) from users where deleted_at is null and email_verified_at is not null and created_at <= $1",
        )
        .await,
        locked: number(app, "select count(*) from users where deleted_at is null and locked_until > $1").await,
        with_mfa: number(
            app,
            "select count(*) from mfa m join users u on u.id = m.user_id where u.deleted_at is null and enabled_at <= $1",
        )
        .await,
        active_sessions: number(app, "select count(*) from sessions where ended_at is null and expires_at > $1").await,
    }
}

/// The days, counted from the events.
async fn counted_days(app: &TestApp) -> Vec<Day> {
    let mut days: BTreeMap<NaiveDate, (Day, BTreeSet<UserId>)> = BTreeMap::new();
    for event in audit_log::list_latest(&app.app.db, 10_000).await.unwrap() {
        let date = event.at.date_naive();
        let none = Day { day: date, registrations: 0, logins: 0, failed_logins: 0, active_users: 0 };
        let (day, active) = days.entry(date).or_insert((none, BTreeSet::new()));
        match (event.action, event.outcome) {
            (AuditAction::UserRegistered, AuditOutcome::Success) => day.registrations += 1,
            (AuditAction::Login, AuditOutcome::Success) => day.logins += 1,
            (AuditAction::Login, AuditOutcome::Failure) => day.failed_logins += 1,
            _ => {}
        }
        if event.outcome == AuditOutcome::Success {
            active.extend(event.actor_id);
        }
        day.active_users = i64::try_from(active.len()).unwrap();
    }
    days.into_values().map(|(day, _)| day).filter(is_eventful).collect()
}

fn is_eventful(day: &Day) -> bool {
    day.registrations + day.logins + day.failed_logins + day.active_users > 0
}

async fn kept_days(app: &TestApp) -> Vec<Day> {
    let (from, to) = (START.date_naive() - Days::new(100), START.date_naive() + Days::new(400));
    statistics::list_days(&app.app.db, from, to).await.unwrap().into_iter().filter(is_eventful).collect()
}

async fn kept_totals(app: &TestApp) -> Totals {
    statistics::totals(&app.app.db, app.app.clock.now()).await.unwrap()
}

#[track_caller]
fn claim<T: PartialEq + std::fmt::Debug>(kept: &T, counted: &T, when: &str) {
    assert_eq!(kept, counted, "{when}");
}

async fn claim_right(app: &TestApp, when: &str) {
    claim(&kept_totals(app).await, &counted_totals(app).await, when);
    claim(&kept_days(app).await, &counted_days(app).await, when);
}

async fn books(app: &TestApp) {
    maintain(&app.app, &CancellationToken::new()).await.unwrap();
}

async fn execute(app: &TestApp, text: &str) {
    let mut tx = app.app.db.begin().await.unwrap();
    tx.query_built(text.to_owned()).execute().await.unwrap();
    tx.commit().await.unwrap();
}

/// Turns a second factor on, with some bytes for a secret.
fn mfa_of(email: &str) -> String {
    format!(
        "insert into mfa (user_id, sealed_secret, last_step, enabled_at)
         select id, (select hash from audit_chains order by shard limit 1), 0, created_at from users
         where email = '{email}' and not exists (select 1 from mfa where user_id = users.id)"
    )
}

/// A throw of a die that falls the same way every time.
struct Die(u64);

impl Die {
    fn throw(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// An event about a user.
async fn happen(app: &TestApp, die: &mut Die, sessions: &mut Vec<SignedIn>) {
    let email = format!("user{}@example.com", die.throw(6));
    match die.throw(16) {
        0..=2 => drop(app.register(&email).await),
        3..=5 => {
            let answer = app.login(&email, PASSWORD).await;
            if answer.errors().is_empty() && answer.text_at("/login/__typename") == "SignedIn" {
                sessions.push(answer.signed_in());
            }
        }
        6 | 7 => drop(app.login(&email, "Wrong-Guess-99").await),
        8 => {
            if let Some(session) = sessions.pop() {
                app.logout(&session).await;
            }
        }
        9 => execute(app, &format!("update users set email_verified_at = updated_at where email = '{email}'")).await,
        10 => execute(app, &format!("update users set deleted_at = updated_at where email = '{email}'")).await,
        11 => execute(app, &format!("update users set deleted_at = null where email = '{email}'")).await,
        12 => execute(app, &mfa_of(&email)).await,
        13 => {
            execute(app, &format!("delete from mfa where user_id in (select id from users where email = '{email}')"))
                .await;
        }
        14 => execute(app, &format!("delete from users where email = '{email}'")).await,
        _ => app.wait(DAY * u32::try_from(die.throw(5)).unwrap()),
    }
}

#[tokio::test]
async fn counts_kept_along_the_way_are_those_counted_at_the_end() {
    for seed in 1..=4 {
        let app = TestApp::with(&[("LOCKOUT_ATTEMPTS", "2")]).await;
        app.signed_in("user0@example.com").await;
        let (mut die, mut sessions) = (Die(seed), Vec::new());
        for step in 0..60 {
            happen(&app, &mut die, &mut sessions).await;
            match die.throw(4) {
                0 => books(&app).await,
                1 => claim_right(&app, &format!("seed {seed}, step {step}")).await,
                _ => {}
            }
        }
        claim_right(&app, &format!("seed {seed}")).await;

        execute(&app, "update totals set users = 99, verified = 98, with_mfa = 97, open_sessions = 96").await;
        execute(&app, "update daily_statistics set logins = logins + 7, active_users = active_users + 1").await;
        execute(&app, "delete from daily_active_users where day = (select min(day) from daily_active_users)").await;
        rebuild_statistics(&app.app, |_, _| {}).await.unwrap();
        claim_right(&app, &format!("seed {seed}, rebuilt")).await;
        books(&app).await;
        claim_right(&app, &format!("seed {seed}, folded")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn counting_anew_among_writers_loses_nothing() {
    let app = TestApp::with(&[("LOCKOUT_ATTEMPTS", "0")]).await;
    let other = app.another_instance().await;
    app.signed_in("ann@example.com").await;

    let people = (0..60).map(|n| {
        let here = if n % 2 == 0 { &app } else { &other };
        async move {
            here.register(&format!("user{n}@example.com")).await.ok();
            here.login("ann@example.com", PASSWORD).await.ok();
            here.login("ann@example.com", "Wrong-Guess-99").await;
        }
    });
    let counting = (0..4).map(|n| {
        let here = if n % 2 == 0 { &app } else { &other };
        async move {
            rebuild_statistics(&here.app, |_, _| {}).await.unwrap();
            books(here).await;
        }
    });
    tokio::join!(join_all(people), join_all(counting));

    claim_right(&app, "among writers").await;
    books(&app).await;
    claim_right(&app, "folded").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor_and_a_deletion_at_the_same_moment_are_both_counted() {
    let app = TestApp::start().await;
    let emails: Vec<String> = (0..20).map(|n| format!("user{n}@example.com")).collect();
    for email in &emails {
        app.signed_in(email).await;
    }

    let requests = emails
        .iter()
        .flat_map(|email| [mfa_of(email), format!("update users set deleted_at = updated_at where email = '{email}'")]);
    join_all(requests.map(|request| {
        let app = &app;
        async move { execute(app, &request).await }
    }))
    .await;

    claim_right(&app, "after").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_does_much_at_once_is_active_once() {
    let app = TestApp::start().await;
    app.signed_in("ann@example.com").await;
    app.wait(DAY);

    let answers = app.at_once((0..40).map(|_| app.login("ann@example.com", PASSWORD))).await;

    assert!(answers.iter().all(|answer| answer.errors().is_empty()));
    let today = kept_days(&app).await.pop().unwrap();
    assert_eq!((today.logins, today.active_users), (40, 1));
}

#[tokio::test]
async fn a_session_that_expires_is_no_longer_active_at_that_moment() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;

    app.wait(7 * DAY);
    assert_eq!(kept_totals(&app).await.active_sessions, 0);
    books(&app).await;
    assert_eq!(kept_totals(&app).await.active_sessions, 0);

    let refused = app.refresh(&ann).await;
    assert_eq!(
        (refused.code(), refused.extension("sessionEndReason")),
        ("SESSION_ENDED", &serde_json::json!("EXPIRED"))
    );
    let again = app.login("ann@example.com", PASSWORD).await.signed_in();
    let listed = app
        .ask("{ me { sessions(status: EXPIRED) { edges { node { id status endReason endedAt } } } } }")
        .by(&again)
        .await
        .ok();
    let expired =
        serde_json::json!({ "id": ann.session, "status": "EXPIRED", "endReason": "EXPIRED", "endedAt": null });
    assert_eq!(listed.at("/me/sessions/edges"), &serde_json::json!([{ "node": expired }]));
    let revoked = app.ask("{ me { sessions(status: REVOKED) { edges { node { id } } } } }").by(&again).await.ok();
    assert_eq!(revoked.at("/me/sessions/edges"), &serde_json::json!([]));
}

#[tokio::test]
async fn days_whose_events_are_gone_keep_their_counts() {
    let app = TestApp::with(&[("AUDIT_RETENTION", "2d")]).await;
    app.signed_in("ann@example.com").await;
    app.wait(3 * DAY);
    app.login("ann@example.com", PASSWORD).await.ok();
    let before = kept_days(&app).await;

    sweep(&app.app, &CancellationToken::new()).await.unwrap();
    rebuild_statistics(&app.app, |_, _| {}).await.unwrap();

    assert_eq!(app.audit_trail().await.len(), 2, "the sign-in, and what tells of the removal");
    assert_eq!(before.len(), 2);
    assert_eq!(kept_days(&app).await, before);
}

fn small() -> SeedSize {
    SeedSize { users: 700, events: 1_200 }
}

#[tokio::test]
async fn invented_people_are_chained_and_counted_like_real_ones() {
    let app = TestApp::start().await;
    app.signed_in("ann@example.com").await;

    for _ in 0..2 {
        seed(&app.app, small(), &Password::typed(PASSWORD.to_owned()), false, |_| {}).await.unwrap();
    }

    let whole = verify_audit(&app.app, |_| {}).await.unwrap();
    assert!(matches!(whole, TrailVerdict::Whole { events: 2_402, .. }), "{whole:?}");
    claim_right(&app, "seeded").await;
    assert_eq!(kept_totals(&app).await, counted_totals(&app).await);
    let totals = kept_totals(&app).await;
    assert!(totals.users > 1_300 && totals.users < 1_401, "{totals:?}");
    assert!(totals.verified > 1_000 && totals.with_mfa > 50 && totals.active_sessions > 100, "{totals:?}");
}

#[tokio::test]
async fn invented_people_can_sign_in() {
    let app = TestApp::start().await;
    seed(&app.app, small(), &Password::typed(PASSWORD.to_owned()), false, |_| {}).await.unwrap();
    let first = "select email from users where role = 'ADMIN' and id not in (select user_id from mfa) order by created_at limit 1";
    let (email,): (String,) = app.app.db.query(first).one().await.unwrap();

    let admin = app.login(&email, PASSWORD).await.signed_in();

    let dashboard = app.ask("{ dashboard(days: 90) { days { logins } } }").by(&admin).await.ok();
    assert_eq!(dashboard.at("/dashboard/days").as_array().unwrap().len(), 90);
}

#[tokio::test]
async fn a_few_invented_people_are_enough_to_see_every_status_but_erased() {
    let app = TestApp::start().await;
    let size = SeedSize { users: 8, events: 0 };
    seed(&app.app, size, &Password::typed(PASSWORD.to_owned()), false, |_| {}).await.unwrap();
    let admin = app.administrator("root@example.com").await;

    for (status, count) in [("INVITED", 1), ("LOCKED", 1), ("DELETED", 1), ("ERASED", 0)] {
        let listed = app.ask(format!("{{ users(filter: {{ statuses: [{status}] }}) {{ totalCount }} }}"));
        assert_eq!(listed.by(&admin).await.at("/users/totalCount"), &serde_json::Value::from(count), "{status}");
    }
}

#[tokio::test]
async fn in_production_only_an_empty_database_is_filled_and_only_on_purpose() {
    let own = ["DATABASE_URL", "JWT_KEYS_DIR"];
    let mut settings: Vec<_> = PRODUCTION.iter().copied().filter(|(name, _)| !own.contains(name)).collect();
    settings.extend([("AUTHGRAPH_ENV", "production"), QUICK]);
    let app = TestApp::with(&settings).await;
    let filled = async |on_purpose| {
        let password = Password::typed(PASSWORD.to_owned());
        seed(&app.app, SeedSize { users: 3, events: 3 }, &password, on_purpose, |_| {}).await.is_ok()
    };

    assert!(!filled(false).await);
    assert!(filled(true).await);
    assert!(!filled(true).await);
    assert_eq!(kept_totals(&app).await.users, 3);
}
