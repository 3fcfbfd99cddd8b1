//! The audit trail is append-only and without a gap, and its listeners miss nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use authgraph::records::audit_log::{self, AuditEvent, ChainHead};
use futures_util::future::join;
use tokio::time::timeout;

use crate::support::{PASSWORD, TestApp};

/// Less than the database lets a transaction rest (10 s), more than a busy machine takes.
const SOON: Duration = Duration::from_secs(8);

/// Everything in the trail, by chain.
async fn chains(app: &TestApp) -> BTreeMap<i32, Vec<i64>> {
    let mut chains: BTreeMap<i32, Vec<i64>> = BTreeMap::new();
    for event in audit_log::list_behind(&app.app.db, &[], 1_000).await.unwrap() {
        chains.entry(event.shard.unwrap()).or_default().push(event.sequence.unwrap());
    }
    chains
}

/// What is new, and how far the listener has come with it.
async fn listen(app: &TestApp, known: &mut Vec<ChainHead>, most: u32) -> Vec<AuditEvent> {
    let new = audit_log::list_behind(&app.app.db, known, most).await.unwrap();
    for event in &new {
        let (shard, sequence) = (event.shard.unwrap(), event.sequence.unwrap());
        match known.iter_mut().find(|head| head.shard == shard) {
            Some(head) => head.sequence = sequence,
            None => known.push(ChainHead { shard, sequence }),
        }
    }
    new
}

