//! On PostgreSQL the trail is kept in months. Each is a partition: made ahead, guarded like the whole, and dropped by retention.

use std::collections::BTreeSet;
use std::time::Duration;

use authgraph::flows::maintenance::maintain;
use authgraph::flows::sweep::sweep;
use authgraph::flows::verify_audit::{TrailVerdict, verify_audit};
use authgraph::records::audit_log::{self, ChainHead};
use authgraph::records::audit_months;
use authgraph::tools::db::{Db, DbSettings};
use futures_util::future::{join, join_all};
use tokio_util::sync::CancellationToken;

use crate::support::{PASSWORD, START, SignedIn, TestApp};

const DAY: Duration = Duration::from_hours(24);

/// A server on PostgreSQL whose months were made before its first event; none where the tests run on SQLite.
async fn on_postgres(settings: &[(&str, &str)]) -> Option<TestApp> {
    let app = TestApp::with(settings).await;
    if app.world.database.is_sqlite() {
        return None;
    }
    maintain(&app.app, &CancellationToken::new()).await.unwrap();
    Some(app)
}

/// The partitions that have events, with how many.
async fn filled(app: &TestApp) -> Vec<(String, i64)> {
    let text = "select tableoid::regclass::text, count(*) from audit_events group by 1 order by 1";
    app.app.db.query(text).all().await.unwrap()
}

/// All partitions.
async fn partitions(app: &TestApp) -> BTreeSet<String> {
    let text = "select inhrelid::regclass::text from pg_inherits where inhparent = 'audit_events'::regclass";
    app.app.db.query(text).all::<(String,)>().await.unwrap().into_iter().map(|(name,)| name).collect()
}

async fn verified(app: &TestApp) -> u64 {
    let verdict = verify_audit(&app.app, |_| {}).await.unwrap();
    let TrailVerdict::Whole { events, .. } = verdict else { panic!("the trail is broken: {verdict:?}") };
    events
}

/// Refused, and by the guard of the trail.
async fn is_guarded(app: &TestApp, text: String) -> bool {
    let mut tx = app.app.db.begin().await.unwrap();
    let refused = tx.query_built(text).execute().await;
    refused.is_err_and(|error| format!("{error:?}").contains("the audit trail is append-only"))
}

/// Three months with events in several chains, and then 40 days.
async fn three_months(app: &TestApp) -> SignedIn {
    let ann = app.signed_in("ann@example.com").await;
    for _ in 0..3 {
        app.at_once((0..12).map(|_| app.login("ann@example.com", PASSWORD))).await;
        app.wait(31 * DAY);
        maintain(&app.app, &CancellationToken::new()).await.unwrap();
    }
    app.wait(9 * DAY);
    ann
}