async fn refused(app: &TestApp, text: &str) -> bool {
    let mut tx = app.app.db.begin().await.unwrap();
    tx.query_built(text.to_owned()).execute().await.is_err()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_simultaneous_actions_every_event_has_its_place_and_none_waits_for_ever() {
    let app = TestApp::start().await;
    let other = app.another_instance().await;
    let ann = app.signed_in("ann@example.com").await;

    let requests = (0..40).flat_map(|n| {
        let here = if n % 2 == 0 { &app } else { &other };
        let guess = here.login("ann@example.com", if n < 4 { "Wrong-Guess-99" } else { PASSWORD });
        [
            here.register(&format!("user{n}@example.com")),
            guess,
            here.refresh_as(&ann, "one"),
            here.refresh_as(&ann, "two"),
        ]
    });
    let answers = app.at_once(requests).await;

    assert!(answers.iter().all(|answer| answer.codes().iter().all(|code| !["UNAVAILABLE", "INTERNAL"].contains(code))));
    let chains = chains(&app).await;
    for (shard, sequences) in &chains {
        assert!(sequences.iter().copied().eq(1..=i64::try_from(sequences.len()).unwrap()), "{shard}: {sequences:?}");
    }
    let events: usize = chains.values().map(Vec::len).sum();
    assert_eq!(events, app.audit_trail().await.len());
    assert!(events > 100, "{events}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_writer_goes_to_any_chain_that_is_free_and_waits_only_where_none_is() {
    let app = TestApp::start().await;
    if app.world.database.is_sqlite() {
        return; // There is one writer.
    }
    app.signed_in("ann@example.com").await;

    for free in 0..3 {
        let mut others = app.app.db.begin().await.unwrap();
        let taken = format!("select shard from audit_chains where shard <> {} for update", 30 * free);
        assert_eq!(others.query_built(taken).all::<(i32,)>().await.unwrap().len(), 63);
        // Answered while the other transaction is open.
        timeout(SOON, app.login("ann@example.com", PASSWORD).into_future()).await.expect("a free chain").ok();
    }

    let mut others = app.app.db.begin().await.unwrap();
    others.query("select shard from audit_chains for update").all::<(i32,)>().await.unwrap();
    let waiting = "select count(*) from pg_locks where not granted and pid in
        (select pid from pg_stat_activity where query like '%audit_chains where shard%')";
    let release = async {
        // Not in the transaction itself, which goes on seeing who was active when it first looked.
        while app.app.db.query(waiting).one::<(i64,)>().await.unwrap().0 == 0 {
            tokio::task::yield_now().await;
        }
        others.commit().await.unwrap();
    };
    let login = app.login("ann@example.com", PASSWORD).into_future();
    let (login, ()) = timeout(SOON, join(login, release)).await.expect("a login that waits for a chain");
    login.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_listens_gets_every_event_once_in_steps_of_any_size() {
    let app = TestApp::start().await;
    app.signed_in("ann@example.com").await;
    let mut known = audit_log::heads(&app.app.db).await.unwrap();
    assert!(listen(&app, &mut known, 10).await.is_empty());

    app.at_once((0..20).map(|_| app.login("ann@example.com", PASSWORD))).await;
    let mut seen = BTreeSet::new();
    loop {
        let new = listen(&app, &mut known, 3).await;
        if new.is_empty() {
            break;
        }
        for event in new {
            assert!(seen.insert(event.id), "twice: {event:?}");
        }
    }

    assert_eq!(seen.len(), 20);
}

#[tokio::test]
async fn a_listener_is_woken_by_the_commit_and_not_before() {
    let app = TestApp::start().await;
    let mut woken = app.app.db.announcements();

    app.login("nobody@example.com", "Wrong-Guess-99").await;
    assert!(woken.has_changed().unwrap());
    woken.mark_unchanged();

    let mut tx = app.app.db.begin().await.unwrap();
    tx.announce();
    drop(tx);
    assert!(!woken.has_changed().unwrap());
}

#[tokio::test]
async fn an_event_comes_back_as_it_was_written() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;

    let trail = audit_log::list_latest(&app.app.db, 10).await.unwrap();
    let ids: Vec<_> = trail.iter().map(|event| event.id).collect();
    let mut found = audit_log::find_many(&app.app.db, &ids).await.unwrap();
    found.sort_by_key(|event| event.id);

    assert_eq!(found, trail);
    assert!(trail.iter().all(|event| event.address.as_deref() == Some("127.0.0.1")));
    assert!(trail.iter().any(|event| event.session_id.map(|id| id.to_string()) == Some(ann.session.clone())));
}

#[tokio::test]
async fn the_database_refuses_to_change_what_was_written() {
    let app = TestApp::start().await;
    app.signed_in("ann@example.com").await;

    let attempts = [
        "update audit_events set outcome = 'FAILURE'",
        "update audit_events set shard = null, sequence = null, hash = null",
        "update audit_events set hash = null",
        "update audit_events set sequence = sequence + 10",
        "delete from audit_events",
        "delete from audit_events where at < '2100-01-01T00:00:00+00:00'",
        "delete from audit_chains",
        "insert into audit_events select * from audit_events where true on conflict (id) do update set outcome = 'FAILURE'",
    ];
    for attempt in attempts {
        assert!(refused(&app, attempt).await, "{attempt}");
    }
    let own: &[&str] = if app.world.database.is_sqlite() {
        &["insert or replace into audit_events select * from audit_events"]
    } else {
        &["truncate audit_events", "truncate audit_chains"]
    };
    for attempt in own {
        assert!(refused(&app, attempt).await, "{attempt}");
    }
}

#[tokio::test]
async fn an_event_goes_only_behind_the_last_one_of_its_chain() {
    let app = TestApp::start().await;
    app.signed_in("ann@example.com").await;
    let copy = |sequence: &str| {
        format!(
            "insert into audit_events (id, at, action, outcome, correlation_id, metadata, shard, sequence, hash)
             select shard_of.hash, at, action, outcome, correlation_id, metadata, e.shard, {sequence}, e.hash
             from audit_events e join (select {} as hash) shard_of on true limit 1",
            if app.world.database.is_sqlite() { "randomblob(16)" } else { "gen_random_uuid()" }
        )
    };

    assert!(refused(&app, &copy("e.sequence")).await);
    assert!(refused(&app, &copy("(select max(sequence) + 2 from audit_events m where m.shard = e.shard)")).await);
    assert!(!refused(&app, &copy("(select max(sequence) + 1 from audit_events m where m.shard = e.shard)")).await);
}

#[tokio::test]
async fn the_trail_outlives_its_people() {
    let app = TestApp::start().await;
    app.signed_in("ann@example.com").await;
    let before = app.audit_trail().await;

    app.app.db.query("delete from users where email = 'ann@example.com'").execute().await.unwrap();

    assert_eq!(app.audit_trail().await, before);
}