#[tokio::test(flavor = "multi_thread")]
async fn the_trail_goes_on_in_the_next_month() {
    let Some(app) = on_postgres(&[]).await else { return };
    let known = audit_log::heads(&app.app.db).await.unwrap();
    app.signed_in("ann@example.com").await;

    app.wait(31 * DAY);
    app.login("ann@example.com", PASSWORD).await.ok();
    maintain(&app.app, &CancellationToken::new()).await.unwrap();

    let months = [("audit_events_2030_03".to_owned(), 2), ("audit_events_2030_04".to_owned(), 1)];
    assert_eq!(filled(&app).await, months);
    assert!(partitions(&app).await.contains("audit_events_2030_06"), "{:?}", partitions(&app).await);
    assert_eq!(verified(&app).await, 3);
    assert_eq!(audit_log::list_behind(&app.app.db, &known, 10).await.unwrap().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn retention_drops_whole_months_and_the_rest_verifies() {
    let Some(app) = on_postgres(&[("AUDIT_RETENTION", "60d")]).await else { return };
    three_months(&app).await;
    let before = filled(&app).await;
    assert!(before.len() > 2, "{before:?}");

    // Nothing is left for a deletion row by row: the whole month goes.
    let dropped = audit_months::remove(&app.app.db, START + 32 * DAY).await.unwrap();

    assert_eq!(i64::try_from(dropped).unwrap(), before[0].1);
    assert!(!partitions(&app).await.contains("audit_events_2030_03"));
    assert_eq!(i64::try_from(verified(&app).await).unwrap(), before[1..].iter().map(|(_, count)| count).sum::<i64>());
    // The sweep removes what is older than 60 days in the months that stay, and tells the trail.
    sweep(&app.app, &CancellationToken::new()).await.unwrap();
    verified(&app).await;
    let trail = app.audit_trail().await;
    assert!(trail.iter().any(|event| event.starts_with("AUDIT_EVENTS_REMOVED")), "{trail:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_tells_how_many_events_its_months_had() {
    let Some(app) = on_postgres(&[("AUDIT_RETENTION", "30d")]).await else { return };
    three_months(&app).await;
    let before: i64 = filled(&app).await.iter().map(|(_, count)| count).sum();

    sweep(&app.app, &CancellationToken::new()).await.unwrap();

    let told =
        "select sum((metadata->>'removed')::bigint)::bigint from audit_events where action = 'AUDIT_EVENTS_REMOVED'";
    assert_eq!(app.app.db.query(told).one::<(i64,)>().await.unwrap(), (before,));
    assert_eq!(
        verified(&app).await,
        u64::try_from(filled(&app).await.iter().map(|(_, count)| count).sum::<i64>()).unwrap()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_is_guarded_in_each_partition_too() {
    let Some(app) = on_postgres(&[]).await else { return };
    let ann = app.signed_in("ann@example.com").await;
    // For the default partition and the first one.
    app.record_dated(&ann, 10 * 365 * DAY).await;
    app.wait(400 * DAY);
    app.login("ann@example.com", PASSWORD).await.ok();
    let filled: Vec<String> = filled(&app).await.into_iter().map(|(name, _)| name).collect();
    assert_eq!(filled, ["audit_events_2030_03", "audit_events_default", "audit_events_first"]);

    for partition in partitions(&app).await {
        assert!(is_guarded(&app, format!("truncate {partition}")).await, "{partition}");
        if filled.contains(&partition) {
            assert!(is_guarded(&app, format!("delete from {partition}")).await, "{partition}");
            assert!(is_guarded(&app, format!("update {partition} set outcome = 'FAILURE'")).await, "{partition}");
        }
    }
    assert!(is_guarded(&app, "truncate audit_events".to_owned()).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_partition_has_every_index() {
    let Some(app) = on_postgres(&[]).await else { return };

    let text = "select inhrelid::regclass::text, count(*) from pg_inherits join pg_index on indrelid = inhrelid
        where inhparent = 'audit_events'::regclass group by 1";
    let indexes: Vec<(String, i64)> = app.app.db.query(text).all().await.unwrap();

    // Those of the trail, the ids, and the places in the chains.
    assert!(indexes.len() == 5 && indexes.iter().all(|(_, count)| *count == 8 + 2), "{indexes:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_events_for_one_place_in_different_months_one_is_refused() {
    let Some(app) = on_postgres(&[]).await else { return };
    app.signed_in("ann@example.com").await;
    // No index spans the months.
    let insert = |months: u32| {
        format!(
            "insert into audit_events (id, at, action, outcome, correlation_id, metadata, shard, sequence, hash)
             select gen_random_uuid(), timestamptz '2030-03-02' + interval '1 month' * {months}, 'LOGOUT', 'SUCCESS', '', '{{}}',
             shard, sequence + 1, hash from audit_chains where shard = 5"
        )
    };

    let both = join(app.app.db.query_built(insert(0)).execute(), app.app.db.query_built(insert(1)).execute()).await;

    // They may have come one after the other, and then have different places.
    let places = "select count(*), count(distinct sequence) from audit_events where shard = 5";
    let (events, places): (i64, i64) = app.app.db.query(places).one().await.unwrap();
    assert_eq!(events, places, "{both:?}");
    let again = "insert into audit_events select gen_random_uuid(), at + interval '1 month', action, outcome, null, null, null, \
                 null, null, correlation_id, metadata, shard, sequence, hash from audit_events where shard = 5";
    assert!(app.app.db.query(again).execute().await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn instances_make_and_drop_months_at_the_same_time() {
    let Some(app) = on_postgres(&[]).await else { return };
    three_months(&app).await;
    let events: i64 = filled(&app).await.iter().map(|(_, count)| count).sum();
    let others = [app.another_instance().await, app.another_instance().await];

    let later = START + 400 * DAY;
    for added in join_all(others.iter().map(|other| audit_months::add(&other.app.db, later))).await {
        added.unwrap();
    }
    let removed = join_all(others.iter().map(|other| audit_months::remove(&other.app.db, START + 70 * DAY))).await;
    let logins = app.at_once((0..8).map(|_| app.login("ann@example.com", PASSWORD))).await;

    let removed: u64 = removed.into_iter().map(Result::unwrap).sum();
    assert!(logins.iter().all(|answer| answer.codes().is_empty()));
    assert_eq!(verified(&app).await + removed, u64::try_from(events).unwrap() + 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_month_with_an_event_behind_a_later_one_is_not_dropped() {
    let Some(app) = on_postgres(&[("DATABASE_MAX_CONNECTIONS", "1"), ("AUDIT_RETENTION", "30d")]).await else { return };
    let ann = app.signed_in("ann@example.com").await;
    app.wait(31 * DAY);
    app.login("ann@example.com", PASSWORD).await.ok();
    // Its clock was a month behind, and its place is behind that login.
    app.record_dated(&ann, 20 * DAY).await;

    assert_eq!(audit_months::remove(&app.app.db, START + 32 * DAY).await.unwrap(), 0);

    assert_eq!(verified(&app).await, 4);
    app.wait(40 * DAY);
    sweep(&app.app, &CancellationToken::new()).await.unwrap();
    verified(&app).await;
    assert!(!partitions(&app).await.contains("audit_events_2030_03"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_month_that_the_default_partition_has_begun_stays_there() {
    let Some(app) = on_postgres(&[]).await else { return };
    app.signed_in("ann@example.com").await;
    app.wait(300 * DAY);
    app.login("ann@example.com", PASSWORD).await.ok();

    maintain(&app.app, &CancellationToken::new()).await.unwrap();

    let names = partitions(&app).await;
    assert!(!names.contains("audit_events_2030_12") && names.contains("audit_events_2031_01"), "{names:?}");
    assert_eq!(verified(&app).await, 3);
}

#[tokio::test]
async fn a_listener_gets_an_event_that_is_dated_years_ago() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    let known: Vec<ChainHead> = audit_log::heads(&app.app.db).await.unwrap();

    let old = app.record_dated(&ann, 20 * 365 * DAY).await;
    app.login("ann@example.com", PASSWORD).await.ok();

    let new = audit_log::list_behind(&app.app.db, &known, 10).await.unwrap();
    assert_eq!(new.len(), 2);
    assert!(new.iter().any(|event| event.id.to_string() == old));
}

/// As `grant` leaves it: the role of the server reads and writes rows, and owns nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_owns_no_table_makes_and_drops_months() {
    let Some(app) = on_postgres(&[]).await else { return };
    three_months(&app).await;
    let db = &app.app.db;
    let (schema,): (String,) = db.query("select current_schema()::text").one().await.unwrap();
    let role = format!("{schema}_app");
    for text in [
        format!("create role {role} login"),
        format!("grant usage on schema {schema} to {role}"),
        format!("grant select, insert, update, delete on all tables in schema {schema} to {role}"),
        format!("grant execute on all functions in schema {schema} to {role}"),
    ] {
        db.query_built(text).execute().await.unwrap();
    }
    let mut url = url::Url::parse(&app.world.database.url).unwrap();
    url.set_username(&role).unwrap();
    let settings = DbSettings {
        url: String::from(url).into(),
        migration_url: None,
        max_connections: 2,
        acquire_timeout: Duration::from_secs(3),
        makes_file: false,
    };
    let owns_nothing = Db::open(&settings).await.unwrap();

    audit_months::add(&owns_nothing, START + 400 * DAY).await.unwrap();
    let removed = audit_months::remove(&owns_nothing, START + 32 * DAY).await.unwrap();
    let dropped = owns_nothing.query("drop table audit_events").execute().await;

    assert!(removed > 0 && partitions(&app).await.contains("audit_events_2031_04"));
    assert!(dropped.is_err());
    owns_nothing.close().await;
    for text in [format!("drop owned by {role}"), format!("drop role {role}")] {
        db.query_built(text).execute().await.unwrap();
    }
}
